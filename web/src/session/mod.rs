//! What people ask for, done: each intent becomes calls on `net`, the only way to a socket, and what comes of it stands in the trace.
//!
//! The handles of the sockets and the calls that run live here, outside the reactive graph. The graph sees one number, [`Session::revision`],
//! which changes at most once in each frame that the browser draws.

mod asking;
mod calls;
mod clock;
mod keeping;
mod pace;
mod recorder;
mod recordings;
mod running;
mod scripts;
mod sending;
mod shelf;
mod token;
mod watching;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use protocol::{Failure, Hello};

pub(crate) use clock::now_ms;
pub(crate) use keeping::{Parts, is_kept};
pub(crate) use recordings::Opened;
pub(crate) use running::{Running, RunningCall};
pub(crate) use scripts::{Console, Scripts, shares_memory};
pub(crate) use sending::Payload;
pub(crate) use shelf::{keep, kept};

use crate::net::{Relay, RelayState, SocketId, TcpListener, TcpSocket, TcpStream, Watch};
use crate::texts::errors;
use crate::trace::{Explanation, Journal, Role, Sockets, explain};
use keeping::Kept;
use recorder::Recorder;
use watching::Watching;

/// What the page knows of its relay.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RelayStatus {
    /// The address that the page was opened with had no token.
    NoToken,
    /// Not answered yet.
    Connecting,
    /// There.
    Up(Hello),
    /// It doesn't know this page's token; its words.
    Refused(String),
    /// Gone; for how many seconds the page waits before it tries again.
    Lost { text: String, retry_in_secs: u64 },
}

/// The handles of one socket: what it was made as, and what it became.
#[derive(Clone, Default)]
struct Handles {
    socket: Option<Rc<TcpSocket>>,
    stream: Option<Rc<TcpStream>>,
    listener: Option<Rc<TcpListener>>,
}

/// Calls a method that streams and sockets have on the stream, else on the socket, which says itself that it is not connected.
macro_rules! on_either {
    ($handles:expr, $handle:ident => $call:expr) => {
        match ($handles.stream, $handles.socket) {
            (Some($handle), _) => $call,
            (None, Some($handle)) => $call,
            (None, None) => {}
        }
    };
}
use on_either;

struct Inner {
    recorder: Rc<Recorder>,
    relay: RefCell<Option<(Relay, Watch)>>,
    handles: RefCell<BTreeMap<SocketId, Handles>>,
    running: Running,
    watching: Watching,
    scripts: scripts::Table,
    revision: RwSignal<u64>,
    relay_status: RwSignal<RelayStatus>,
    selected: RwSignal<Option<SocketId>>,
    event: RwSignal<Option<u64>>,
    opened: RwSignal<Option<Opened>, LocalStorage>,
    opened_so_far: Cell<u64>,
    keeping: RefCell<Kept>,
    refusal: RwSignal<Option<Arc<io::Error>>>,
    making: RwSignal<bool>,
    unreadable: RwSignal<Option<(SocketId, String)>>,
}

/// The one session of the page. Cheap to clone; not for other threads.
#[derive(Clone)]
pub(crate) struct Session(Rc<Inner>);

impl Session {
    /// Starts the session: reads the token, looks for the relay. To be called inside the reactive owner of the page.
    pub(crate) fn start() -> Self {
        let revision = RwSignal::new(0);
        let session = Self(Rc::new(Inner {
            recorder: Rc::new(Recorder::new(revision)),
            relay: RefCell::default(),
            handles: RefCell::default(),
            running: Running::new(revision),
            watching: Watching::default(),
            scripts: scripts::Table::default(),
            revision,
            relay_status: RwSignal::new(RelayStatus::NoToken),
            selected: RwSignal::new(None),
            event: RwSignal::new(None),
            opened: RwSignal::new_local(None),
            opened_so_far: Cell::new(0),
            keeping: RefCell::default(),
            refusal: RwSignal::new(None),
            making: RwSignal::new(false),
            unreadable: RwSignal::new(None),
        }));
        let weak = Rc::downgrade(&session.0);
        session.0.recorder.when_gone(move |socket| {
            if let Some(inner) = weak.upgrade() {
                inner.running.cancel_all(socket);
                inner.handles.borrow_mut().remove(&socket);
            }
        });
        session.keep_on();
        session.find_relay();
        session
    }

    /// Keeps what happens over a reload: every now and then, and when the page goes.
    fn keep_on(&self) {
        let weak = Rc::downgrade(&self.0);
        let keep = move || {
            if let Some(inner) = weak.upgrade() {
                inner.keeping.borrow_mut().keep(&inner.recorder);
            }
        };
        let going = window_event_listener(leptos::ev::pagehide, {
            let keep = keep.clone();
            move |_| keep()
        });
        let interval = set_interval_with_handle(keep, std::time::Duration::from_secs(2));
        on_cleanup(move || {
            going.remove();
            if let Ok(interval) = interval {
                interval.clear();
            }
        });
    }

    /// Keeps what happens over a reload from now on, and brings back what was kept before this one.
    pub(crate) fn keep_by(&self, parts: &'static Parts) {
        self.0.keeping.borrow_mut().begin(parts, &self.0.recorder);
        self.0.revision.update(|revision| *revision += 1);
    }

