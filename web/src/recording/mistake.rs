//! Why a file is not opened.

use std::fmt;

use crate::texts::mistakes as says;

/// How much of an error's text is shown: it may quote the file.
const MAX_CHARS: usize = 300;

/// What is wrong with a recording, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong, as the end of a sentence; of what the file says, what shows.
    pub text: String,
}

impl Mistake {
    pub(super) fn new(line: u64, text: &str) -> Self {
        Self { line, text: shown(text) }
    }
}

/// `text` without what would disturb whoever reads it, and not longer than he likes.
pub(super) fn shown(text: &str) -> String {
    let is_plain = |c: &char| !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    let mut shown: String = text.chars().filter(is_plain).take(MAX_CHARS + 1).collect();
    if let Some((end, _)) = shown.char_indices().nth(MAX_CHARS) {
        shown.truncate(end);
        shown.push('…');
    }
    shown
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&says::line(&self.line, &self.text))
    }
}

impl std::error::Error for Mistake {}
