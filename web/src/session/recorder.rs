//! Writes down what `net` observes, and tells the reactive graph once a frame; less often in a flow that lasts, see `pace.rs`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use leptos::prelude::*;
use protocol::{Call, Info, Operation};

use super::now_ms;
use super::pace::Pace;
use crate::net::{Observed, Observer, SocketId};
use crate::trace::{Fact, Journal, Looking, Place, Role};

type WhenGone = Box<dyn Fn(SocketId)>;

/// The page's own journal, and the frame that tells of it.
pub(super) struct Recorder {
    journal: Rc<RefCell<Journal>>,
    looking: RefCell<Looking>,
    frame: Rc<Frame>,
    /// The line of a script whose calls are being made.
    place: RefCell<Option<Place>>,
    /// The lines whose `accept`s wait, by listener: these calls go out later, on other WebSockets.
    accepts: RefCell<BTreeMap<SocketId, Place>>,
}

/// What waits for the next frame.
struct Frame {
    revision: RwSignal<u64>,
    pace: Rc<Pace>,
    gone: RefCell<Vec<SocketId>>,
    when_gone: RefCell<Option<WhenGone>>,
}

impl Recorder {
    pub(super) fn new(revision: RwSignal<u64>) -> Self {
        let frame = Frame { revision, pace: Rc::default(), gone: RefCell::default(), when_gone: RefCell::default() };
        Self {
            journal: Rc::default(),
            looking: RefCell::default(),
            frame: Rc::new(frame),
            place: RefCell::default(),
            accepts: RefCell::default(),
        }
    }

    /// `then` is called, a frame later, with each socket that is over. Not at once: the handle that it drops may be the one that reports.
    pub(super) fn when_gone(&self, then: impl Fn(SocketId) + 'static) {
        *self.frame.when_gone.borrow_mut() = Some(Box::new(then));
    }

    pub(super) fn made(&self, socket: SocketId, role: Role) {
        self.record(socket, Fact::Made(role));
    }

    /// The system's table told this of a socket whose connection is closed.
    pub(super) fn told(&self, socket: SocketId, info: Info) {
        self.record(socket, Fact::Told { id: Fact::TABLE, info: Box::new(info) });
    }

    /// Makes what is called from now on calls of that line of a script; returns what it was before.
    pub(super) fn set_place(&self, place: Option<Place>) -> Option<Place> {
        std::mem::replace(&mut *self.place.borrow_mut(), place)
    }

    /// The line of a script whose calls are being made.
    pub(super) fn place(&self) -> Option<Place> {
        self.place.borrow().clone()
    }

    /// Makes the `accept`s of that listener calls of the line whose calls are being made.
    pub(super) fn accepts(&self, listener: SocketId) {
        match self.place() {
            Some(place) => self.accepts.borrow_mut().insert(listener, place),
            None => self.accepts.borrow_mut().remove(&listener),
        };
    }

    /// The line of a script that makes `call`.
    fn place_of(&self, call: &Call) -> Option<Place> {
        let Operation::Accept { listener, .. } = &call.operation else { return self.place() };
        let journal = self.journal.borrow();
        let of = journal.sockets().all().filter(|socket| socket.listener == Some(*listener)).last()?.id;
        self.accepts.borrow().get(&of).cloned()
    }

    pub(super) fn journal(&self) -> &Rc<RefCell<Journal>> {
        &self.journal
    }

    pub(super) fn forget_gone(&self) {
        self.journal.borrow_mut().forget_gone();
        self.frame.request();
    }

    pub(super) fn record(&self, socket: SocketId, fact: Fact) {
        let samples = self.journal.borrow().trace().samples();
        let Some(fact) = self.looking.borrow_mut().admit(now_ms(), socket, fact, samples) else { return };
        if matches!(fact, Fact::Ended { .. } | Fact::Lost { .. } | Fact::Closed) {
            self.frame.gone.borrow_mut().push(socket);
            self.accepts.borrow_mut().remove(&socket);
        }
        let line = match &fact {
            Fact::Called(call) => self.place_of(call).map(|place| Fact::Line { id: call.id, place }),
            _ => None,
        };
        self.journal.borrow_mut().record(now_ms(), socket, fact);
        if let Some(line) = line {
            self.journal.borrow_mut().record(now_ms(), socket, line);
        }
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
        let frame = self.clone();
        self.pace.request(move || frame.draw());
    }

    fn draw(&self) {
        let gone = self.gone.take();
        if let Some(when_gone) = &*self.when_gone.borrow() {
            gone.into_iter().for_each(when_gone);
        }
        self.revision.update(|revision| *revision += 1);
    }
}
