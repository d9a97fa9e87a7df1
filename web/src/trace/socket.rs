//! One socket and its state, inferred from its calls and what they returned.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use protocol::{Call, CallId, Failure, Family, How, ListenerId, Name, Operation, Return};

use super::row::as_returned;
use super::{Entry, Explanation, Fact, State, explain};
use crate::net::SocketId;
use crate::texts::calls as text;

/// What a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It connects.
    Client,
    /// It listens, or is meant to.
    Listener,
    /// `accept` returned it; with the listener that it came from.
    Accepted(Option<SocketId>),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Listener => "listener",
            Self::Accepted(_) => "accepted",
        })
    }
}

/// The failure that a call met last.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// The failure.
    pub failure: Failure,
    /// The call that met it.
    pub operation: Option<Operation>,
}

impl Failed {
    /// What it means, in the language of the page.
    pub fn explanation(&self) -> Explanation {
        explain(&self.failure, self.operation.as_ref())
    }
}

/// One socket, as far as its calls tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Socket {
    /// Which one.
    pub id: SocketId,
    /// What it is.
    pub kind: Kind,
    /// Its address family.
    pub family: Family,
    /// Where it is.
    pub state: State,
    /// Whether the descriptor is closed, so that no call is possible any more.
    pub gone: bool,
    /// Whether it has been connected, so that [`State::Closed`] means the end and not the beginning.
    pub was_connected: bool,
    /// Whether the other end's end of stream was received.
    pub ended: bool,
    /// Its own address.
    pub local: Option<SocketAddr>,
    /// The other end's.
    pub peer: Option<SocketAddr>,
    /// Where `connect` was told to go, as it was written.
    pub target: Option<String>,
    /// What `accept` names, once it listens.
    pub listener: Option<ListenerId>,
    /// How many connections were accepted from it.
    pub accepted: u64,
    /// How many bytes the kernel took from us.
    pub sent_bytes: u64,
    /// How many bytes were received.
    pub received_bytes: u64,
    /// Why it is over, where it did not end by a call.
    pub end: Option<String>,
    /// What the calls that ask for something answered last, by name.
    pub answers: BTreeMap<&'static str, String>,
    /// The calls whose last attempt failed, by name.
    pub failed: BTreeMap<String, Failed>,
    pub(super) waiting: BTreeMap<CallId, Operation>,
    read_is_shut: bool,
}

impl Socket {
    pub(super) fn new(id: SocketId, kind: Kind, family: Family) -> Self {
        Self {
            id,
            kind,
            family,
            state: State::Closed,
            gone: false,
            was_connected: false,
            ended: false,
            local: None,
            peer: None,
            target: None,
            listener: None,
            accepted: 0,
            sent_bytes: 0,
            received_bytes: 0,
            end: None,
            answers: BTreeMap::new(),
            failed: BTreeMap::new(),
            waiting: BTreeMap::new(),
            read_is_shut: false,
        }
    }

    /// Kind, addresses and state: `client 127.0.0.1:51022 → 127.0.0.1:8080 ESTABLISHED`.
    pub fn name(&self) -> String {
        format!("{} {} {}", self.kind, self.addresses(), self.state)
    }

    /// The addresses, the own one first; the arrow points from the end that connected to the end that listened.
    pub fn addresses(&self) -> String {
        match (self.kind, self.local, self.peer) {
            (Kind::Accepted(_), Some(local), Some(peer)) => format!("{local} ← {peer}"),
            (_, Some(local), Some(peer)) => format!("{local} → {peer}"),
            (Kind::Client, None, None) if self.target.is_some() => format!("→ {}", self.target.as_deref().unwrap_or_default()),
            (_, Some(local), None) => local.to_string(),
            _ => "no address yet".to_owned(),
        }
    }

    /// Whether `call` waits.
    pub fn waits_in(&self, call: &str) -> bool {
        self.waiting.values().any(|operation| operation.name() == call)
    }

