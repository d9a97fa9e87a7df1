//! One step of a path: where it led, what caused it, and how that is known.

use protocol::TcpState;

/// Where a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this state.
    At(TcpState),
    /// In FIN_WAIT_1 or FIN_WAIT_2, which no call tells apart.
    FinWait,
}

impl Place {
    /// The states that it may be.
    pub const fn states(self) -> &'static [TcpState] {
        match self {
            Self::At(state) => alone(state),
            Self::FinWait => &[TcpState::FIN_WAIT_1, TcpState::FIN_WAIT_2],
        }
    }

    /// Its name, as the tree of the sockets has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::At(state) => state.as_str(),
            Self::FinWait => "FIN_WAIT",
        }
    }

    /// Where it is when this end has finished sending.
    pub(super) const fn after_our_end(self) -> Self {
        match self {
            Self::At(TcpState::ESTABLISHED | TcpState::SYN_RECEIVED) => Self::FinWait,
            Self::At(TcpState::CLOSE_WAIT) => Self::At(TcpState::LAST_ACK),
            other => other,
        }
    }

    /// Where it is when the other end has finished sending.
    pub(super) const fn after_their_end(self) -> Self {
        match self {
            Self::At(TcpState::ESTABLISHED) => Self::At(TcpState::CLOSE_WAIT),
            Self::FinWait | Self::At(TcpState::FIN_WAIT_1 | TcpState::FIN_WAIT_2) => Self::At(TcpState::TIME_WAIT),
            other => other,
        }
    }

    /// Whether this end has finished sending before the other one did.
    pub(super) const fn has_finished_first(self) -> bool {
        matches!(self, Self::FinWait | Self::At(TcpState::FIN_WAIT_1 | TcpState::FIN_WAIT_2 | TcpState::CLOSING | TcpState::TIME_WAIT))
    }
}

const fn alone(state: TcpState) -> &'static [TcpState] {
    match state {
        TcpState::ESTABLISHED => &[TcpState::ESTABLISHED],
        TcpState::SYN_SENT => &[TcpState::SYN_SENT],
        TcpState::SYN_RECEIVED => &[TcpState::SYN_RECEIVED],
        TcpState::FIN_WAIT_1 => &[TcpState::FIN_WAIT_1],
        TcpState::FIN_WAIT_2 => &[TcpState::FIN_WAIT_2],
        TcpState::TIME_WAIT => &[TcpState::TIME_WAIT],
        TcpState::CLOSED => &[TcpState::CLOSED],
        TcpState::CLOSE_WAIT => &[TcpState::CLOSE_WAIT],
        TcpState::LAST_ACK => &[TcpState::LAST_ACK],
        TcpState::LISTEN => &[TcpState::LISTEN],
        TcpState::CLOSING => &[TcpState::CLOSING],
    }
}

/// What let the page know of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A call went out.
    Called(String),
    /// A call returned.
    Returned(String),
    /// A call failed, with this name.
    Failed(String, String),
    /// `recv` returned `b''`.
    End,
    /// The kernel said so.
    Kernel,
    /// The figure has no other way to where the next step led.
    OnTheWay,
    /// Nothing is left of a descriptor that was not closed by a call.
    Dropped,
    /// The trace has let go of how it came there.
    Forgotten,
}

impl Cause {
    /// The call that it was, if it was one.
    pub fn call(&self) -> Option<&str> {
        match self {
            Self::Called(call) | Self::Returned(call) | Self::Failed(call, _) => Some(call),
            Self::End => Some("recv"),
            _ => None,
        }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where it led.
    pub place: Place,
    /// Which of the states it was, once a later event told.
    pub refined: Option<(u64, TcpState)>,
    /// The event that let the page know of it.
    pub event: u64,
    /// When that was, in microseconds since the page was opened.
    pub time_us: u64,
    /// The event in which the kernel said that state.
    pub said: Option<u64>,
    /// What that event was.
    pub cause: Cause,
}

impl Step {
    /// Where it led, as far as was known after `event`; as far as is known now, without one.
    pub fn place_at(&self, event: Option<u64>) -> Place {
        match self.refined {
            Some((at, state)) if event.is_none_or(|event| at <= event) => Place::At(state),
            _ => self.place,
        }
    }

    /// Whether the kernel had said so by then.
    pub fn is_said_at(&self, event: Option<u64>) -> bool {
        self.said.is_some_and(|at| event.is_none_or(|event| at <= event))
    }
}

/// What crosses the network, or ends without it, when one state becomes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// `listen`: nothing is sent.
    Listens,
    /// A SYN was sent.
    SynSent,
    /// A SYN arrived, a SYN with ACK was sent.
    SynArrived,
    /// A SYN with ACK arrived, an ACK was sent.
    SynAckArrived,
    /// The ACK of our SYN arrived.
    SynAcked,
    /// A FIN was sent.
    FinSent,
    /// A FIN arrived, an ACK was sent.
    FinArrived,
    /// The ACK of our FIN arrived.
    FinAcked,
    /// The last two at once.
    FinArrivedAcked,
    /// The time is over: twice the longest life of a segment.
    TimeOver,
    /// Nothing was sent: the socket was closed before there was a connection.
    Deleted,
    /// A reset, or nothing any more.
    Broken,
}

impl Segment {
    /// What leads from one state to the other.
    pub const fn between(from: TcpState, to: TcpState) -> Option<Self> {
        use TcpState::*;
        Some(match (from, to) {
            (CLOSED, LISTEN) => Self::Listens,
            (CLOSED | LISTEN, SYN_SENT) => Self::SynSent,
            (LISTEN | SYN_SENT, SYN_RECEIVED) => Self::SynArrived,
            (SYN_SENT, ESTABLISHED) => Self::SynAckArrived,
            (SYN_RECEIVED, ESTABLISHED) => Self::SynAcked,
            (ESTABLISHED | SYN_RECEIVED, FIN_WAIT_1) | (CLOSE_WAIT, LAST_ACK) => Self::FinSent,
            (ESTABLISHED, CLOSE_WAIT) | (FIN_WAIT_1, CLOSING) | (FIN_WAIT_2, TIME_WAIT) => Self::FinArrived,
            (FIN_WAIT_1, FIN_WAIT_2) | (CLOSING, TIME_WAIT) | (LAST_ACK, CLOSED) => Self::FinAcked,
            (FIN_WAIT_1, TIME_WAIT) => Self::FinArrivedAcked,
            (TIME_WAIT, CLOSED) => Self::TimeOver,
            (LISTEN | SYN_SENT, CLOSED) => Self::Deleted,
            (SYN_RECEIVED | ESTABLISHED | FIN_WAIT_1 | FIN_WAIT_2 | CLOSE_WAIT | CLOSING, CLOSED) => Self::Broken,
            _ => return None,
        })
    }
}

/// The states that every way of the figure from one state to another passes through.
pub(super) const fn on_the_way(from: TcpState, to: TcpState) -> &'static [TcpState] {
    use TcpState::*;
    match (from, to) {
        (CLOSED, ESTABLISHED) => &[SYN_SENT],
        (CLOSED, CLOSE_WAIT | FIN_WAIT_1) => &[SYN_SENT, ESTABLISHED],
        (SYN_SENT | SYN_RECEIVED, CLOSE_WAIT) => &[ESTABLISHED],
        (ESTABLISHED, FIN_WAIT_2 | CLOSING | TIME_WAIT) => &[FIN_WAIT_1],
        (ESTABLISHED, LAST_ACK) => &[CLOSE_WAIT],
        _ => &[],
    }
}
