//! RFC 6455's frames, as a server reads and writes them. No I/O: bytes in a buffer, positions in that buffer.

use std::{fmt, ops::Range};

use protocol::{EndCause, limits};

/// The most that comes before a payload that the relay sends: it masks nothing (RFC 6455 section 5.1).
pub(crate) const MAX_HEAD_BYTES: usize = 10;

/// The most that comes before a payload that a client sends: four bytes more, the masking key.
pub(super) const MAX_MASKED_HEAD_BYTES: usize = MAX_HEAD_BYTES + 4;

/// The longest payload of a control frame (RFC 6455 section 5.5).
pub(crate) const MAX_CONTROL_BYTES: usize = 125;

/// The opcodes that the relay sends (RFC 6455 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Opcode {
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// Writes the head of an unfragmented frame of `payload` bytes so that it ends where `room` ends, and returns where it begins.
pub(crate) fn write_head(room: &mut [u8; MAX_HEAD_BYTES], opcode: Opcode, payload: usize) -> usize {
    let long = (payload as u64).to_be_bytes();
    // The shortest of the three encodings of a length, as section 5.2 demands.
    let (short, extended) = match payload {
        0..=125 => (payload as u8, &long[8..]),
        126..=0xffff => (126, &long[6..]),
        _ => (127, &long[..]),
    };
    let start = MAX_HEAD_BYTES - 2 - extended.len();
    room[start] = FIN | opcode as u8;
    room[start + 1] = short;
    room[start + 2..].copy_from_slice(extended);
    start
}

/// Appends a whole frame to `frames`.
pub(crate) fn push(frames: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    let mut head = [0; MAX_HEAD_BYTES];
    let start = write_head(&mut head, opcode, payload.len());
    frames.extend_from_slice(&head[start..]);
    frames.extend_from_slice(payload);
}

/// Whether a frame whose first byte this is begins a binary message.
pub(super) fn is_binary(first: u8) -> bool {
    first & OPCODE == Opcode::Binary as u8
}

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;

/// Puts a client's frames together to messages.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The message whose last fragment is not there yet.
    begun: Option<Box<Begun>>,
}

#[derive(Debug)]
struct Begun {
    kind: Kind,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
}

/// What stands at the front of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// A part of a frame that is this long in all, or at least: its length itself may not be there yet.
    Part { needed: usize },
    /// A whole frame of this length, and what it tells.
    Frame { len: usize, told: Told },
}

/// What a frame tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A message; see [`Payload::text`].
    Text(Payload),
    /// A message in one frame, still masked: it is to be unmasked where it is needed, see [`Masked::unmask_to`].
    Binary(Masked),
    /// A message in fragments.
    Assembled(Vec<u8>),
    /// The message goes on.
    Fragment,
    /// To be answered by a pong with the same payload.
    Ping(Range<usize>),
    Pong,
    /// To be answered by a close frame with the same code, which is absent where the client gave none.
    Close(Option<u16>),
}

/// The bytes of a text message, unmasked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// They lie in the buffer that the frame came in.
    InPlace(Range<usize>),
    /// They came in fragments.
    Assembled(Vec<u8>),
}

impl Payload {
    /// The text; `buffer` is the one that was decoded.
    ///
    /// # Errors
    ///
    /// It is no UTF-8 (RFC 6455 section 8.1).
    pub(crate) fn text<'a>(&'a self, buffer: &'a [u8]) -> Result<&'a str, Violation> {
        let bytes = match self {
            Self::InPlace(range) => &buffer[range.clone()],
            Self::Assembled(bytes) => bytes,
        };
        str::from_utf8(bytes).map_err(|_| Violation::Utf8)
    }
}

/// Where in the decoded buffer a masked payload lies.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Masked {
    range: Range<usize>,
    key: [u8; 4],
}

impl Masked {
    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    /// Moves the bytes to `to`, unmasked on the way: to their own place, or towards the front of `buffer`. The frame begins at `frame` in it.
    pub(crate) fn unmask_to(&self, buffer: &mut [u8], frame: usize, to: usize) -> Range<usize> {
        let from = frame + self.range.start;
        debug_assert!(to <= from);
        let key = widened(self.key);
        let len = self.len();
        let blocks = len / BLOCK * BLOCK;
        for offset in (0..blocks).step_by(BLOCK) {
            // What is stored lies before what is still to be loaded.
            let mut block = [0; BLOCK];
            block.copy_from_slice(&buffer[from + offset..][..BLOCK]);
            block.iter_mut().zip(&key).for_each(|(byte, key)| *byte ^= key);
            buffer[to + offset..][..BLOCK].copy_from_slice(&block);
        }
        for offset in blocks..len {
            buffer[to + offset] = buffer[from + offset] ^ key[offset - blocks];
        }
        to..to + len
    }

