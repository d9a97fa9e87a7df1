//! The page's files, embedded in the relay by its build script.

use std::{io::Read as _, sync::OnceLock};

use flate2::read::GzDecoder;
use hyper::{body::Bytes, header::HeaderValue};

use crate::{negotiation::accepts, response::Representation};

/// One file of the page.
pub(crate) struct Asset {
    path: &'static str,
    content_type: &'static str,
    etag: &'static str,
    immutable: bool,
    gzip: &'static [u8],
    brotli: Option<&'static [u8]>,
    /// As it is, once somebody wanted it so. Every browser takes it compressed.
    identity: OnceLock<Bytes>,
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
            bytes,
            content_type: self.content_type,
            encoding,
            etag: HeaderValue::from_static(self.etag),
            immutable: self.immutable,
        }
    }

    /// The bytes, and the encoding's name for `Content-Encoding`.
    fn encoded(&self, accept_encoding: &str) -> (Bytes, Option<&'static str>) {
        match self.brotli {
            Some(brotli) if accepts(accept_encoding, "br") => (Bytes::from_static(brotli), Some("br")),
            _ if accepts(accept_encoding, "gzip") => (Bytes::from_static(self.gzip), Some("gzip")),
            _ => (self.identity(), None),
        }
    }

    fn identity(&self) -> Bytes {
        let decompress = || {
            let mut bytes = Vec::new();
            // The build script compressed it, and a test reads every one.
            let read = GzDecoder::new(self.gzip).read_to_end(&mut bytes);
            debug_assert!(read.is_ok());
            Bytes::from(bytes)
        };
        self.identity.get_or_init(decompress).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(path: &str) -> String {
        String::from_utf8(find(path).unwrap().identity().to_vec()).unwrap()
    }

    #[test]
    fn the_smallest_permitted_encoding_is_taken() {
        // gzip's smallest file of nothing but `identity`, stored (RFC 1952, RFC 1951 section 3.2.4).
        let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\x08\0\xf7\xffidentity\xc4\xe9\x95\x6a\x08\0\0\0";
        let (path, content_type, etag) = ("/x.js", "text/javascript", "W/\"1\"");
        let asset = Asset { path, content_type, etag, immutable: true, gzip, brotli: Some(b"brotli"), identity: OnceLock::new() };
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
            assert_eq!(asset.encoded(accept_encoding).1, expected, "{accept_encoding}");
        }
        assert_eq!(asset.encoded("").0, "identity");
    }

    #[test]
    fn the_page_names_only_files_that_are_there() {
        let page = text_of("/");
        for attribute in [" href=\"", " src=\""] {
            for after in page.split(attribute).skip(1) {
                let (path, _) = after.split_once('"').unwrap();
                assert!(find(path).is_some_and(|asset| asset.immutable), "{path}");
            }
        }
    }

    #[test]
    fn the_page_keeps_to_its_security_policy() {
        let page = text_of("/");
        assert!(!page.contains("data-trunk") && !page.contains("<style") && !page.contains(" style="), "{page}");
        let scripts = page.split("<script").skip(1).filter(|script| !script.contains("></script>") || !script.contains(" src=\""));
        assert_eq!(scripts.count(), 0, "no script stands in the page: {page}");
    }

    #[test]
    fn each_encoding_holds_the_same_file() {
        for asset in &ASSETS {
            let mut identity = Vec::new();
            GzDecoder::new(asset.gzip).read_to_end(&mut identity).unwrap();
            assert_eq!(asset.identity(), identity, "{}", asset.path);
            if let Some(brotli) = asset.brotli {
                let mut of_brotli = Vec::new();
                brotli::Decompressor::new(brotli, 4096).read_to_end(&mut of_brotli).unwrap();
                assert_eq!(of_brotli, identity, "{}", asset.path);
            }
        }
    }

    #[test]
    fn the_page_is_there_and_the_rest_is_not() {
        let page = find("/").unwrap();
        assert!(!page.immutable && page.content_type.starts_with("text/html"));
        assert!(find("/index.html").is_none() && find("").is_none() && find("/../Cargo.toml").is_none());
    }
}
