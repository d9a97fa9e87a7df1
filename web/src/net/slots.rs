//! How many WebSockets a page may open, and how many at a time.

use std::{cell::Cell, rc::Rc, sync::Arc};

use async_lock::{Semaphore, SemaphoreGuardArc};

/// Handshakes under way. Browsers throttle more: measured in Chromium, 16 at once open 5.5 a second, 8 at once 85.
const MAX_HANDSHAKES: usize = 8;

/// WebSockets of one page: Chromium's limit is 255, and it does not say when it is reached.
const MAX_WEBSOCKETS: usize = 255;

/// The places for WebSockets of one page.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    handshakes: Arc<Semaphore>,
    taken: Rc<Cell<usize>>,
}

/// The place of one WebSocket, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Slot(Rc<Cell<usize>>);

impl Slots {
    pub(super) fn new() -> Self {
        Self { handshakes: Arc::new(Semaphore::new(MAX_HANDSHAKES)), taken: Rc::default() }
    }

    /// Takes a place, or `None` where the page has no more.
    pub(super) fn take(&self) -> Option<Slot> {
        let taken = self.taken.get();
        (taken < MAX_WEBSOCKETS).then(|| {
            self.taken.set(taken + 1);
            Slot(Rc::clone(&self.taken))
        })
    }

    /// Waits for its turn to shake hands, first come, first served; the turn is over when the guard is dropped.
    pub(super) async fn turn(&self) -> SemaphoreGuardArc {
        self.handshakes.acquire_arc().await
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, executor::block_on};

    use super::*;

    #[test]
    fn the_256th_websocket_has_no_place_until_one_is_dropped() {
        let slots = Slots::new();
        let mut taken: Vec<Slot> = (0..MAX_WEBSOCKETS).filter_map(|_| slots.take()).collect();
        assert_eq!(taken.len(), MAX_WEBSOCKETS);
        assert!(slots.take().is_none());
        taken.pop();
        assert!(slots.take().is_some());
    }

    #[test]
    fn the_ninth_handshake_waits_for_one_of_the_eight() {
        let slots = Slots::new();
        let mut turns: Vec<SemaphoreGuardArc> = (0..MAX_HANDSHAKES).map(|_| block_on(slots.turn())).collect();
        let mut ninth = Box::pin(slots.turn());
        assert!((&mut ninth).now_or_never().is_none());
        turns.pop();
        block_on(ninth);
    }
}
