//! A session as the page records it, made by hand: the calls, what they returned, the bytes both ways.

use std::net::SocketAddr;

use protocol::{Call, CallId, Failure, Family, ListenerId, Name, Operation, OptionValue, RecvFlag, Return, SocketOption};
use web::code::{Choice, Program};
use web::net::SocketId;
use web::trace::{Fact, Role, Trace};

/// A session, and all bytes of it.
#[derive(Default)]
pub(crate) struct Recording {
    trace: Trace,
    calls: u64,
    /// What its sockets sent.
    pub(crate) sent: Vec<u8>,
    /// What they received.
    pub(crate) received: Vec<u8>,
}

impl Recording {
    fn happens(&mut self, socket: u64, fact: Fact) {
        self.trace.push(0.0, SocketId(socket), fact);
    }

    /// A call goes out.
    pub(crate) fn begins(&mut self, socket: u64, operation: Operation) -> CallId {
        self.calls += 1;
        let id = CallId(self.calls);
        self.happens(socket, Fact::Called(Call { id, operation }));
        id
    }

    /// A call that was begun returns.
    pub(crate) fn ends(&mut self, socket: u64, id: CallId, value: Return) {
        self.happens(socket, Fact::Returned { id: Some(id), value });
    }

    /// A `recv` that was begun returns bytes.
    pub(crate) fn brings(&mut self, socket: u64, id: CallId, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
        self.happens(socket, Fact::Received { id, bytes: bytes.into() });
    }

    /// A call and its return.
    pub(crate) fn does(&mut self, socket: u64, operation: Operation, value: Return) {
        let id = self.begins(socket, operation);
        self.ends(socket, id, value);
    }

    /// A call and its failure.
    pub(crate) fn fails(&mut self, socket: u64, operation: Operation, name: Name) {
        let failure = Failure::new(name, operation.name(), "as the system says");
        let id = self.begins(socket, operation);
        self.happens(socket, Fact::Failed { id: Some(id), failure });
    }

    /// A socket to connect with.
    pub(crate) fn client(&mut self, socket: u64) {
        self.does(socket, Operation::Socket { family: Family::Inet }, Return::Socket);
        self.happens(socket, Fact::Made(Role::Client));
    }

    /// A socket that is connected to `peer`, from a port that means nothing.
    pub(crate) fn connected(&mut self, socket: u64, peer: SocketAddr) {
        self.client(socket);
        self.does(socket, connect(peer), Return::Connect { local: client_address(), peer });
    }

    /// A socket that listens, where the system chose the port.
    pub(crate) fn listening(&mut self, socket: u64) {
        self.does(socket, Operation::Socket { family: Family::Inet }, Return::Socket);
        self.happens(socket, Fact::Made(Role::Server));
        let local = server_address();
        self.does(socket, Operation::Bind { address: "127.0.0.1".to_owned(), port: 0 }, Return::Bind { local });
        self.does(socket, Operation::Listen { backlog: 5 }, Return::Listen { listener: ListenerId(1), local, backlog: Some(5) });
    }

    /// A connection that `accept` returned.
    pub(crate) fn accepted(&mut self, socket: u64) {
        self.does(socket, accept(), accepted());
    }

    /// A `send` goes out.
    pub(crate) fn sends(&mut self, socket: u64, bytes: &[u8]) -> CallId {
        self.sent.extend_from_slice(bytes);
        let id = self.begins(socket, Operation::Send { flags: vec![], timeout_ms: None });
        self.happens(socket, Fact::Sending { id: Some(id), bytes: bytes.into() });
        id
    }

    /// A `send` that took everything.
    pub(crate) fn sent(&mut self, socket: u64, bytes: &[u8]) {
        let id = self.sends(socket, bytes);
        self.ends(socket, id, Return::Send { sent: bytes.len() as u64 });
    }

    /// A `recv(4096)` that returned `bytes`.
    pub(crate) fn received(&mut self, socket: u64, bytes: &[u8]) {
        let id = self.begins(socket, recv());
        self.brings(socket, id, bytes);
    }

    /// A `recv` with flags that returned `bytes`.
    pub(crate) fn received_with(&mut self, socket: u64, max: u64, flag: RecvFlag, bytes: &[u8]) {
        let id = self.begins(socket, Operation::Recv { max, flags: vec![flag], timeout_ms: None });
        self.brings(socket, id, bytes);
    }

    /// A `recv(4096)` that found the end of the stream.
    pub(crate) fn found_end(&mut self, socket: u64) {
        self.does(socket, recv(), Return::Recv { eof: true });
    }

    /// `setsockopt` of a switch.
    pub(crate) fn switched(&mut self, socket: u64, option: SocketOption) {
        let value = OptionValue::Switch(true);
        self.does(socket, Operation::Setsockopt { option, value: value.clone() }, Return::Setsockopt { value });
    }

    /// `close`.
    pub(crate) fn closed(&mut self, socket: u64) {
        self.does(socket, Operation::Close, Return::Close);
        self.happens(socket, Fact::Closed);
    }

    /// The relay is gone, and said so with `text`.
    pub(crate) fn lost(&mut self, socket: u64, text: &str) {
        self.happens(socket, Fact::Lost { text: text.to_owned() });
    }

    /// The whole session as a program.
    pub(crate) fn program(&self) -> Program {
        Program::new(&self.trace, Choice::Page)
    }
}

/// `recv(4096)`.
pub(crate) fn recv() -> Operation {
    Operation::Recv { max: 4096, flags: vec![], timeout_ms: None }
}

/// `connect` to an address.
pub(crate) fn connect(peer: SocketAddr) -> Operation {
    Operation::Connect { host: peer.ip().to_string(), port: peer.port().into(), timeout_ms: None }
}

/// `accept`.
pub(crate) fn accept() -> Operation {
    Operation::Accept { listener: ListenerId(1), timeout_ms: None }
}

/// What `accept` returned, where the client was in the page too.
pub(crate) fn accepted() -> Return {
    Return::Accept { local: server_address(), peer: client_address() }
}

/// Where the listener of the session was: nobody listens there when its program runs.
pub(crate) fn server_address() -> SocketAddr {
    ([127, 0, 0, 1], 1).into()
}

/// Where the client of the session was.
pub(crate) fn client_address() -> SocketAddr {
    ([127, 0, 0, 1], 2).into()
}
