//! The encodings that a file is kept in beside its own bytes.

use std::io::{self, Write as _};

use brotli::{BrotliCompress, enc::BrotliEncoderParams};
use flate2::{Compression, write::GzEncoder};

/// How hard brotli tries, of 11. At 11 the megabytes of WebAssembly take ten times as long, while somebody waits, and get a tenth smaller.
const BROTLI_QUALITY: i32 = 9;

/// `bytes` in gzip (RFC 1952), where that is worth it. Plain HTTP beyond loopback is served it: browsers take brotli over TLS alone.
pub(crate) fn gzip(bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(Some(encoder.finish()?).filter(|encoded| is_worth_it(encoded, bytes)))
}

/// `bytes` in brotli (RFC 7932), where that is worth it.
pub(crate) fn brotli(bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut encoded = Vec::new();
    let parameters = BrotliEncoderParams { quality: BROTLI_QUALITY, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    BrotliCompress(&mut &*bytes, &mut encoded, &parameters)?;
    Ok(Some(encoded).filter(|encoded| is_worth_it(encoded, bytes)))
}

/// Whether a tenth is saved: the browser has to undo it, and an archive such as the standard library's is compressed already.
fn is_worth_it(encoded: &[u8], bytes: &[u8]) -> bool {
    encoded.len() < bytes.len() - bytes.len() / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_smaller_is_kept() {
        let text = "import socket\n".repeat(1000);
        assert!(gzip(text.as_bytes()).unwrap().is_some_and(|encoded| encoded.starts_with(b"\x1f\x8b") && encoded.len() < 200));
        assert!(brotli(text.as_bytes()).unwrap().is_some_and(|encoded| encoded.len() < 200));
        let dense = gzip(&(0..u16::MAX).flat_map(|n| u32::from(n).wrapping_mul(2_654_435_761).to_le_bytes()).collect::<Vec<_>>())
            .unwrap()
            .unwrap_or_default();
        for bytes in [&dense[..dense.len() / 2], b"x", b""] {
            assert!(gzip(bytes).unwrap().is_none() && brotli(bytes).unwrap().is_none(), "{} bytes", bytes.len());
        }
    }
}
