//! The rows of one socket's stream: its calls, and the bytes in both directions, where each `send` and each `recv` began and ended.
//!
//! Rows are of one height, so that a list of a million is as cheap as what is seen of it. They are added entry by entry and never
//! worked out again, except when another width or another way to show them is chosen.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use protocol::{Call, CallId, Failure, ListenerId, Operation, Return};

use super::block::{Block, Content, Layout, row_kind, rows_through};
use super::filter::Needle;
use super::lines::Lines;
use super::row::{as_returned, as_written, failed_as};
use super::{Direction, Entry, Fact, Filter, Outcome, Row, Socket, Trace};
use crate::net::SocketId;

/// How bytes are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// As text, a row for each line.
    #[default]
    Text,
    /// In hexadecimal with the text beside it, a row for each 4, 8 or 16 bytes.
    Hex,
}

/// The rows of one socket.
#[derive(Debug)]
pub struct Stream {
    socket: SocketId,
    listener: Option<ListenerId>,
    show: Show,
    columns: usize,
    blocks: VecDeque<Block>,
    /// The number of the first block in `blocks`.
    first_block: u64,
    next_row: u64,
    next_entry: u64,
    last_ms: Option<f64>,
    /// Calls that wait, with the block that shows them; a `recv` has none before it returns.
    waiting: BTreeMap<(SocketId, CallId), (String, Option<u64>)>,
    /// The blocks of bare sends and how many bytes of each are not acknowledged.
    bare: VecDeque<(u64, u64)>,
    gone: bool,
    filter: Filter,
    /// The numbers of the rows that the filter lets through, where there is one, and how many of them were let go.
    kept: Option<VecDeque<u64>>,
    kept_gone: u64,
}

impl Stream {
    /// The rows of `socket` before anything is read from the trace. Text is cut into lines of at most `columns`; so many columns also
    /// decide how many bytes a row in hexadecimal holds.
    pub fn new(socket: &Socket, show: Show, columns: usize) -> Self {
        Self {
            socket: socket.id,
            listener: socket.listener,
            show,
            columns,
            blocks: VecDeque::new(),
            first_block: 0,
            next_row: 0,
            next_entry: 0,
            last_ms: None,
            waiting: BTreeMap::new(),
            bare: VecDeque::new(),
            gone: false,
            filter: Filter::default(),
            kept: None,
            kept_gone: 0,
        }
    }

    /// Shows only what `filter` lets through. Returns whether that is another one than before.
    pub fn filter(&mut self, filter: &Filter) -> bool {
        if self.filter == *filter {
            return false;
        }
        self.filter = filter.clone();
        self.kept_gone = 0;
        let needle = Needle::new(&filter.text);
        let rows = |block: &Block| rows_through(block, filter.only, needle.as_ref());
        self.kept = (!filter.is_empty()).then(|| self.blocks.iter().flat_map(rows).collect());
        true
    }

    /// Takes what was added to the trace since the last time, and lets go of what it dropped. Returns whether anything changed.
    pub fn read(&mut self, trace: &Trace) -> bool {
        let before = (self.next_row, self.first_block);
        let mut changed = false;
        for entry in trace.since(self.next_entry) {
            changed |= self.take(entry);
        }
        self.next_entry = trace.next_number();
        while self.blocks.front().is_some_and(|block| block.entry < trace.dropped()) {
            self.blocks.pop_front();
            self.first_block += 1;
        }
        let oldest = self.oldest_row();
        while let Some(kept) = &mut self.kept
            && kept.front().is_some_and(|row| *row < oldest)
        {
            kept.pop_front();
            self.kept_gone += 1;
        }
        changed || before != (self.next_row, self.first_block)
    }

