//! Which rows of a stream are shown: those that hold a text, those of one direction, or the calls without their bytes.

use crate::payload::{self, LineEnding};

/// The rows of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// What was sent.
    Sent,
    /// What was received, its end included.
    Received,
    /// Every call, without the bytes that it sent or received.
    Calls,
}

/// What is asked for; everything by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One kind of rows.
    pub only: Option<Only>,
    /// A text that they hold, in upper or lower case.
    pub text: String,
}

impl Filter {
    /// Whether every row is shown.
    pub fn is_empty(&self) -> bool {
        self.only.is_none() && self.text.is_empty()
    }
}

/// A text to look for, as what it is among words and as what it is among bytes.
#[derive(Debug)]
pub(super) struct Needle {
    lower: String,
    bytes: Vec<u8>,
    hex: Option<Vec<u8>>,
}

impl Needle {
    /// Nothing where there is nothing to look for. Escapes are those of the composer: `\r\n` finds the end of a line.
    pub(super) fn new(text: &str) -> Option<Self> {
        let bytes = payload::text(text, LineEnding::None).unwrap_or_else(|_| text.as_bytes().to_vec());
        let hex = payload::hex(text).ok().filter(|hex| !hex.is_empty());
        (!text.is_empty()).then(|| Self { lower: text.to_lowercase(), bytes, hex })
    }

    /// Whether it stands in some words.
    pub(super) fn is_in(&self, words: &str) -> bool {
        words.to_lowercase().contains(&self.lower)
    }

    /// Where it is first in some bytes.
    pub(super) fn find(&self, bytes: &[u8]) -> Option<usize> {
        find(bytes, &self.bytes)
    }

    /// The same in bytes that are shown in hexadecimal, where digits are looked for too.
    pub(super) fn find_hex(&self, bytes: &[u8]) -> Option<usize> {
        let by_digits = self.hex.as_ref().and_then(|hex| bytes.windows(hex.len()).position(|window| window == hex));
        [self.find(bytes), by_digits].into_iter().flatten().min()
    }
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = needle.first()?;
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let is_here = |at: &usize| bytes.get(*at..at + needle.len()).is_some_and(|window| window.eq_ignore_ascii_case(needle));
    let mut starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == lower || **byte == upper).map(|(at, _)| at);
    starts.find(is_here)
}
