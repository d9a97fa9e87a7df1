//! How large the page may be before it can be used.

use std::io;

use crate::wasm;

/// The most that the Wasm may be, compressed with brotli, which the page needs before somebody can make a socket, in bytes. The pieces come after it.
const MOST_BYTES: usize = 250 << 10;

/// Holds one file of an optimised page, as it is served, to its budget.
pub(crate) fn hold(path: &str, brotli: &[u8]) -> io::Result<()> {
    let is_first = path.rsplit('/').next() == Some(wasm::WASM);
    if is_first && brotli.len() > MOST_BYTES {
        return Err(io::Error::other(format!(
            "the page needs {} bytes of Wasm before it can be used, and may need {MOST_BYTES}: let a piece of it have what is not needed at once \
             (web/src/ui/pieces.rs)",
            brotli.len()
        )));
    }
    Ok(())
}
