//! The trace itself: bounded, append-only, and honest about what it dropped.

use std::collections::{BTreeSet, VecDeque};

use protocol::{Call, Operation, RecvFlag};

use super::{Entry, Fact};
use crate::net::SocketId;

/// How much a trace keeps.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// At most this many entries.
    pub entries: usize,
    /// At most this many payload bytes.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { entries: 100_000, bytes: 64 << 20 }
    }
}

/// Everything that happened, oldest first; the oldest goes when a bound is reached.
#[derive(Debug, Default)]
pub struct Trace {
    bounds: Bounds,
    entries: VecDeque<Entry>,
    payload_bytes: usize,
    samples: usize,
    /// The numbers of the entries that are kept and aside, and how many such were dropped.
    asides: VecDeque<u64>,
    dropped_asides: u64,
    next: u64,
}

impl Trace {
    /// An empty trace that keeps as much as `bounds` say.
    pub fn new(bounds: Bounds) -> Self {
        Self::starting_at(bounds, 0)
    }

    /// An empty trace whose first entry will have `number`, as if all before it had been dropped.
    pub fn starting_at(bounds: Bounds, number: u64) -> Self {
        Self { bounds, next: number, ..Self::default() }
    }

    /// Appends what happened at `time_ms` (milliseconds since the page was opened) and returns it as it stands in the trace.
    /// The newest entry is kept even where it alone exceeds the bound in bytes.
    pub fn push(&mut self, time_ms: f64, socket: SocketId, fact: Fact) -> &Entry {
        self.push_and(time_ms, socket, fact, |_| {})
    }

    /// The same; `let_go` sees each entry that is dropped for it.
    pub fn push_and(&mut self, time_ms: f64, socket: SocketId, fact: Fact, mut let_go: impl FnMut(&Entry)) -> &Entry {
        let entry = Entry { number: self.next, time_ms, socket, fact };
        self.next += 1;
        self.payload_bytes += entry.fact.payload_bytes();
        self.samples += usize::from(entry.is_sample());
        if entry.is_aside() {
            self.asides.push_back(entry.number);
        }
        while self.entries.len() >= self.bounds.entries.max(1) || self.payload_bytes > self.bounds.bytes {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.payload_bytes -= oldest.fact.payload_bytes();
            self.samples -= usize::from(oldest.is_sample());
            if oldest.is_aside() {
                self.asides.pop_front();
                self.dropped_asides += 1;
            }
            let_go(&oldest);
        }
        self.entries.push_back(entry);
        &self.entries[self.entries.len() - 1]
    }

    /// How many entries were dropped to stay within the bounds; so also the number of the oldest that is kept.
    pub fn dropped(&self) -> u64 {
        self.next - self.entries.len() as u64
    }

    /// How many of the entries that are kept are samples of what the kernel knows.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The number that the next entry will have.
    pub fn next_number(&self) -> u64 {
        self.next
    }

    /// The how manieth event that is, counted from 1 as people see them: entries that are [aside](Entry::is_aside) do not count.
    pub fn ordinal(&self, number: u64) -> u64 {
        let asides = self.dropped_asides + self.asides.partition_point(|aside| *aside <= number) as u64;
        (number + 1).saturating_sub(asides)
    }

    /// The entries from `number` on, as far as they are kept.
    pub fn since(&self, number: u64) -> impl Iterator<Item = &Entry> {
        let skip = usize::try_from(number.saturating_sub(self.dropped())).unwrap_or(usize::MAX).min(self.entries.len());
        self.entries.range(skip..)
    }

    /// The entries before `number`, the latest first, as far as they are kept.
    pub fn before(&self, number: u64) -> impl Iterator<Item = &Entry> {
        let end = usize::try_from(number.saturating_sub(self.dropped())).unwrap_or(usize::MAX).min(self.entries.len());
        self.entries.range(..end).rev()
    }

