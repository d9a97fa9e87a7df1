//! Tests of the programs as texts. That they run, and do what the session did, is tested in `tests/suite/code_*`.

use protocol::{Call, CallId, EndCause, Failure, Family, How, ListenerId, Name, Operation, Return, Rule};

use super::*;
use crate::trace::{Bounds, Fact, Role, Trace};

#[derive(Default)]
struct Session {
    trace: Trace,
    calls: u64,
}

impl Session {
    fn happens(&mut self, socket: u64, fact: Fact) {
        self.trace.push(0.0, SocketId(socket), fact);
    }

    fn calls(&mut self, socket: u64, operation: Operation) -> Option<CallId> {
        self.calls += 1;
        let id = CallId(self.calls);
        self.happens(socket, Fact::Called(Call { id, operation }));
        Some(id)
    }

    fn returns(&mut self, socket: u64, id: Option<CallId>, value: Return) {
        self.happens(socket, Fact::Returned { id, value });
    }

    fn does(&mut self, socket: u64, operation: Operation, value: Return) {
        let id = self.calls(socket, operation);
        self.returns(socket, id, value);
    }

    fn fails(&mut self, socket: u64, operation: Operation, failure: Failure) {
        let id = self.calls(socket, operation);
        self.happens(socket, Fact::Failed { id, failure });
    }

    fn client(&mut self, socket: u64) {
        self.does(socket, Operation::Socket { family: Family::Inet }, Return::Socket);
        self.happens(socket, Fact::Made(Role::Client));
    }

    fn connected(&mut self, socket: u64, own_port: u16) {
        self.client(socket);
        self.does(socket, connect("localhost", 8080), connection(own_port));
    }

    fn listening(&mut self, socket: u64) {
        self.does(socket, Operation::Socket { family: Family::Inet }, Return::Socket);
        self.happens(socket, Fact::Made(Role::Server));
        let local = "127.0.0.1:8080".parse().unwrap();
        self.does(socket, Operation::Bind { address: "127.0.0.1".to_owned(), port: 8080 }, Return::Bind { local });
        self.does(socket, Operation::Listen { backlog: 5 }, Return::Listen { listener: ListenerId(1), local, backlog: None });
    }

    fn sends(&mut self, socket: u64, bytes: &[u8]) -> Option<CallId> {
        let id = self.calls(socket, Operation::Send { flags: vec![], timeout_ms: None });
        self.happens(socket, Fact::Sending { id, bytes: bytes.into() });
        id
    }

    fn sent(&mut self, socket: u64, bytes: &[u8]) {
        let id = self.sends(socket, bytes);
        self.returns(socket, id, Return::Send { sent: bytes.len() as u64 });
    }

    fn receives(&mut self, socket: u64, id: Option<CallId>, bytes: &[u8]) {
        self.happens(socket, Fact::Received { id: id.unwrap(), bytes: bytes.into() });
    }

    fn received(&mut self, socket: u64, bytes: &[u8]) {
        let id = self.calls(socket, recv());
        self.receives(socket, id, bytes);
    }

    fn program(&self) -> Program {
        Program::new(&self.trace, Choice::Page)
    }
}

fn recv() -> Operation {
    Operation::Recv { max: 4096, flags: vec![], timeout_ms: None }
}

fn accept() -> Operation {
    Operation::Accept { listener: ListenerId(1), timeout_ms: None }
}

fn connect(host: &str, port: u64) -> Operation {
    Operation::Connect { host: host.to_owned(), port, timeout_ms: None }
}

fn connection(own_port: u16) -> Return {
    Return::Connect { local: ([127, 0, 0, 1], own_port).into(), peer: ([127, 0, 0, 1], 8080).into() }
}

fn accepted(peer_port: u16) -> Return {
    Return::Accept { local: ([127, 0, 0, 1], 8080).into(), peer: ([127, 0, 0, 1], peer_port).into() }
}

