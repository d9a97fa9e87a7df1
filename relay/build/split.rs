//! The page's Wasm taken apart: what is needed at once, and the pieces that `web/src/ui/pieces.rs` names, each a file that the page fetches later.

use std::{fs, io, path::Path};

use wasm_split_cli_support::Options;

/// The module through which the page fetches its pieces; the glue imports it.
pub(crate) const LOADER: &str = "split.js";

/// Writes what is needed at once to `main`, for wasm-bindgen, and the pieces with their loader into `folder`.
pub(crate) fn split(wasm: &Path, main: &Path, folder: &Path, glue: &str) -> io::Result<()> {
    let input = fs::read(wasm)?;
    let glue = format!("./{glue}");
    let mut options = Options::new(&input);
    options.output_dir = folder;
    options.main_out_path = main;
    options.main_module = &glue;
    let loader = format!("./{LOADER}");
    options.link_name = &loader;
    options.emit_dwarf = false;
    let split = wasm_split_cli_support::transform(options).map_err(|error| io::Error::other(format!("wasm_split: {error:#}")))?;
    for piece in split.split_modules {
        let bytes = fs::read(&piece)?;
        fs::write(&piece, without_custom_sections(&bytes).ok_or_else(|| io::Error::other(format!("{}: cut off", piece.display())))?)?;
    }
    Ok(())
}

/// The module without the names and the rest of what no browser needs (WebAssembly core specification, section 5.5.3); nothing where it is cut off.
fn without_custom_sections(module: &[u8]) -> Option<Vec<u8>> {
    const PREAMBLE_BYTES: usize = 8;
    const CUSTOM: u8 = 0;
    let (preamble, mut rest) = module.split_at_checked(PREAMBLE_BYTES)?;
    let mut kept = preamble.to_vec();
    while let [id, after @ ..] = rest {
        let (length, digits) = leb128(after)?;
        let (section, next) = rest.split_at_checked(1 + digits + length)?;
        if *id != CUSTOM {
            kept.extend_from_slice(section);
        }
        rest = next;
    }
    Some(kept)
}

/// An unsigned number as Wasm writes it, and how many bytes that are.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let digits = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)? + 1;
    let number = bytes[..digits].iter().rev().fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f));
    Some((number, digits))
}
