//! What the page gets of the outbox, and when, without a socket.

use std::task::Waker;

use super::*;

const RETURN_OF_1: &[u8] = b"\x81\x1a{\"return\":\"send\",\"sent\":1}";

fn outbox() -> Outbox {
    Outbox::new(Account::new(crate::metrics::Metrics::default()))
}

/// What the page gets now.
fn emptied(outbox: &mut Outbox) -> Vec<u8> {
    let mut page = Vec::new();
    assert!(matches!(outbox.poll(&mut page, &mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(()))));
    page
}

#[test]
fn the_return_of_a_bare_send_goes_behind_the_bytes_that_come_next() {
    let mut outbox = outbox();
    outbox.hold(1);
    assert_eq!(emptied(&mut outbox), b"", "the peer may be about to answer");
    let mut scratch = Scratch::take();
    scratch[MAX_HEAD_BYTES..][..2].copy_from_slice(b"hi");
    let mut page = Vec::new();
    outbox.hand_over(&mut page, &mut Context::from_waker(Waker::noop()), &mut scratch, 2, false).unwrap();
    assert_eq!(page, [b"\x82\x02hi", RETURN_OF_1].concat());
    assert!(outbox.is_empty() && outbox.held_until().is_none());
}

#[test]
fn the_longest_return_fits_behind_the_longest_frame() {
    let mut outbox = outbox();
    let count = protocol::limits::MAX_BINARY_FRAME_BYTES;
    outbox.held = Some(Held { sent: u64::MAX, since: Instant::now() });
    let mut page = Vec::new();
    outbox.hand_over(&mut page, &mut Context::from_waker(Waker::noop()), &mut Scratch::take(), count, false).unwrap();
    assert!(page.ends_with(b"{\"return\":\"send\",\"sent\":18446744073709551615}") && page.len() > count);
}

#[test]
fn it_goes_before_whatever_else_is_said() {
    let mut outbox = outbox();
    outbox.hold(1);
    outbox.ping();
    assert_eq!(emptied(&mut outbox), [RETURN_OF_1, b"\x89\x00"].concat());
    outbox.hold(1);
    outbox.answer(None, Ok(Return::Send { sent: 2 }));
    assert_eq!(emptied(&mut outbox), b"\x81\x1a{\"return\":\"send\",\"sent\":3}");
}

#[test]
fn it_is_not_held_for_ever() {
    let mut outbox = outbox();
    outbox.hold(1);
    let until = outbox.held_until().unwrap();
    outbox.hold(1);
    assert_eq!(outbox.held_until(), Some(until), "the first decides");
    outbox.release();
    assert_eq!(emptied(&mut outbox), b"\x81\x1a{\"return\":\"send\",\"sent\":2}");
}

#[test]
fn nor_where_much_was_sent() {
    let mut outbox = outbox();
    outbox.hold(1);
    outbox.hold(MAX_HELD_BYTES as usize - 1);
    assert_eq!(emptied(&mut outbox), b"\x81\x1e{\"return\":\"send\",\"sent\":65536}");
}