/// The places of `words` in `text`, each of which must be there once, must be in this order.
fn assert_order(text: &str, words: &[&str]) {
    let places: Vec<usize> = words.iter().map(|word| text.find(word).unwrap_or_else(|| panic!("{word:?} is not in:\n{text}"))).collect();
    assert!(places.is_sorted(), "{words:?} are not in this order:\n{text}");
}

fn all_languages(program: &Program) -> [String; 4] {
    [python(program), rust(program), c(program), shell(program)]
}

#[test]
fn the_introductions_client_is_the_introductions() {
    let mut session = Session::default();
    session.client(1);
    session.does(1, connect("www.example.com", 80), connection(40000));
    session.sent(1, b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
    session.received(1, &[b'x'; 1256]);
    session.does(1, Operation::Close, Return::Close);
    session.happens(1, Fact::Closed);
    let expected = r#"# A session of TCP Playground as a program.
# Run it with: python3 session.py
# What recv returns is printed as Python writes bytes.
import socket


def tcp_client():
    # Create a socket object
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    # Connect to the server
    client.connect(("www.example.com", 80))

    # Send data to the server
    client.sendall(b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n")

    # Receive data from the server
    data = client.recv(4096)  # in the session: 1,256 bytes
    print(data)

    # Close the socket
    client.close()


tcp_client()
"#;
    assert_eq!(python(&session.program()), expected);
    assert_order(
        &shell(&session.program()),
        &["printf 'GET / HTTP/1.1\\r\\nHost: www.example.com\\r\\n\\r\\n' | nc -4 www.example.com 80\n"],
    );
}

#[test]
fn a_listener_goes_with_its_connections_and_a_client_alone() {
    let mut session = Session::default();
    session.listening(1);
    session.connected(2, 40000);
    session.does(3, accept(), accepted(40000));
    for (choice, sockets) in [(1, "server conn"), (3, "server conn"), (2, "client"), (9, "")] {
        let program = Program::new(&session.trace, Choice::Socket(SocketId(choice)));
        assert_eq!(program.sockets.iter().map(|socket| socket.name.as_str()).collect::<Vec<_>>().join(" "), sockets);
    }
    session.connected(4, 40001);
    let text = python(&session.program());
    assert_order(&text, &["server = ", "client1 = ", "conn, addr = server.accept()", "client2 = "]);
}

#[test]
fn what_a_recv_needs_stands_before_it() {
    let mut session = Session::default();
    session.listening(1);
    session.client(2);
    let (accepting, connecting) = (session.calls(3, accept()), session.calls(2, connect("localhost", 8080)));
    // The answers travel on WebSockets of their own, and come in any order.
    session.returns(3, accepting, accepted(40000));
    session.returns(2, connecting, connection(40000));
    let receiving = session.calls(3, recv());
    let sending = session.sends(2, b"ping");
    let ending = session.calls(2, Operation::Shutdown { how: How::Write });
    session.receives(3, receiving, b"ping");
    session.does(3, recv(), Return::Recv { eof: true });
    session.returns(2, sending, Return::Send { sent: 4 });
    session.returns(2, ending, Return::Shutdown);
    let text = python(&session.program());
    assert_order(&text, &["client.connect(", "server.accept()", "b\"ping\"", ": 4 bytes", "client.shutdown(", "the end of the stream"]);
}

#[test]
fn what_came_in_pieces_is_sent_in_pieces() {
    let mut session = Session::default();
    session.listening(1);
    session.connected(2, 40000);
    session.does(3, accept(), accepted(40000));
    let receiving = session.calls(3, recv());
    session.sent(2, b"one");
    session.sent(2, b"two");
    session.receives(3, receiving, b"one");
    session.sent(3, b"thanks");
    session.received(3, b"two");
    assert_order(&python(&session.program()), &["b\"one\"", "# in the session: 3 bytes", "b\"two\"", "b\"thanks\""]);
}

#[test]
fn a_send_that_waited_for_its_own_thread_says_so() {
    let mut session = Session::default();
    session.listening(1);
    session.connected(2, 40000);
    session.does(3, accept(), accepted(40000));
    session.sends(2, &[b'x'; 100_000]);
    session.received(3, &[b'x'; 4096]);
    for text in &all_languages(&session.program())[..3] {
        assert!(text.contains("In the session this waited while the other end received."), "{text}");
        assert!(text.contains("sent-1.bin: 100,000 bytes"), "{text}");
    }
    assert_eq!(
        session.program().files().map(|(name, bytes)| (name, bytes.len())).collect::<Vec<_>>(),
        [("sent-1.bin".to_owned(), 100_000)]
    );
}

#[test]
fn runs_become_loops() {
    let mut session = Session::default();
    session.connected(1, 40000);
    for _ in 0..100 {
        session.sent(1, b"tick\n");
    }
    session.received(1, b"abc");
    session.received(1, b"de");
    session.sent(1, b"more");
    session.received(1, b"f");
    session.does(1, recv(), Return::Recv { eof: true });
    let text = python(&session.program());
    assert_order(
        &text,
        &[
            "for _ in range(100):\n        client.sendall(b\"tick\\n\")",
            "5 bytes in 2 calls",
            "missing = 5",
            "b\"more\"",
            "while data := client.recv(4096):",
        ],
    );
    assert!(shell(&session.program()).contains("for i in $(seq 100); do"));
}

#[test]
fn what_was_cancelled_is_left_out_and_what_waits_is_said() {
    let mut session = Session::default();
    session.connected(1, 40000);
    session.fails(1, recv(), Failure::new(Name::ECANCELED, "recv", ""));
    let closed_under = session.calls(1, recv());
    let closing = session.calls(1, Operation::Close);
    session.happens(1, Fact::Failed { id: closed_under, failure: Failure::new(Name::EBADF, "recv", "") });
    session.returns(1, closing, Return::Close);
    session.connected(2, 40001);
    session.calls(2, recv());
    for text in &all_languages(&session.program())[..3] {
        assert!(!text.contains(".recv(") && !text.contains("receive(") && !text.contains(".read("), "{text}");
        assert_order(
            text,
            &["client1: recv() had not returned", "client2: recv() had not returned", "client2 was not closed in the session"],
        );
    }
}

#[test]
fn the_relays_rules_and_its_end_are_not_tcp() {
    let mut session = Session::default();
    session.client(1);
    session.fails(1, connect("10.0.0.1", 22), Failure::forbidden(Rule::Denied, "connect", "denied by the operator"));
    session.connected(2, 40000);
    session.happens(2, Fact::Ended { cause: EndCause::Limit, text: "too slow".to_owned() });
    for text in &all_languages(&session.program())[..3] {
        assert!(!text.contains("10.0.0.1"), "{text}");
        assert_order(text, &["the relay forbade connect()", "denied by the operator", "the relay ended the socket. too slow"]);
    }
}

#[test]
fn sockets_without_their_beginning_are_left_out() {
    let mut session = Session { trace: Trace::new(Bounds { entries: 6, bytes: 1000 }), calls: 0 };
    session.connected(1, 40000);
    session.connected(2, 40001);
    session.sent(1, b"gone");
    let text = python(&session.program());
    assert!(text.contains("no longer has the beginning"), "{text}");
    assert!(!text.contains("gone"), "{text}");
}

#[test]
fn an_empty_session_is_a_program_too() {
    let program = Session::default().program();
    assert!(program.is_empty());
    assert!(python(&program).contains("pass"));
}

#[test]
fn long_sessions_are_cut_and_say_so() {
    let mut session = Session::default();
    session.connected(1, 40000);
    for number in 0..3000_u32 {
        session.sent(1, &number.to_be_bytes());
    }
    let text = python(&session.program());
    assert!(text.contains("before 1002 further calls"), "{}", &text[text.len() - 500..]);
}

#[test]
fn bare_sends_are_sends() {
    let mut session = Session::default();
    session.connected(1, 40000);
    for bytes in [b"one", b"two"] {
        session.happens(1, Fact::Sending { id: None, bytes: bytes[..].into() });
    }
    session.returns(1, None, Return::Send { sent: 6 });
    assert_order(&python(&session.program()), &["sendall(b\"one\")", "sendall(b\"two\")"]);
}
