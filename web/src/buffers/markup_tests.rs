//! What the picture of the buffers says: numbers, bars, sentences, and what is not told.

use protocol::{AcceptQueue, Call, CallId, Info, ListenerId, Operation, OptionValue, Return, SocketOption, TcpInfo};

use super::*;
use crate::net::SocketId;
use crate::trace::{Fact, Journal};

const ONE: SocketId = SocketId(1);

fn returns(journal: &mut Journal, socket: SocketId, operation: Operation, value: Return) {
    let id = CallId(journal.trace().next_number() + 1);
    journal.record(0.0, socket, Fact::Called(Call { id, operation }));
    journal.record(0.0, socket, Fact::Returned { id: Some(id), value });
}

fn socket(journal: &mut Journal, socket: SocketId) {
    returns(journal, socket, Operation::Socket { family: protocol::Family::Inet }, Return::Socket);
}

fn connected(journal: &mut Journal, id: SocketId, local: &str, peer: &str) {
    socket(journal, id);
    let connect = Operation::Connect { host: "127.0.0.1".to_owned(), port: 80, timeout_ms: None };
    let (local, peer) = (local.parse().unwrap(), peer.parse().unwrap());
    returns(journal, id, connect, Return::Connect { local, peer });
}

fn told(journal: &mut Journal, socket: SocketId, send: u64, recv: u64, window: u32, our_window: u32) {
    let tcp = TcpInfo {
        send_mss_bytes: Some(1000),
        send_window_bytes: Some(window),
        recv_window_bytes: Some(our_window),
        not_sent_bytes: Some(0),
        ..TcpInfo::default()
    };
    let info = Info { send_queue_bytes: Some(send), recv_queue_bytes: Some(recv), tcp: Some(tcp), ..Info::default() };
    journal.record(0.0, socket, Fact::Told { id: CallId(9), info: Box::new(info) });
}

fn end(journal: &mut Journal, socket: SocketId, event: Option<u64>) -> Option<End> {
    let sockets = journal.sockets_at(event);
    let (own, accepts) = (sockets.get(socket)?.clone(), sockets.is_accepting(socket));
    Some(End::new(own, accepts, journal, event))
}

/// The markup without its tags.
fn text(own: &End, other: Option<&End>) -> String {
    let html = markup(own, other);
    html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect()
}

