//! One direction of one connection as a continuous ruler of bytes, read off the trace entry by entry.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use protocol::{Call, CallId, How, Operation, RecvFlag, Return};

use crate::net::SocketId;
use crate::trace::{Direction, Entry, Fact, Trace};

/// What one `send` gave to the kernel, or one `recv` returned.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The event at which it began: the bytes went out, or came.
    pub event: u64,
    /// The same as people count events, from 1.
    pub ordinal: u64,
    /// The event at which it is settled that these bytes are the connection's: the return of the `send`. Nothing while the kernel has not taken them.
    pub taken: Option<u64>,
    /// The offset of its first byte.
    pub start: u64,
    /// Tells it from its neighbours: one more than the piece before.
    pub number: u64,
    bytes: Rc<[u8]>,
    /// How many of `bytes` count: a `send` may take less than it was given.
    len: usize,
}

impl Piece {
    /// The offset after its last byte.
    pub fn end(&self) -> u64 {
        self.start + self.len as u64
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The bytes of one direction, as far as the trace keeps them. Bytes of a `send` that failed do not count: nobody knows which of them went.
#[derive(Debug)]
pub struct Ruler {
    socket: SocketId,
    direction: Direction,
    pieces: VecDeque<Piece>,
    next_entry: u64,
    next_piece: u64,
    end: u64,
    is_begun: bool,
    /// `send`s that did not return, with the number of their piece.
    waiting: BTreeMap<CallId, u64>,
    /// The pieces of bare sends, and how many bytes of each are not acknowledged.
    bare: VecDeque<(u64, u64)>,
    /// `recv`s that leave the bytes where they are (MSG_PEEK), or take one that stands beside the stream (MSG_OOB).
    aside: BTreeSet<CallId>,
    ending: Option<CallId>,
    is_ended: bool,
    generation: u64,
}

impl Ruler {
    /// The ruler of `socket` before anything is read from the trace.
    pub fn new(socket: SocketId, direction: Direction) -> Self {
        Self {
            socket,
            direction,
            pieces: VecDeque::new(),
            next_entry: 0,
            next_piece: 0,
            end: 0,
            is_begun: false,
            waiting: BTreeMap::new(),
            bare: VecDeque::new(),
            aside: BTreeSet::new(),
            ending: None,
            is_ended: false,
            generation: 0,
        }
    }

    /// Whose bytes these are, and which.
    pub fn subject(&self) -> (SocketId, Direction) {
        (self.socket, self.direction)
    }

    /// Takes what was added to the trace since the last time, and lets go of what it dropped. Returns whether anything changed. `total` is how many
    /// bytes this direction has had; where the trace dropped some before the first reading, the offsets begin after them.
    pub fn read(&mut self, trace: &Trace, total: u64) -> bool {
        let (socket, mut changed) = (self.socket, false);
        for entry in trace.since(self.next_entry).filter(|entry| entry.socket == socket) {
            changed |= self.take(entry, trace.ordinal(entry.number));
        }
        self.next_entry = trace.next_number();
        if !std::mem::replace(&mut self.is_begun, true) && trace.dropped() > 0 {
            let kept = self.pieces.iter().filter(|piece| piece.taken.is_some()).map(|piece| piece.len as u64).sum();
            // A recording may claim any number; offsets are numbers that every program keeps exactly.
            self.lay_out(total.saturating_sub(kept).min((1 << 53) - 1));
        }
        while self.pieces.front().is_some_and(|piece| piece.event < trace.dropped()) {
            self.pieces.pop_front();
            changed = true;
        }
        changed
    }

    /// The offset of the first byte that is kept.
    pub fn first(&self) -> u64 {
        self.pieces.front().map_or(self.end, |piece| piece.start)
    }

    /// The offset after the last byte.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Whether no byte is kept.
    pub fn is_empty(&self) -> bool {
        self.first() == self.end
    }

    /// Whether no byte can follow.
    pub fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Changes when a byte that was on the ruler is not, or lies elsewhere.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The piece that the byte at `offset` belongs to.
    pub fn piece_at(&self, offset: u64) -> Option<&Piece> {
        self.pieces.get(self.pieces.partition_point(|piece| piece.end() <= offset)).filter(|piece| piece.start <= offset)
    }

    /// The piece that began at that event.
    pub fn piece_of(&self, event: u64) -> Option<&Piece> {
        self.pieces.get(self.pieces.partition_point(|piece| piece.event < event)).filter(|piece| piece.event == event)
    }

    /// The byte at `offset`.
    pub fn byte(&self, offset: u64) -> Option<u8> {
        let piece = self.piece_at(offset)?;
        piece.bytes().get(usize::try_from(offset - piece.start).ok()?).copied()
    }

    /// The bytes from `start` to `end`, in the pieces in which they went or came, as far as they are there.
    pub fn chunks(&self, start: u64, end: u64) -> impl Iterator<Item = &[u8]> {
        let from = self.pieces.partition_point(|piece| piece.end() <= start);
        self.pieces.range(from..).take_while(move |piece| piece.start < end).map(move |piece| {
            let within = |offset: u64| usize::try_from(offset.saturating_sub(piece.start)).unwrap_or(usize::MAX).min(piece.len);
            piece.bytes().get(within(start)..within(end)).unwrap_or_default()
        })
    }

    /// The same in one piece. For ranges whose length somebody bounded.
    pub fn copy(&self, start: u64, end: u64) -> Vec<u8> {
        let mut bytes = vec![];
        self.chunks(start, end).for_each(|chunk| bytes.extend_from_slice(chunk));
        bytes
    }

    /// The offset of the first `byte` from `start` on and before `end`.
    pub fn find(&self, byte: u8, start: u64, end: u64) -> Option<u64> {
        let mut at = start.max(self.first());
        for chunk in self.chunks(start, end) {
            if let Some(position) = chunk.iter().position(|found| *found == byte) {
                return Some(at + position as u64);
            }
            at += chunk.len() as u64;
        }
        None
    }

    fn take(&mut self, entry: &Entry, ordinal: u64) -> bool {
        match (&entry.fact, self.direction) {
            (Fact::Called(call), _) => {
                self.called(call);
                false
            }
            (Fact::Received { id, bytes }, Direction::Received) => {
                let counts = !self.aside.remove(id);
                if counts {
                    self.push((entry.number, ordinal), Some(entry.number), bytes);
                }
                counts
            }
            (Fact::Returned { value: Return::Recv { eof: true }, .. }, Direction::Received) => !std::mem::replace(&mut self.is_ended, true),
            (Fact::Sending { id, bytes }, Direction::Sent) => {
                let piece = self.push((entry.number, ordinal), None, bytes);
                match id {
                    Some(id) => drop(self.waiting.insert(*id, piece)),
                    None => self.bare.push_back((piece, bytes.len() as u64)),
                }
                true
            }
            (Fact::Returned { id: Some(id), value: Return::Send { sent } }, Direction::Sent) => self.settle(*id, *sent, entry.number),
            (Fact::Returned { id: None, value: Return::Send { sent } }, Direction::Sent) => self.settle_bare(*sent, entry.number),
            (Fact::Returned { id: Some(id), value: Return::Shutdown }, Direction::Sent) => {
                let ends = self.ending == Some(*id);
                self.is_ended |= ends;
                ends
            }
            (Fact::Failed { id: Some(id), .. }, Direction::Sent) => self.settle(*id, 0, entry.number),
            (Fact::Failed { id: None, .. }, Direction::Sent) => self.fail_bare(entry.number),
            (Fact::Closed | Fact::Ended { .. } | Fact::Lost { .. }, _) => !std::mem::replace(&mut self.is_ended, true),
            _ => false,
        }
    }

    fn called(&mut self, call: &Call) {
        match &call.operation {
            Operation::Recv { flags, .. } if flags.iter().any(|flag| matches!(flag, RecvFlag::Peek | RecvFlag::Oob)) => {
                self.aside.insert(call.id);
            }
            Operation::Shutdown { how: How::Write | How::Both } => self.ending = Some(call.id),
            _ => {}
        }
    }

    fn push(&mut self, (event, ordinal): (u64, u64), taken: Option<u64>, bytes: &Rc<[u8]>) -> u64 {
        let number = self.next_piece;
        self.pieces.push_back(Piece { event, ordinal, taken, start: self.end, number, bytes: bytes.clone(), len: bytes.len() });
        self.next_piece += 1;
        self.end += bytes.len() as u64;
        number
    }

    fn piece_mut(&mut self, number: u64) -> Option<&mut Piece> {
        let first = self.pieces.front()?.number;
        self.pieces.get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    fn settle(&mut self, id: CallId, sent: u64, event: u64) -> bool {
        let Some(number) = self.waiting.remove(&id) else { return false };
        self.settle_piece(number, sent, event);
        true
    }

    fn settle_piece(&mut self, number: u64, sent: u64, event: u64) {
        let Some(piece) = self.piece_mut(number) else { return };
        piece.taken = Some(event);
        let len = usize::try_from(sent).unwrap_or(usize::MAX).min(piece.len);
        if std::mem::replace(&mut piece.len, len) != len {
            let first = self.first();
            self.lay_out(first);
        }
    }

    fn settle_bare(&mut self, sent: u64, event: u64) -> bool {
        let mut left = sent;
        while let Some((number, unacknowledged)) = self.bare.front_mut() {
            if *unacknowledged > left {
                *unacknowledged -= left;
                break;
            }
            left -= *unacknowledged;
            let number = *number;
            self.bare.pop_front();
            self.settle_piece(number, u64::MAX, event);
        }
        true
    }

    fn fail_bare(&mut self, event: u64) -> bool {
        let failed: Vec<(u64, u64)> = self.bare.drain(..).collect();
        for (number, unacknowledged) in &failed {
            let sent = self.piece_mut(*number).map_or(0, |piece| piece.len as u64).saturating_sub(*unacknowledged);
            self.settle_piece(*number, sent, event);
        }
        !failed.is_empty()
    }

    /// Gives every piece its place anew, the first at `first`.
    fn lay_out(&mut self, first: u64) {
        self.end = first;
        for piece in &mut self.pieces {
            piece.start = self.end;
            self.end = piece.end();
        }
        self.generation += 1;
    }
}

#[cfg(test)]
#[path = "ruler_tests.rs"]
pub(super) mod tests;
