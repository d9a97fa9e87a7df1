//! The calls of a trace, each with how it ended, and the order in which they returned.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;

use protocol::{CallId, Failure, Family, How, ListenerId, Name, Operation, RecvFlag, Return};

use crate::net::SocketId;
use crate::trace::{Entry, Fact, Role, Trace};

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It did not, or only because the socket was closed under it.
    Waiting,
    /// It was cancelled, so that nothing came of it.
    Cancelled,
    /// It returned this.
    Returned(Return),
    /// It, or a run of the same, received.
    Received {
        /// How many calls these were.
        calls: u64,
        /// How many bytes they returned together.
        bytes: u64,
        /// Whether the last found the end of the stream.
        ended: bool,
    },
    /// It failed.
    Failed(Failure),
    /// Nobody called: the relay ended the socket, or is gone.
    Gone(String),
}

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    /// On which socket; for `accept` the listener.
    pub(super) socket: SocketId,
    /// Where `accept` puts the connection.
    pub(super) accepted: Option<SocketId>,
    pub(super) operation: Operation,
    /// What a `send` sends.
    pub(super) bytes: Option<Rc<[u8]>>,
    /// The number of the entry with which it went out.
    pub(super) called: u64,
    /// The number of the entry with which it returned.
    pub(super) returned: u64,
    pub(super) outcome: Outcome,
}

impl Call {
    /// Whether the other end may find something after it: a connection, bytes, an end.
    pub(super) fn feeds(&self) -> bool {
        match self.operation {
            Operation::Shutdown { how } => how != How::Read,
            Operation::Connect { .. } | Operation::Send { .. } | Operation::Close | Operation::Abort => true,
            _ => false,
        }
    }

    /// How many bytes it took out of the socket's queue.
    pub(super) fn taken(&self) -> u64 {
        match (&self.operation, &self.outcome) {
            (Operation::Recv { flags, .. }, Outcome::Received { bytes, .. }) if !flags.contains(&RecvFlag::Peek) => *bytes,
            _ => 0,
        }
    }

    /// How many bytes it gave to the other end.
    pub(super) fn given(&self) -> u64 {
        match &self.outcome {
            Outcome::Returned(Return::Send { sent }) => *sent,
            Outcome::Waiting => self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            _ => 0,
        }
    }
}

/// What is known of a socket.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) family: Family,
    /// The listener that it was accepted from.
    pub(super) parent: Option<SocketId>,
    pub(super) is_server: bool,
    /// Both addresses, once it is connected.
    pub(super) ends: Option<(SocketAddr, SocketAddr)>,
    /// Where it listens, where the system chose the port.
    pub(super) chosen_port: Option<u16>,
    asked_for_port: u64,
    closing: Option<u64>,
}

impl Known {
    fn new(family: Family, parent: Option<SocketId>) -> Self {
        Self { family, parent, is_server: false, ends: None, chosen_port: None, asked_for_port: 0, closing: None }
    }
}

/// All calls of a trace whose sockets it has from their beginning.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) all: Vec<Call>,
    /// Indices of those that ended, in the order in which they did.
    pub(super) order: Vec<usize>,
    pub(super) sockets: BTreeMap<SocketId, Known>,
    /// Whether there are calls on sockets whose beginning the trace no longer has.
    pub(super) is_headless: bool,
    waiting: BTreeMap<(SocketId, CallId), usize>,
    bare: BTreeMap<SocketId, VecDeque<(usize, u64)>>,
    listeners: BTreeMap<ListenerId, SocketId>,
    /// Whose addresses these are, the own one first; the newest, as addresses are used again.
    connected: BTreeMap<(SocketAddr, SocketAddr), SocketId>,
}

impl Calls {
    /// Reads all of it.
    pub(super) fn of(trace: &Trace) -> Self {
        let mut calls = Self::default();
        for entry in trace.since(0) {
            calls.take(entry);
        }
        calls
    }

