//! The order of calls, without a socket.

use std::time::Duration;

use super::*;

const RECV: Recv = Recv { max: 1, peek: false, dontwait: false, waitall: false, collected: Vec::new() };

fn waiting(id: u64, work: Work) -> Waiting<Work> {
    Waiting { id: Some(CallId(id)), deadline: None, work }
}

fn bare(bytes: &[u8]) -> Waiting<Work> {
    Waiting { id: None, deadline: None, work: Work::Write(Write::Send { bytes: bytes.into(), sent: 0, dontwait: false, frames: 1 }) }
}

fn send(id: u64, bytes: &'static [u8]) -> Waiting<Work> {
    waiting(id, bare(bytes).work)
}

#[test]
fn directions_do_not_hold_up_each_other_but_setup_does() {
    let mut lanes = Lanes::default();
    lanes.push(waiting(1, Work::Prompt(Prompt::Connect { host: String::new(), port: 1 }))).unwrap();
    lanes.push(waiting(2, Work::Recv(RECV))).unwrap();
    lanes.push(send(3, b"abc")).unwrap();
    lanes.push(waiting(4, Work::Prompt(Prompt::Getsockname))).unwrap();
    assert_eq!(lanes.admit().unwrap().id, Some(CallId(1)));
    assert!(lanes.next_recv().is_none() && lanes.next_write().is_none() && !lanes.all_sent());
    assert_eq!(lanes.admit().unwrap().id, Some(CallId(4)));
    assert_eq!(lanes.next_recv().unwrap().id, Some(CallId(2)));
    assert_eq!(lanes.next_write().unwrap().id, Some(CallId(3)));
    assert!(lanes.admit().is_none());
}

#[test]
fn a_cancelled_send_tells_how_far_it_came() {
    let mut lanes = Lanes::default();
    lanes.push(send(1, b"abcdef")).unwrap();
    assert!(lanes.admit().is_none());
    let Write::Send { sent, .. } = &mut lanes.next_write().unwrap().work else { panic!() };
    *sent = 4;
    assert_eq!(lanes.cancel(CallId(2)), None);
    assert_eq!(
        lanes.cancel(CallId(1)),
        Some(Dropped { id: Some(CallId(1)), call: "send", sent: 4, unsent: 2, frames: 1, collected: Vec::new() })
    );
    assert!(lanes.all_sent() && lanes.held_bytes == 0);
}

#[test]
fn too_many_calls_and_double_ids_are_errors_of_the_call() {
    let mut lanes = Lanes::default();
    for id in 0..limits::MAX_CALLS_WAITING as u64 {
        lanes.push(waiting(id, Work::Recv(RECV))).unwrap();
    }
    assert_eq!(lanes.push(waiting(7, Work::Recv(RECV))).unwrap_err().name, Name::EINVAL);
    assert_eq!(lanes.push(waiting(9999, Work::Recv(RECV))).unwrap_err().name, Name::ENOBUFS);
    lanes.push(waiting(9999, Work::Write(Write::Close))).unwrap();
}

#[test]
fn the_window_is_shut_until_bytes_are_gone() {
    let mut lanes = Lanes::default();
    lanes.push(bare(&vec![0; limits::SEND_WINDOW_BYTES])).unwrap();
    assert!(lanes.has_room_beside(0), "a page that keeps to its window is heard");
    lanes.push(bare(&[0])).unwrap();
    assert!(!lanes.has_room_beside(0));
    assert!(lanes.admit().is_none());
    lanes.pop_write().unwrap();
    assert!(lanes.has_room_beside(0));
}

#[test]
fn small_bare_sends_are_joined_and_others_are_not() {
    let mut lanes = Lanes::default();
    for _ in 0..1000 {
        lanes.push(bare(b"ab")).unwrap();
    }
    lanes.push(send(1, b"announced")).unwrap();
    lanes.push(bare(b"cd")).unwrap();
    assert!(lanes.admit().is_none());
    lanes.push(bare(b"ef")).unwrap();
    let mut seen = vec![];
    while let Some(Waiting { id, work: Write::Send { bytes, frames, .. }, .. }) = lanes.pop_write() {
        seen.push((id, bytes.len(), frames));
    }
    assert_eq!(seen, [(None, 2000, 1000), (Some(CallId(1)), 9, 1), (None, 4, 2)]);
    assert_eq!(lanes.held_bytes, 0);
}

#[test]
fn only_what_is_late_expires() {
    let mut lanes = Lanes::default();
    let now = Instant::now();
    let late = now + Duration::from_secs(1);
    lanes.push(Waiting { id: Some(CallId(1)), deadline: Some(late), work: Work::Recv(RECV) }).unwrap();
    lanes.push(Waiting { id: Some(CallId(2)), deadline: None, work: Work::Recv(RECV) }).unwrap();
    assert_eq!(lanes.next_deadline(), Some(late));
    assert_eq!(lanes.expire(now), None);
    assert_eq!(lanes.expire(late).unwrap().id, Some(CallId(1)));
    assert_eq!(lanes.expire(late), None);
    assert_eq!(lanes.next_deadline(), None);
}
