//! One conversation: the numbers that its packets count with, and the packets that are made of what happened.

use std::net::SocketAddr;

use super::block;
use super::packet::{Segment, flag, max_segment_bytes};

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Which connected.
    Connecting,
    /// Which listened.
    Listening,
}

impl End {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Connecting => Self::Listening,
            Self::Listening => Self::Connecting,
        }
    }
}

/// Windows are announced in units of 128 bytes (RFC 7323), so that none of them ever looks full.
const WINDOW_SCALE: [u8; 4] = [1, 3, 3, 7];

/// After how many segments of one `send` the other end acknowledges.
const SEGMENTS_TO_ACKNOWLEDGE: usize = 32;

/// How far a conversation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Nothing,
    Asked,
    Established,
    Over,
}

#[derive(Clone, Copy, Debug)]
struct Side {
    address: SocketAddr,
    /// The sequence number of its next byte.
    next: u32,
    packets: u16,
    has_finished: bool,
    is_closed: bool,
    /// Bytes that came from the other end and that nobody took, where both ends are in the page.
    unread: u64,
}

/// The packets of one conversation, as they are made.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    sides: [Side; 2],
    stage: Stage,
}

impl Conversation {
    /// Between the end that connects and the one that listens; the `index`th of the file.
    pub(super) fn new(ends: [SocketAddr; 2], index: usize) -> Self {
        // Any numbers will do; different ones can be told apart.
        let first = (index as u32).wrapping_mul(0x0100_0000);
        let side = |address, next| Side { address, next, packets: 0, has_finished: false, is_closed: false, unread: 0 };
        Self { sides: [side(ends[0], first.wrapping_add(1000)), side(ends[1], first.wrapping_add(0x0080_0000))], stage: Stage::Nothing }
    }

    fn side(&mut self, end: End) -> &mut Side {
        &mut self.sides[end as usize]
    }

    /// The connecting end asks.
    pub(super) fn ask(&mut self, micros: u64, file: &mut Vec<u8>) {
        if self.stage < Stage::Asked {
            self.stage = Stage::Asked;
            self.synchronise(End::Connecting, flag::SYN, micros, file);
        }
    }

    /// The connection is there for one of the ends, so for both.
    pub(super) fn establish(&mut self, micros: u64, file: &mut Vec<u8>) {
        self.ask(micros, file);
        if self.stage < Stage::Established {
            self.stage = Stage::Established;
            self.synchronise(End::Listening, flag::SYN | flag::ACK, micros, file);
            self.put(End::Connecting, flag::ACK, &[], &[], micros, file);
        }
    }

    fn synchronise(&mut self, from: End, flags: u8, micros: u64, file: &mut Vec<u8>) {
        let [high, low] = max_segment_bytes(&self.side(from).address).to_be_bytes();
        let [first, second, third, fourth] = WINDOW_SCALE;
        self.put(from, flags, &[2, 4, high, low, first, second, third, fourth], &[], micros, file);
    }

    fn is_open(&self) -> bool {
        self.stage == Stage::Established
    }

    /// `from` sends `bytes`, in segments, and the other end acknowledges them; one that is closed answers with RST.
    pub(super) fn send(&mut self, from: End, bytes: &[u8], micros: u64, file: &mut Vec<u8>) {
        if !self.is_open() || self.side(from).has_finished {
            return;
        }
        self.side(from.other()).unread += bytes.len() as u64;
        let most = usize::from(max_segment_bytes(&self.side(from).address));
        let mut segments = bytes.chunks(most).enumerate().peekable();
        while let Some((index, segment)) = segments.next() {
            let is_last = segments.peek().is_none();
            let push = if is_last { flag::PSH } else { 0 };
            self.put(from, flag::ACK | push, &[], segment, micros, file);
            if is_last || (index + 1).is_multiple_of(SEGMENTS_TO_ACKNOWLEDGE) {
                self.put(from.other(), flag::ACK, &[], &[], micros, file);
            }
        }
        if self.side(from.other()).is_closed {
            self.reset(from.other(), micros, file);
        }
    }

    /// The program at `end` took so many bytes.
    pub(super) fn took(&mut self, end: End, bytes: u64) {
        let side = self.side(end);
        side.unread = side.unread.saturating_sub(bytes);
    }

    /// `from` finishes sending.
    pub(super) fn finish(&mut self, from: End, micros: u64, file: &mut Vec<u8>) {
        if self.is_open() && !self.side(from).has_finished {
            self.put(from, flag::FIN | flag::ACK, &[], &[], micros, file);
            self.side(from).has_finished = true;
            self.put(from.other(), flag::ACK, &[], &[], micros, file);
        }
    }

    /// Whether `end` has finished sending.
    pub(super) fn has_finished(&self, end: End) -> bool {
        self.sides[end as usize].has_finished
    }

    /// `from` closes: with RST where bytes are left that nobody took, as RFC 2525 section 2.17 has it.
    pub(super) fn close(&mut self, from: End, both_ends_are_here: bool, micros: u64, file: &mut Vec<u8>) {
        if both_ends_are_here && self.side(from).unread > 0 {
            self.reset(from, micros, file);
        } else {
            self.finish(from, micros, file);
        }
        self.side(from).is_closed = true;
    }

    /// `from` resets the connection, which is over then.
    pub(super) fn reset(&mut self, from: End, micros: u64, file: &mut Vec<u8>) {
        let have_both_finished = self.sides.iter().all(|side| side.has_finished);
        if self.is_open() && !have_both_finished {
            self.put(from, flag::RST | flag::ACK, &[], &[], micros, file);
            self.stage = Stage::Over;
        }
    }

    fn put(&mut self, from: End, flags: u8, options: &[u8], bytes: &[u8], micros: u64, file: &mut Vec<u8>) {
        let other = *self.side(from.other());
        let side = self.side(from);
        let segment = Segment {
            from: side.address,
            to: other.address,
            identification: side.packets,
            sequence: side.next,
            acknowledgement: if flags & flag::ACK == 0 { 0 } else { other.next },
            flags,
            options,
            bytes,
        };
        block::packet(micros, &segment.packet(), file);
        side.packets = side.packets.wrapping_add(1);
        // SYN and FIN count as a byte each.
        let counted = bytes.len() as u32 + u32::from(flags & (flag::SYN | flag::FIN) != 0);
        side.next = side.next.wrapping_add(counted);
    }
}
