//! The sockets of the page and their states, kept up to date entry by entry.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use protocol::{Call, CallId, EndCause, Failure, Family, ListenerId, Name, Operation, RecvFlag, Return};

use super::{Entry, Fact, Failed, Kind, Role, Socket, State};
use crate::net::SocketId;

/// How many sockets that are over stay in the list. The oldest goes first.
const MAX_GONE: usize = 500;

/// All sockets of the page, those that are over included, up to a bound.
#[derive(Clone, Debug, Default)]
pub struct Sockets {
    sockets: BTreeMap<SocketId, Socket>,
    /// WebSockets on which `accept` waits: no socket yet, but a call of that listener.
    accepting: BTreeMap<SocketId, (Option<SocketId>, Operation)>,
    /// How many bytes waited to be received when the kernel said so last, without those that were received since.
    unread: BTreeMap<SocketId, u64>,
}

impl Sockets {
    /// Takes the next entry of the trace.
    pub fn apply(&mut self, entry: &Entry) {
        let id = entry.socket;
        match &entry.fact {
            Fact::Made(role) => {
                if let Some(socket) = self.sockets.get_mut(&id) {
                    socket.kind = match role {
                        Role::Client => Kind::Client,
                        Role::Server => Kind::Listener,
                    };
                }
            }
            Fact::Called(Call { operation: operation @ Operation::Accept { listener, .. }, .. }) if !self.sockets.contains_key(&id) => {
                self.accept(id, *listener, operation.clone())
            }
            Fact::Called(call) => {
                if let Operation::Socket { family } = call.operation {
                    self.insert(Socket::new(id, Kind::Client, family));
                }
                self.with(id, |socket| socket.called(call));
            }
            Fact::Returned { id: call, value } => {
                if let Return::Accept { local, .. } = value {
                    self.accepted(id, *local);
                }
                self.with(id, |socket| socket.returned(*call, value));
            }
            Fact::Failed { id: call, failure } => self.failed(id, *call, failure),
            Fact::Received { id: call, bytes } => {
                let Some(socket) = self.sockets.get_mut(&id) else { return };
                let recv = socket.waiting.remove(call);
                // What was only peeked at comes again.
                if !matches!(recv, Some(Operation::Recv { flags, .. }) if flags.contains(&RecvFlag::Peek)) {
                    socket.received_bytes = socket.received_bytes.saturating_add(bytes.len() as u64);
                    if let Some(unread) = self.unread.get_mut(&id) {
                        *unread = unread.saturating_sub(bytes.len() as u64);
                    }
                }
            }
            Fact::Ended { cause, text } => {
                let state = if *cause == EndCause::Shutdown { State::RelayLost } else { State::EndedByRelay };
                self.with(id, |socket| socket.over(state, Some(text.clone())));
            }
            Fact::Lost { text } => self.with(id, |socket| socket.over(State::RelayLost, Some(text.clone()))),
            Fact::Closed => self.with(id, |socket| socket.over(State::Closed, None)),
            Fact::Told { id: told, info } if *told != Fact::TABLE => {
                self.unread.insert(id, info.recv_queue_bytes.unwrap_or_default());
            }
            Fact::Sending { .. } | Fact::Told { .. } | Fact::Line { .. } => {}
        }
        if matches!(entry.fact, Fact::Ended { .. } | Fact::Lost { .. } | Fact::Closed) {
            self.accepting.remove(&id);
            self.unread.remove(&id);
        }
    }

    /// How many bytes wait to be received, as far as the kernel was asked. To close with some left sends RST and not FIN (RFC 1122 section 4.2.2.13).
    pub fn unread_bytes(&self, id: SocketId) -> u64 {
        self.unread.get(&id).copied().unwrap_or_default()
    }

    /// One of them.
    pub fn get(&self, id: SocketId) -> Option<&Socket> {
        self.sockets.get(&id)
    }

    /// The other end of a connection whose both ends are in the page.
    pub fn other_end(&self, socket: &Socket) -> Option<&Socket> {
        let (local, peer) = (socket.local?, socket.peer?);
        self.sockets.values().rev().find(|other| other.id != socket.id && other.local == Some(peer) && other.peer == Some(local))
    }

    /// Whether an `accept` of that listener waits.
    pub fn is_accepting(&self, listener: SocketId) -> bool {
        self.accepting.values().any(|(parent, _)| *parent == Some(listener))
    }

    /// All of them, in the order of their numbers.
    pub fn all(&self) -> impl Iterator<Item = &Socket> {
        self.sockets.values()
    }

    /// All of them, each listener followed by what was accepted from it.
    pub fn tree(&self) -> impl Iterator<Item = &Socket> {
        let is_child = |socket: &Socket| matches!(socket.kind, Kind::Accepted(Some(parent)) if self.sockets.contains_key(&parent));
        self.sockets.values().filter(move |socket| !is_child(socket)).flat_map(|top| {
            let children = self.sockets.values().filter(|socket| top.kind == Kind::Listener && socket.kind == Kind::Accepted(Some(top.id)));
            std::iter::once(top).chain(children)
        })
    }

    /// Takes those that are over out of the list. The trace keeps what they did.
    pub fn forget_gone(&mut self) {
        self.sockets.retain(|_, socket| !socket.gone);
    }

    fn with(&mut self, id: SocketId, change: impl FnOnce(&mut Socket)) {
        if let Some(socket) = self.sockets.get_mut(&id) {
            change(socket);
        }
    }

    fn insert(&mut self, socket: Socket) {
        if self.sockets.values().filter(|socket| socket.gone).count() >= MAX_GONE
            && let Some(oldest) = self.sockets.values().find(|socket| socket.gone).map(|socket| socket.id)
        {
            self.sockets.remove(&oldest);
        }
        self.sockets.insert(socket.id, socket);
    }

    /// A relay that was started again counts its listeners from the beginning: the living one is meant.
    fn accept(&mut self, id: SocketId, listener: ListenerId, operation: Operation) {
        let parent = self.sockets.values_mut().rev().find(|socket| !socket.gone && socket.listener == Some(listener));
        let parent = parent.map(|socket| {
            socket.failed.remove("accept");
            socket.id
        });
        self.accepting.insert(id, (parent, operation));
    }

    fn accepted(&mut self, id: SocketId, local: SocketAddr) {
        let parent = self.accepting.remove(&id).and_then(|(parent, _)| parent);
        let family = if local.is_ipv6() { Family::Inet6 } else { Family::Inet };
        self.insert(Socket::new(id, Kind::Accepted(parent), family));
        if let Some(parent) = parent {
            self.with(parent, |listener| listener.accepted += 1);
        }
    }

    fn failed(&mut self, id: SocketId, call: Option<CallId>, failure: &Failure) {
        let Some((parent, operation)) = self.accepting.remove(&id) else {
            return self.with(id, |socket| socket.failed(call, failure));
        };
        if failure.name != Name::ECANCELED
            && let Some(parent) = parent
        {
            // At `accept`, though it was another call that failed: the page can hold no more sockets, or the relay is to make no more.
            self.with(parent, |listener| {
                if !listener.gone {
                    listener.failed.insert(operation.name().to_owned(), Failed { failure: failure.clone(), operation: Some(operation) });
                }
            });
        }
    }
}

#[cfg(test)]
#[path = "sockets_tests.rs"]
mod tests;
