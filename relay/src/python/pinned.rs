//! Which Python it is: the package, its version, its hash, and which of its files a page loads. Where it comes from is in `registry.rs`.

use std::{borrow::Cow, fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest::{Context, SHA512};

/// The package on npm: CPython compiled to WebAssembly.
pub(crate) const PACKAGE: &str = "pyodide";

/// Its version. A newer one needs a new [`INTEGRITY`] (`npm view pyodide@VERSION dist.integrity`) and its own names in [`FILES`].
pub(crate) const VERSION: &str = "314.0.7";

/// What the registry tells as `dist.integrity`, for a tarball that is the same wherever it comes from.
const INTEGRITY: &str = "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==";

/// The largest archive that is taken; this version's has 6.5 MB.
pub(crate) const MAX_ARCHIVE_BYTES: u64 = 32 << 20;

/// The most that an archive may unpack to, whether or not it is wanted; this version's has 13.9 MB.
pub(crate) const MAX_UNPACKED_BYTES: u64 = 64 << 20;

/// A file of the package that a page loads.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// In the package, in the cache and in its address.
    pub(crate) name: &'static str,
    /// Its media type.
    pub(crate) content_type: &'static str,
}

/// All that a page loads: the loader, what Emscripten made, the standard library, and the list of further packages, without which the loader does not start.
pub(crate) const FILES: &[Wanted] = &[
    Wanted { name: "pyodide.mjs", content_type: "text/javascript; charset=utf-8" },
    Wanted { name: "pyodide.asm.mjs", content_type: "text/javascript; charset=utf-8" },
    Wanted { name: "pyodide.asm.wasm", content_type: "application/wasm" },
    Wanted { name: "python_stdlib.zip", content_type: "application/zip" },
    Wanted { name: "pyodide-lock.json", content_type: "application/json" },
];

/// The hash that a package must have: SHA-512 as npm writes it, which is a hash of W3C's Subresource Integrity.
///
/// [`Default`] is that of the pinned package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integrity(Cow<'static, str>);

impl Integrity {
    /// Whether `bytes` are the package.
    pub(crate) fn matches(&self, bytes: &[u8]) -> bool {
        let mut context = Context::new(&SHA512);
        context.update(bytes);
        format!("sha512-{}", STANDARD.encode(context.finish())) == self.0
    }
}

impl Default for Integrity {
    fn default() -> Self {
        Self(Cow::Borrowed(INTEGRITY))
    }
}

impl fmt::Display for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no such hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadIntegrity;

impl fmt::Display for BadIntegrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a package's integrity is sha512- and 64 bytes in base64")
    }
}

impl std::error::Error for BadIntegrity {}

impl FromStr for Integrity {
    type Err = BadIntegrity;

    fn from_str(text: &str) -> Result<Self, BadIntegrity> {
        let digest = text.strip_prefix("sha512-").and_then(|digits| STANDARD.decode(digits).ok());
        digest.filter(|digest| digest.len() == 64).map(|_| Self(Cow::Owned(text.to_owned()))).ok_or(BadIntegrity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_hash_is_one() {
        assert_eq!(INTEGRITY.parse(), Ok(Integrity::default()));
        assert_eq!(Integrity::default().to_string(), INTEGRITY);
    }

    #[test]
    fn only_the_right_bytes_match() {
        // FIPS 180-4's example for "abc".
        let abc = "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";
        let integrity = abc.parse::<Integrity>().unwrap();
        assert!(integrity.matches(b"abc"));
        assert!(!integrity.matches(b"abd") && !integrity.matches(b"") && !Integrity::default().matches(b"abc"));
    }

    #[test]
    fn other_texts_are_none() {
        for other in ["", "sha512-", "sha512-AAAA", "sha1-GahlJZ+NWUzez1t+L0STC2j16Yc=", &INTEGRITY[7..], &INTEGRITY[..INTEGRITY.len() - 1]]
        {
            assert_eq!(other.parse::<Integrity>(), Err(BadIntegrity), "{other}");
        }
    }
}
