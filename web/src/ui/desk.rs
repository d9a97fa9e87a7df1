//! What every component works with: the session, and what is read off it for the chosen socket.

use leptos::prelude::*;

use super::drafts::Drafts;
use crate::net::SocketId;
use crate::session::{RunningCall, Session, now_ms};
use crate::trace::Socket;

/// A handle to the session and to what the page shows of it; the same everywhere.
#[derive(Clone, Copy)]
pub(crate) struct Desk {
    session: StoredValue<Session, LocalStorage>,
    revision: RwSignal<u64>,
    /// What was typed but not called yet, for each socket.
    pub(crate) drafts: StoredValue<Drafts, LocalStorage>,
    /// The chosen socket.
    pub(crate) selected: RwSignal<Option<SocketId>>,
    /// What it is.
    pub(crate) socket: Memo<Option<Socket>>,
    /// Which of its calls run.
    pub(crate) running: Memo<Vec<RunningCall>>,
    /// The page's clock, in milliseconds; a few times a second, for what is said about waiting.
    pub(crate) now_ms: RwSignal<f64>,
}

impl Desk {
    /// Starts the session.
    pub(super) fn open() -> Self {
        let started = Session::start();
        let (revision, selected) = (started.revision(), started.selected());
        let session = StoredValue::new_local(started);
        let socket = Memo::new(move |_| {
            revision.track();
            let id = selected.get()?;
            session.with_value(|session| session.sockets(|sockets| sockets.get(id).cloned()))
        });
        let running = Memo::new(move |_| {
            revision.track();
            selected.get().map(|id| session.with_value(|session| session.running(id))).unwrap_or_default()
        });
        let clock = RwSignal::new(now_ms());
        let tick = move || {
            if running.with_untracked(|running| !running.is_empty()) {
                clock.set(now_ms());
            }
        };
        if let Ok(interval) = set_interval_with_handle(tick, std::time::Duration::from_millis(500)) {
            on_cleanup(move || interval.clear());
        }
        Self { session, revision, drafts: StoredValue::new_local(Drafts::new()), selected, socket, running, now_ms: clock }
    }

    /// The desk of this page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Reads the session or asks it for something.
    pub(crate) fn session<T>(&self, act: impl FnOnce(&Session) -> T) -> T {
        self.session.with_value(act)
    }

    /// The same, and again whenever something happened.
    pub(crate) fn watch_session<T>(&self, read: impl FnOnce(&Session) -> T) -> T {
        self.revision.track();
        self.session(read)
    }

    /// The chosen socket, as far as its forms are concerned: none while another is being made, so that what is typed for that one does not end up here.
    pub(crate) fn formed(&self) -> Option<Socket> {
        let is_making = self.session(Session::making).get();
        self.socket.get().filter(|_| !is_making)
    }

    /// Whether `call` of the chosen socket runs.
    pub(crate) fn runs(&self, call: &'static str) -> Option<RunningCall> {
        self.running.with(|running| running.iter().find(|running| running.call == call).cloned())
    }

    /// Why `call` cannot be called now; nothing where it can.
    pub(crate) fn misfit(&self, call: &'static str) -> Option<String> {
        if let Some(misfit) = self.socket.with(|socket| socket.as_ref().and_then(|socket| socket.misfit(call))) {
            return Some(misfit.to_owned());
        }
        self.runs(call).map(|_| format!("{call}() is waiting already."))
    }
}