    /// The same in its own place.
    pub(crate) fn unmask<'a>(&self, frame: &'a mut [u8]) -> &'a [u8] {
        let range = self.unmask_to(frame, 0, self.range.start);
        &frame[range]
    }
}

/// How a client broke RFC 6455, or the limits of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Violation {
    ReservedBits,
    Unmasked,
    UnknownOpcode(u8),
    /// A control frame with more than 125 bytes.
    LongControl,
    FragmentedControl,
    /// A length in more bytes than it needs, or beyond 63 bits.
    LengthEncoding,
    /// A fragment of a message that was not begun.
    NothingToContinue,
    /// A message amidst another one's fragments.
    NotContinued,
    /// A close code of one byte, or one that nobody may send.
    CloseCode,
    Utf8,
    LongText(u64),
    LongBinary(u64),
}

impl Violation {
    /// How it ends the socket.
    pub(crate) fn cause(self) -> EndCause {
        match self {
            Self::Utf8 => EndCause::Text,
            Self::LongText(_) | Self::LongBinary(_) => EndCause::Size,
            _ => EndCause::Protocol,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits => f.write_str("a frame has reserved bits set, and no extension was agreed on (RFC 6455 section 5.2)"),
            Self::Unmasked => f.write_str("a client must mask its frames (RFC 6455 section 5.1)"),
            Self::UnknownOpcode(opcode) => write!(f, "there is no opcode {opcode} (RFC 6455 section 5.2)"),
            Self::LongControl => write!(f, "a control frame holds at most {MAX_CONTROL_BYTES} bytes (RFC 6455 section 5.5)"),
            Self::FragmentedControl => f.write_str("a control frame must not be fragmented (RFC 6455 section 5.5)"),
            Self::LengthEncoding => f.write_str("a frame's length must be in as few bytes as it needs (RFC 6455 section 5.2)"),
            Self::NothingToContinue => f.write_str("a continuation frame continues nothing (RFC 6455 section 5.4)"),
            Self::NotContinued => f.write_str("a message began before the last one's fragments ended (RFC 6455 section 5.4)"),
            Self::CloseCode => f.write_str("a close frame has a code that must not be sent (RFC 6455 section 7.4)"),
            Self::Utf8 => f.write_str("a text that is no UTF-8 (RFC 6455 section 8.1)"),
            Self::LongText(len) => write!(f, "a text frame holds at most {} bytes, not {len}", limits::MAX_TEXT_FRAME_BYTES),
            Self::LongBinary(len) => write!(f, "a binary frame holds at most {} bytes, not {len}", limits::MAX_BINARY_FRAME_BYTES),
        }
    }
}

impl Decoder {
    /// Decodes the frame at the front of `buffer`. Once it is whole its payload is unmasked there, but for that of a binary message.
    ///
    /// # Errors
    ///
    /// The frame breaks the protocol. Nothing after it means anything.
    pub(crate) fn decode(&mut self, buffer: &mut [u8]) -> Result<Front, Violation> {
        let Some(head) = Head::read(buffer)? else { return Ok(Front::Part { needed: Head::needed(buffer) }) };
        let kind = self.check(&head)?;
        let len = head.len + head.payload as usize;
        if buffer.len() < len {
            return Ok(Front::Part { needed: len });
        }
        let masked = Masked { range: head.len..len, key: head.key };
        let told = match kind {
            Some(Kind::Binary) if head.fin && self.begun.is_none() => Told::Binary(masked),
            Some(kind) => self.message(&head, kind, masked, buffer),
            None if head.opcode == Opcode::Pong as u8 => Told::Pong,
            None if head.opcode == Opcode::Ping as u8 => {
                masked.unmask(buffer);
                Told::Ping(masked.range)
            }
            None => Told::Close(close_code(masked.unmask(buffer))?),
        };
        Ok(Front::Frame { len, told })
    }