    /// How many rows there are.
    pub fn len(&self) -> u64 {
        self.kept.as_ref().map_or(self.next_row - self.oldest_row(), |kept| kept.len() as u64)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// How many rows there were before the oldest, which the trace dropped.
    pub fn first_row(&self) -> u64 {
        if self.kept.is_some() { self.kept_gone } else { self.oldest_row() }
    }

    fn oldest_row(&self) -> u64 {
        self.blocks.front().map_or(self.next_row, |block| block.first_row)
    }

    /// The row at `index`, counted from the oldest that is there.
    pub fn row(&self, index: u64) -> Option<Row> {
        let number = match &self.kept {
            Some(kept) => *kept.get(usize::try_from(index).ok()?)?,
            None => self.oldest_row() + index,
        };
        let position = self.blocks.partition_point(|block| block.first_row + block.rows <= number);
        let block = self.blocks.get(position)?;
        Some(Row {
            number,
            event: block.entry,
            time_ms: block.time_ms,
            delta_ms: block.delta_ms,
            kind: row_kind(block, number - block.first_row),
        })
    }

    /// The index of the first row that shows `event`, or the last one before it that is shown; and which event that is.
    pub fn row_at(&self, event: u64) -> Option<(u64, u64)> {
        let position = self.blocks.partition_point(|block| block.entry <= event).checked_sub(1)?;
        let block = self.blocks.get(position)?;
        Some((block.first_row - self.first_row(), block.entry))
    }

    /// Whether there is an entry about bytes, in either direction.
    pub fn has_bytes(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block.content, Content::Bytes { .. } | Content::End))
    }

    fn take(&mut self, entry: &Entry) -> bool {
        let mine = entry.socket == self.socket;
        match &entry.fact {
            Fact::Called(call) => mine.then(|| self.called(entry, call)).or_else(|| self.accepts(entry, call)).is_some(),
            Fact::Returned { id: Some(id), value } => self.returned(entry, *id, value),
            Fact::Failed { id: Some(id), failure } => self.failed(entry, *id, failure),
            _ if !mine => false,
            Fact::Sending { id, bytes } => {
                self.sending(entry, *id, bytes);
                true
            }
            Fact::Returned { id: None, value } => self.bare_returned(value),
            Fact::Failed { id: None, failure } => self.bare_failed(failure),
            Fact::Received { id, bytes } => {
                let (call, _) = self.waiting.remove(&(entry.socket, *id)).unwrap_or_else(|| ("recv()".to_owned(), None));
                self.push_bytes(entry, Direction::Received, call, bytes, Outcome::Returned(String::new()));
                true
            }
            Fact::Ended { text, .. } | Fact::Lost { text } => {
                self.is_gone(entry, text);
                true
            }
            Fact::Closed => {
                self.gone = true;
                false
            }
            Fact::Made(_) | Fact::Told { .. } | Fact::Line { .. } => false,
        }
    }

    fn called(&mut self, entry: &Entry, call: &Call) {
        let label = as_written(&call.operation);
        let block = match call.operation {
            // Shown when their bytes go out, and when they return.
            Operation::Send { .. } | Operation::Recv { .. } | Operation::Cancel { .. } => None,
            _ => Some(self.push(entry, Content::Call { call: label.clone(), outcome: Outcome::Waiting }, 1)),
        };
        if !matches!(call.operation, Operation::Cancel { .. }) {
            self.waiting.insert((entry.socket, call.id), (label, block));
        }
    }

    /// An `accept` of this listener happens on the WebSocket of the connection that it will return.
    fn accepts(&mut self, entry: &Entry, call: &Call) -> Option<()> {
        let Operation::Accept { listener, .. } = call.operation else { return None };
        (self.listener == Some(listener) && !self.gone).then(|| self.called(entry, call))
    }

    fn sending(&mut self, entry: &Entry, id: Option<CallId>, bytes: &Rc<[u8]>) {
        let block = self.push_bytes(entry, Direction::Sent, "send()".to_owned(), bytes, Outcome::Waiting);
        match id {
            Some(id) => {
                self.waiting.insert((entry.socket, id), ("send()".to_owned(), Some(block)));
            }
            None => self.bare.push_back((block, bytes.len() as u64)),
        }
    }

    fn returned(&mut self, entry: &Entry, id: CallId, value: &Return) -> bool {
        let Some((_, block)) = self.waiting.remove(&(entry.socket, id)) else { return false };
        match (value, block) {
            (Return::Recv { eof: true }, _) => {
                self.push(entry, Content::End, 1);
            }
            (Return::Recv { eof: false }, _) => {
                self.push(entry, Content::Call { call: "recv(0)".to_owned(), outcome: Outcome::Returned("b''".to_owned()) }, 1);
            }
            (_, Some(block)) => self.settle(block, Outcome::Returned(as_returned(value))),
            (_, None) => return false,
        }
        true
    }

    fn failed(&mut self, entry: &Entry, id: CallId, failure: &Failure) -> bool {
        let Some((call, block)) = self.waiting.remove(&(entry.socket, id)) else { return false };
        let outcome = failed_as(failure);
        match block {
            Some(block) => self.settle(block, outcome),
            None => {
                self.push(entry, Content::Call { call, outcome }, 1);
            }
        }
        true
    }

    fn bare_returned(&mut self, value: &Return) -> bool {
        let Return::Send { sent } = value else { return false };
        let mut left = *sent;
        while let Some((block, unacknowledged)) = self.bare.front_mut() {
            if *unacknowledged > left {
                *unacknowledged -= left;
                break;
            }
            left -= *unacknowledged;
            let block = *block;
            self.bare.pop_front();
            self.settle(block, Outcome::Returned(String::new()));
        }
        true
    }

    fn bare_failed(&mut self, failure: &Failure) -> bool {
        let failed: Vec<u64> = self.bare.drain(..).map(|(block, _)| block).collect();
        for block in &failed {
            self.settle(*block, failed_as(failure));
        }
        !failed.is_empty()
    }

    fn is_gone(&mut self, entry: &Entry, text: &str) {
        if !std::mem::replace(&mut self.gone, true) {
            for (_, block) in std::mem::take(&mut self.waiting).into_values() {
                if let Some(block) = block {
                    self.settle(block, Outcome::Failed(crate::texts::stream::no_answer().to_owned()));
                }
            }
            self.push(entry, Content::Gone(text.to_owned()), 1);
        }
    }

    fn settle(&mut self, block: u64, how: Outcome) {
        let position = block.checked_sub(self.first_block).and_then(|position| usize::try_from(position).ok());
        let Some(block) = position.and_then(|position| self.blocks.get_mut(position)) else { return };
        match &mut block.content {
            Content::Call { outcome, .. } | Content::Bytes { outcome, .. } => *outcome = how,
            Content::End | Content::Gone(_) => {}
        }
        // How it ended is part of its text.
        if let Some(kept) = self.kept.as_mut().filter(|_| !self.filter.text.is_empty()) {
            let (from, end) = (kept.partition_point(|row| *row < block.first_row), block.first_row + block.rows);
            let after: Vec<u64> = kept.drain(from..).filter(|row| *row >= end).collect();
            kept.extend(rows_through(block, self.filter.only, Needle::new(&self.filter.text).as_ref()));
            kept.extend(after);
        }
    }

    fn push_bytes(&mut self, entry: &Entry, direction: Direction, call: String, bytes: &Rc<[u8]>, outcome: Outcome) -> u64 {
        let (layout, rows) = match self.show {
            Show::Text => {
                let lines = Lines::new(bytes, self.columns);
                let rows = lines.count();
                (Layout::Text(lines), rows)
            }
            Show::Hex => {
                let width = bytes_a_row(self.columns);
                (Layout::Hex(width), bytes.len().div_ceil(width))
            }
        };
        self.push(entry, Content::Bytes { direction, call, bytes: bytes.clone(), layout, outcome }, 1 + rows as u64)
    }

    fn push(&mut self, entry: &Entry, content: Content, rows: u64) -> u64 {
        let delta_ms = self.last_ms.map(|last| (entry.time_ms - last).max(0.0));
        self.last_ms = Some(entry.time_ms);
        let block = Block { entry: entry.number, first_row: self.next_row, rows, time_ms: entry.time_ms, delta_ms, content };
        if let Some(kept) = &mut self.kept {
            kept.extend(rows_through(&block, self.filter.only, Needle::new(&self.filter.text).as_ref()));
        }
        self.blocks.push_back(block);
        self.next_row += rows;
        self.first_block + self.blocks.len() as u64 - 1
    }
}

/// How many bytes in hexadecimal fit beside their offset and their text.
fn bytes_a_row(columns: usize) -> usize {
    [16, 8].into_iter().find(|bytes| 8 + bytes * 4 + 3 <= columns).unwrap_or(4)
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