    /// Reads the token that the page was opened with, or kept, and looks for the relay with it. To be called again when the address changes,
    /// because a relay that was started again prints an address that differs in the token alone, and no browser loads a page again for that.
    pub(crate) fn find_relay(&self) {
        let Some(token) = token::take() else { return };
        let status = self.0.relay_status;
        status.set(RelayStatus::Connecting);
        let relay = Relay::new(token::socket_url(), token, self.0.recorder.clone());
        let watch = relay.watch(move |state| {
            status.set(match state {
                RelayState::Connecting => RelayStatus::Connecting,
                RelayState::Up(hello) => RelayStatus::Up(hello),
                RelayState::Refused(text) => RelayStatus::Refused(text),
                RelayState::Lost { text, retry_in } => {
                    RelayStatus::Lost { text, retry_in_secs: retry_in.as_millis().div_ceil(1000) as u64 }
                }
            });
        });
        *self.0.relay.borrow_mut() = Some((relay, watch));
    }

    /// Changes when anything did that [`sockets`](Self::sockets), [`trace`](Self::trace) or [`running`](Self::running) would show.
    pub(crate) fn revision(&self) -> RwSignal<u64> {
        self.0.revision
    }

    /// How it stands with the relay.
    pub(crate) fn relay_status(&self) -> RwSignal<RelayStatus> {
        self.0.relay_status
    }

    /// The socket that is chosen.
    pub(crate) fn selected(&self) -> RwSignal<Option<SocketId>> {
        self.0.selected
    }

    /// Why the last attempt to make a socket failed.
    pub(crate) fn refusal(&self) -> RwSignal<Option<Arc<io::Error>>> {
        self.0.refusal
    }

    /// Whether a socket is being made.
    pub(crate) fn making(&self) -> RwSignal<bool> {
        self.0.making
    }

    /// Why the file that somebody chose could not be read, and which socket it was for.
    pub(crate) fn unreadable(&self) -> RwSignal<Option<(SocketId, String)>> {
        self.0.unreadable
    }

    /// The event up to which the views show what happened; nothing where they show everything, and what happens next at once.
    pub(crate) fn event(&self) -> RwSignal<Option<u64>> {
        self.0.event
    }

    /// The recording that the views show instead of what happens in this page.
    pub(crate) fn opened(&self) -> RwSignal<Option<Opened>, LocalStorage> {
        self.0.opened
    }

    /// Reads the sockets that the page holds.
    pub(crate) fn sockets<T>(&self, read: impl FnOnce(&Sockets) -> T) -> T {
        read(self.0.recorder.journal().borrow().sockets())
    }

    /// Reads what the views show.
    pub(crate) fn journal<T>(&self, read: impl FnOnce(&Journal) -> T) -> T {
        read(&self.shown().borrow())
    }

    /// Reads the sockets that the views show, as they were after the event up to which they show them. Who wants to hear of changes tracks [`revision`](Self::revision)
    /// and [`event`](Self::event).
    pub(crate) fn sockets_then<T>(&self, read: impl FnOnce(&Sockets) -> T) -> T {
        read(self.shown().borrow_mut().sockets_at(self.0.event.get_untracked()))
    }

    fn shown(&self) -> Rc<RefCell<Journal>> {
        self.0.opened.get_untracked().map_or_else(|| self.0.recorder.journal().clone(), |opened| opened.journal)
    }

    /// The calls of `socket` that run.
    pub(crate) fn running(&self, socket: SocketId) -> Vec<RunningCall> {
        self.0.running.of(socket)
    }

    /// Ends `call` of `socket`, if it waits. What it would have brought stays for the next one.
    pub(crate) fn cancel(&self, socket: SocketId, call: &str) {
        self.0.running.cancel(socket, call);
    }

    /// Takes the sockets that are over out of the list.
    pub(crate) fn forget_gone(&self) {
        self.0.recorder.forget_gone();
        let selected = self.0.selected;
        if selected.get_untracked().is_some_and(|id| self.sockets(|sockets| sockets.get(id).is_none())) {
            selected.set(None);
        }
    }

    /// The relay, where the page knows one.
    fn relay(&self) -> Option<Relay> {
        self.0.relay.borrow().as_ref().map(|(relay, _)| relay.clone())
    }

    /// Chooses a socket that somebody's program made, unless another one that lives is chosen.
    fn select_if_none(&self, id: SocketId) {
        let is_chosen = |chosen| self.sockets(|sockets| sockets.get(chosen).is_some_and(|socket| !socket.gone));
        if !self.0.selected.get_untracked().is_some_and(is_chosen) {
            self.0.selected.set(Some(id));
        }
    }

    fn handles(&self, socket: SocketId) -> Handles {
        self.0.handles.borrow().get(&socket).cloned().unwrap_or_default()
    }

    fn with_handles(&self, socket: SocketId, change: impl FnOnce(&mut Handles)) {
        // A socket that ended meanwhile must not come back: its handle goes here.
        if self.sockets(|sockets| sockets.get(socket).is_none_or(|socket| !socket.gone)) {
            change(self.0.handles.borrow_mut().entry(socket).or_default());
        }
    }

    fn made(&self, socket: TcpSocket, role: Role) -> SocketId {
        let id = socket.id();
        self.with_handles(id, |handles| handles.socket = Some(Rc::new(socket)));
        self.0.recorder.made(id, role);
        self.0.selected.set(Some(id));
        id
    }
}

/// A failure to make a socket in plain words. Failures of other calls reach the page by the trace.
pub(crate) fn explain_error(error: &io::Error) -> Explanation {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Failure>()) {
        Some(failure) => explain(failure, None),
        None => Explanation {
            title: errors::no_relay_title(),
            address: None,
            cause: errors::no_relay().to_owned(),
            remedy: errors::no_relay_remedy().to_owned(),
            remedies: vec![],
            python: errors::no_relay_python(),
            text: error.to_string(),
        },
    }
}