    fn take(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::Made(role) => {
                if let Some(socket) = self.sockets.get_mut(&entry.socket) {
                    socket.is_server = *role == Role::Server;
                }
            }
            Fact::Called(call) => self.called(entry, call.id, &call.operation),
            Fact::Sending { id: Some(id), bytes } => {
                if let Some(&index) = self.waiting.get(&(entry.socket, *id)) {
                    self.all[index].bytes = Some(bytes.clone());
                }
            }
            Fact::Sending { id: None, bytes } => {
                let operation = Operation::Send { flags: vec![], timeout_ms: None };
                if let Some(index) = self.add(entry, entry.socket, None, operation) {
                    self.all[index].bytes = Some(bytes.clone());
                    self.bare.entry(entry.socket).or_default().push_back((index, bytes.len() as u64));
                }
            }
            Fact::Returned { id: Some(id), value } => self.returned(entry, *id, value),
            Fact::Returned { id: None, value } => self.bare_returned(entry, value),
            Fact::Received { id, bytes } => {
                self.ended(entry, *id, Outcome::Received { calls: 1, bytes: bytes.len() as u64, ended: false });
            }
            Fact::Failed { id: Some(id), failure } => self.failed(entry, *id, failure),
            Fact::Failed { id: None, failure } => {
                for (index, _) in self.bare.remove(&entry.socket).unwrap_or_default() {
                    self.settle(entry, index, Outcome::Failed(failure.clone()));
                }
            }
            Fact::Ended { text, .. } | Fact::Lost { text } => self.gone(entry, Outcome::Gone(text.clone())),
            Fact::Closed => self.gone(entry, Outcome::Returned(Return::Close)),
            Fact::Told { .. } | Fact::Line { .. } => {}
        }
    }

    fn called(&mut self, entry: &Entry, id: CallId, operation: &Operation) {
        let (socket, accepted) = match operation {
            // These ask or undo, and change nothing that a program would have to do again.
            Operation::Cancel { .. } | Operation::Info { .. } | Operation::Resolve { .. } => return,
            Operation::Socket { family } => {
                self.sockets.entry(entry.socket).or_insert_with(|| Known::new(*family, None));
                (entry.socket, None)
            }
            Operation::Accept { listener, .. } => match self.listeners.get(listener) {
                Some(socket) => (*socket, Some(entry.socket)),
                None => {
                    self.is_headless = true;
                    return;
                }
            },
            _ => (entry.socket, None),
        };
        if let Some(index) = self.add(entry, socket, accepted, operation.clone()) {
            self.waiting.insert((entry.socket, id), index);
        }
    }

    fn add(&mut self, entry: &Entry, socket: SocketId, accepted: Option<SocketId>, operation: Operation) -> Option<usize> {
        let Some(known) = self.sockets.get_mut(&socket) else {
            self.is_headless = true;
            return None;
        };
        match &operation {
            Operation::Close | Operation::Abort => known.closing = known.closing.or(Some(entry.number)),
            Operation::Listen { .. } => known.is_server = true,
            Operation::Bind { port, .. } => known.asked_for_port = *port,
            _ => {}
        }
        let (called, returned, outcome) = (entry.number, u64::MAX, Outcome::Waiting);
        self.all.push(Call { socket, accepted, operation, bytes: None, called, returned, outcome });
        Some(self.all.len() - 1)
    }

    fn returned(&mut self, entry: &Entry, id: CallId, value: &Return) {
        let Some(&index) = self.waiting.get(&(entry.socket, id)) else { return };
        let on = self.all[index].socket;
        match value {
            Return::Accept { local, .. } => {
                let family = if local.is_ipv6() { Family::Inet6 } else { Family::Inet };
                self.sockets.entry(entry.socket).or_insert_with(|| Known::new(family, Some(on)));
            }
            Return::Listen { listener, .. } => drop(self.listeners.insert(*listener, on)),
            _ => {}
        }
        if let Some(socket) = self.sockets.get_mut(&entry.socket) {
            match value {
                Return::Accept { local, peer } | Return::Connect { local, peer } => {
                    let ends = (canonical(*local), canonical(*peer));
                    socket.ends = Some(ends);
                    self.connected.insert(ends, entry.socket);
                }
                Return::Listen { local, .. } if socket.asked_for_port == 0 => socket.chosen_port = Some(local.port()),
                _ => {}
            }
        }
        let outcome = match value {
            Return::Recv { eof } => Outcome::Received { calls: 1, bytes: 0, ended: *eof },
            _ => Outcome::Returned(value.clone()),
        };
        self.ended(entry, id, outcome);
    }

    fn bare_returned(&mut self, entry: &Entry, value: &Return) {
        let Return::Send { sent } = value else { return };
        let mut left = *sent;
        while let Some((index, missing)) = self.bare.get_mut(&entry.socket).and_then(VecDeque::front_mut) {
            if *missing > left {
                *missing -= left;
                return;
            }
            left -= *missing;
            let index = *index;
            self.bare.get_mut(&entry.socket).map(VecDeque::pop_front);
            let sent = self.all[index].bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
            self.settle(entry, index, Outcome::Returned(Return::Send { sent }));
        }
    }

    fn failed(&mut self, entry: &Entry, id: CallId, failure: &Failure) {
        let Some(&index) = self.waiting.get(&(entry.socket, id)) else { return };
        let call = &self.all[index];
        let closing = self.sockets.get(&call.socket).and_then(|socket| socket.closing);
        let outcome = match failure.name {
            Name::ECANCELED => Outcome::Cancelled,
            // One thread can't close under a call that waits.
            Name::EBADF if closing.is_some_and(|closing| call.called < closing) => Outcome::Waiting,
            _ => Outcome::Failed(failure.clone()),
        };
        self.ended(entry, id, outcome);
    }

    fn ended(&mut self, entry: &Entry, id: CallId, outcome: Outcome) {
        if let Some(index) = self.waiting.remove(&(entry.socket, id)) {
            self.settle(entry, index, outcome);
        }
    }

    fn settle(&mut self, entry: &Entry, index: usize, outcome: Outcome) {
        let call = &mut self.all[index];
        (call.returned, call.outcome) = (entry.number, outcome);
        self.order.push(index);
    }

    /// The descriptor is gone, by whichever way; once.
    fn gone(&mut self, entry: &Entry, outcome: Outcome) {
        if self.sockets.get(&entry.socket).is_none_or(|socket| socket.closing.is_some()) {
            return;
        }
        if let Some(index) = self.add(entry, entry.socket, None, Operation::Close) {
            self.settle(entry, index, outcome);
        }
    }

    /// The other end of a connection, where it is in the page too.
    pub(super) fn other_end(&self, socket: SocketId) -> Option<SocketId> {
        let (local, peer) = self.sockets.get(&socket)?.ends?;
        self.connected.get(&(peer, local)).copied()
    }
}

/// An IPv4 address that a dual-stack socket shows as an IPv6 one is the IPv4 one.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
