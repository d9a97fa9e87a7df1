//! Which packets are made of what. That other programs read them, and how, is tested with tshark in `tests/suite/recording_pcapng.rs`.

use std::net::SocketAddr;

use protocol::{Call, CallId, EndCause, Failure, ListenerId, RecvFlag};

use super::packet::flag::{ACK, FIN, PSH, RST, SYN};
use super::*;
use crate::net::SocketId;

const A: SocketId = SocketId(1);
const B: SocketId = SocketId(2);
const CLIENT: &str = "127.0.0.1:50000";
const SERVER: &str = "127.0.0.1:8080";

/// A trace in the making.
#[derive(Default)]
struct Story {
    trace: Trace,
    calls: u64,
}

impl Story {
    fn happens(&mut self, socket: SocketId, fact: Fact) {
        self.trace.push(self.trace.next_number() as f64, socket, fact);
    }

    fn call(&mut self, socket: SocketId, operation: Operation) -> CallId {
        self.calls += 1;
        let id = CallId(self.calls);
        self.happens(socket, Fact::Called(Call { id, operation }));
        id
    }

    fn returns(&mut self, socket: SocketId, operation: Operation, value: Return) {
        let id = self.call(socket, operation);
        self.happens(socket, Fact::Returned { id: Some(id), value });
    }

    fn connect(&mut self, socket: SocketId, local: &str, peer: &str) {
        let operation = Operation::Connect { host: "localhost".to_owned(), port: 8080, timeout_ms: None };
        self.returns(socket, operation, Return::Connect { local: address(local), peer: address(peer) });
    }

    fn accepted(&mut self, socket: SocketId, local: &str, peer: &str) {
        let value = Return::Accept { local: address(local), peer: address(peer) };
        self.happens(socket, Fact::Returned { id: Some(CallId(0)), value });
    }

    fn send(&mut self, socket: SocketId, bytes: &[u8]) -> CallId {
        let id = self.call(socket, Operation::Send { flags: vec![], timeout_ms: None });
        self.happens(socket, Fact::Sending { id: Some(id), bytes: bytes.into() });
        id
    }

    fn sent(&mut self, socket: SocketId, bytes: &[u8], sent: u64) {
        let id = self.send(socket, bytes);
        self.happens(socket, Fact::Returned { id: Some(id), value: Return::Send { sent } });
    }

    fn recv(&mut self, socket: SocketId, flags: &[RecvFlag], bytes: &[u8]) {
        let id = self.call(socket, Operation::Recv { max: 100, flags: flags.to_vec(), timeout_ms: None });
        self.happens(socket, Fact::Received { id, bytes: bytes.into() });
    }

    fn end(&mut self, socket: SocketId) {
        self.returns(socket, Operation::Recv { max: 100, flags: vec![], timeout_ms: None }, Return::Recv { eof: true });
    }

    fn close(&mut self, socket: SocketId) {
        self.returns(socket, Operation::Close, Return::Close);
        self.happens(socket, Fact::Closed);
    }

    fn fails(&mut self, socket: SocketId, name: Name) {
        self.happens(socket, Fact::Failed { id: None, failure: Failure::new(name, "send", "") });
    }

