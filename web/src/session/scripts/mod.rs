//! Scripts: Python in a worker for each, whose socket calls are made here on `net`, as those by hand are.
//!
//! A script may run beside others, so that a client talks to a server of the same page.

mod attributed;
mod calls;
mod console;
mod files;
mod gate;
mod lines;
mod pair;
mod prompt;
mod python;
mod script;
mod select;
mod standing;
mod syscalls;
mod worker;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;

pub(crate) use console::Console;
use script::Script;
pub(crate) use worker::shares_memory;

use super::Session;
use crate::script::{ScriptId, ScriptState};

/// The scripts that the page holds.
pub(super) struct Table {
    scripts: RefCell<BTreeMap<ScriptId, Rc<Script>>>,
    last_id: Cell<u64>,
    pace: ArcRwSignal<Duration>,
}

impl Default for Table {
    fn default() -> Self {
        Self { scripts: RefCell::default(), last_id: Cell::new(0), pace: ArcRwSignal::new(Duration::ZERO) }
    }
}

/// The scripts of this page. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Scripts(Session);

impl Session {
    /// The scripts of this page.
    pub(crate) fn scripts(&self) -> Scripts {
        Scripts(self.clone())
    }
}

impl Scripts {
    /// A new script. It costs nothing until it runs.
    pub(crate) fn open(&self) -> ScriptId {
        let table = self.table();
        table.last_id.set(table.last_id.get() + 1);
        let id = ScriptId(table.last_id.get());
        table.scripts.borrow_mut().insert(id, Rc::new(Script::new(table.pace.clone())));
        id
    }

    /// Starts the interpreter ahead of the first [`run`](Self::run), if that needs no fetching.
    pub(crate) fn prepare(&self, id: ScriptId) {
        self.with(id, |script| script.prepare(&self.0));
    }

    /// Runs `source` from its beginning; tracebacks and the trace name it `file_name`. What of it runs already is stopped first.
    pub(crate) fn run(&self, id: ScriptId, file_name: &str, source: &str) {
        self.with(id, |script| script.run(&self.0, file_name, source));
    }

    /// Ends it, as Ctrl+C does; where that does not end it at once, as a kill does. Its sockets are closed.
    pub(crate) fn stop(&self, id: ScriptId) {
        self.with(id, |script| script.stop(&self.0));
    }

    /// Enters a line, without its line end, that `input` or `sys.stdin` waits for, or will.
    pub(crate) fn input(&self, id: ScriptId, line: &str) {
        self.with(id, |script| script.enter(line));
    }

    /// Evaluates a line, or several that were pasted, among the names of the program that ran last, beside it where it waits, as soon as the last statement is whole.
    pub(crate) fn evaluate(&self, id: ScriptId, text: &str) {
        self.with(id, |script| script.evaluate(&self.0, text));
    }

    /// Forgets the statement that was begun.
    pub(crate) fn give_up_statement(&self, id: ScriptId) {
        self.with(id, |script| script.give_up_statement());
    }

    /// Whether the next line belongs to the statement that was begun.
    pub(crate) fn goes_on(&self, id: ScriptId) -> RwSignal<bool> {
        self.with(id, |script| script.prompt().goes_on()).unwrap_or_else(|| RwSignal::new(false))
    }

    /// Whether what was entered is not done with, so that it is open to which statement the next line belongs.
    pub(crate) fn is_evaluating(&self, id: ScriptId) -> bool {
        self.with(id, |script| script.prompt().is_busy()).unwrap_or_default()
    }

    /// Stops it before its next socket call.
    pub(crate) fn pause(&self, id: ScriptId) {
        self.with(id, |script| script.gate().shut());
    }

    /// Lets it go on.
    pub(crate) fn resume(&self, id: ScriptId) {
        self.with(id, |script| script.gate().open());
    }

    /// Lets it make one socket call, and stops it before the next.
    pub(crate) fn step(&self, id: ScriptId) {
        self.with(id, |script| script.gate().let_one_through());
    }

    /// Whether somebody paused it.
    pub(crate) fn paused(&self, id: ScriptId) -> RwSignal<bool> {
        self.with(id, |script| script.gate().is_shut()).unwrap_or_else(|| RwSignal::new(false))
    }

    /// How long every script waits before each socket call, so that people can follow.
    pub(crate) fn slow_motion(&self) -> RwSignal<Duration> {
        self.table().pace.clone().into()
    }

    /// Ends it for good.
    pub(crate) fn close(&self, id: ScriptId) {
        let script = self.table().scripts.borrow_mut().remove(&id);
        if let Some(script) = script {
            script.close(&self.0);
        }
    }

    /// How it stands; changes at most once a frame.
    pub(crate) fn state(&self, id: ScriptId) -> RwSignal<ScriptState> {
        self.with(id, |script| script.state()).unwrap_or_else(|| RwSignal::new(ScriptState::Idle))
    }

    /// The line of its file that made the last call; changes at most once a frame.
    pub(crate) fn line(&self, id: ScriptId) -> RwSignal<Option<u32>> {
        self.with(id, |script| script.line()).unwrap_or_else(|| RwSignal::new(None))
    }

    /// What it printed.
    pub(crate) fn output(&self, id: ScriptId) -> Console {
        self.with(id, |script| script.console().clone()).unwrap_or_else(Console::new)
    }

    fn table(&self) -> &Table {
        &self.0.0.scripts
    }

    fn with<T>(&self, id: ScriptId, act: impl FnOnce(&Rc<Script>) -> T) -> Option<T> {
        let script = self.table().scripts.borrow().get(&id).cloned()?;
        Some(act(&script))
    }
}
