//! What all WebSockets of the page share: their number, how many shake hands at a time, and the numbers of the sockets. No I/O.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    sync::Arc,
    task::{Poll, Waker},
};

use async_lock::{Semaphore, SemaphoreGuardArc};

use super::SocketId;

/// Handshakes under way. Browsers throttle more: measured in Chromium, 16 at once open 5.5 a second, 8 at once 85.
const MAX_HANDSHAKES: usize = 8;

/// WebSockets of one page: Chromium's limit is 255, and it does not say when it is reached.
const MAX_WEBSOCKETS: usize = 255;

/// How many of them are left alone when one is opened that nobody asked for yet.
const RESERVED: usize = 32;

thread_local! {
    // Of the page and not of a relay: a page that is given another relay has the same browser, and one trace.
    static TAKEN: Cell<usize> = const { Cell::new(0) };
    static CLOSING: Cell<usize> = const { Cell::new(0) };
    static WAKERS: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
    static LAST_ID: Cell<u64> = const { Cell::new(0) };
    static HANDSHAKES: Arc<Semaphore> = Arc::new(Semaphore::new(MAX_HANDSHAKES));
}

/// The place of one WebSocket, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    is_closing: bool,
}

impl Slot {
    /// Takes a place, or `None` where the page has no more. Waits for those that are just closing: the browser counts them until they are closed.
    pub(super) async fn take() -> Option<Self> {
        poll_fn(|context| match Self::take_below(MAX_WEBSOCKETS) {
            None if CLOSING.get() > 0 => {
                WAKERS.with_borrow_mut(|wakers| wakers.push(context.waker().clone()));
                Poll::Pending
            }
            slot => Poll::Ready(slot),
        })
        .await
    }

    /// Takes a place where there are plenty.
    pub(super) fn take_spare() -> Option<Self> {
        Self::take_below(MAX_WEBSOCKETS - RESERVED)
    }

    fn take_below(max: usize) -> Option<Self> {
        let taken = TAKEN.get();
        (taken < max).then(|| {
            TAKEN.set(taken + 1);
            Self { is_closing: false }
        })
    }

    /// Marks that the place will be given back soon.
    #[must_use]
    pub(super) fn closing(mut self) -> Self {
        if !std::mem::replace(&mut self.is_closing, true) {
            CLOSING.set(CLOSING.get() + 1);
        }
        self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        TAKEN.set(TAKEN.get().saturating_sub(1));
        if self.is_closing {
            CLOSING.set(CLOSING.get().saturating_sub(1));
        }
        WAKERS.take().into_iter().for_each(Waker::wake);
    }
}

/// Waits for a turn to shake hands, first come, first served; the turn is over when the guard is dropped.
pub(super) async fn turn() -> SemaphoreGuardArc {
    let handshakes = HANDSHAKES.with(Arc::clone);
    handshakes.acquire_arc().await
}

/// Lets the numbers of sockets go on after `last`, which an earlier document of this tab has given.
#[cfg(target_arch = "wasm32")]
pub fn count_on_from(last: u64) {
    LAST_ID.set(LAST_ID.get().max(last));
}

/// The number of the page's next socket.
pub(super) fn next_id() -> SocketId {
    LAST_ID.set(LAST_ID.get() + 1);
    SocketId(LAST_ID.get())
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, executor::block_on};

    use super::*;

    #[test]
    fn the_256th_websocket_has_no_place_until_one_is_dropped() {
        let mut taken: Vec<Slot> = std::iter::from_fn(Slot::take_spare).collect();
        assert_eq!(taken.len(), MAX_WEBSOCKETS - RESERVED);
        taken.extend(std::iter::from_fn(|| block_on(Slot::take())));
        assert_eq!(taken.len(), MAX_WEBSOCKETS);
        taken.pop();
        assert!(Slot::take_spare().is_none());
        assert!(block_on(Slot::take()).is_some());
    }

    #[test]
    fn who_finds_all_places_taken_waits_for_one_that_is_closing() {
        let mut taken: Vec<Slot> = std::iter::from_fn(|| block_on(Slot::take())).collect();
        let closing = taken.pop().map(Slot::closing);
        let mut waiting = Box::pin(Slot::take());
        assert!((&mut waiting).now_or_never().is_none());
        drop(closing);
        assert!(block_on(waiting).is_some());
    }

    #[test]
    fn no_two_sockets_have_the_same_number() {
        let (first, second) = (next_id(), next_id());
        assert_eq!((first.to_string(), second.to_string()), ("#1".to_owned(), "#2".to_owned()));
    }

    #[test]
    fn the_ninth_handshake_waits_for_one_of_the_eight() {
        let mut turns: Vec<SemaphoreGuardArc> = (0..MAX_HANDSHAKES).map(|_| block_on(turn())).collect();
        let mut ninth = Box::pin(turn());
        assert!((&mut ninth).now_or_never().is_none());
        turns.pop();
        block_on(ninth);
    }
}
