//! `recv` on a descriptor: one call and its future, and the calls made ahead for a reader.

use std::{
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use protocol::{CallId, Operation, RecvFlag};

use super::{
    descriptor::Descriptor,
    inbox::{AHEAD_PIECE_BYTES, AHEAD_PIECES, Item},
    receiving::{Taken, Terms},
    socket::millis,
};

/// Up to how many bytes a reader gets before it is taken for one that answers, and not for one that drains its peer.
const SMALL_BYTES: usize = 4 << 10;

impl Descriptor {
    /// One `recv` of at most `max` bytes, or what an earlier one left; empty at the end of the stream. Cancel safe.
    pub(super) async fn recv(self: &Rc<Self>, max: u64, flags: &[RecvFlag], timeout: Option<Duration>) -> io::Result<Vec<u8>> {
        let terms = Terms { has_timeout: timeout.is_some(), peeks: flags.contains(&RecvFlag::Peek) };
        if let Some(item) = self.state().receiving.take(max, terms.peeks) {
            return bytes_of(item);
        }
        self.check_end("recv")?;
        let operation = Operation::Recv { max, flags: flags.to_vec(), timeout_ms: timeout.map(millis) };
        let id = self.issue(operation, None, |state, id| state.receiving.wait(id, terms))?;
        Recv { descriptor: Rc::clone(self), id, max }.await
    }

    /// Copies what was received into `buffer`, and keeps `recv`s under way so that there is more. 0 at the end of the stream.
    pub(super) fn poll_read(self: &Rc<Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if buffer.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let read = self.state().receiving.read(buffer);
        if let Err(error) = self.check_end("recv") {
            return Poll::Ready(read.map_or(Err(error), |read| read.map_err(io::Error::from)));
        }
        let room = self.state().receiving.room_ahead();
        // Who has got a small message goes on with it first: asking for more would hold up the answer that it may have for its peer.
        let is_small = matches!(read, Some(Ok(count)) if count <= SMALL_BYTES);
        let wanted = if is_small && room < AHEAD_PIECES / 2 { 0 } else { room };
        for _ in 0..wanted {
            let operation = Operation::Recv { max: AHEAD_PIECE_BYTES as u64, flags: Vec::new(), timeout_ms: None };
            if let Err(error) = self.issue(operation, None, |state, id| state.receiving.wait_ahead(id)) {
                return Poll::Ready(Err(error));
            }
        }
        match read {
            Some(read) => Poll::Ready(read.map_err(io::Error::from)),
            None => {
                self.state().receiving.wake_reader_later(context);
                Poll::Pending
            }
        }
    }
}

/// One `recv` that waits. Dropping it cancels the call; what the call brings nevertheless goes to the next.
struct Recv {
    descriptor: Rc<Descriptor>,
    id: CallId,
    max: u64,
}

impl Future for Recv {
    type Output = io::Result<Vec<u8>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (taken, wakers) = {
            let mut state = self.descriptor.state();
            let taken = state.receiving.poll_take(self.id, self.max, context);
            let wakers = if taken.is_ready() { state.receiving.next_wakers() } else { vec![] };
            (taken, wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
        match taken {
            Poll::Ready(Some(Taken::Item { item, cancel })) => {
                if cancel {
                    self.descriptor.cancel(self.id);
                }
                Poll::Ready(bytes_of(item))
            }
            Poll::Ready(Some(Taken::Failure(failure))) => Poll::Ready(Err(failure.into())),
            // Only what came before the end is worth waiting for, and there is none left.
            Poll::Ready(None) | Poll::Pending => {
                self.descriptor.check_end("recv").map_or_else(|end| Poll::Ready(Err(end)), |()| Poll::Pending)
            }
        }
    }
}

impl Drop for Recv {
    fn drop(&mut self) {
        let (cancel, wakers) = {
            let mut state = self.descriptor.state();
            (state.receiving.leave(self.id), state.receiving.next_wakers())
        };
        wakers.into_iter().for_each(Waker::wake);
        if cancel {
            self.descriptor.cancel(self.id);
        }
    }
}

fn bytes_of(item: Item) -> io::Result<Vec<u8>> {
    match item {
        Item::Bytes(bytes) => Ok(bytes),
        Item::End => Ok(Vec::new()),
        Item::Failure(failure) => Err(failure.into()),
    }
}
