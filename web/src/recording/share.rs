//! A recording, or a scenario, in the fragment of a link: no server ever sees it, and nothing has to be kept anywhere.
//!
//! The token of the relay is in neither: it has a fragment of its own, which never comes from here.

use std::fmt;

use miniz_oxide::deflate::{CompressionLevel, compress_to_vec};
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::base64::{self, Kind};
use super::mistake::shown;
use super::{Header, Reader, Recording, Scenario, Writer, scenario};
use crate::texts::mistakes as says;
use crate::trace::{Bounds, Trace};

/// The longest fragment that is made or read. Longer links break in mail and chat.
pub const MAX_FRAGMENT_BYTES: usize = 8 << 10;

/// The longest recording in a link, before it is compressed: so much is unpacked at most, whatever the link says.
const MAX_UNPACKED_BYTES: usize = 1 << 20;

const KEY: &str = "session=";

/// It does not fit into a link, but does into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too large to share as a link: save it as a file")
    }
}

impl std::error::Error for TooLarge {}

/// What a link's fragment brought.
#[derive(Debug)]
pub enum Shared {
    /// A recording, to look at.
    Session(Recording),
    /// What to fill into the forms.
    Scenario(Scenario),
}

/// The fragment of a link that holds all that `trace` keeps, without the `#`.
///
/// # Errors
///
/// It would be longer than links may be.
pub fn session_fragment(header: Header, trace: &Trace) -> Result<String, TooLarge> {
    let mut text = String::new();
    // What does not fit is not written any further than it takes to know that. There is no gap, unless the header is another trace's.
    if Writer::new(header).write(trace, &mut text, MAX_UNPACKED_BYTES) != Ok(false) {
        return Err(TooLarge);
    }
    let mut fragment = KEY.to_owned();
    base64::encode(&compress_to_vec(text.as_bytes(), CompressionLevel::BestCompression as u8), Kind::Url, &mut fragment);
    if text.len() > MAX_UNPACKED_BYTES || fragment.len() > MAX_FRAGMENT_BYTES {
        return Err(TooLarge);
    }
    Ok(fragment)
}

/// Reads a fragment, with or without its `#`; nothing where it holds something else, such as the token.
///
/// # Errors
///
/// A sentence that says what is wrong with the link.
pub fn read_fragment(fragment: &str) -> Result<Option<Shared>, String> {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    let is_ours = fragment.starts_with(KEY) || fragment.starts_with(scenario::KEY);
    if is_ours && fragment.len() > MAX_FRAGMENT_BYTES {
        return Err(says::link_long(&(MAX_FRAGMENT_BYTES >> 10)));
    }
    if let Some(text) = fragment.strip_prefix(KEY) {
        return unpacked(text).map(|recording| Some(Shared::Session(recording)));
    }
    if let Some(text) = fragment.strip_prefix(scenario::KEY) {
        return Scenario::read(text).map(|scenario| Some(Shared::Scenario(scenario))).map_err(|text| shown(&text));
    }
    Ok(None)
}

fn unpacked(text: &str) -> Result<Recording, String> {
    let damaged = || says::link_damaged().to_owned();
    let packed = base64::decode(text, Kind::Url).ok_or_else(damaged)?;
    let file = decompress_to_vec_with_limit(&packed, MAX_UNPACKED_BYTES).map_err(|_| damaged())?;
    let mut reader = Reader::new(Bounds::default());
    reader.feed(&file).and_then(|()| reader.finish()).map_err(|mistake| says::link_recording(&mistake))
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;