    /// Whether the frame may come now. Returns the kind of the message that it is of; control frames are of none.
    fn check(&self, head: &Head) -> Result<Option<Kind>, Violation> {
        let begun = self.begun.as_deref();
        let kind = match (head.opcode, begun) {
            (0, None) => return Err(Violation::NothingToContinue),
            (0, Some(begun)) => begun.kind,
            (1 | 2, Some(_)) => return Err(Violation::NotContinued),
            (1, None) => Kind::Text,
            (2, None) => Kind::Binary,
            (8..=10, _) if head.payload > MAX_CONTROL_BYTES as u64 => return Err(Violation::LongControl),
            (8..=10, _) if !head.fin => return Err(Violation::FragmentedControl),
            (8..=10, _) => return Ok(None),
            (opcode, _) => return Err(Violation::UnknownOpcode(opcode)),
        };
        let len = head.payload.saturating_add(begun.map_or(0, |begun| begun.bytes.len() as u64));
        match kind {
            Kind::Text if len > limits::MAX_TEXT_FRAME_BYTES as u64 => Err(Violation::LongText(len)),
            Kind::Binary if len > limits::MAX_BINARY_FRAME_BYTES as u64 => Err(Violation::LongBinary(len)),
            _ => Ok(Some(kind)),
        }
    }

    /// Takes a text message, or a fragment.
    fn message(&mut self, head: &Head, kind: Kind, masked: Masked, buffer: &mut [u8]) -> Told {
        let bytes = masked.unmask(buffer);
        let begun = self.begun.take();
        if begun.is_none() && head.fin {
            return Told::Text(Payload::InPlace(masked.range));
        }
        let mut begun = begun.unwrap_or_else(|| Box::new(Begun { kind, bytes: Vec::new() }));
        begun.bytes.extend_from_slice(bytes);
        if !head.fin {
            self.begun = Some(begun);
            return Told::Fragment;
        }
        match kind {
            Kind::Text => Told::Text(Payload::Assembled(begun.bytes)),
            Kind::Binary => Told::Assembled(begun.bytes),
        }
    }
}

/// What comes before a payload.
struct Head {
    fin: bool,
    opcode: u8,
    key: [u8; 4],
    payload: u64,
    /// How long this is itself.
    len: usize,
}

impl Head {
    /// Reads it where all of it is there.
    fn read(buffer: &[u8]) -> Result<Option<Self>, Violation> {
        let &[first, second, ..] = buffer else { return Ok(None) };
        if first & RESERVED != 0 {
            return Err(Violation::ReservedBits);
        }
        if second & MASKED == 0 {
            return Err(Violation::Unmasked);
        }
        let len = Self::needed(buffer);
        if buffer.len() < len {
            return Ok(None);
        }
        let (extended, key) = buffer[2..len].split_at(len - 6);
        let long = extended.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let payload = match second & !MASKED {
            126 if long < 126 => return Err(Violation::LengthEncoding),
            127 if long <= 0xffff || long >> 63 != 0 => return Err(Violation::LengthEncoding),
            126 | 127 => long,
            short => u64::from(short),
        };
        let key = [key[0], key[1], key[2], key[3]];
        Ok(Some(Self { fin: first & FIN != 0, opcode: first & OPCODE, key, payload, len }))
    }

    /// How long it is, or at least: the second byte tells.
    fn needed(buffer: &[u8]) -> usize {
        match buffer.get(1).map(|second| second & !MASKED) {
            None | Some(0..126) => 6,
            Some(126) => 8,
            Some(_) => 14,
        }
    }
}

/// The code of a close frame, which may have none (RFC 6455 sections 5.5.1 and 7.4).
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let (code, reason) = match payload {
        [] => return Ok(None),
        [_] => return Err(Violation::CloseCode),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::CloseCode);
    }
    str::from_utf8(reason).map(|_| Some(code)).map_err(|_| Violation::Utf8)
}

/// How many bytes are unmasked at a time: a size that the compiler knows, and turns into vector instructions.
const BLOCK: usize = 64;

/// A masking key (RFC 6455 section 5.3) for a whole block.
fn widened(key: [u8; 4]) -> [u8; BLOCK] {
    let mut wide = [0; BLOCK];
    wide.as_chunks_mut().0.fill(key);
    wide
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
