//! One row of a ladder: what one end did, how a call of it ended, what crossed the wire.

use std::net::SocketAddr;
use std::rc::Rc;

use protocol::{Name, Return};

use crate::net::SocketId;
use crate::trace::State;

/// One of the two lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The chosen socket.
    Left,
    /// The other end.
    Right,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Left, Self::Right];

    /// Its place in an array of two.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// A row. All are of one height.
#[derive(Clone, Debug)]
pub struct Row {
    /// The event that began it.
    pub first: u64,
    /// The event that completed it: that of the return, where the row tells of a call and its return.
    pub last: u64,
    /// When it began, in milliseconds since the page was opened.
    pub time_ms: f64,
    /// How long after what happened before; nothing for the first.
    pub since_ms: Option<f64>,
    /// Whose it is.
    pub side: Side,
    /// What happened.
    pub act: Act,
    /// How the call ended, if it did and this row tells of it.
    pub ending: Option<Ending>,
    /// How long the call took until then, in milliseconds.
    pub took_ms: f64,
    /// What crossed the wire.
    pub arrow: Option<Arrow>,
    /// The state that each end came to.
    pub states: [Option<State>; 2],
    /// The calls that were under way at each end.
    pub bars: [Bars; 2],
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing, for so many milliseconds.
    Pause(u64),
    /// A call, as it was written.
    Call(String),
    /// A call that was made in an earlier row ended.
    Return(String),
    /// Something crossed the wire by itself.
    Wire,
    /// The socket ended without a call, for this reason.
    Over(String),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It returned this.
    Returned(Return),
    /// A `recv` returned so many bytes.
    Bytes(u64),
    /// It failed.
    Failed(Name),
    /// The socket ended first.
    NoAnswer,
}

/// What crossed the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// Where it came from.
    pub from: Side,
    /// The event that tells of it.
    pub event: u64,
    /// What it was.
    pub carries: Carries,
}

/// What an arrow stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Carries {
    /// Bytes of the stream.
    Bytes(Rc<[u8]>),
    /// A segment that must have been there, and that nobody captured.
    Inferred(&'static str),
    /// A connection that a listener accepted: from where, and which socket it is.
    Connection(SocketAddr, SocketId),
}

/// The calls under way at one end, a bit for each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bars {
    /// Those that began before the row and go on after it.
    pub through: u8,
    /// Those that begin here and go on.
    pub begin: u8,
    /// Those that end here.
    pub end: u8,
}
