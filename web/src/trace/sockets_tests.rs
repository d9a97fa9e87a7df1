//! Tests of what is inferred about the sockets.

use protocol::How;

use super::*;
use crate::trace::Trace;

struct World {
    trace: Trace,
    sockets: Sockets,
    calls: u64,
}

impl World {
    fn new() -> Self {
        Self { trace: Trace::default(), sockets: Sockets::default(), calls: 0 }
    }

    fn happens(&mut self, socket: u64, fact: Fact) {
        self.sockets.apply(self.trace.push(0.0, SocketId(socket), fact));
    }

    fn calls(&mut self, socket: u64, operation: Operation) -> CallId {
        self.calls += 1;
        let id = CallId(self.calls);
        self.happens(socket, Fact::Called(Call { id, operation }));
        id
    }

    fn does(&mut self, socket: u64, operation: Operation, value: Return) {
        let id = self.calls(socket, operation);
        self.happens(socket, Fact::Returned { id: Some(id), value });
    }

    fn fails(&mut self, socket: u64, operation: Operation, name: Name) {
        let id = self.calls(socket, operation.clone());
        self.happens(socket, Fact::Failed { id: Some(id), failure: Failure::new(name, operation.name(), "text") });
    }

    fn get(&self, socket: u64) -> &Socket {
        self.sockets.get(SocketId(socket)).unwrap()
    }

    fn client(&mut self, socket: u64) {
        self.does(socket, Operation::Socket { family: Family::Inet }, Return::Socket);
        self.happens(socket, Fact::Made(Role::Client));
    }

    fn connected(&mut self, socket: u64) {
        self.client(socket);
        let (local, peer) = ("127.0.0.1:51022".parse().unwrap(), "127.0.0.1:8080".parse().unwrap());
        self.does(socket, connect(), Return::Connect { local, peer });
    }

    fn listening(&mut self, socket: u64) {
        self.client(socket);
        self.happens(socket, Fact::Made(Role::Server));
        let local = "0.0.0.0:8080".parse().unwrap();
        self.does(socket, Operation::Bind { address: "0.0.0.0".to_owned(), port: 8080 }, Return::Bind { local });
        self.does(socket, Operation::Listen { backlog: 5 }, Return::Listen { listener: ListenerId(1), local, backlog: Some(5) });
    }
}

fn connect() -> Operation {
    Operation::Connect { host: "localhost".to_owned(), port: 8080, timeout_ms: Some(5000) }
}

fn recv() -> Operation {
    Operation::Recv { max: 4096, flags: vec![], timeout_ms: None }
}

fn accept() -> Operation {
    Operation::Accept { listener: ListenerId(1), timeout_ms: None }
}

fn shutdown() -> Operation {
    Operation::Shutdown { how: How::Write }
}

const EOF: Return = Return::Recv { eof: true };

#[test]
fn a_client_from_beginning_to_end() {
    let mut world = World::new();
    world.client(1);
    assert_eq!(world.get(1).name(), "client no address yet CLOSED");
    assert_eq!(world.get(1).misfit("send"), Some("It is not connected yet."));
    assert_eq!(world.get(1).misfit("connect"), None);
    let id = world.calls(1, connect());
    assert_eq!(world.get(1).name(), "client → localhost:8080 SYN_SENT");
    let (local, peer) = ("127.0.0.1:51022".parse().unwrap(), "127.0.0.1:8080".parse().unwrap());
    world.happens(1, Fact::Returned { id: Some(id), value: Return::Connect { local, peer } });
    assert_eq!(world.get(1).name(), "client 127.0.0.1:51022 → 127.0.0.1:8080 ESTABLISHED");
    assert!(world.get(1).misfit("connect").is_some());
    world.does(1, recv(), EOF);
    assert_eq!((world.get(1).state, world.get(1).ended), (State::CloseWait, true));
    assert_eq!(world.get(1).misfit("send"), None, "half-closed: we may still send");
    world.does(1, shutdown(), Return::Shutdown);
    assert_eq!(world.get(1).state, State::LastAck);
    assert!(world.get(1).misfit("send").is_some());
    world.does(1, Operation::Close, Return::Close);
    world.happens(1, Fact::Closed);
    assert_eq!(world.get(1).name(), "client 127.0.0.1:51022 → 127.0.0.1:8080 CLOSED");
    assert_eq!(world.get(1).misfit("close"), Some("This socket is closed."));
}

#[test]
fn who_ends_first_goes_through_fin_wait() {
    let mut world = World::new();
    world.connected(1);
    world.does(1, shutdown(), Return::Shutdown);
    assert_eq!(world.get(1).state, State::FinWait);
    assert_eq!(world.get(1).misfit("recv"), None);
    world.does(1, recv(), EOF);
    assert_eq!(world.get(1).state, State::TimeWait);
}

#[test]
fn an_end_that_we_made_ourselves_is_not_theirs() {
    let mut world = World::new();
    world.connected(1);
    world.does(1, Operation::Shutdown { how: How::Read }, Return::Shutdown);
    world.does(1, recv(), EOF);
    assert_eq!(world.get(1).state, State::Established);
}

