//! Reading a recording, a piece at a time. Bounded whatever arrives, and nothing of it is interpreted: it becomes a trace.

use std::collections::BTreeSet;

use protocol::Operation;

use super::line::Header;
use super::mistake::Mistake;
use super::read_line::{read_entry, read_header};
use crate::net::SocketId;
use crate::texts::mistakes as says;
use crate::trace::{Bounds, Entry, Fact, Trace};

/// The longest line. A frame holds at most 1 MiB, and JSON writes no readable byte as more than two.
const MAX_LINE_BYTES: usize = 4 << 20;

/// A file is at most this many times as large as its payload may be. Calls and returns have room in that, and so have escapes and Base64.
const FILE_TO_PAYLOAD: usize = 4;

/// How many sockets may be open at a time. A page holds 255; a tree of many more would not be drawn in time.
const MAX_OPEN: usize = 1000;

/// A recording that was opened.
#[derive(Debug)]
pub struct Recording {
    /// What it says of itself.
    pub header: Header,
    /// What happened.
    pub trace: Trace,
}

/// Takes a file piece by piece, in pieces of any size.
#[derive(Debug)]
pub struct Reader {
    bounds: Bounds,
    recording: Option<Recording>,
    /// The beginning of a line whose end has not come yet.
    partial: Vec<u8>,
    lines: u64,
    file_bytes: usize,
    entries: usize,
    payload_bytes: usize,
    /// The sockets, and the WebSockets on which an `accept` was called, that are not over.
    open: BTreeSet<SocketId>,
    last_ms: f64,
    mistake: Option<Mistake>,
}

impl Reader {
    /// Reads recordings of at most as many entries, and bytes of payload, as `bounds` say.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            recording: None,
            partial: vec![],
            lines: 0,
            file_bytes: 0,
            entries: 0,
            payload_bytes: 0,
            open: BTreeSet::new(),
            last_ms: 0.0,
            mistake: None,
        }
    }

    /// Takes the next piece of the file.
    ///
    /// # Errors
    ///
    /// What is wrong with the file; and the same again for every piece after that.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Mistake> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        self.take(piece).map_err(|text| self.fail(&text))
    }

    /// The recording, after the last piece.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub fn finish(mut self) -> Result<Recording, Mistake> {
        self.feed(b"")?;
        let last = std::mem::take(&mut self.partial);
        if !last.is_empty() {
            self.lines += 1;
            self.read(&last).map_err(|text| self.fail(&text))?;
        }
        match self.recording {
            Some(recording) => Ok(recording),
            None => Err(Mistake::new(1, says::empty())),
        }
    }

    fn fail(&mut self, text: &str) -> Mistake {
        let mistake = Mistake::new(self.lines, text);
        (self.partial, self.recording, self.mistake) = (vec![], None, Some(mistake.clone()));
        mistake
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), String> {
        self.file_bytes = self.file_bytes.saturating_add(piece.len());
        let mut pieces = piece.split(|byte| *byte == b'\n');
        // What comes after the last line end is the beginning of a line; there always is one, though it may be empty.
        let rest = pieces.next_back().unwrap_or_default();
        for end in pieces {
            self.lines += 1;
            if self.partial.is_empty() {
                self.read(end)?;
            } else {
                self.keep(end)?;
                let line = std::mem::take(&mut self.partial);
                self.read(&line)?;
            }
        }
        if let Err(text) = self.keep(rest) {
            self.lines += 1;
            return Err(text);
        }
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), String> {
        check_length(self.partial.len() + bytes.len())?;
        self.partial.extend_from_slice(bytes);
        Ok(())
    }

    /// Reads a whole line, the number of which is `self.lines`.
    fn read(&mut self, line: &[u8]) -> Result<(), String> {
        check_length(line.len())?;
        if self.file_bytes > self.bounds.bytes.saturating_mul(FILE_TO_PAYLOAD).max(MAX_LINE_BYTES) {
            return Err(says::large_file().to_owned());
        }
        let line = std::str::from_utf8(line).map_err(|error| says::no_text(&error.valid_up_to()))?;
        // Editors of Windows put a mark before the first line.
        let line = if self.lines == 1 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let Some(recording) = &mut self.recording else {
            let header = read_header(line)?;
            let trace = Trace::starting_at(self.bounds, header.dropped);
            self.recording = Some(Recording { header, trace });
            return Ok(());
        };
        let entry = read_entry(line)?;
        let expected = recording.trace.next_number();
        if entry.number != expected {
            return Err(says::out_of_order(&entry.number, &expected));
        }
        if entry.time_ms < self.last_ms {
            return Err(says::earlier().to_owned());
        }
        self.entries += 1;
        self.payload_bytes = self.payload_bytes.saturating_add(entry.fact.payload_bytes());
        if self.entries > self.bounds.entries {
            return Err(says::many_entries(&self.bounds.entries));
        }
        if self.payload_bytes > self.bounds.bytes {
            return Err(says::many_bytes(&self.bounds.bytes));
        }
        count_open(&mut self.open, &entry);
        if self.open.len() > MAX_OPEN {
            return Err(says::many_sockets(&MAX_OPEN));
        }
        self.last_ms = entry.time_ms;
        recording.trace.push(entry.time_ms, entry.socket, entry.fact);
        Ok(())
    }
}

fn count_open(open: &mut BTreeSet<SocketId>, entry: &Entry) {
    match &entry.fact {
        Fact::Called(call) if matches!(call.operation, Operation::Socket { .. } | Operation::Accept { .. }) => {
            open.insert(entry.socket);
        }
        Fact::Closed | Fact::Ended { .. } | Fact::Lost { .. } => {
            open.remove(&entry.socket);
        }
        _ => {}
    }
}

fn check_length(bytes: usize) -> Result<(), String> {
    if bytes > MAX_LINE_BYTES {
        return Err(says::long_line(&(MAX_LINE_BYTES >> 20)));
    }
    Ok(())
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
