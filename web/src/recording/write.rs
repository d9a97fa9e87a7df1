//! Writing a recording, a piece at a time, so that a page neither freezes nor writes twice what it has kept.

use std::fmt;

use super::line::{Header, write_entry, write_header};
use crate::trace::Trace;

/// Writes a trace as a recording.
#[derive(Debug)]
pub struct Writer {
    header: Option<Header>,
    next: u64,
}

/// Entries left the trace before they were written: the recording has a gap, and has to be begun anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How many are missing.
    pub entries: u64,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} entries left the trace before they were written", self.entries)
    }
}

impl std::error::Error for Gap {}

impl Writer {
    /// Begins a recording of all that the trace keeps. The first piece begins with `header`, whose `dropped` must be that of the trace.
    pub fn new(header: Header) -> Self {
        Self { next: header.dropped, header: Some(header) }
    }

    /// Goes on with a recording that holds all entries before `next`.
    pub fn resume(next: u64) -> Self {
        Self { header: None, next }
    }

    /// The number of the entry that is written next.
    pub fn next_number(&self) -> u64 {
        self.next
    }

    /// Appends whole lines to `out`, until it holds `enough` bytes or everything that the trace has now is written. Returns whether something is left.
    ///
    /// # Errors
    ///
    /// The trace dropped what was not written yet; nothing is appended then.
    pub fn write(&mut self, trace: &Trace, out: &mut String, enough: usize) -> Result<bool, Gap> {
        if trace.dropped() > self.next {
            return Err(Gap { entries: trace.dropped() - self.next });
        }
        if let Some(header) = self.header.take() {
            write_header(&header, out);
        }
        for entry in trace.since(self.next) {
            if out.len() >= enough {
                return Ok(true);
            }
            write_entry(entry, out);
            self.next = entry.number + 1;
        }
        Ok(false)
    }
}