    /// Why `call` does not fit where the socket is; nothing where it does.
    pub fn misfit(&self, call: &str) -> Option<&'static str> {
        if self.gone {
            return Some(match self.state {
                State::RelayLost => text::gone_with_relay(),
                _ => text::closed(),
            });
        }
        let over = self.was_connected && !self.state.is_connected();
        match call {
            "bind" if self.state == State::Listen || self.local.is_some() => Some(text::has_address()),
            "listen" if self.state == State::Listen => Some(text::listens()),
            "accept" if self.state != State::Listen => Some(text::not_listening()),
            "connect" if self.state == State::SynSent => Some(text::connecting()),
            "connect" if over => Some(text::over_connect()),
            "connect" if self.state != State::Closed => Some(text::connected()),
            "send" | "recv" | "shutdown" if over => Some(text::connection_over()),
            "send" | "recv" | "shutdown" if !self.state.is_connected() => Some(text::not_connected()),
            "abort" if over || !self.state.is_connected() => Some(text::nothing_to_reset()),
            "send" if !matches!(self.state, State::Established | State::CloseWait) => Some(text::finished_sending()),
            _ => None,
        }
    }

    /// Whether `entry` is about this socket: an `accept` happens on the WebSocket of the connection that it will return, but is a call of its listener.
    pub fn takes_part(&self, entry: &Entry) -> bool {
        let is_accept = |call: &Call| matches!(call.operation, Operation::Accept { listener, .. } if self.listener == Some(listener));
        entry.socket == self.id || matches!(&entry.fact, Fact::Called(call) if is_accept(call))
    }

    pub(super) fn called(&mut self, call: &Call) {
        self.failed.remove(call.operation.name());
        match &call.operation {
            Operation::Connect { host, port, .. } => {
                self.state = State::SynSent;
                self.target = Some(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") });
            }
            Operation::Socket { family } => self.family = *family,
            _ => {}
        }
        self.waiting.insert(call.id, call.operation.clone());
    }

    pub(super) fn returned(&mut self, id: Option<CallId>, value: &Return) {
        let operation = id.and_then(|id| self.waiting.remove(&id));
        if let Some(operation) = &operation
            && asks(operation)
        {
            self.answers.insert(operation.name(), as_returned(value));
        }
        match value {
            Return::Bind { local } | Return::Getsockname { local } => self.local = Some(*local),
            Return::Listen { listener, local, .. } => {
                (self.kind, self.state, self.listener, self.local) = (Kind::Listener, State::Listen, Some(*listener), Some(*local));
            }
            Return::Connect { local, peer } | Return::Accept { local, peer } => {
                (self.state, self.was_connected, self.local, self.peer) = (State::Established, true, Some(*local), Some(*peer));
            }
            Return::Send { sent } => self.sent_bytes = self.sent_bytes.saturating_add(*sent),
            Return::Recv { eof: true } => {
                self.ended = true;
                if !self.read_is_shut {
                    self.state = self.state.after_their_end();
                }
            }
            Return::Shutdown => {
                let Some(Operation::Shutdown { how }) = operation else { return };
                self.read_is_shut |= how != How::Write;
                if how != How::Read {
                    self.state = self.state.after_our_end();
                }
            }
            Return::Close | Return::Abort => self.over(State::Closed, None),
            _ => {}
        }
    }

    pub(super) fn failed(&mut self, id: Option<CallId>, failure: &Failure) {
        let operation = id.and_then(|id| self.waiting.remove(&id));
        if self.state == State::SynSent && failure.call == "connect" {
            self.state = State::Closed;
        }
        let had_timeout = operation.as_ref().is_some_and(|operation| timeout_ms(operation).is_some());
        let broken = match failure.name {
            Name::ECONNRESET | Name::ECONNABORTED => true,
            Name::ETIMEDOUT => !had_timeout,
            Name::EPIPE => matches!(self.state, State::Established | State::CloseWait),
            _ => false,
        };
        if broken && self.state.is_connected() {
            self.state = State::Closed;
        }
        // A cancellation is what was asked for; nothing has to be explained or mended.
        if failure.name != Name::ECANCELED && !self.gone {
            self.failed.insert(failure.call.clone(), Failed { failure: failure.clone(), operation });
        }
    }

    pub(super) fn over(&mut self, state: State, end: Option<String>) {
        if !self.gone {
            (self.gone, self.state, self.end) = (true, state, end);
            self.waiting.clear();
        }
    }
}

/// Whether the answer is all that a call is made for.
fn asks(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Getsockname
            | Operation::Getpeername
            | Operation::Setsockopt { .. }
            | Operation::Getsockopt { .. }
            | Operation::Poll { .. }
            | Operation::Resolve { .. }
            | Operation::Info { .. }
    )
}

/// After how long a blocking call was to give up, in milliseconds.
pub(crate) fn timeout_ms(operation: &Operation) -> Option<u64> {
    match operation {
        Operation::Connect { timeout_ms, .. }
        | Operation::Accept { timeout_ms, .. }
        | Operation::Recv { timeout_ms, .. }
        | Operation::Send { timeout_ms, .. } => *timeout_ms,
        _ => None,
    }
}
