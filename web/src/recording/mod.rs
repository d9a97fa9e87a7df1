//! The trace kept: written as a file and read again, played again, put into a link, exported for Wireshark.
//!
//! Like the trace itself this is pure: no UI, no browser, no clock. What it reads was written by others, so reading is bounded, says what is wrong and in which line,
//! and does nothing but make a trace. `docs/recording.md` describes the format.

#[cfg(test)]
mod any_entry;
mod base64;
#[cfg(test)]
mod hostile_tests;
mod line;
mod mistake;
mod moment;
mod pcapng;
mod read;
mod read_call;
mod read_line;
mod replay;
mod scenario;
mod share;
mod write;

pub use line::Header;
pub use mistake::Mistake;
pub use moment::Moment;
pub use pcapng::{PCAPNG_FILE_EXTENSION, PCAPNG_MEDIA_TYPE, Pcapng, pcapng};
pub use read::{Reader, Recording};
pub use replay::{LONGEST_PAUSE_MS, Replay, Speed};
pub use scenario::{Message, Part, Scenario};
pub use share::{MAX_FRAGMENT_BYTES, Shared, TooLarge, read_fragment, session_fragment};
pub use write::{Gap, Writer};

/// The media type of a recording: JSON Lines (<https://jsonlines.org>).
pub const MEDIA_TYPE: &str = "application/jsonl";

/// How the name of a recording's file ends.
pub const FILE_EXTENSION: &str = ".jsonl";
