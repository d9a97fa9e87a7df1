//! The page's files, embedded in the relay by its build script.

/// One file of the page.
pub(crate) struct Asset {
    path: &'static str,
    /// Its media type, for `Content-Type`.
    pub(crate) content_type: &'static str,
    /// Its entity tag (RFC 9110 section 8.8.3), quoted.
    pub(crate) etag: &'static str,
    /// Whether its path changes with its contents, so that a browser may keep it for ever.
    pub(crate) immutable: bool,
    identity: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The file that is served at `path`.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

impl Asset {
    /// The bytes in the smallest encoding that `accept_encoding` (RFC 9110 section 12.5.3) permits, and its name for `Content-Encoding`.
    pub(crate) fn encoded(&self, accept_encoding: &str) -> (&'static [u8], Option<&'static str>) {
        match (self.brotli, self.gzip) {
            (Some(brotli), _) if accepts(accept_encoding, "br") => (brotli, Some("br")),
            (_, Some(gzip)) if accepts(accept_encoding, "gzip") => (gzip, Some("gzip")),
            _ => (self.identity, None),
        }
    }
}

/// Whether a field like `gzip;q=0.5, br, *;q=0` permits `coding`.
fn accepts(accept_encoding: &str, coding: &str) -> bool {
    let weight = |wanted: &str| {
        accept_encoding.split(',').find_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next()?;
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            name.eq_ignore_ascii_case(wanted).then(|| weight.map_or(Some(1.0), |weight| weight.parse::<f32>().ok()).unwrap_or(0.0))
        })
    };
    weight(coding).or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSET: Asset = Asset {
        path: "/x.js",
        content_type: "text/javascript",
        etag: "\"1\"",
        immutable: true,
        identity: b"identity",
        gzip: Some(b"gzip"),
        brotli: Some(b"brotli"),
    };

    #[test]
    fn the_smallest_permitted_encoding_is_taken() {
        for (accept_encoding, expected) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.1", Some("gzip")),
            ("*", Some("br")),
            ("br; q=0.0, *;q=0.5", Some("gzip")),
            ("*;q=0", None),
            ("identity", None),
            ("", None),
            ("brotli, gzipped", None),
            ("gzip;q=nonsense", None),
        ] {
            assert_eq!(ASSET.encoded(accept_encoding).1, expected, "{accept_encoding}");
        }
        assert_eq!(ASSET.encoded("").0, b"identity");
    }

    #[test]
    fn the_page_is_there_and_the_rest_is_not() {
        let page = find("/").unwrap();
        assert!(!page.immutable && page.content_type.starts_with("text/html"));
        assert!(find("/index.html").is_none() && find("").is_none() && find("/../Cargo.toml").is_none());
    }
}