#[test]
fn a_refused_client_may_try_again() {
    let mut world = World::new();
    world.client(1);
    world.fails(1, connect(), Name::ECONNREFUSED);
    assert_eq!(world.get(1).state, State::Closed);
    assert_eq!(world.get(1).failed["connect"].failure.name, Name::ECONNREFUSED);
    assert_eq!(world.get(1).misfit("connect"), None);
    world.calls(1, connect());
    assert!(world.get(1).failed.is_empty(), "a new attempt clears the old failure");
}

#[test]
fn a_reset_ends_the_connection_and_not_the_descriptor() {
    let mut world = World::new();
    world.connected(1);
    world.fails(1, recv(), Name::ECONNRESET);
    assert_eq!((world.get(1).state, world.get(1).gone), (State::Closed, false));
    assert_eq!(world.get(1).misfit("send"), Some("This connection is over."));
    assert_eq!(world.get(1).misfit("close"), None);
}

#[test]
fn our_own_timeout_ends_nothing() {
    let mut world = World::new();
    world.connected(1);
    world.fails(1, Operation::Recv { max: 1, flags: vec![], timeout_ms: Some(10) }, Name::ETIMEDOUT);
    assert_eq!(world.get(1).state, State::Established);
    world.fails(1, recv(), Name::ETIMEDOUT);
    assert_eq!(world.get(1).state, State::Closed);
}

#[test]
fn a_cancelled_call_is_no_failure() {
    let mut world = World::new();
    world.connected(1);
    world.fails(1, recv(), Name::ECANCELED);
    assert!(world.get(1).failed.is_empty());
}

#[test]
fn what_is_peeked_at_is_not_received_yet() {
    let mut world = World::new();
    world.client(1);
    world.connected(1);
    for flags in [vec![RecvFlag::Peek], vec![]] {
        let id = world.calls(1, Operation::Recv { max: 9, flags, timeout_ms: None });
        world.happens(1, Fact::Received { id, bytes: b"abc".as_slice().into() });
    }
    assert_eq!(world.get(1).received_bytes, 3);
}

#[test]
fn the_tree_puts_what_was_accepted_under_its_listener() {
    let mut world = World::new();
    world.listening(1);
    world.connected(2);
    let (local, peer) = ("127.0.0.1:8080".parse().unwrap(), "127.0.0.1:40000".parse().unwrap());
    let waiting = world.calls(3, accept());
    assert!(world.sockets.get(SocketId(3)).is_none(), "what waits to be accepted is no socket yet");
    world.happens(3, Fact::Returned { id: Some(waiting), value: Return::Accept { local, peer } });
    world.does(4, accept(), Return::Accept { local, peer: "127.0.0.1:40001".parse().unwrap() });
    let names: Vec<String> = world.sockets.tree().map(Socket::name).collect();
    assert_eq!(
        names,
        [
            "listener 0.0.0.0:8080 LISTEN",
            "accepted 127.0.0.1:8080 ← 127.0.0.1:40000 ESTABLISHED",
            "accepted 127.0.0.1:8080 ← 127.0.0.1:40001 ESTABLISHED",
            "client 127.0.0.1:51022 → 127.0.0.1:8080 ESTABLISHED",
        ]
    );
    assert_eq!(world.get(1).accepted, 2);
    // The page has no WebSocket left for it: what failed is `socket`, and what was asked for is `accept`.
    let id = world.calls(5, accept());
    world.happens(5, Fact::Failed { id: Some(id), failure: Failure::new(Name::EMFILE, "socket", "text") });
    assert_eq!(world.get(1).failed["accept"].failure.name, Name::EMFILE);
}

#[test]
fn losing_the_relay_is_not_losing_the_peer() {
    let mut world = World::new();
    world.connected(1);
    world.happens(1, Fact::Lost { text: "gone".to_owned() });
    assert_eq!(world.get(1).name(), "client 127.0.0.1:51022 → 127.0.0.1:8080 RELAY LOST");
    assert_eq!(world.get(1).misfit("send"), Some("This socket is gone with the relay."));
    world.happens(1, Fact::Closed);
    assert_eq!(world.get(1).state, State::RelayLost, "the first end is the true one");
}

#[test]
fn a_relay_that_was_started_again_does_not_mix_listeners() {
    let mut world = World::new();
    world.listening(1);
    world.happens(1, Fact::Lost { text: "gone".to_owned() });
    world.listening(2);
    let (local, peer) = ("127.0.0.1:8080".parse().unwrap(), "127.0.0.1:40000".parse().unwrap());
    world.does(3, accept(), Return::Accept { local, peer });
    assert_eq!(world.get(3).kind, Kind::Accepted(Some(SocketId(2))));
}

#[test]
fn what_is_over_is_bounded_and_can_be_forgotten() {
    let mut world = World::new();
    for socket in 0..600 {
        world.client(socket);
        world.happens(socket, Fact::Closed);
    }
    assert_eq!(world.sockets.tree().count(), MAX_GONE);
    world.client(1000);
    world.sockets.forget_gone();
    assert_eq!(world.sockets.tree().count(), 1);
}
