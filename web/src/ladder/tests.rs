//! Tests of the rows of a ladder, and of what is drawn of them.

use protocol::{Call, CallId, Failure, Family, How, Info, ListenerId, Name, Operation, Return, TcpState};

use super::*;
use crate::net::SocketId;
use crate::trace::{Bounds, Fact, Journal, Role};

mod drawn;

const CLIENT: u64 = 1;
const SERVER: u64 = 2;

/// What happens, 10 ms after what happened before.
#[derive(Default)]
struct World {
    journal: Journal,
    calls: u64,
    time_ms: f64,
}

impl World {
    fn happens(&mut self, socket: u64, fact: Fact) {
        self.time_ms += 10.0;
        self.journal.record(self.time_ms, SocketId(socket), fact);
    }

    fn calls(&mut self, socket: u64, operation: Operation) -> CallId {
        self.calls += 1;
        let id = CallId(self.calls);
        self.happens(socket, Fact::Called(Call { id, operation }));
        id
    }

    fn returns(&mut self, socket: u64, id: CallId, value: Return) {
        self.happens(socket, Fact::Returned { id: Some(id), value });
    }

    fn fails(&mut self, socket: u64, id: CallId, name: Name) {
        self.happens(socket, Fact::Failed { id: Some(id), failure: Failure::new(name, "connect", "text") });
    }

    fn does(&mut self, socket: u64, operation: Operation, value: Return) {
        let id = self.calls(socket, operation);
        self.returns(socket, id, value);
    }

    fn sends(&mut self, socket: u64, bytes: &[u8]) -> CallId {
        let id = self.calls(socket, Operation::Send { flags: vec![], timeout_ms: None });
        self.happens(socket, Fact::Sending { id: Some(id), bytes: bytes.into() });
        id
    }

    fn sent(&mut self, socket: u64, bytes: &[u8]) {
        let id = self.sends(socket, bytes);
        self.returns(socket, id, Return::Send { sent: bytes.len() as u64 });
    }

    fn receives(&mut self, socket: u64, bytes: &[u8]) {
        let id = self.calls(socket, recv());
        self.happens(socket, Fact::Received { id, bytes: bytes.into() });
    }

    fn makes_client(&mut self) {
        self.does(CLIENT, Operation::Socket { family: Family::Inet }, Return::Socket);
        self.happens(CLIENT, Fact::Made(Role::Client));
    }

    fn connects(&mut self) {
        self.makes_client();
        self.does(CLIENT, connect(), Return::Connect { local: address(51022), peer: address(8080) });
    }

    fn accepts(&mut self) {
        self.does(SERVER, accept(), Return::Accept { local: address(8080), peer: address(51022) });
    }

    fn both(&mut self) {
        self.connects();
        self.accepts();
    }

    fn ends(&self, socket: u64) -> Ends {
        Ends::of(self.journal.sockets(), self.journal.sockets().get(SocketId(socket)).unwrap())
    }

    fn ladder(&self, socket: u64) -> Ladder {
        let mut ladder = Ladder::new(&self.ends(socket), &self.journal);
        ladder.read(self.journal.trace());
        ladder
    }
}

fn address(port: u16) -> std::net::SocketAddr {
    ([127, 0, 0, 1], port).into()
}

fn connect() -> Operation {
    Operation::Connect { host: "localhost".to_owned(), port: 8080, timeout_ms: None }
}

fn accept() -> Operation {
    Operation::Accept { listener: ListenerId(7), timeout_ms: None }
}

fn recv() -> Operation {
    Operation::Recv { max: 4096, flags: vec![], timeout_ms: None }
}

fn shutdown() -> Operation {
    Operation::Shutdown { how: How::Write }
}

/// A row on one line: whose, the call, how it ended, the arrow, the states.
fn shown(ladder: &Ladder) -> Vec<String> {
    (0..ladder.len()).filter_map(|index| ladder.row(index)).map(as_line).collect()
}

