//! The page's files, embedded in the relay by its build script.

use hyper::{body::Bytes, header::HeaderValue};

use crate::{negotiation::accepts, response::Representation};

/// One file of the page.
pub(crate) struct Asset {
    path: &'static str,
    content_type: &'static str,
    etag: &'static str,
    immutable: bool,
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
    /// The file in the smallest encoding that `accept_encoding` (RFC 9110 section 12.5.3) permits.
    pub(crate) fn representation(&self, accept_encoding: &str) -> Representation {
        let (bytes, encoding) = self.encoded(accept_encoding);
        Representation {
            bytes: Bytes::from_static(bytes),
            content_type: self.content_type,
            encoding,
            etag: HeaderValue::from_static(self.etag),
            immutable: self.immutable,
        }
    }

    /// The bytes, and the encoding's name for `Content-Encoding`.
    fn encoded(&self, accept_encoding: &str) -> (&'static [u8], Option<&'static str>) {
        match (self.brotli, self.gzip) {
            (Some(brotli), _) if accepts(accept_encoding, "br") => (brotli, Some("br")),
            (_, Some(gzip)) if accepts(accept_encoding, "gzip") => (gzip, Some("gzip")),
            _ => (self.identity, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSET: Asset = Asset {
        path: "/x.js",
        content_type: "text/javascript",
        etag: "W/\"1\"",
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
    fn the_page_names_only_files_that_are_there() {
        let page = std::str::from_utf8(find("/").unwrap().identity).unwrap();
        for attribute in [" href=\"", " src=\""] {
            for after in page.split(attribute).skip(1) {
                let (path, _) = after.split_once('"').unwrap();
                assert!(find(path).is_some_and(|asset| asset.immutable), "{path}");
            }
        }
    }

    #[test]
    fn the_page_keeps_to_its_security_policy() {
        let page = std::str::from_utf8(find("/").unwrap().identity).unwrap();
        assert!(!page.contains("data-trunk") && !page.contains("<style") && !page.contains(" style="), "{page}");
        let scripts = page.split("<script").skip(1).filter(|script| !script.contains("></script>") || !script.contains(" src=\""));
        assert_eq!(scripts.count(), 0, "no script stands in the page: {page}");
    }

    #[test]
    fn each_encoding_holds_the_same_file() {
        for asset in ASSETS {
            // RFC 1952 section 2.3.1: the last four bytes of a gzip file are the size of what is in it.
            let gzip = asset.gzip.unwrap();
            let size = u32::from_le_bytes(*gzip.last_chunk().unwrap());
            assert_eq!(size as usize, asset.identity.len(), "{}", asset.path);
        }
    }

    #[test]
    fn the_page_is_there_and_the_rest_is_not() {
        let page = find("/").unwrap();
        assert!(!page.immutable && page.content_type.starts_with("text/html"));
        assert!(find("/index.html").is_none() && find("").is_none() && find("/../Cargo.toml").is_none());
    }
}
