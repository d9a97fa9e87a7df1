//! What the relay says: returns, failures, events.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::{CallId, Failure, Info, ListenerId, OptionValue, PollEvent};

/// A text frame towards the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Message {
    /// The answer to a call.
    Answer(Answer),
    /// Something that no call asked for.
    Event(Event),
}

/// The answer to a call, or to bare sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The call's id; absent for bare sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CallId>,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a call ended, as it stands in an [`Answer`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It returned.
    Return(Return),
    /// It failed.
    Failure(Failure),
}

impl Answer {
    /// An answer that carries `result`.
    pub fn new(id: Option<CallId>, result: Result<Return, Failure>) -> Self {
        let outcome = match result {
            Ok(value) => Outcome::Return(value),
            Err(failure) => Outcome::Failure(failure),
        };
        Self { id, outcome }
    }

    /// The outcome as a `Result`.
    ///
    /// # Errors
    ///
    /// The failure of the call.
    pub fn into_result(self) -> Result<Return, Failure> {
        match self.outcome {
            Outcome::Return(value) => Ok(value),
            Outcome::Failure(failure) => Err(failure),
        }
    }
}

/// What a call returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "return", rename_all = "lowercase")]
pub enum Return {
    /// The socket exists.
    Socket,
    /// The socket has an address.
    Bind {
        /// That address, with the port that the system chose where 0 was asked for.
        local: SocketAddr,
    },
    /// The socket listens.
    Listen {
        /// What `accept` names.
        listener: ListenerId,
        /// Where it listens.
        local: SocketAddr,
        /// The backlog that the kernel really took; absent where the system does not tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backlog: Option<u32>,
    },
    /// A connection was accepted; it lives on the WebSocket of this call.
    Accept {
        /// Its own address.
        local: SocketAddr,
        /// The other end's.
        peer: SocketAddr,
    },
    /// The connection is established.
    Connect {
        /// Its own address.
        local: SocketAddr,
        /// The other end's.
        peer: SocketAddr,
    },
    /// The kernel took bytes.
    Send {
        /// How many.
        sent: u64,
    },
    /// `recv` came back without bytes.
    Recv {
        /// Whether that is the end of the stream; false only for a `recv` of at most 0 bytes.
        eof: bool,
    },
    /// The direction is ended.
    Shutdown,
    /// The descriptor is closed; the relay closes the WebSocket next.
    Close,
    /// The connection is reset; the relay closes the WebSocket next.
    Abort,
    /// The socket's own address.
    Getsockname {
        /// That address.
        local: SocketAddr,
    },
    /// The other end's address.
    Getpeername {
        /// That address.
        peer: SocketAddr,
    },
    /// The option is set.
    Setsockopt {
        /// What is in effect.
        value: OptionValue,
    },
    /// The option.
    Getsockopt {
        /// What is in effect.
        value: OptionValue,
    },
    /// Something can be had.
    Poll {
        /// What.
        events: Vec<PollEvent>,
    },
    /// The name's addresses.
    Resolve {
        /// In the resolver's order; at least one.
        addresses: Vec<IpAddr>,
    },
    /// What the kernel knows.
    Info {
        /// That.
        info: Box<Info>,
    },
    /// The cancellation was carried out.
    Cancel {
        /// Whether there was a call that waited.
        cancelled: bool,
    },
}

impl Return {
    /// The name of the call that returns this.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Bind { .. } => "bind",
            Self::Listen { .. } => "listen",
            Self::Accept { .. } => "accept",
            Self::Connect { .. } => "connect",
            Self::Send { .. } => "send",
            Self::Recv { .. } => "recv",
            Self::Shutdown => "shutdown",
            Self::Close => "close",
            Self::Abort => "abort",
            Self::Getsockname { .. } => "getsockname",
            Self::Getpeername { .. } => "getpeername",
            Self::Setsockopt { .. } => "setsockopt",
            Self::Getsockopt { .. } => "getsockopt",
            Self::Poll { .. } => "poll",
            Self::Resolve { .. } => "resolve",
            Self::Info { .. } => "info",
            Self::Cancel { .. } => "cancel",
        }
    }
}

/// Something that no call asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// The first frame of every WebSocket that was let in.
    Hello(Hello),
    /// Another answer to an `info` call with an interval, which goes on.
    Info {
        /// The call's id.
        id: CallId,
        /// What the kernel knows.
        info: Box<Info>,
    },
    /// The last frame of a WebSocket that the relay ends without having been asked to.
    Ended {
        /// Which kind of end.
        cause: EndCause,
        /// What was wrong, in a sentence.
        text: String,
    },
}

/// What the relay says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The relay's version.
    pub version: String,
    /// The operating system, as Rust names it: `linux`, `macos`, `windows`.
    pub system: String,
    /// What the relay may reach, in a sentence.
    pub reach: String,
}

/// Why the relay ended a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndCause {
    /// The token is wrong or missing.
    Token,
    /// A frame broke the protocol.
    Protocol,
    /// A text frame is no UTF-8.
    Text,
    /// A frame is larger than the limits allow.
    Size,
    /// The page answered no ping.
    Silence,
    /// The connection is half-closed, and nothing moved on it for too long.
    #[serde(rename = "half-closed")]
    HalfClosed,
    /// A limit of the relay is reached.
    Limit,
    /// The relay stops.
    Shutdown,
}

impl EndCause {
    /// The close code of the WebSocket (RFC 6455 section 7.4.1; those from 4000 on are ours).
    pub const fn close_code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::Text => 1007,
            Self::Size => 1009,
            Self::Shutdown => 1001,
            Self::Limit => 1013,
            Self::Token => 4001,
            Self::Silence => 4002,
            Self::HalfClosed => 4003,
        }
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
