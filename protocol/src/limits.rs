//! The sizes that bound every buffer and every queue, on both sides.

/// The largest binary frame, in bytes, in either direction; so also the most that one `send` carries and one `recv` returns.
///
/// A `recv` that asks for more is a `recv` of this many, as `recv(2)` may return less than it was asked for.
pub const MAX_BINARY_FRAME_BYTES: usize = 1 << 20;

/// The largest text frame, in bytes, in either direction.
pub const MAX_TEXT_FRAME_BYTES: usize = 16 << 10;

/// How many `recv`s may wait on one socket, and how many of all its other calls. One more fails with `ENOBUFS`.
pub const MAX_CALLS_WAITING: usize = 256;

/// How many bytes of `send`s the relay holds for one socket before it stops reading that socket's WebSocket.
///
/// At most one frame more than this is held. Clients keep no more than this unacknowledged.
pub const SEND_WINDOW_BYTES: usize = 1 << 20;

/// The longest name of a host, in bytes: 253 characters (RFC 1035 section 2.3.4) and a trailing dot, or an address with a zone.
pub const MAX_HOST_BYTES: usize = 254;

/// How much of the name of a call that there is none of its failure repeats, in characters.
pub const MAX_CALL_NAME_CHARS: usize = 64;

/// How much of what is wrong with a frame, or of the address that a call was about, a failure repeats, in characters.
pub const MAX_REPEATED_CHARS: usize = 512;

/// The longest `timeout_ms`: a day.
pub const MAX_TIMEOUT_MS: u64 = 86_400_000;

/// The shortest interval at which `info` tells what the kernel knows, in milliseconds. A shorter one counts as this.
pub const MIN_INFO_INTERVAL_MS: u64 = 50;
