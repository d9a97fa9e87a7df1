//! `socketpair(2)`: two ends in this page, joined by two bounded queues. Nothing of it goes over the wire.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use protocol::{How, Name, PollEvent};

use crate::script::Failed;

/// How many bytes may wait in one direction: Linux's default for Unix sockets.
const CAPACITY_BYTES: usize = 212_992;

/// How many may wait for a pipe before all of them are woken to see who still does.
const MAX_WAKERS: usize = 64;

#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    is_write_shut: bool,
    is_read_shut: bool,
    wakers: Vec<Waker>,
}

impl Pipe {
    fn wake(&mut self) {
        self.wakers.drain(..).for_each(Waker::wake);
    }

    /// Whoever gave up waiting is still among them: now and then all are woken, and those who still wait come back.
    fn wake_later(&mut self, waker: &Waker) {
        if self.wakers.len() >= MAX_WAKERS {
            self.wake();
        }
        self.wakers.push(waker.clone());
    }
}

/// One end. Dropping it closes it.
pub(super) struct End {
    inbox: Rc<RefCell<Pipe>>,
    outbox: Rc<RefCell<Pipe>>,
}

/// Two ends, joined.
pub(super) fn pair() -> (End, End) {
    let (one, other) = (Rc::<RefCell<Pipe>>::default(), Rc::<RefCell<Pipe>>::default());
    (End { inbox: one.clone(), outbox: other.clone() }, End { inbox: other, outbox: one })
}

impl End {
    /// Takes at most `max` bytes, or leaves them with `peeks`; none at the end of the stream.
    pub(super) async fn recv(&self, max: usize, peeks: bool, dontwait: bool) -> Result<Vec<u8>, Failed> {
        poll_fn(|context| {
            let mut pipe = self.inbox.borrow_mut();
            let count = pipe.bytes.len().min(max);
            if count > 0 || max == 0 || pipe.is_write_shut || pipe.is_read_shut {
                let taken = if peeks { pipe.bytes.iter().take(count).copied().collect() } else { pipe.bytes.drain(..count).collect() };
                pipe.wake();
                return Poll::Ready(Ok(taken));
            }
            if dontwait {
                return Poll::Ready(Err(Failed::by(Name::EAGAIN, "recv")));
            }
            pipe.wake_later(context.waker());
            Poll::Pending
        })
        .await
    }

    /// Puts bytes into the queue, all of them unless it may not wait, and returns how many.
    pub(super) async fn send(&self, bytes: &[u8], dontwait: bool) -> Result<u64, Failed> {
        let mut sent = 0;
        poll_fn(|context| {
            let mut pipe = self.outbox.borrow_mut();
            if pipe.is_write_shut || pipe.is_read_shut {
                return Poll::Ready(Err(Failed::by(Name::EPIPE, "send")));
            }
            let room = CAPACITY_BYTES.saturating_sub(pipe.bytes.len()).min(bytes.len() - sent);
            pipe.bytes.extend(&bytes[sent..sent + room]);
            sent += room;
            pipe.wake();
            match (sent == bytes.len(), dontwait, sent) {
                (true, ..) | (false, true, 1..) => Poll::Ready(Ok(sent as u64)),
                (false, true, 0) => Poll::Ready(Err(Failed::by(Name::EAGAIN, "send"))),
                (false, false, _) => {
                    pipe.wake_later(context.waker());
                    Poll::Pending
                }
            }
        })
        .await
    }

    pub(super) fn shutdown(&self, how: How) {
        if matches!(how, How::Read | How::Both) {
            self.inbox.borrow_mut().is_read_shut = true;
            self.inbox.borrow_mut().wake();
        }
        if matches!(how, How::Write | How::Both) {
            self.outbox.borrow_mut().is_write_shut = true;
            self.outbox.borrow_mut().wake();
        }
    }

    /// Waits until one of `events` can be had.
    pub(super) async fn poll(&self, events: &[PollEvent]) -> Vec<PollEvent> {
        poll_fn(|context| {
            let ready = self.ready(events);
            if ready.is_empty() {
                self.inbox.borrow_mut().wake_later(context.waker());
                self.outbox.borrow_mut().wake_later(context.waker());
                return Poll::Pending;
            }
            Poll::Ready(ready)
        })
        .await
    }

    /// Which of `events` can be had now.
    pub(super) fn ready(&self, events: &[PollEvent]) -> Vec<PollEvent> {
        let (inbox, outbox) = (self.inbox.borrow(), self.outbox.borrow());
        let can = |event: &PollEvent| match event {
            PollEvent::In => !inbox.bytes.is_empty() || inbox.is_write_shut,
            PollEvent::Out => outbox.bytes.len() < CAPACITY_BYTES || outbox.is_read_shut,
            PollEvent::Err => false,
            PollEvent::Hup => inbox.is_write_shut && outbox.is_read_shut,
        };
        let mut ready: Vec<PollEvent> = events.iter().copied().filter(can).collect();
        if can(&PollEvent::Hup) && !ready.contains(&PollEvent::Hup) {
            ready.push(PollEvent::Hup);
        }
        ready
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.shutdown(How::Both);
    }
}
