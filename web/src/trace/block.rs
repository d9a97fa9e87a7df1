//! What one entry of the trace shows in a stream: a row, or a row and those of its bytes; and which of them a filter lets through.

use std::rc::Rc;

use super::filter::Needle;
use super::lines::Lines;
use super::row::hex_row;
use super::{Direction, Only, Outcome, RowKind};

/// How the bytes of a block are laid out.
#[derive(Debug)]
pub(super) enum Layout {
    /// As text, in lines.
    Text(Lines),
    /// In hexadecimal, so many bytes a row.
    Hex(usize),
}

/// What a block shows.
#[derive(Debug)]
pub(super) enum Content {
    Bytes { direction: Direction, call: String, bytes: Rc<[u8]>, layout: Layout, outcome: Outcome },
    Call { call: String, outcome: Outcome },
    End,
    Gone(String),
}

/// What one entry of the trace shows: one row, or one and those of its bytes.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) entry: u64,
    pub(super) first_row: u64,
    pub(super) rows: u64,
    pub(super) time_ms: f64,
    pub(super) delta_ms: Option<f64>,
    pub(super) content: Content,
}

/// The rows of a block that a filter lets through: those that hold the text, and above them the one that says what they are of.
pub(super) fn rows_through(block: &Block, only: Option<Only>, needle: Option<&Needle>) -> Vec<u64> {
    let is_meant = match (only, &block.content) {
        (None, _) => true,
        (Some(Only::Calls), _) => {
            return if needle.is_none_or(|needle| needle.is_in(&words(block))) { vec![block.first_row] } else { vec![] };
        }
        (Some(Only::Sent), Content::Bytes { direction, .. }) => *direction == Direction::Sent,
        (Some(Only::Received), Content::Bytes { direction, .. }) => *direction == Direction::Received,
        (Some(Only::Received), Content::End) => true,
        _ => false,
    };
    let Some(needle) = needle.filter(|_| is_meant) else {
        return if is_meant { (block.first_row..block.first_row + block.rows).collect() } else { vec![] };
    };
    let lines = match &block.content {
        Content::Bytes { bytes, layout: Layout::Text(lines), .. } => lines.holding(bytes, &|bytes| needle.find(bytes)),
        Content::Bytes { bytes, layout: Layout::Hex(width), .. } => {
            let (mut found, mut line) = (vec![], 0);
            while let Some(position) = bytes.get(line * width..).and_then(|bytes| needle.find_hex(bytes)) {
                line += position / width + 1;
                found.push(line - 1);
            }
            found
        }
        _ => vec![],
    };
    let head = (!lines.is_empty() || needle.is_in(&words(block))).then_some(block.first_row);
    head.into_iter().chain(lines.into_iter().map(|line| block.first_row + 1 + line as u64)).collect()
}

/// What the first row of a block says.
fn words(block: &Block) -> String {
    match &block.content {
        Content::Bytes { direction, call, outcome, .. } => format!("{direction:?} {call} {}", outcome.words()),
        Content::Call { call, outcome } => format!("{call} {}", outcome.words()),
        Content::End => "b'' end of stream".to_owned(),
        Content::Gone(text) => text.clone(),
    }
}

/// What a row of a block shows.
pub(super) fn row_kind(block: &Block, row: u64) -> RowKind {
    match &block.content {
        Content::Call { call, outcome } => RowKind::Call { call: call.clone(), outcome: outcome.clone() },
        Content::End => RowKind::End,
        Content::Gone(text) => RowKind::Gone(text.clone()),
        Content::Bytes { direction, call, bytes, layout, outcome } => {
            let Some(line) = row.checked_sub(1).and_then(|line| usize::try_from(line).ok()) else {
                return RowKind::Head { direction: *direction, call: call.clone(), bytes: bytes.len() as u64, outcome: outcome.clone() };
            };
            match layout {
                Layout::Text(lines) => RowKind::Text(*direction, lines.line(bytes, line)),
                Layout::Hex(width) => hex_row(*direction, bytes, line * width, *width),
            }
        }
    }
}
