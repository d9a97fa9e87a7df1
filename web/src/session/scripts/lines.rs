//! The lines that somebody enters in a script's console, and who waits for them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

/// How many lines may be entered ahead.
const MOST_AHEAD: usize = 1000;

/// Lines on their way to `sys.stdin`.
#[derive(Default)]
pub(super) struct Lines {
    ahead: RefCell<VecDeque<String>>,
    wakers: RefCell<Vec<Waker>>,
}

impl Lines {
    pub(super) fn enter(&self, line: &str) {
        let mut ahead = self.ahead.borrow_mut();
        if ahead.len() < MOST_AHEAD {
            ahead.push_back(line.to_owned());
        }
        drop(ahead);
        self.wakers.take().into_iter().for_each(Waker::wake);
    }

    pub(super) fn clear(&self) {
        self.ahead.borrow_mut().clear();
    }

    /// Waits for a line, and takes it.
    pub(super) async fn next(&self) -> String {
        poll_fn(|context| match self.ahead.borrow_mut().pop_front() {
            Some(line) => Poll::Ready(line),
            None => self.wake_later(context),
        })
        .await
    }

    /// Waits until there is a line.
    pub(super) async fn ready(&self) {
        poll_fn(|context| if self.is_empty() { self.wake_later(context) } else { Poll::Ready(()) }).await;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ahead.borrow().is_empty()
    }

    fn wake_later<T>(&self, context: &Context<'_>) -> Poll<T> {
        let mut wakers = self.wakers.borrow_mut();
        // Whoever gave up waiting is still among them, until the next line.
        wakers.retain(|waker| !waker.will_wake(context.waker()));
        wakers.push(context.waker().clone());
        Poll::Pending
    }
}
