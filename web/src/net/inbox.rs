//! What was received and not yet taken, in order. No I/O.

use std::collections::VecDeque;

use protocol::Failure;

/// How much one `recv` of the read-ahead asks for, in bytes. Messages of 64 KiB to 256 KiB are the plateau of Chromium's WebSocket.
pub(super) const AHEAD_PIECE_BYTES: usize = 128 << 10;

/// How many `recv`s of the read-ahead may wait at a time.
pub(super) const AHEAD_PIECES: usize = 8;

/// How much may be received ahead of whoever reads, in bytes: what was asked for and what is not yet taken. The window of a peer that sends faster than it is read.
pub(super) const AHEAD_WINDOW_BYTES: usize = AHEAD_PIECES * AHEAD_PIECE_BYTES;

/// How one `recv` ended, as far as it concerns the stream and not that call alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// These bytes; none for a `recv` of at most 0.
    Bytes(Vec<u8>),
    /// The end of the stream.
    End,
    /// The connection failed.
    Failure(Failure),
}

/// The items that wait, oldest first. There is at most one for each `recv` that was called.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    items: VecDeque<Item>,
    /// How many bytes of the first item are taken already.
    taken: usize,
    bytes: usize,
}

impl Inbox {
    pub(super) fn push(&mut self, item: Item) {
        if let Item::Bytes(bytes) = &item {
            self.bytes += bytes.len();
        }
        self.items.push_back(item);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes the oldest item, or at most `max` bytes of it.
    pub(super) fn take(&mut self, max: u64) -> Option<Item> {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        let Some(Item::Bytes(first)) = self.items.front() else { return self.items.pop_front() };
        let rest = first.get(self.taken..).unwrap_or_default();
        if rest.len() > max {
            let part = rest.get(..max).unwrap_or_default().to_vec();
            self.taken += part.len();
            self.bytes -= part.len();
            return Some(Item::Bytes(part));
        }
        self.bytes -= rest.len();
        let taken = std::mem::take(&mut self.taken);
        let item = self.items.pop_front()?;
        Some(match item {
            Item::Bytes(mut bytes) if taken > 0 => Item::Bytes(bytes.split_off(taken)),
            other => other,
        })
    }

    /// A copy of what [`take`](Self::take) would take.
    pub(super) fn peek(&self, max: u64) -> Option<Item> {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        self.items.front().map(|item| match item {
            Item::Bytes(first) => {
                let rest = first.get(self.taken..).unwrap_or_default();
                Item::Bytes(rest.get(..max).unwrap_or(rest).to_vec())
            }
            other => other.clone(),
        })
    }

    /// Copies into `buffer` and returns how many bytes; 0 at the end of the stream. The end and a failure stay for the next reader.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Option<Result<usize, Failure>> {
        let mut filled = 0;
        while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.items.front() {
                Some(Item::Bytes(first)) => {
                    let rest = first.get(self.taken..).unwrap_or_default();
                    let count = rest.len().min(room.len());
                    // As one copy: the page is built for size, where a loop over bytes stays one.
                    room[..count].copy_from_slice(&rest[..count]);
                    let is_used_up = count == rest.len();
                    filled += count;
                    self.bytes -= count;
                    self.taken += count;
                    if is_used_up {
                        self.items.pop_front();
                        self.taken = 0;
                    }
                }
                _ if filled > 0 => break,
                Some(Item::End) => return Some(Ok(0)),
                Some(Item::Failure(failure)) => return Some(Err(failure.clone())),
                None => return None,
            }
        }
        Some(Ok(filled))
    }

    /// How many more `recv`s of [`AHEAD_PIECE_BYTES`] fit into the window while `in_flight` of them wait; none after the end.
    pub(super) fn room_ahead(&self, in_flight: usize) -> usize {
        if self.items.iter().any(|item| !matches!(item, Item::Bytes(_))) {
            return 0;
        }
        (AHEAD_WINDOW_BYTES.saturating_sub(self.bytes) / AHEAD_PIECE_BYTES).saturating_sub(in_flight)
    }
}

