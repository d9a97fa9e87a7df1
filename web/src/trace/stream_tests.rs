//! Tests of the rows of a stream.

use protocol::{Family, Name};

use super::*;
use crate::trace::{Bounds, Sockets};
use crate::trace::{Only, RowKind};

const ME: SocketId = SocketId(1);

fn call(id: u64, operation: Operation) -> Fact {
    Fact::Called(Call { id: CallId(id), operation })
}

fn recv(id: u64) -> Fact {
    call(id, Operation::Recv { max: 4096, flags: vec![], timeout_ms: None })
}

fn send(id: u64) -> Fact {
    call(id, Operation::Send { flags: vec![], timeout_ms: None })
}

fn received(id: u64, bytes: &[u8]) -> Fact {
    Fact::Received { id: CallId(id), bytes: bytes.into() }
}

fn me() -> Socket {
    let mut trace = Trace::default();
    let mut sockets = Sockets::default();
    sockets.apply(trace.push(0.0, ME, call(0, Operation::Socket { family: Family::Inet })));
    sockets.get(ME).unwrap().clone()
}

fn trace(facts: Vec<Fact>) -> Trace {
    let mut trace = Trace::default();
    for (position, fact) in facts.into_iter().enumerate() {
        trace.push(position as f64 * 10.0, ME, fact);
    }
    trace
}

fn shown(stream: &Stream) -> Vec<String> {
    (0..stream.len()).filter_map(|index| stream.row(index)).map(|row| as_line(&row)).collect()
}

fn as_line(row: &Row) -> String {
    let arrow = |direction: &Direction| if *direction == Direction::Sent { "→" } else { "←" };
    match &row.kind {
        RowKind::Head { direction, call, bytes, outcome } => format!("{} {call} {bytes} {outcome:?}", arrow(direction)),
        RowKind::Text(direction, spans) => {
            format!("{} {}", arrow(direction), spans.iter().map(|span| span.text.as_str()).collect::<String>())
        }
        RowKind::Hex { direction, offset, hex, text } => format!("{} {offset} {hex} {text}", arrow(direction)),
        RowKind::Call { call, outcome } => format!("{call} {outcome:?}"),
        RowKind::End => "b''".to_owned(),
        RowKind::Gone(text) => text.clone(),
    }
}

fn conversation() -> Vec<Fact> {
    vec![
        send(1),
        Fact::Sending { id: Some(CallId(1)), bytes: b"GET /\r\n\r\n"[..].into() },
        recv(2),
        Fact::Returned { id: Some(CallId(1)), value: Return::Send { sent: 9 } },
        received(2, b"HTTP/1.0 200 OK\r\n"),
        recv(3),
        Fact::Returned { id: Some(CallId(3)), value: Return::Recv { eof: true } },
    ]
}

