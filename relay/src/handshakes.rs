//! The connections that have not shown a token yet, and the limit of their number. Who dawdles makes room for who comes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

/// All that are under way, the oldest first.
#[derive(Clone)]
pub(crate) struct Handshakes(Arc<Shared>);

struct Shared {
    limit: usize,
    last: AtomicU64,
    under_way: Mutex<BTreeMap<u64, Arc<Notify>>>,
}

impl Handshakes {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, last: AtomicU64::new(0), under_way: Mutex::default() }))
    }

    /// Takes in a connection that begins. Where that is one too many the oldest is told to end: an honest one is done in milliseconds, and turning away whoever
    /// comes would let a few that never finish keep everybody out.
    pub(crate) fn begin(&self) -> Handshake {
        let id = self.0.last.fetch_add(1, Ordering::Relaxed);
        let overtaken = Arc::new(Notify::new());
        let mut under_way = self.0.lock();
        under_way.insert(id, Arc::clone(&overtaken));
        if under_way.len() > self.0.limit
            && let Some((_, oldest)) = under_way.pop_first()
        {
            oldest.notify_one();
        }
        drop(under_way);
        Handshake { id, overtaken, of: Arc::clone(&self.0) }
    }
}

impl Shared {
    /// No code panics while it holds this lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Notify>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that is under way, until it is dropped.
pub(crate) struct Handshake {
    id: u64,
    overtaken: Arc<Notify>,
    of: Arc<Shared>,
}

impl Handshake {
    /// Waits until this one has to make room. Cancel safe.
    pub(crate) async fn overtaken(&self) {
        self.overtaken.notified().await;
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.of.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let handshakes = Handshakes::new(2);
        let is_overtaken = |handshake: &Handshake| handshake.overtaken().now_or_never().is_some();
        let first = handshakes.begin();
        let second = handshakes.begin();
        drop(handshakes.begin());
        assert!(is_overtaken(&first) && !is_overtaken(&second));
        drop(first);
        let third = handshakes.begin();
        assert!(!is_overtaken(&second), "the one before is gone");
        let fourth = handshakes.begin();
        assert!(is_overtaken(&second) && !is_overtaken(&third) && !is_overtaken(&fourth));
    }
}
