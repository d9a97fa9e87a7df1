//! One entry of the trace.

use std::rc::Rc;

use protocol::{Call, CallId, EndCause, Failure, Info, Return};

use super::Place;
use crate::net::SocketId;

/// One thing that happened, when, and to which socket.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number: 0 for the first of the page's life, one more for each that follows, whatever was dropped since.
    pub number: u64,
    /// When, in milliseconds since the page was opened.
    pub time_ms: f64,
    /// To which socket.
    pub socket: SocketId,
    /// What.
    pub fact: Fact,
}

impl Entry {
    /// Whether nothing happened: it says more of what stands before it, or the kernel told what it knows.
    pub fn is_aside(&self) -> bool {
        self.is_sample() || matches!(self.fact, Fact::Line { .. })
    }

    /// Whether nothing happened but that the kernel told what it knows, because the page asked.
    pub fn is_sample(&self) -> bool {
        matches!(self.fact, Fact::Told { .. })
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Somebody asked the page for a client or a server; the only fact that the socket itself doesn't know.
    Made(Role),
    /// A call went out.
    Called(Call),
    /// A script made the call that went out just before this.
    Line {
        /// The call's id.
        id: CallId,
        /// Which line of which file.
        place: Place,
    },
    /// Bytes went out, for an announced `send` or (without an id) a bare one.
    Sending {
        /// The call's id.
        id: Option<CallId>,
        /// The bytes.
        bytes: Rc<[u8]>,
    },
    /// A call returned.
    Returned {
        /// The call's id; absent for bare sends.
        id: Option<CallId>,
        /// What it returned.
        value: Return,
    },
    /// A `recv` returned bytes.
    Received {
        /// The call's id.
        id: CallId,
        /// The bytes.
        bytes: Rc<[u8]>,
    },
    /// A call failed.
    Failed {
        /// The call's id; absent for bare sends.
        id: Option<CallId>,
        /// How.
        failure: Failure,
    },
    /// The kernel told what it knows of the socket, because the page asked: see [`Looking`](super::Looking).
    Told {
        /// The id of the `info` call; [`Fact::TABLE`] where the system's table told it of a connection that is closed.
        id: CallId,
        /// What the kernel knows.
        info: Box<Info>,
    },
    /// The relay ended the socket and said why.
    Ended {
        /// Which kind of end.
        cause: EndCause,
        /// Why, in a sentence.
        text: String,
    },
    /// The relay is gone, and the socket with it.
    Lost {
        /// How that was noticed.
        text: String,
    },
    /// The descriptor is closed, as was asked for.
    Closed,
}

impl Fact {
    /// Stands in [`Told`](Self::Told) for the system's table; no call has this id.
    pub const TABLE: CallId = CallId(0);

    /// How many payload bytes it holds.
    pub fn payload_bytes(&self) -> usize {
        match self {
            Self::Sending { bytes, .. } | Self::Received { bytes, .. } => bytes.len(),
            _ => 0,
        }
    }
}

/// What somebody made a socket for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// To connect.
    Client,
    /// To listen.
    Server,
}
