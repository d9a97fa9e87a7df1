//! Tests of the ruler.

use proptest::prelude::*;
use protocol::{Failure, Name};

use super::*;
use crate::trace::Bounds;

const ME: SocketId = SocketId(1);

fn call(id: u64, operation: Operation) -> Fact {
    Fact::Called(Call { id: CallId(id), operation })
}

fn recv(id: u64, flags: Vec<RecvFlag>) -> Fact {
    call(id, Operation::Recv { max: 4096, flags, timeout_ms: None })
}

fn sends(id: u64, bytes: &[u8]) -> [Fact; 2] {
    [call(id, Operation::Send { flags: vec![], timeout_ms: None }), Fact::Sending { id: Some(CallId(id)), bytes: bytes.into() }]
}

fn took(id: Option<u64>, sent: u64) -> Fact {
    Fact::Returned { id: id.map(CallId), value: Return::Send { sent } }
}

fn failed(id: Option<u64>) -> Fact {
    Fact::Failed { id: id.map(CallId), failure: Failure::new(Name::ECONNRESET, "send", "text") }
}

fn trace(facts: impl IntoIterator<Item = Fact>) -> Trace {
    let mut trace = Trace::default();
    for fact in facts {
        trace.push(0.0, ME, fact);
    }
    trace
}

fn ruler(direction: Direction, facts: impl IntoIterator<Item = Fact>) -> Ruler {
    let mut ruler = Ruler::new(ME, direction);
    ruler.read(&trace(facts), 0);
    ruler
}

/// What was received in these pieces; event 1 brings the first, event 3 the second.
pub(in super::super) fn received(pieces: &[&[u8]]) -> Ruler {
    let facts =
        pieces.iter().zip(0..).flat_map(|(bytes, id)| [recv(id, vec![]), Fact::Received { id: CallId(id), bytes: (*bytes).into() }]);
    ruler(Direction::Received, facts)
}

fn all(ruler: &Ruler) -> Vec<u8> {
    ruler.copy(0, u64::MAX)
}

fn places(ruler: &Ruler) -> Vec<(u64, u64, Option<u64>)> {
    ruler.pieces.iter().map(|piece| (piece.start, piece.end(), piece.taken)).collect()
}

#[test]
fn pieces_follow_one_another() {
    let ruler = received(&[b"GET ", b"/ HTTP", b"/1.1"]);
    assert_eq!(all(&ruler), b"GET / HTTP/1.1");
    assert_eq!(places(&ruler), [(0, 4, Some(1)), (4, 10, Some(3)), (10, 14, Some(5))]);
    assert_eq!(ruler.copy(3, 11), b" / HTTP/");
    assert_eq!((ruler.byte(4), ruler.byte(14)), (Some(b'/'), None));
    assert_eq!((ruler.find(b'/', 5, 99), ruler.find(b'/', 5, 9), ruler.find(b'x', 0, 99)), (Some(10), None, None));
    assert_eq!(ruler.piece_at(9).map(|piece| piece.event), Some(3));
    assert_eq!((ruler.piece_of(5).map(|piece| piece.start), ruler.piece_of(4).map(|piece| piece.start)), (Some(10), None));
}

#[test]
fn a_send_counts_with_what_the_kernel_took() {
    let [a, b] = sends(1, b"abcdef");
    let [c, d] = sends(2, b"xyz");
    let mut trace = trace([a, b, c, d]);
    let mut ruler = Ruler::new(ME, Direction::Sent);
    ruler.read(&trace, 0);
    assert_eq!((all(&ruler), ruler.generation()), (b"abcdefxyz".to_vec(), 0));
    assert_eq!(places(&ruler), [(0, 6, None), (6, 9, None)], "nothing is taken yet");
    trace.push(0.0, ME, took(Some(1), 4));
    trace.push(0.0, ME, took(Some(2), 3));
    assert!(ruler.read(&trace, 7));
    assert_eq!((all(&ruler), ruler.generation()), (b"abcdxyz".to_vec(), 1), "what was not taken makes room");
    assert_eq!(places(&ruler), [(0, 4, Some(4)), (4, 7, Some(5))]);
}

#[test]
fn a_send_that_failed_does_not_count() {
    let [a, b] = sends(1, b"ab");
    let [c, d] = sends(2, b"cd");
    let ruler = ruler(Direction::Sent, [a, b, c, d, failed(Some(1)), took(Some(2), 2)]);
    assert_eq!(all(&ruler), b"cd");
    assert_eq!(ruler.piece_at(0).map(|piece| piece.event), Some(3));
}

