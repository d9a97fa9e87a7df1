//! The states of a connection by their names in RFC 9293 section 3.3.2, as far as one end's calls tell them.

use std::fmt;

/// Where a socket is. Inferred from what its calls returned; the kernel was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No connection yet, or none any more.
    Closed,
    /// Connections are taken into the queue.
    Listen,
    /// `connect` is under way.
    SynSent,
    /// Both directions are open.
    Established,
    /// We finished sending. FIN-WAIT-1 and -2 can't be told apart from here.
    FinWait,
    /// The other end finished sending.
    CloseWait,
    /// The other end finished first, then we did.
    LastAck,
    /// We finished first, then the other end did.
    TimeWait,
    /// The relay is gone, and with it the socket. What the other end sees is the death of our process.
    RelayLost,
    /// The relay ended the socket by itself, and said why.
    EndedByRelay,
}

impl State {
    /// Whether there is a connection to send or receive on.
    pub const fn is_connected(self) -> bool {
        matches!(self, Self::Established | Self::FinWait | Self::CloseWait | Self::LastAck | Self::TimeWait)
    }

    /// We sent our FIN.
    pub(super) const fn after_our_end(self) -> Self {
        match self {
            Self::Established => Self::FinWait,
            Self::CloseWait => Self::LastAck,
            other => other,
        }
    }

    /// The other end's FIN was received.
    pub(super) const fn after_their_end(self) -> Self {
        match self {
            Self::Established => Self::CloseWait,
            Self::FinWait => Self::TimeWait,
            other => other,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "CLOSED",
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN_SENT",
            Self::Established => "ESTABLISHED",
            Self::FinWait => "FIN_WAIT",
            Self::CloseWait => "CLOSE_WAIT",
            Self::LastAck => "LAST_ACK",
            Self::TimeWait => "TIME_WAIT",
            Self::RelayLost => "RELAY LOST",
            Self::EndedByRelay => "ENDED BY RELAY",
        })
    }
}
