//! What a script printed, told to the reactive graph once a frame.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::future::sleep;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::script::Script;
use super::worker::Worker;
use crate::script::{Output, Stream};

/// How many writes are acknowledged together. The worker has more than these under way before it waits.
const TOGETHER: u32 = 32;

/// How many writes a program may do in one period: a flood leaves the page time for everything else.
const WRITES_A_PERIOD: u32 = 20 * TOGETHER;

/// That period.
const PERIOD: Duration = Duration::from_millis(16);

/// The output of one script. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Console(Rc<Inner>);

struct Inner {
    output: RefCell<Output>,
    revision: ArcRwSignal<u64>,
    is_due: Cell<bool>,
    /// Writes that are not acknowledged yet.
    taken: Cell<u32>,
    /// Writes in this period.
    in_period: Cell<u32>,
    is_in_period: Cell<bool>,
}

impl Console {
    pub(super) fn new() -> Self {
        Self(Rc::new(Inner {
            output: RefCell::default(),
            revision: ArcRwSignal::new(0),
            is_due: Cell::new(false),
            taken: Cell::new(0),
            in_period: Cell::new(0),
            is_in_period: Cell::new(false),
        }))
    }

    /// Changes, at most once a frame, when [`read`](Self::read) would show something else.
    pub(crate) fn revision(&self) -> RwSignal<u64> {
        self.0.revision.clone().into()
    }

    /// Reads what is kept.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Output) -> T) -> T {
        read(&self.0.output.borrow())
    }

    /// Drops what is shown.
    pub(crate) fn clear(&self) {
        self.0.output.borrow_mut().clear();
        self.request();
    }

    pub(super) fn push(&self, stream: Stream, text: &str) {
        self.0.output.borrow_mut().push(stream, text);
        self.request();
    }

    /// A write of the program was taken. Acknowledges it when it is time to.
    pub(super) fn took(&self, script: &Rc<Script>) {
        let inner = &self.0;
        inner.taken.set(inner.taken.get() + 1);
        inner.in_period.set(inner.in_period.get() + 1);
        if !inner.is_in_period.replace(true) {
            let (console, script) = (self.clone(), script.clone());
            spawn_local(async move {
                sleep(PERIOD).await;
                console.0.is_in_period.set(false);
                console.0.in_period.set(0);
                // However few they are: a program may wait for a single large one.
                console.acknowledge(&script);
            });
        }
        if inner.taken.get() >= TOGETHER && inner.in_period.get() < WRITES_A_PERIOD {
            self.acknowledge(script);
        }
    }

    fn acknowledge(&self, script: &Script) {
        let taken = self.0.taken.take();
        if taken > 0 {
            script.tell(|worker: &Worker| worker.took(taken));
        }
    }

    /// Another worker writes from now on.
    pub(super) fn begin_anew(&self) {
        self.0.taken.set(0);
    }

    fn request(&self) {
        if !self.0.is_due.replace(true) {
            let inner = self.0.clone();
            request_animation_frame(move || {
                inner.is_due.set(false);
                inner.output.borrow_mut().seal();
                inner.revision.update(|revision| *revision += 1);
            });
        }
    }
}