#[test]
fn bare_sends_are_acknowledged_in_sums() {
    let bare = |bytes: &[u8]| Fact::Sending { id: None, bytes: bytes.into() };
    let facts = [bare(b"ab"), bare(b"cde"), took(None, 4), bare(b"f"), failed(None)];
    let ruler = ruler(Direction::Sent, facts);
    assert_eq!(all(&ruler), b"abcd", "the answer told of four, the failure of the rest");
    assert_eq!(places(&ruler), [(0, 2, Some(2)), (2, 4, Some(4)), (4, 4, Some(4))]);
}

#[test]
fn a_look_ahead_is_not_received_twice() {
    let facts = [
        recv(1, vec![RecvFlag::Peek]),
        Fact::Received { id: CallId(1), bytes: b"ab".as_slice().into() },
        recv(2, vec![RecvFlag::Waitall]),
        Fact::Received { id: CallId(2), bytes: b"abc".as_slice().into() },
        recv(3, vec![RecvFlag::Oob]),
        Fact::Received { id: CallId(3), bytes: b"!".as_slice().into() },
    ];
    assert_eq!(all(&ruler(Direction::Received, facts)), b"abc");
}

#[test]
fn the_end_is_known() {
    let eof = Fact::Returned { id: Some(CallId(1)), value: Return::Recv { eof: true } };
    let none = Fact::Returned { id: Some(CallId(1)), value: Return::Recv { eof: false } };
    assert!(ruler(Direction::Received, [eof.clone()]).is_ended());
    assert!(!ruler(Direction::Received, [none]).is_ended());
    assert!(!ruler(Direction::Sent, [eof]).is_ended());
    let shutdown = |how| [call(7, Operation::Shutdown { how }), Fact::Returned { id: Some(CallId(7)), value: Return::Shutdown }];
    assert!(ruler(Direction::Sent, shutdown(How::Write)).is_ended());
    assert!(!ruler(Direction::Sent, shutdown(How::Read)).is_ended());
    assert!(ruler(Direction::Sent, [Fact::Closed]).is_ended());
}

#[test]
fn offsets_stay_when_the_trace_lets_go() {
    let piece = |id: u64| Fact::Received { id: CallId(id), bytes: vec![id as u8; 4].into() };
    let mut trace = Trace::new(Bounds { entries: 3, bytes: 1000 });
    let mut ruler = Ruler::new(ME, Direction::Received);
    for id in 0..2 {
        trace.push(0.0, ME, piece(id));
    }
    ruler.read(&trace, 8);
    for id in 2..5 {
        trace.push(0.0, ME, piece(id));
    }
    assert!(ruler.read(&trace, 20));
    assert_eq!((ruler.first(), ruler.end()), (8, 20));
    // Whoever comes later knows where it is by what the socket counted.
    let mut late = Ruler::new(ME, Direction::Received);
    late.read(&trace, 20);
    assert_eq!((late.first(), late.end(), late.copy(0, 12)), (8, 20, vec![2; 4]));
}

#[test]
fn other_sockets_are_not_read() {
    let mut trace = Trace::default();
    trace.push(0.0, SocketId(2), Fact::Received { id: CallId(1), bytes: b"x".as_slice().into() });
    let mut ruler = Ruler::new(ME, Direction::Received);
    assert!(!ruler.read(&trace, 0));
    assert!(ruler.is_empty());
}

proptest! {
    #[test]
    fn bytes_are_those_of_the_trace(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..20), from in 0_usize..200, to in 0_usize..400) {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let ruler = received(&pieces);
        let whole = pieces.concat();
        prop_assert_eq!(all(&ruler), whole.clone());
        let expected = whole.get(from.min(whole.len())..to.clamp(from, whole.len().max(from)).min(whole.len()).max(from.min(whole.len()))).unwrap_or_default();
        prop_assert_eq!(ruler.copy(from as u64, to as u64), expected);
        for (offset, byte) in whole.iter().enumerate() {
            prop_assert_eq!(ruler.byte(offset as u64), Some(*byte));
            prop_assert_eq!(ruler.find(*byte, offset as u64, u64::MAX), Some(offset as u64));
        }
        prop_assert_eq!(ruler.byte(whole.len() as u64), None);
    }
}