fn as_line(row: &Row) -> String {
    let side = match (&row.act, row.side) {
        (Act::Wire | Act::Pause(_), _) => "-",
        (_, Side::Left) => "L",
        (_, Side::Right) => "R",
    };
    let mut line = format!("{side} {}", words::call(row));
    if let Act::Pause(milliseconds) = row.act {
        line.push_str(&words::pause(milliseconds));
    }
    if let Some((ending, _)) = words::ending(row) {
        line.push_str(&format!(" = {ending}"));
    }
    if let Some(arrow) = &row.arrow {
        let points = if arrow.from == Side::Left { "—>" } else { "<—" };
        line.push_str(&format!(" {points} {}", words::arrow(&arrow.carries, 60)));
    }
    for state in row.states.iter().flatten() {
        line.push_str(&format!(" [{state}]"));
    }
    line
}

#[test]
fn a_client_whose_other_end_is_elsewhere() {
    let mut world = World::default();
    world.connects();
    world.sent(CLIENT, b"GET /\r\n");
    world.receives(CLIENT, b"hello");
    world.does(CLIENT, recv(), Return::Recv { eof: true });
    world.does(CLIENT, Operation::Close, Return::Close);
    world.happens(CLIENT, Fact::Closed);
    let ladder = world.ladder(CLIENT);
    assert!(!ladder.has_both_ends());
    assert_eq!(
        shown(&ladder),
        [
            "L socket(AF_INET)",
            "L connect(\"localhost\", 8080) —> SYN · inferred [SYN_SENT]",
            "-  <— SYN-ACK · inferred",
            "L ↳ connect(\"localhost\", 8080) = connected · 10 ms —> ACK · inferred [ESTABLISHED]",
            "L send() —> 7 bytes “GET /␍␊”",
            "L recv(4096) = → 5 bytes · 10 ms <— 5 bytes “hello”",
            "L recv(4096) = b'' · end of stream · 10 ms <— FIN · inferred [CLOSE_WAIT]",
            "L close() —> FIN · inferred [CLOSED]",
        ]
    );
}

#[test]
fn bytes_are_followed_from_send_to_recv() {
    let mut world = World::default();
    world.both();
    world.sent(CLIENT, b"abcdef");
    world.sent(CLIENT, b"ghi");
    world.receives(SERVER, b"abcd");
    world.receives(SERVER, b"efghi");
    world.sent(SERVER, b"xy");
    let ladder = world.ladder(CLIENT);
    assert!(ladder.has_both_ends());
    let lines = shown(&ladder);
    let row = |line: &str| lines.iter().position(|shown| shown.starts_with(line)).unwrap() as i64;
    let (first, second) = (row("L send() —> 6 bytes"), row("L send() —> 3 bytes"));
    let (four, five) = (row("R recv(4096) = → 4 bytes"), row("R recv(4096) = → 5 bytes"));
    assert_eq!(ladder.passages(Side::Left, 0, 99).collect::<Vec<_>>(), [(first, four), (first, five), (second, five)]);
    assert_eq!(ladder.passages(Side::Left, first as u64, first as u64 + 1).count(), 2, "only what crosses those rows");
    let answer = row("R send()") as u64;
    assert_eq!(ladder.unread_of(Side::Right, answer), 2);
    assert_eq!(ladder.unread_of(Side::Left, first as u64), 0);
    assert!(!lines[four as usize].contains("<—"), "the arrow comes from the send: {lines:#?}");
    // From the other end it is the same, mirrored.
    let mirrored = world.ladder(SERVER);
    assert_eq!(mirrored.passages(Side::Right, 0, 99).count(), 3);
    assert!(shown(&mirrored)[0].starts_with("R socket"), "{:#?}", shown(&mirrored));
}

#[test]
fn what_is_peeked_at_or_not_taken_is_not_got() {
    let mut world = World::default();
    world.both();
    let id = world.sends(CLIENT, b"abcdef");
    world.returns(CLIENT, id, Return::Send { sent: 4 });
    let peek = Operation::Recv { max: 9, flags: vec![protocol::RecvFlag::Peek], timeout_ms: None };
    let id = world.calls(SERVER, peek);
    world.happens(SERVER, Fact::Received { id, bytes: b"abcd"[..].into() });
    world.sent(CLIENT, b"ef");
    world.receives(SERVER, b"abcdef");
    let ladder = world.ladder(CLIENT);
    assert_eq!(ladder.passages(Side::Left, 0, 99).count(), 2, "{:#?}", shown(&ladder));
    assert!((0..ladder.len()).all(|row| ladder.unread_of(Side::Left, row) == 0));
}

