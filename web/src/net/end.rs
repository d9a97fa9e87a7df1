//! How a socket ends, and what its calls fail with from then on.

use std::{fmt, io};

use protocol::{EndCause, Failure, Name};

/// The relay is gone, and all its sockets with it. Nothing is known of the peers; the system tells them what it tells the peers of a process that died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayLost(pub(super) String);

impl fmt::Display for RelayLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the relay is gone: {}", self.0)
    }
}

impl std::error::Error for RelayLost {}

#[derive(Clone, Debug)]
pub(super) enum End {
    /// `close` or `abort` was answered.
    Closed,
    /// The relay ended it, and said why.
    Ended(EndCause, String),
    /// The WebSocket is gone, or what came over it makes no sense.
    Lost(String),
}

impl End {
    /// What `call` fails with after this end.
    pub(super) fn error(&self, call: &str) -> io::Error {
        match self {
            Self::Closed => Failure::new(Name::EBADF, call, "the socket is closed").into(),
            Self::Ended(EndCause::Token, text) => io::Error::new(io::ErrorKind::PermissionDenied, text.clone()),
            Self::Ended(_, text) => io::Error::new(io::ErrorKind::ConnectionAborted, format!("the relay ended the socket: {text}")),
            Self::Lost(text) => io::Error::new(io::ErrorKind::ConnectionAborted, RelayLost(text.clone())),
        }
    }
}
