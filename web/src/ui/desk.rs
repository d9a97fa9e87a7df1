//! What every component works with: the session, and what is read off it for the chosen socket.

use leptos::prelude::*;

use super::drafts::{Draft, Drafts};
use super::settings::Settings;
use crate::ladder::other_end;
use crate::net::SocketId;
use crate::recording::Scenario;
use crate::session::{RunningCall, Session, now_ms};
use crate::texts::calls;
use crate::trace::{Entry, Socket};

/// The ways to act: each call as a control of its own, and programs that make the calls.
pub(crate) const HAND: &str = "hand";
pub(crate) const BY_SCRIPT: &str = "script";

/// How wide a window is in which a script, the views and the details have room beside each other, in CSS pixels.
const WIDE_PX: f64 = 1600.0;

/// A handle to the session and to what the page shows of it; the same everywhere.
#[derive(Clone, Copy)]
pub(crate) struct Desk {
    session: StoredValue<Session, LocalStorage>,
    revision: RwSignal<u64>,
    /// What was typed but not called yet, for each socket.
    pub(crate) drafts: StoredValue<Drafts, LocalStorage>,
    /// The chosen socket.
    pub(crate) selected: RwSignal<Option<SocketId>>,
    /// The event up to which the views show what happened; nothing for all of it.
    pub(crate) event: RwSignal<Option<u64>>,
    /// What the chosen socket is now, if it is one that the page holds: what its calls act on.
    pub(crate) socket: Memo<Option<Socket>>,
    /// What it is at the end of what the views show, which may be a recording.
    pub(crate) subject: Memo<Option<Socket>>,
    /// What it was after the event up to which the views show what happened.
    pub(crate) then: Memo<Option<Socket>>,
    /// Which of its calls run.
    pub(crate) running: Memo<Vec<RunningCall>>,
    /// In which way one acts: by hand, or by a script.
    pub(crate) way: RwSignal<&'static str>,
    /// The event that somebody pointed at last, in any of the views.
    pub(crate) pointed: RwSignal<Option<u64>>,
    /// The line of a script that somebody put the cursor into: its file, its number.
    pub(crate) line: RwSignal<Option<(String, u32)>>,
    /// Which of the views is shown, and which of the details.
    pub(crate) view: RwSignal<&'static str>,
    pub(crate) detail: RwSignal<&'static str>,
    /// Whether the details are shown beside a script too: there is room for them only in a wide window.
    pub(crate) has_details: RwSignal<bool>,
    /// What went wrong with something that belongs to no call.
    pub(crate) notice: RwSignal<Option<String>>,
    /// What a link wants to be filled into the forms of the next socket of its kind: of those with a higher number than this.
    pub(crate) scenario: RwSignal<Option<(Scenario, SocketId)>>,
    /// What was chosen once.
    pub(crate) settings: Settings,
    /// The page's clock, in milliseconds; a few times a second, for what is said about waiting.
    pub(crate) now_ms: RwSignal<f64>,
}

impl Desk {
    /// Starts the session.
    pub(super) fn open() -> Self {
        let started = Session::start();
        let (revision, selected, event, opened) = (started.revision(), started.selected(), started.event(), started.opened());
        let session = StoredValue::new_local(started);
        let socket = Memo::new(move |_| {
            revision.track();
            let id = selected.get().filter(|_| opened.with(Option::is_none))?;
            session.with_value(|session| session.sockets(|sockets| sockets.get(id).cloned()))
        });
        let subject = Memo::new(move |_| {
            revision.track();
            let id = selected.get()?;
            session.with_value(|session| session.journal(|journal| journal.sockets().get(id).cloned()))
        });
        let then = Memo::new(move |_| {
            revision.track();
            event.track();
            let id = selected.get()?;
            session.with_value(|session| session.sockets_then(|sockets| sockets.get(id).cloned()))
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
        Self {
            session,
            revision,
            drafts: StoredValue::new_local(Drafts::new()),
            selected,
            event,
            socket,
            subject,
            then,
            running,
            way: RwSignal::new(HAND),
            pointed: RwSignal::new(None),
            line: RwSignal::new(None),
            view: RwSignal::new("stream"),
            detail: RwSignal::new("state"),
            has_details: RwSignal::new(width_px() >= WIDE_PX),
            notice: RwSignal::new(None),
            scenario: RwSignal::new(None),
            settings: Settings::open(),
            now_ms: clock,
        }
    }

    /// The desk of this page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Which journal the views show: 0 is the page's own, and each recording that is opened has a number of its own.
    pub(crate) fn journal_number(&self) -> u64 {
        self.session(Session::opened).with(|opened| opened.as_ref().map_or(0, |opened| opened.number))
    }

    /// Reads the session or asks it for something.
    pub(crate) fn session<T>(&self, act: impl FnOnce(&Session) -> T) -> T {
        self.session.with_value(act)
    }

    /// The same, and again whenever something happened.
    pub(crate) fn watch_session<T>(&self, read: impl FnOnce(&Session) -> T) -> T {
        self.revision.track();
        self.event.track();
        self.session(read)
    }

    /// The chosen socket, as far as its forms are concerned: none while another is being made, so that what is typed for that one does not end up here.
    pub(crate) fn formed(&self) -> Option<Socket> {
        let is_making = self.session(Session::making).get();
        self.socket.get().filter(|_| !is_making)
    }

    /// Lets the views show what had happened up to `event`; nothing for all of it. The last event of what still goes on is the same as now.
    pub(crate) fn look_at(&self, event: Option<u64>) {
        let last = self.session(|session| session.journal(|journal| journal.trace().next_number())).saturating_sub(1);
        self.event.set(event.filter(|event| *event < last));
    }

    /// The same, as somebody pointed at that event.
    pub(crate) fn point_at(&self, event: u64) {
        self.look_at(Some(event));
        self.pointed.set(Some(event));
    }

    /// Goes to the event of the chosen socket, or of its other end in this page, before or after the one that is looked at; of any socket where none is chosen.
    pub(crate) fn step(&self, later: bool) {
        let subject = self.subject.get_untracked();
        let next = self.session(|session| {
            session.journal(|journal| {
                let takes_part = |entry: &Entry| match &subject {
                    Some(own) => own.takes_part(entry) || other_end(journal.sockets(), own).is_some_and(|other| other.takes_part(entry)),
                    None => true,
                };
                // Its last event is the same as now: back from there goes to the one before.
                let event = self.event.get_untracked().or_else(|| journal.next_event(None, false, takes_part));
                journal.next_event(event, later, takes_part)
            })
        });
        match next {
            Some(next) => self.look_at(Some(next)),
            None if later => self.look_at(None),
            None => {}
        }
    }

    /// What was typed for the chosen socket.
    pub(crate) fn draft(&self) -> Option<Draft> {
        let socket = self.socket.get_untracked()?;
        self.drafts.try_update_value(|drafts| drafts.of(socket.id, socket.family))
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
        self.runs(call).map(|_| calls::waiting_already(&call))
    }
}

fn width_px() -> f64 {
    window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or_default()
}