#[test]
fn each_end_says_how_it_ends_once() {
    let mut world = World::default();
    world.both();
    world.does(SERVER, shutdown(), Return::Shutdown);
    world.does(CLIENT, recv(), Return::Recv { eof: true });
    world.sent(CLIENT, b"unread");
    world.does(SERVER, Operation::Close, Return::Close);
    let id = world.calls(CLIENT, recv());
    world.fails(CLIENT, id, Name::ECONNRESET);
    let lines = shown(&world.ladder(CLIENT));
    let segments: Vec<&String> = lines.iter().filter(|line| line.contains("FIN ·") || line.contains("RST ·")).collect();
    assert_eq!(segments, ["R shutdown(SHUT_WR) <— FIN · inferred [FIN_WAIT]", "R close() <— RST · inferred [CLOSED]"], "{lines:#?}");
    assert!(lines.contains(&"L recv(4096) = ECONNRESET · 10 ms [CLOSED]".to_owned()), "{lines:#?}");
}

#[test]
fn a_close_with_bytes_that_nobody_received_resets() {
    let closed = |received: &[u8]| {
        let mut world = World::default();
        world.connects();
        let info = Info { state: Some(TcpState::ESTABLISHED), recv_queue_bytes: Some(6), ..Info::default() };
        world.happens(CLIENT, Fact::Told { id: CallId(99), info: Box::new(info) });
        if !received.is_empty() {
            world.receives(CLIENT, received);
        }
        world.does(CLIENT, Operation::Close, Return::Close);
        shown(&world.ladder(CLIENT)).pop().unwrap()
    };
    assert_eq!(closed(b""), "L close() —> RST · inferred [CLOSED]", "the kernel said that six bytes wait");
    assert_eq!(closed(b"unread"), "L close() —> FIN · inferred [CLOSED]", "they were received since");
}

#[test]
fn a_refused_connect_and_one_that_sent_nothing() {
    let mut world = World::default();
    world.makes_client();
    let id = world.calls(CLIENT, connect());
    world.fails(CLIENT, id, Name::ECONNREFUSED);
    let id = world.calls(CLIENT, connect());
    world.fails(CLIENT, id, Name::EAI_NONAME);
    assert_eq!(
        shown(&world.ladder(CLIENT))[1..],
        [
            "L connect(\"localhost\", 8080) —> SYN · inferred [SYN_SENT]",
            "L ↳ connect(\"localhost\", 8080) = ECONNREFUSED · 10 ms <— RST · inferred [CLOSED]",
            "L connect(\"localhost\", 8080) = EAI_NONAME · 10 ms [CLOSED]",
        ]
    );
}

#[test]
fn a_call_that_waits_is_an_open_bar() {
    let mut world = World::default();
    world.connects();
    let id = world.calls(CLIENT, recv());
    world.time_ms += 5000.0;
    world.sent(CLIENT, b"x");
    let mut ladder = world.ladder(CLIENT);
    assert_eq!(ladder.waiting().iter().map(|waiting| waiting.call.as_str()).collect::<Vec<_>>(), ["recv(4096)"]);
    let bars = |ladder: &Ladder| (4..ladder.len()).map(|row| ladder.row(row).unwrap().bars[0]).collect::<Vec<_>>();
    let through = Bars { through: 1, ..Bars::default() };
    assert_eq!(bars(&ladder), [Bars { begin: 1, ..Bars::default() }, through, through], "the pause and the send beside it");
    assert!(matches!(ladder.row(5).unwrap().act, Act::Pause(5020)));
    world.happens(CLIENT, Fact::Received { id, bytes: b"late"[..].into() });
    assert!(ladder.read(world.journal.trace()));
    assert_eq!(bars(&ladder).last(), Some(&Bars { end: 1, ..Bars::default() }));
    assert!(ladder.waiting().is_empty());
    assert_eq!(shown(&ladder).last().unwrap(), "L ↳ recv(4096) = → 4 bytes · 5.04 s <— 4 bytes “late”");
}

