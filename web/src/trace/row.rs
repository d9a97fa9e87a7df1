//! One row of a stream, and the words in it.

use std::fmt::Write as _;

use protocol::{Failure, Family, How, Name, Operation, PollEvent, Return};

use super::{Span, bytes_in_words};
use crate::texts::stream as text;

/// Which way bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From us to the other end.
    Sent,
    /// From the other end to us.
    Received,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not yet.
    Waiting,
    /// It returned this; empty where it returns nothing.
    Returned(String),
    /// It was cancelled.
    Cancelled,
    /// It failed: the POSIX name.
    Failed(String),
}

impl Outcome {
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Waiting => "waiting",
            Self::Cancelled => "cancelled",
            Self::Returned(words) | Self::Failed(words) => words,
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Tells the rows of one stream apart, whatever was dropped.
    pub number: u64,
    /// The event that it shows.
    pub event: u64,
    /// When it happened, in milliseconds since the page was opened.
    pub time_ms: f64,
    /// How long after what happened before, in milliseconds; nothing for the first.
    pub delta_ms: Option<f64>,
    /// What it shows.
    pub kind: RowKind,
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq)]
pub enum RowKind {
    /// The beginning of one `send` or of what one `recv` returned.
    Head {
        /// Which way.
        direction: Direction,
        /// The call as it was made.
        call: String,
        /// How many bytes.
        bytes: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// A line of text.
    Text(Direction, Vec<Span>),
    /// Some bytes in hexadecimal.
    Hex {
        /// Which way.
        direction: Direction,
        /// The position of the first byte in this `send` or `recv`.
        offset: String,
        /// The bytes.
        hex: String,
        /// The bytes as ASCII, a dot for what is none.
        text: String,
    },
    /// Another call.
    Call {
        /// The call as it was made.
        call: String,
        /// How it ended.
        outcome: Outcome,
    },
    /// The other end finished sending.
    End,
    /// The socket ended without a call.
    Gone(String),
}

pub(super) fn hex_row(direction: Direction, bytes: &[u8], start: usize, width: usize) -> RowKind {
    let piece = bytes.get(start..bytes.len().min(start + width)).unwrap_or_default();
    let mut hex = String::with_capacity(width * 3 + 1);
    for position in 0..width {
        if position > 0 {
            hex.push_str(if position % 8 == 0 { "  " } else { " " });
        }
        match piece.get(position) {
            // Writing into a String cannot fail.
            Some(byte) => drop(write!(hex, "{byte:02x}")),
            None => hex.push_str("  "),
        }
    }
    let text = piece.iter().map(|&byte| if (0x20..0x7f).contains(&byte) { char::from(byte) } else { '·' }).collect();
    RowKind::Hex { direction, offset: format!("{start:06x}"), hex, text }
}

/// A call as Python's `socket` writes it.
pub fn as_written(operation: &Operation) -> String {
    match operation {
        Operation::Socket { family: Family::Inet } => "socket(AF_INET)".to_owned(),
        Operation::Socket { family: Family::Inet6 } => "socket(AF_INET6)".to_owned(),
        Operation::Bind { address, port } => format!("bind(\"{address}\", {port})"),
        Operation::Listen { backlog } => format!("listen({backlog})"),
        Operation::Connect { host, port, .. } => format!("connect(\"{host}\", {port})"),
        Operation::Recv { max, .. } => format!("recv({max})"),
        Operation::Shutdown { how: How::Read } => "shutdown(SHUT_RD)".to_owned(),
        Operation::Shutdown { how: How::Write } => "shutdown(SHUT_WR)".to_owned(),
        Operation::Shutdown { how: How::Both } => "shutdown(SHUT_RDWR)".to_owned(),
        Operation::Setsockopt { option, value } => format!("setsockopt({option}, {value})"),
        Operation::Getsockopt { option } => format!("getsockopt({option})"),
        Operation::Resolve { host, .. } => format!("getaddrinfo(\"{host}\")"),
        other => format!("{}()", other.name()),
    }
}

pub(super) fn as_returned(value: &Return) -> String {
    match value {
        Return::Bind { local } | Return::Listen { local, .. } | Return::Getsockname { local } => local.to_string(),
        Return::Connect { local, peer } => format!("{local} → {peer}"),
        Return::Accept { peer, .. } => text::connection_from(peer),
        Return::Getpeername { peer } => peer.to_string(),
        Return::Setsockopt { value } | Return::Getsockopt { value } => value.to_string(),
        Return::Resolve { addresses } => addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Return::Poll { events } => events.iter().map(|event| poll_name(*event)).collect::<Vec<_>>().join(", "),
        Return::Info { info } => info.state.map(|state| state.to_string()).unwrap_or_default(),
        Return::Send { sent } => text::took(&bytes_in_words(*sent)),
        _ => String::new(),
    }
}

/// As C and Python have it.
const fn poll_name(event: PollEvent) -> &'static str {
    match event {
        PollEvent::In => "POLLIN",
        PollEvent::Out => "POLLOUT",
        PollEvent::Err => "POLLERR",
        PollEvent::Hup => "POLLHUP",
    }
}

pub(super) fn failed_as(failure: &Failure) -> Outcome {
    match failure.name {
        Name::ECANCELED => Outcome::Cancelled,
        Name::FORBIDDEN => Outcome::Failed(text::forbidden().to_owned()),
        name => Outcome::Failed(name.to_string()),
    }
}