    /// The packets: which end sent them, their flags and bytes.
    fn packets(&self) -> Vec<(char, u8, Vec<u8>)> {
        let blocks = pcapng(Moment::default(), &self.trace).skip(1).collect::<Vec<_>>().concat();
        let mut rest = &blocks[..];
        let mut packets = vec![];
        while !rest.is_empty() {
            let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap()) as usize;
            let packet = &rest[28..28 + word(20)];
            let tcp = &packet[if packet[0] == 0x45 { 20 } else { 40 }..];
            let from = if u16::from_be_bytes([tcp[0], tcp[1]]) == 50000 { 'A' } else { 'B' };
            packets.push((from, tcp[13], tcp[usize::from(tcp[12] >> 4) * 4..].to_vec()));
            rest = &rest[word(4)..];
        }
        packets
    }

    /// The packets after the handshake, as text: acknowledgements without anything else are left out.
    fn told(&self) -> String {
        let packets = self.packets();
        let flags: Vec<_> = packets.iter().take(3).map(|(from, flags, _)| (*from, *flags)).collect();
        assert_eq!(flags, [('A', SYN), ('B', SYN | ACK), ('A', ACK)]);
        let words = packets.into_iter().skip(3).filter(|(_, flags, _)| *flags != ACK).map(|(from, flags, bytes)| match flags {
            _ if flags == FIN | ACK => format!("{from} FIN"),
            _ if flags == RST | ACK => format!("{from} RST"),
            _ if flags == PSH | ACK => format!("{from} {}", String::from_utf8_lossy(&bytes)),
            _ => format!("{from} {flags:?}"),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn client() -> Story {
    let mut story = Story::default();
    story.connect(A, CLIENT, SERVER);
    story
}

fn both() -> Story {
    let mut story = client();
    story.accepted(B, SERVER, CLIENT);
    story
}

#[test]
fn one_end_tells_of_both() {
    let mut story = client();
    story.sent(A, b"ping", 4);
    story.recv(A, &[], b"pong");
    story.end(A);
    story.close(A);
    assert_eq!(story.told(), "A ping, B pong, B FIN, A FIN");
}

#[test]
fn an_accepted_end_tells_of_both() {
    let mut story = Story::default();
    story.accepted(B, SERVER, CLIENT);
    story.recv(B, &[], b"ping");
    story.sent(B, b"pong", 4);
    story.close(B);
    assert_eq!(story.told(), "A ping, B pong, B FIN");
}

#[test]
fn both_ends_are_one_conversation() {
    let mut story = both();
    story.sent(A, b"ping", 4);
    story.recv(B, &[], b"ping");
    story.sent(B, b"pong", 4);
    story.close(B);
    story.recv(A, &[], b"pong");
    story.end(A);
    story.close(A);
    assert_eq!(story.told(), "A ping, B pong, B FIN, A FIN");
}

#[test]
fn the_listening_end_may_be_first_to_know() {
    let mut story = Story::default();
    let operation = Operation::Connect { host: "localhost".to_owned(), port: 8080, timeout_ms: None };
    let id = story.call(A, operation);
    story.accepted(B, "[::ffff:127.0.0.1]:8080", "[::ffff:127.0.0.1]:50000");
    story.sent(B, b"hello", 5);
    let value = Return::Connect { local: address(CLIENT), peer: address(SERVER) };
    story.happens(A, Fact::Returned { id: Some(id), value });
    story.recv(A, &[], b"hello");
    assert_eq!(story.told(), "B hello");
}

#[test]
fn what_the_kernel_did_not_take_is_not_sent() {
    let mut story = client();
    story.sent(A, b"abcdef", 3);
    let refused = story.send(A, b"ghi");
    story.happens(A, Fact::Failed { id: Some(refused), failure: Failure::new(Name::EAGAIN, "send", "") });
    story.send(A, b"nobody knows");
    assert_eq!(story.told(), "A abc");
}

#[test]
fn one_return_answers_several_bare_sends() {
    let mut story = client();
    for bytes in [&b"ab"[..], b"cd", b"ef"] {
        story.happens(A, Fact::Sending { id: None, bytes: bytes.into() });
    }
    story.happens(A, Fact::Returned { id: None, value: Return::Send { sent: 3 } });
    story.fails(A, Name::ECONNRESET);
    assert_eq!(story.told(), "A ab, A c, B RST");
}

#[test]
fn what_was_received_was_sent_whatever_the_send_does() {
    let mut story = both();
    story.sent(A, b"ab", 2);
    story.send(A, b"cdef");
    story.recv(B, &[], b"abcd");
    assert_eq!(story.told(), "A ab, A cd");
}

#[test]
fn peeking_takes_nothing() {
    let mut story = client();
    story.recv(A, &[RecvFlag::Peek], b"pong");
    story.recv(A, &[], b"pong");
    assert_eq!(story.told(), "B pong");
}

#[test]
fn ends_are_told_by_whoever_sees_them() {
    let shutdown = |how| (Operation::Shutdown { how }, Return::Shutdown);
    for (how, told) in [(How::Write, "A FIN, B late"), (How::Read, "B late"), (How::Both, "A FIN, B late")] {
        let mut story = client();
        let (operation, value) = shutdown(how);
        story.returns(A, operation, value);
        story.recv(A, &[], b"late");
        if how != How::Write {
            story.end(A);
        }
        assert_eq!(story.told(), told, "{how:?}: the end that its own shutdown made is none of the other's");
    }
    let mut story = client();
    story.returns(A, Operation::Abort, Return::Abort);
    story.happens(A, Fact::Closed);
    assert_eq!(story.told(), "A RST");
    let mut story = client();
    story.happens(A, Fact::Closed);
    assert_eq!(story.told(), "A FIN");
    for lost in [Fact::Lost { text: String::new() }, Fact::Ended { cause: EndCause::Shutdown, text: String::new() }] {
        let mut story = both();
        story.happens(A, lost);
        assert_eq!(story.told(), "", "nobody knows what was on the wire");
        story.end(B);
        assert_eq!(story.told(), "A FIN", "but the other end does");
    }
}

#[test]
fn closing_with_unread_bytes_resets() {
    let mut story = both();
    story.sent(A, b"ping", 4);
    story.recv(B, &[], b"pi");
    story.close(B);
    story.fails(A, Name::ECONNRESET);
    story.close(A);
    assert_eq!(story.told(), "A ping, B RST");
}

#[test]
fn bytes_for_a_closed_socket_are_answered_with_rst() {
    let mut story = both();
    story.close(B);
    story.sent(A, b"ping", 4);
    story.fails(A, Name::EPIPE);
    assert_eq!(story.told(), "B FIN, A ping, B RST");
    let mut story = client();
    story.end(A);
    story.sent(A, b"ping", 4);
    story.fails(A, Name::EPIPE);
    assert_eq!(story.told(), "B FIN, A ping, B RST");
    let mut story = client();
    story.returns(A, Operation::Shutdown { how: How::Write }, Return::Shutdown);
    story.fails(A, Name::EPIPE);
    assert_eq!(story.told(), "A FIN", "EPIPE after one's own end is no news of the other");
}

#[test]
fn a_large_send_goes_in_segments() {
    let mut story = client();
    story.sent(A, &[7; 100_000], 100_000);
    let sizes: Vec<usize> = story.packets().iter().skip(3).filter(|(from, ..)| *from == 'A').map(|(.., bytes)| bytes.len()).collect();
    assert_eq!(sizes, [vec![1460; 68], vec![720]].concat());
}

#[test]
fn addresses_may_come_again() {
    let mut story = both();
    story.close(A);
    story.close(B);
    let (again, other) = (SocketId(3), SocketId(4));
    story.connect(again, CLIENT, SERVER);
    story.accepted(other, SERVER, CLIENT);
    story.sent(other, b"second", 6);
    assert_eq!(story.packets().iter().filter(|(_, flags, _)| flags & SYN != 0).count(), 4, "two handshakes");
    assert!(story.told().ends_with(", B second"), "{}", story.told());
}

#[test]
fn what_was_never_connected_is_left_out() {
    let mut story = Story::default();
    let listening = Return::Listen { listener: ListenerId(1), local: address(SERVER), backlog: None };
    story.returns(A, Operation::Listen { backlog: 5 }, listening);
    story.connect(B, CLIENT, CLIENT);
    story.sent(B, b"me", 2);
    story.accepted(SocketId(3), SERVER, "[::1]:50000");
    story.sent(SocketId(4), b"nobody", 6);
    assert_eq!(story.packets(), []);
}