    /// The entry of that number, if it is kept.
    pub fn get(&self, number: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(number.checked_sub(self.dropped())?).ok()?)
    }

    /// The bytes that `socket` received, in order, in the pieces in which they came, as far as they are kept. What was only peeked at comes again, and is left out the first time.
    pub fn received(&self, socket: SocketId) -> impl Iterator<Item = &[u8]> {
        let mut peeks = BTreeSet::new();
        self.entries.iter().filter(move |entry| entry.socket == socket).filter_map(move |entry| match &entry.fact {
            Fact::Called(Call { id, operation: Operation::Recv { flags, .. } }) if flags.contains(&RecvFlag::Peek) => {
                peeks.insert(*id);
                None
            }
            Fact::Received { id, bytes } => (!peeks.remove(id)).then_some(&bytes[..]),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use protocol::CallId;

    use super::*;

    fn received(len: usize) -> Fact {
        Fact::Received { id: CallId(1), bytes: vec![7; len].into() }
    }

    #[test]
    fn the_oldest_goes_first_and_is_counted() {
        let mut trace = Trace::new(Bounds { entries: 3, bytes: 1000 });
        for time in 0..5 {
            trace.push(f64::from(time), SocketId(1), received(1));
        }
        assert_eq!(trace.dropped(), 2);
        assert_eq!(trace.next_number(), 5);
        assert_eq!(trace.since(0).map(|entry| entry.number).collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(trace.since(4).count(), 1);
        assert_eq!(trace.since(99).count(), 0);
    }

    #[test]
    fn what_the_kernel_told_is_no_event_that_people_count() {
        let mut trace = Trace::new(Bounds { entries: 4, bytes: 1000 });
        let told = || Fact::Told { id: CallId(9), info: Box::default() };
        for fact in [told(), received(1), told(), told(), received(1)] {
            trace.push(0.0, SocketId(1), fact);
        }
        assert_eq!([1, 2, 3, 4].map(|number| trace.ordinal(number)), [1, 1, 1, 2], "the first sample was dropped, and counts as little");
    }

    #[test]
    fn a_trace_may_begin_later() {
        let mut trace = Trace::starting_at(Bounds::default(), 7);
        assert_eq!((trace.dropped(), trace.next_number()), (7, 7));
        assert_eq!(trace.push(0.0, SocketId(1), received(1)).number, 7);
        assert_eq!((trace.dropped(), trace.since(0).count(), trace.since(8).count()), (7, 1, 0));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut trace = Trace::new(Bounds { entries: 100, bytes: 10 });
        trace.push(0.0, SocketId(1), received(6));
        trace.push(0.0, SocketId(1), received(4));
        assert_eq!(trace.dropped(), 0);
        trace.push(0.0, SocketId(1), received(1));
        assert_eq!(trace.dropped(), 1);
        trace.push(0.0, SocketId(1), received(50));
        assert_eq!(trace.dropped(), 3, "the newest alone may exceed the bound");
        assert_eq!(trace.received(SocketId(1)).map(<[u8]>::len).collect::<Vec<_>>(), [50]);
    }

    #[test]
    fn only_that_sockets_bytes() {
        let mut trace = Trace::default();
        for socket in [1, 2, 1] {
            trace.push(0.0, SocketId(socket), received(usize::try_from(socket).unwrap()));
        }
        assert_eq!(trace.received(SocketId(1)).count(), 2);
        assert_eq!(trace.received(SocketId(2)).map(<[u8]>::len).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn what_was_peeked_at_is_there_once() {
        let mut trace = Trace::default();
        for (id, flags) in [(1, vec![RecvFlag::Peek]), (1, vec![])] {
            let operation = Operation::Recv { max: 9, flags, timeout_ms: None };
            trace.push(0.0, SocketId(1), Fact::Called(Call { id: CallId(id), operation }));
            trace.push(0.0, SocketId(1), received(3));
        }
        assert_eq!(trace.received(SocketId(1)).count(), 1);
    }
}