#[test]
fn both_directions_in_order() {
    let mut stream = Stream::new(&me(), Show::Text, 80);
    assert!(stream.read(&trace(conversation())));
    assert_eq!(
        shown(&stream),
        [r#"→ send() 9 Returned("took 9 bytes")"#, "→ GET /␍␊", "→ ␍␊", r#"← recv(4096) 17 Returned("")"#, "← HTTP/1.0 200 OK␍␊", "b''"]
    );
    assert_eq!(stream.row(3).unwrap().delta_ms, Some(30.0));
    assert_eq!(stream.row(99), None);
}

#[test]
fn hexadecimal_beside_text() {
    let mut stream = Stream::new(&me(), Show::Hex, 100);
    stream.read(&trace(conversation()));
    assert_eq!(shown(&stream)[1], "→ 000000 47 45 54 20 2f 0d 0a 0d  0a                      GET /····");
    assert_eq!(stream.len(), 2 + 3 + 1);
    assert_eq!([100, 60, 40, 20].map(bytes_a_row), [16, 8, 4, 4]);
}

#[test]
fn reading_bit_by_bit_gives_the_same_rows() {
    let facts = conversation();
    let mut bit_by_bit = Stream::new(&me(), Show::Text, 20);
    let mut growing = Trace::default();
    for (position, fact) in facts.clone().into_iter().enumerate() {
        growing.push(position as f64 * 10.0, ME, fact);
        bit_by_bit.read(&growing);
        bit_by_bit.read(&growing);
    }
    let mut at_once = Stream::new(&me(), Show::Text, 20);
    at_once.read(&trace(facts));
    assert_eq!(shown(&bit_by_bit), shown(&at_once));
}

#[test]
fn what_the_trace_drops_the_rows_drop() {
    let mut trace = Trace::new(Bounds { entries: 2, bytes: 1000 });
    let mut stream = Stream::new(&me(), Show::Text, 80);
    for id in 0..5 {
        trace.push(0.0, ME, received(id, b"a\nb\n"));
        stream.read(&trace);
    }
    assert_eq!((stream.len(), stream.first_row()), (6, 9));
    assert_eq!(stream.row(1).map(|row| row.number), Some(10));
}

#[test]
fn an_answer_after_its_call_was_dropped_harms_nothing() {
    let mut trace = Trace::new(Bounds { entries: 1, bytes: 1000 });
    let mut stream = Stream::new(&me(), Show::Text, 80);
    trace.push(0.0, ME, call(1, Operation::Close));
    stream.read(&trace);
    trace.push(0.0, ME, recv(2));
    stream.read(&trace);
    trace.push(0.0, ME, Fact::Returned { id: Some(CallId(1)), value: Return::Close });
    stream.read(&trace);
    assert!(stream.is_empty());
}

#[test]
fn failures_and_cancellations_stand_where_they_happened() {
    let failed = |id, name, call| Fact::Failed { id: Some(CallId(id)), failure: Failure::new(name, call, "text") };
    let mut stream = Stream::new(&me(), Show::Text, 80);
    stream.read(&trace(vec![
        call(1, Operation::Connect { host: "localhost".to_owned(), port: 9, timeout_ms: None }),
        failed(1, Name::ECONNREFUSED, "connect"),
        recv(2),
        failed(2, Name::ECANCELED, "recv"),
        recv(3),
        Fact::Lost { text: "the relay is gone".to_owned() },
    ]));
    assert_eq!(shown(&stream), [r#"connect("localhost", 9) Failed("ECONNREFUSED")"#, "recv(4096) Cancelled", "the relay is gone"]);
}

#[test]
fn bare_sends_are_acknowledged_in_sum() {
    let bare = |bytes: &[u8]| Fact::Sending { id: None, bytes: bytes.into() };
    let returned = |sent| Fact::Returned { id: None, value: Return::Send { sent } };
    let mut stream = Stream::new(&me(), Show::Text, 80);
    stream.read(&trace(vec![bare(b"aaa"), bare(b"bb"), returned(4)]));
    assert_eq!(shown(&stream)[0], r#"→ send() 3 Returned("")"#);
    assert_eq!(shown(&stream)[2], "→ send() 2 Waiting");
    let mut settled = Stream::new(&me(), Show::Text, 80);
    settled.read(&trace(vec![bare(b"aaa"), bare(b"bb"), returned(4), returned(1)]));
    assert_eq!(shown(&settled)[2], r#"→ send() 2 Returned("")"#);
}

#[test]
fn a_listener_shows_what_it_accepts() {
    let mut listener = me();
    listener.listener = Some(ListenerId(7));
    let mut trace = trace(vec![call(1, Operation::Listen { backlog: 5 })]);
    for (socket, id) in [(2, 7), (3, 8)] {
        trace.push(1.0, SocketId(socket), call(1, Operation::Accept { listener: ListenerId(id), timeout_ms: None }));
    }
    let (local, peer) = ("127.0.0.1:8080".parse().unwrap(), "127.0.0.1:40000".parse().unwrap());
    trace.push(2.0, SocketId(2), Fact::Returned { id: Some(CallId(1)), value: Return::Accept { local, peer } });
    trace.push(3.0, SocketId(2), received(2, b"not the listener's"));
    let mut stream = Stream::new(&listener, Show::Text, 80);
    stream.read(&trace);
    assert_eq!(shown(&stream), ["listen(5) Waiting", r#"accept() Returned("connection from 127.0.0.1:40000")"#]);
}

fn filtered(facts: Vec<Fact>, show: Show, only: Option<Only>, text: &str) -> Vec<String> {
    let mut stream = Stream::new(&me(), show, 80);
    stream.read(&trace(facts));
    stream.filter(&Filter { only, text: text.to_owned() });
    shown(&stream)
}

#[test]
fn a_filter_keeps_the_rows_that_hold_a_text() {
    let facts = || {
        vec![
            send(1),
            Fact::Sending { id: Some(CallId(1)), bytes: b"one\r\nTwo\r\nthree".as_slice().into() },
            recv(2),
            received(2, b"two\r\n"),
            call(3, Operation::Shutdown { how: protocol::How::Write }),
        ]
    };
    let two = filtered(facts(), Show::Text, None, "two");
    assert_eq!(two.len(), 4, "{two:?}");
    assert!(two[1] == "→ Two␍␊" && two[3] == "← two␍␊", "{two:?}");
    assert_eq!(filtered(facts(), Show::Text, None, "\\nTw").len(), 2, "the end of a line can be looked for");
    assert_eq!(filtered(facts(), Show::Text, Some(Only::Sent), "two").len(), 2);
    assert_eq!(filtered(facts(), Show::Text, Some(Only::Received), "").len(), 2);
    assert_eq!(filtered(facts(), Show::Text, Some(Only::Calls), "").len(), 3);
    assert_eq!(filtered(facts(), Show::Text, Some(Only::Calls), "SHUT_WR").len(), 1);
    assert_eq!(filtered(facts(), Show::Hex, None, "0d 0a 74").len(), 2);
    assert!(filtered(facts(), Show::Text, None, "nowhere").is_empty());
}

#[test]
fn a_filter_goes_on_with_what_comes() {
    let mut trace = trace(vec![call(1, Operation::Connect { host: "a".to_owned(), port: 1, timeout_ms: None })]);
    let mut stream = Stream::new(&me(), Show::Text, 80);
    stream.read(&trace);
    assert!(stream.filter(&Filter { only: None, text: "refused".to_owned() }));
    assert_eq!(stream.len(), 0);
    trace.push(0.0, ME, call(2, Operation::Shutdown { how: protocol::How::Write }));
    trace.push(0.0, ME, Fact::Failed { id: Some(CallId(1)), failure: Failure::new(Name::ECONNREFUSED, "connect", "text") });
    trace.push(0.0, ME, recv(3));
    trace.push(0.0, ME, received(3, b"refused\nkept\n"));
    assert!(stream.read(&trace));
    assert_eq!(shown(&stream).len(), 3, "{:?}", shown(&stream));
    assert!(shown(&stream)[0].contains("ECONNREFUSED"));
    assert!(stream.filter(&Filter::default()) && !stream.filter(&Filter::default()));
    assert_eq!(stream.len(), 5);
}

#[test]
fn a_filter_lets_go_with_the_trace() {
    let mut trace = Trace::new(Bounds { entries: 4, bytes: 1000 });
    let mut stream = Stream::new(&me(), Show::Text, 80);
    stream.filter(&Filter { only: None, text: "x".to_owned() });
    for id in 0..6 {
        trace.push(0.0, ME, received(id, if id % 2 == 0 { b"x" } else { b"y" }));
        stream.read(&trace);
    }
    assert_eq!((stream.len(), stream.first_row()), (4, 2), "{:?}", shown(&stream));
}

#[test]
fn each_event_has_its_rows() {
    let mut stream = Stream::new(&me(), Show::Text, 80);
    stream.read(&trace(conversation()));
    assert_eq!(stream.row_at(0), None);
    assert_eq!([1, 2, 3, 4, 5, 6, 99].map(|event| stream.row_at(event).unwrap()), [(0, 1), (0, 1), (0, 1), (3, 4), (3, 4), (5, 6), (5, 6)]);
    assert_eq!((0..stream.len()).map(|row| stream.row(row).unwrap().event).collect::<Vec<_>>(), [1, 1, 1, 4, 4, 6]);
}
