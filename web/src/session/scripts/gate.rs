//! Pausing, stepping and slow motion: socket calls of a script wait here before they are made.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::Duration;

use gloo_timers::future::sleep;
use leptos::prelude::*;

/// What a script's socket calls pass.
pub(super) struct Gate {
    is_shut: ArcRwSignal<bool>,
    /// How many calls may pass though it is shut.
    passes: Cell<u32>,
    wakers: RefCell<Vec<Waker>>,
    pace: ArcRwSignal<Duration>,
}

impl Gate {
    pub(super) fn new(pace: ArcRwSignal<Duration>) -> Self {
        Self { is_shut: ArcRwSignal::new(false), passes: Cell::new(0), wakers: RefCell::default(), pace }
    }

    pub(super) fn is_shut(&self) -> RwSignal<bool> {
        self.is_shut.clone().into()
    }

    pub(super) fn shut(&self) {
        self.passes.set(0);
        self.is_shut.set(true);
    }

    pub(super) fn open(&self) {
        self.is_shut.set(false);
        self.wake();
    }

    pub(super) fn let_one_through(&self) {
        self.is_shut.set(true);
        self.passes.set(self.passes.get().saturating_add(1));
        self.wake();
    }

    /// Whether the next call would have to wait for somebody.
    pub(super) fn holds(&self) -> bool {
        self.is_shut.get_untracked() && self.passes.get() == 0
    }

    /// Waits until a call may be made.
    pub(super) async fn pass(&self) {
        let pace = self.pace.get_untracked();
        if !pace.is_zero() && !self.is_shut.get_untracked() {
            sleep(pace).await;
        }
        poll_fn(|context| {
            if self.holds() {
                self.wakers.borrow_mut().push(context.waker().clone());
                return Poll::Pending;
            }
            if self.is_shut.get_untracked() {
                self.passes.set(self.passes.get() - 1);
            }
            Poll::Ready(())
        })
        .await;
    }

    fn wake(&self) {
        self.wakers.take().into_iter().for_each(Waker::wake);
    }
}