#[test]
fn an_end_of_the_relay_ends_what_waits() {
    let mut world = World::default();
    world.connects();
    world.calls(CLIENT, recv());
    world.happens(CLIENT, Fact::Lost { text: "gone\u{202e}".to_owned() });
    world.happens(CLIENT, Fact::Closed);
    let ladder = world.ladder(CLIENT);
    assert!(ladder.waiting().is_empty());
    assert_eq!(shown(&ladder).last().unwrap(), "L relay: gone\\u{202e} [RELAY LOST]");
    assert_eq!(ladder.row(ladder.len() - 1).unwrap().bars[0], Bars { end: 1, ..Bars::default() });
}

#[test]
fn a_listener_shows_who_connects() {
    let mut world = World::default();
    world.does(9, Operation::Socket { family: Family::Inet }, Return::Socket);
    world.happens(9, Fact::Made(Role::Server));
    let listening = Return::Listen { listener: ListenerId(7), local: address(8080), backlog: Some(5) };
    world.does(9, Operation::Listen { backlog: 5 }, listening);
    world.does(3, Operation::Accept { listener: ListenerId(8), timeout_ms: None }, Return::Accept { local: address(1), peer: address(2) });
    world.accepts();
    world.calls(4, accept());
    let ladder = world.ladder(9);
    assert_eq!(
        shown(&ladder)[1..],
        ["L listen(5) = → 127.0.0.1:8080 · 10 ms [LISTEN]", "L accept() = from 127.0.0.1:51022 · 10 ms <— 127.0.0.1:51022", "L accept()"]
    );
    assert_eq!(ladder.waiting().len(), 1);
    let markup = draw_rows(&ladder, Layout::new(600, false), None, 0, 99, Dress::Page);
    assert!(markup.contains(&format!("data-choose=\"{SERVER}\"")), "{markup}");
}

#[test]
fn an_accepted_connection_begins_with_the_handshake() {
    let mut world = World::default();
    world.accepts();
    assert_eq!(
        shown(&world.ladder(SERVER)),
        [
            "L accept()",
            "-  <— SYN · inferred",
            "-  —> SYN-ACK · inferred",
            "L ↳ accept() = from 127.0.0.1:51022 · 10 ms <— ACK · inferred [ESTABLISHED]"
        ]
    );
}

#[test]
fn reading_bit_by_bit_gives_the_same_rows() {
    let mut world = World::default();
    world.both();
    let mut bit_by_bit = Ladder::new(&world.ends(CLIENT), &world.journal);
    for part in [&b"one"[..], b"two", b"three"] {
        world.sent(CLIENT, part);
        bit_by_bit.read(world.journal.trace());
        world.receives(SERVER, part);
        assert!(bit_by_bit.read(world.journal.trace()));
        assert!(!bit_by_bit.read(world.journal.trace()));
    }
    let at_once = world.ladder(CLIENT);
    assert_eq!(shown(&bit_by_bit), shown(&at_once));
    assert_eq!(bit_by_bit.passages(Side::Left, 0, 99).collect::<Vec<_>>(), at_once.passages(Side::Left, 0, 99).collect::<Vec<_>>());
}

#[test]
fn where_the_beginning_was_dropped_nothing_is_followed() {
    let mut world = World { journal: Journal::with(Bounds { entries: 12, bytes: 1000 }), ..World::default() };
    world.both();
    world.sent(CLIENT, b"before");
    for _ in 0..4 {
        world.sent(CLIENT, b"after");
    }
    world.receives(SERVER, b"before");
    let ladder = world.ladder(CLIENT);
    assert_eq!(ladder.passages(Side::Left, 0, 99).count(), 0);
    assert_eq!(shown(&ladder).last().unwrap(), "R recv(4096) = → 6 bytes · 10 ms —> 6 bytes “before”");
}
