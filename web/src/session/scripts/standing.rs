//! How a script stands, told to the reactive graph once a frame; less often while its calls follow each other.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;

use crate::script::{Phase, ScriptState, Standing, Wait, Waiting};
use crate::session::now_ms;
use crate::session::pace::Pace;

/// The signals that people see, and what they are made of.
pub(super) struct Shown {
    standing: RefCell<Standing>,
    last_line: Cell<Option<u32>>,
    state: ArcRwSignal<ScriptState>,
    line: ArcRwSignal<Option<u32>>,
    pace: Rc<Pace>,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            standing: RefCell::default(),
            last_line: Cell::new(None),
            state: ArcRwSignal::new(ScriptState::default()),
            line: ArcRwSignal::new(None),
            pace: Rc::default(),
        }
    }
}

impl Shown {
    pub(super) fn state(&self) -> RwSignal<ScriptState> {
        self.state.clone().into()
    }

    pub(super) fn line(&self) -> RwSignal<Option<u32>> {
        self.line.clone().into()
    }

    pub(super) fn phase(&self) -> Phase {
        self.standing.borrow().phase.clone()
    }

    /// A phase is told at once: whoever pressed the button looks for it.
    pub(super) fn set_phase(self: &Rc<Self>, phase: Phase) {
        if phase != Phase::Runs {
            self.last_line.set(None);
        }
        self.standing.borrow_mut().phase = phase;
        self.tell();
    }

    /// A thread makes a call.
    pub(super) fn calls(self: &Rc<Self>, seq: u64, thread: u64, call: &str, line: Option<u32>, kind: Waiting) {
        let wait = Wait { thread, call: call.to_owned(), line, since_ms: now_ms(), kind };
        self.standing.borrow_mut().waits.insert(seq, wait);
        if line.is_some() {
            self.last_line.set(line);
        }
        self.request();
    }

    pub(super) fn waits(self: &Rc<Self>, seq: u64, thread: u64, name: String, line: Option<u32>) {
        self.calls(seq, thread, &name, line, Waiting::Call);
    }

    pub(super) fn goes_on(self: &Rc<Self>, seq: u64) {
        self.standing.borrow_mut().waits.remove(&seq);
        self.request();
    }

    pub(super) fn nobody_waits(&self) {
        self.standing.borrow_mut().waits.clear();
    }

    fn request(self: &Rc<Self>) {
        let shown = self.clone();
        self.pace.request(move || shown.tell());
    }

    fn tell(&self) {
        let state = self.standing.borrow().state();
        if self.state.with_untracked(|shown| *shown != state) {
            self.state.set(state);
        }
        let line = self.last_line.get();
        if self.line.get_untracked() != line {
            self.line.set(line);
        }
    }
}