#[test]
fn a_full_receive_queue_is_explained_and_drawn_to_scale() {
    let mut journal = Journal::default();
    connected(&mut journal, ONE, "127.0.0.1:1", "127.0.0.1:80");
    told(&mut journal, ONE, 0, 30_000, 65_536, 90_000);
    let own = end(&mut journal, ONE, None).unwrap();
    assert!(text(&own, None).contains("30,000 bytes have arrived and wait in the kernel"), "{}", text(&own, None));
    assert!(markup(&own, None).contains(r#"<rect class="filled" width="25.0" height="8"/>"#), "30,000 of 120,000");
    let open = journal.trace().next_number() - 1;
    told(&mut journal, ONE, 0, 120_000, 65_536, 0);
    let own = end(&mut journal, ONE, None).unwrap();
    for part in ["the receive queue is full and our window is closed", "120,000 bytes", "no room for a segment more", "not in this page"] {
        assert!(text(&own, None).contains(part), "{part}: {}", text(&own, None));
    }
    let earlier = end(&mut journal, ONE, Some(open)).unwrap();
    assert!(text(&earlier, None).contains("30,000 bytes have arrived"), "as of the event");
}

#[test]
fn a_send_that_waits_for_an_end_in_the_page() {
    let mut journal = Journal::default();
    let two = SocketId(2);
    connected(&mut journal, ONE, "127.0.0.1:1", "127.0.0.1:80");
    connected(&mut journal, two, "127.0.0.1:80", "127.0.0.1:1");
    assert_eq!(journal.sockets().other_end(journal.sockets().get(ONE).unwrap()).map(|socket| socket.id), Some(two));
    let option = SocketOption::SO_SNDBUF;
    let set = Operation::Setsockopt { option, value: OptionValue::Number(8192) };
    returns(&mut journal, ONE, set, Return::Setsockopt { value: OptionValue::Number(16_384) });
    told(&mut journal, ONE, 5000, 0, 10, 65_536);
    told(&mut journal, two, 0, 15_000, 65_536, 0);
    let (own, other) = (end(&mut journal, ONE, None).unwrap(), end(&mut journal, two, None).unwrap());
    let words = text(&own, Some(&other));
    for part in ["send has returned; nothing has failed", "SO_SNDBUF: 16,384", "15,000 bytes", "the other program took with recv 0 bytes"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    journal.record(0.0, ONE, Fact::Called(Call { id: CallId(70), operation: Operation::Send { flags: vec![], timeout_ms: None } }));
    let words = text(&end(&mut journal, ONE, None).unwrap(), Some(&other));
    assert!(words.contains("send waits") && words.contains("nobody calls recv there"), "{words}");
}

#[test]
fn what_a_system_does_not_tell_is_said() {
    let mut journal = Journal::default();
    connected(&mut journal, ONE, "127.0.0.1:1", "127.0.0.1:80");
    let words = text(&end(&mut journal, ONE, None).unwrap(), None);
    assert!(words.contains("has not been asked yet") && words.contains("not asked yet"), "{words}");
    journal.record(0.0, ONE, Fact::Told { id: CallId(9), info: Box::default() });
    let words = text(&end(&mut journal, ONE, None).unwrap(), None);
    assert_eq!(words.matches("not available on this system").count(), 3, "{words}");
}

#[test]
fn an_accept_queue_has_one_place_more_than_the_backlog() {
    let mut journal = Journal::default();
    socket(&mut journal, ONE);
    let local = "127.0.0.1:80".parse().unwrap();
    returns(&mut journal, ONE, Operation::Listen { backlog: 2 }, Return::Listen { listener: ListenerId(1), local, backlog: Some(2) });
    for (waiting, expected) in [(0, "Nobody waits"), (1, "A connection is established and waits"), (3, "The queue is full")] {
        let info = Info { accept_queue: Some(AcceptQueue { waiting, backlog: 2 }), ..Info::default() };
        journal.record(0.0, ONE, Fact::Told { id: CallId(9), info: Box::new(info) });
        let own = end(&mut journal, ONE, None).unwrap();
        let (html, words) = (markup(&own, None), text(&own, None));
        assert!(words.contains(expected) && words.contains(&format!("{waiting}, backlog 2")), "{words}");
        assert_eq!(html.matches("class=\"place").count(), 4, "the box around them, and three places: {html}");
        assert_eq!((html.matches(" taken").count(), html.matches(" beyond").count()), (waiting as usize, 1), "{html}");
    }
    let huge = Info { accept_queue: Some(AcceptQueue { waiting: u32::MAX, backlog: u32::MAX }), ..Info::default() };
    journal.record(0.0, ONE, Fact::Told { id: CallId(9), info: Box::new(huge) });
    assert!(markup(&end(&mut journal, ONE, None).unwrap(), None).len() < 3000, "a hostile recording draws no billion of boxes");
}

#[test]
fn after_close_the_last_numbers_stay() {
    let mut journal = Journal::default();
    connected(&mut journal, ONE, "127.0.0.1:1", "127.0.0.1:80");
    told(&mut journal, ONE, 0, 63_488, 65_536, 0);
    returns(&mut journal, ONE, Operation::Close, Return::Close);
    // The system's table tells of a closed descriptor's state alone.
    let info = Info { state: Some(protocol::TcpState::FIN_WAIT_2), ..Info::default() };
    journal.record(0.0, ONE, Fact::Told { id: Fact::TABLE, info: Box::new(info) });
    let own = end(&mut journal, ONE, None).unwrap();
    let text = text(&own, None);
    assert!(text.contains("These are the last numbers.") && text.contains("63,488 bytes"), "{text}");
    assert!(!text.contains("not available"), "{text}");
}
