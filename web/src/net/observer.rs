//! The tap: everything that crosses a WebSocket, as it crosses.

use std::fmt;

use protocol::{Call, CallId, EndCause, Failure, Info, Return};

/// Tells the sockets of a page apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Hears of everything that happens on the sockets of a [`Relay`](super::Relay). It is called synchronously and must not call `net` itself.
pub trait Observer {
    /// Takes note of one thing that happened on `socket`.
    fn observe(&self, socket: SocketId, observed: Observed<'_>);
}

/// One thing that happened on a socket.
#[derive(Clone, Copy, Debug)]
pub enum Observed<'a> {
    /// A call goes out.
    Called(&'a Call),
    /// The bytes of a `send` go out, of a bare one where there is no id.
    Sending {
        /// The call that announced them.
        id: Option<CallId>,
        /// All of them.
        bytes: &'a [u8],
    },
    /// A call returned; for bare sends without an id, and possibly several at once.
    Returned {
        /// Which.
        id: Option<CallId>,
        /// What.
        value: &'a Return,
    },
    /// A `recv` returned bytes.
    Received {
        /// Which.
        id: CallId,
        /// At least one.
        bytes: &'a [u8],
    },
    /// A call failed; a bare send where there is no id.
    Failed {
        /// Which.
        id: Option<CallId>,
        /// How.
        failure: &'a Failure,
    },
    /// A sampled `info` call tells again.
    Told {
        /// Which.
        id: CallId,
        /// What the kernel knows.
        info: &'a Info,
    },
    /// The relay ended the socket.
    Ended {
        /// Which kind of end.
        cause: EndCause,
        /// Why, in a sentence.
        text: &'a str,
    },
    /// The WebSocket is gone, and the socket with it, without a word from the relay.
    Lost {
        /// How that was noticed.
        text: &'a str,
    },
    /// The socket is closed, as it was asked to be.
    Closed,
}
