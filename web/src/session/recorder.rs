//! Writes down what `net` observes, and tells the reactive graph once a frame.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;

use super::now_ms;
use crate::net::{Observed, Observer, SocketId};
use crate::trace::{Fact, Journal, Role};

type WhenGone = Box<dyn Fn(SocketId)>;

/// The page's own journal, and the frame that tells of it.
pub(super) struct Recorder {
    journal: Rc<RefCell<Journal>>,
    frame: Rc<Frame>,
}

/// What waits for the next frame.
struct Frame {
    revision: RwSignal<u64>,
    is_due: Cell<bool>,
    gone: RefCell<Vec<SocketId>>,
    when_gone: RefCell<Option<WhenGone>>,
}

impl Recorder {
    pub(super) fn new(revision: RwSignal<u64>) -> Self {
        let frame = Frame { revision, is_due: Cell::new(false), gone: RefCell::default(), when_gone: RefCell::default() };
        Self { journal: Rc::default(), frame: Rc::new(frame) }
    }

    /// `then` is called, a frame later, with each socket that is over. Not at once: the handle that it drops may be the one that reports.
    pub(super) fn when_gone(&self, then: impl Fn(SocketId) + 'static) {
        *self.frame.when_gone.borrow_mut() = Some(Box::new(then));
    }

    pub(super) fn made(&self, socket: SocketId, role: Role) {
        self.record(socket, Fact::Made(role));
    }

    pub(super) fn journal(&self) -> &Rc<RefCell<Journal>> {
        &self.journal
    }

    pub(super) fn forget_gone(&self) {
        self.journal.borrow_mut().forget_gone();
        self.frame.request();
    }

    pub(super) fn record(&self, socket: SocketId, fact: Fact) {
        if matches!(fact, Fact::Ended { .. } | Fact::Lost { .. } | Fact::Closed) {
            self.frame.gone.borrow_mut().push(socket);
        }
        self.journal.borrow_mut().record(now_ms(), socket, fact);
        self.frame.request();
    }
}

impl Observer for Recorder {
    fn observe(&self, socket: SocketId, observed: Observed<'_>) {
        let fact = match observed {
            Observed::Called(call) => Fact::Called(call.clone()),
            Observed::Sending { id, bytes } => Fact::Sending { id, bytes: bytes.into() },
            Observed::Returned { id, value } => Fact::Returned { id, value: value.clone() },
            Observed::Received { id, bytes } => Fact::Received { id, bytes: bytes.into() },
            Observed::Failed { id, failure } => Fact::Failed { id, failure: failure.clone() },
            Observed::Told { id, info } => Fact::Told { id, info: Box::new(info.clone()) },
            Observed::Ended { cause, text } => Fact::Ended { cause, text: text.to_owned() },
            Observed::Lost { text } => Fact::Lost { text: text.to_owned() },
            Observed::Closed => Fact::Closed,
        };
        self.record(socket, fact);
    }
}

impl Frame {
    fn request(self: &Rc<Self>) {
        if !self.is_due.replace(true) {
            let frame = self.clone();
            request_animation_frame(move || frame.draw());
        }
    }

    fn draw(&self) {
        self.is_due.set(false);
        let gone = self.gone.take();
        if let Some(when_gone) = &*self.when_gone.borrow() {
            gone.into_iter().for_each(when_gone);
        }
        self.revision.update(|revision| *revision += 1);
    }
}