#[cfg(test)]
mod tests {
    use protocol::Name;

    use super::*;

    fn bytes(text: &str) -> Item {
        Item::Bytes(text.as_bytes().to_vec())
    }

    fn inbox(items: impl IntoIterator<Item = Item>) -> Inbox {
        let mut inbox = Inbox::default();
        items.into_iter().for_each(|item| inbox.push(item));
        inbox
    }

    #[test]
    fn a_recv_takes_no_more_than_it_asked_for_and_never_of_two() {
        let mut inbox = inbox([bytes("hello"), bytes("world"), Item::End]);
        assert_eq!(inbox.take(2), Some(bytes("he")));
        assert_eq!(inbox.take(100), Some(bytes("llo")));
        assert_eq!(inbox.take(5), Some(bytes("world")));
        assert_eq!(inbox.bytes, 0);
        assert_eq!(inbox.take(5), Some(Item::End));
        assert_eq!(inbox.take(5), None);
    }

    #[test]
    fn who_peeks_leaves_what_it_sees() {
        let mut inbox = inbox([bytes("hello"), Item::End]);
        assert_eq!(inbox.peek(2), Some(bytes("he")));
        assert_eq!(inbox.take(3), Some(bytes("hel")));
        assert_eq!(inbox.peek(9), Some(bytes("lo")));
        assert_eq!(inbox.take(9), Some(bytes("lo")));
        assert_eq!(inbox.peek(9), Some(Item::End));
        assert_eq!(inbox.take(9), Some(Item::End));
        assert_eq!(inbox.peek(9), None);
    }

    #[test]
    fn a_reader_fills_its_buffer_across_items_and_meets_the_end_again_and_again() {
        let mut inbox = inbox([bytes("hello"), bytes("wor"), bytes("ld"), Item::End]);
        let mut buffer = [0; 6];
        assert_eq!(inbox.read(&mut buffer[..2]), Some(Ok(2)));
        assert_eq!(inbox.read(&mut buffer), Some(Ok(6)));
        assert_eq!(&buffer, b"llowor");
        assert_eq!(inbox.read(&mut buffer), Some(Ok(2)));
        assert_eq!(inbox.read(&mut buffer), Some(Ok(0)));
        assert_eq!(inbox.read(&mut buffer), Some(Ok(0)));
        assert_eq!(inbox.bytes, 0);
    }

    #[test]
    fn a_failure_comes_after_the_bytes_before_it_and_stays() {
        let failure = Failure::new(Name::ECONNRESET, "recv", "reset");
        let mut inbox = inbox([bytes("x"), Item::Failure(failure.clone())]);
        let mut buffer = [0; 6];
        assert_eq!(inbox.read(&mut buffer), Some(Ok(1)));
        assert_eq!(inbox.read(&mut buffer), Some(Err(failure.clone())));
        assert_eq!(inbox.read(&mut buffer), Some(Err(failure)));
    }

    #[test]
    fn an_empty_inbox_has_nothing_to_read_and_an_empty_buffer_needs_nothing() {
        assert_eq!(inbox([]).read(&mut [0; 4]), None);
        assert_eq!(inbox([]).read(&mut []), Some(Ok(0)));
        assert_eq!(inbox([bytes("")]).read(&mut [0; 4]), None);
    }

    #[test]
    fn the_window_counts_what_was_asked_for_and_what_was_not_taken() {
        let most = AHEAD_PIECES;
        assert_eq!(inbox([]).room_ahead(0), most);
        assert_eq!(inbox([]).room_ahead(most - 1), 1);
        assert_eq!(inbox([]).room_ahead(most + 1), 0);
        let mut full = inbox((0..most).map(|_| Item::Bytes(vec![0; AHEAD_PIECE_BYTES])));
        assert_eq!(full.room_ahead(0), 0);
        assert!(full.take(1).is_some());
        assert_eq!(full.room_ahead(0), 0);
        assert!(full.take(u64::MAX).is_some());
        assert_eq!(full.room_ahead(0), 1);
        full.push(Item::End);
        assert_eq!(full.room_ahead(0), 0);
    }
}
