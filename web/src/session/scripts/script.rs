//! One script: its worker, what runs in it, and how it stands.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gloo_timers::future::sleep;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::calls::Calls;
use super::console::Console;
use super::files::Files;
use super::gate::Gate;
use super::lines::Lines;
use super::prompt::Prompt;
use super::python::{self, Found};
use super::standing::Shown;
use super::worker::{Incoming, Worker, can_wait};
use crate::script::{How, Phase, Said, ScriptState, Stream};
use crate::session::Session;
use crate::texts::python as text;

/// How long a program that is stopped has to end by itself, and again while it makes calls: it closes what it has.
const GRACE: Duration = Duration::from_millis(60);

/// How often that goes on.
const MOST_GRACES: u32 = 16;

/// One script.
pub(super) struct Script {
    shown: Rc<Shown>,
    console: Console,
    gate: Rc<Gate>,
    files: Rc<Files>,
    calls: Calls,
    worker: RefCell<Option<Worker>>,
    /// Whether the worker said that its interpreter is there.
    is_ready: Cell<bool>,
    /// Whether a worker is on its way.
    is_starting: Cell<bool>,
    /// What is to run as soon as it can.
    next: RefCell<Option<Task>>,
    prompt: Prompt,
    pub(super) lines: Rc<Lines>,
    /// Whether a program runs, and not only statements.
    is_program: Cell<bool>,
    /// Counts the calls: who makes some after Stop is about to end.
    made: Cell<u64>,
    /// Counts the programs, so that what was meant for one does not meet the next.
    run: Cell<u64>,
    pub(super) file_name: RefCell<Arc<str>>,
}

struct Task {
    file_name: String,
    source: String,
}

impl Script {
    pub(super) fn new(pace: ArcRwSignal<Duration>) -> Self {
        Self {
            shown: Rc::default(),
            console: Console::new(),
            gate: Rc::new(Gate::new(pace)),
            files: Rc::default(),
            calls: Calls::default(),
            worker: RefCell::default(),
            is_ready: Cell::new(false),
            is_starting: Cell::new(false),
            next: RefCell::default(),
            prompt: Prompt::default(),
            lines: Rc::default(),
            is_program: Cell::new(false),
            made: Cell::new(0),
            run: Cell::new(0),
            file_name: RefCell::new("main.py".into()),
        }
    }

    pub(super) fn gate(&self) -> &Rc<Gate> {
        &self.gate
    }

    pub(super) fn console(&self) -> &Console {
        &self.console
    }

    pub(super) fn shown(&self) -> &Rc<Shown> {
        &self.shown
    }

    pub(super) fn files(&self) -> &Rc<Files> {
        &self.files
    }

    pub(super) fn calls(&self) -> &Calls {
        &self.calls
    }

    pub(super) fn state(&self) -> RwSignal<ScriptState> {
        self.shown.state()
    }

    pub(super) fn line(&self) -> RwSignal<Option<u32>> {
        self.shown.line()
    }

    /// Starts the interpreter, unless it would have to be fetched first. A browser that it cannot run in is told of before anything is fetched.
    pub(super) fn prepare(self: &Rc<Self>, session: &Session) {
        if !can_wait() {
            return self.give_up(text::no_jspi().to_owned(), text::no_jspi_remedy().to_owned());
        }
        if self.worker.borrow().is_some() || self.is_starting.replace(true) {
            return;
        }
        let (script, session) = (self.clone(), session.clone());
        spawn_local(async move {
            let found = python::look().await;
            match found {
                Found::At(path) => script.boot(&session, &path),
                _ if script.is_wanted() => script.fetch(&session).await,
                _ => script.is_starting.set(false),
            }
        });
    }

    pub(super) fn run(self: &Rc<Self>, session: &Session, file_name: &str, source: &str) {
        *self.next.borrow_mut() = Some(Task { file_name: file_name.to_owned(), source: source.to_owned() });
        if self.shown.phase() == Phase::Runs {
            return self.interrupt(session);
        }
        self.go_on(session);
    }

    /// Runs what is to be run, or gets ready for it.
    fn go_on(self: &Rc<Self>, session: &Session) {
        let worker = self.worker.borrow();
        let Some(worker) = worker.as_ref().filter(|_| self.is_ready.get()) else {
            drop(worker);
            if self.is_wanted() {
                self.shown.set_phase(Phase::Booting);
            }
            return self.prepare(session);
        };
        if let Some(Task { file_name, source }) = self.next.take() {
            self.run.set(self.run.get() + 1);
            self.is_program.set(true);
            self.prompt.give_up();
            self.lines.clear();
            *self.file_name.borrow_mut() = file_name.as_str().into();
            self.shown.set_phase(Phase::Runs);
            worker.run(&file_name, &source);
        }
        for text in self.prompt.take() {
            if self.shown.phase() != Phase::Runs {
                self.shown.set_phase(Phase::Runs);
            }
            worker.evaluate(&text);
        }
    }

    pub(super) fn evaluate(self: &Rc<Self>, session: &Session, text: &str) {
        self.prompt.enter(text);
        self.console.push(Stream::Input, &format!("{text}\n"));
        self.go_on(session);
    }

    pub(super) fn give_up_statement(&self) {
        self.prompt.give_up();
        self.tell(Worker::give_up_statement);
        // As the interpreter says it.
        self.console.push(Stream::Stderr, "KeyboardInterrupt\n");
    }

    pub(super) fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// Whether somebody waits for the interpreter.
    fn is_wanted(&self) -> bool {
        self.next.borrow().is_some() || self.prompt.is_wanted()
    }

    async fn fetch(self: Rc<Self>, session: &Session) {
        let found = python::fetch(|done_bytes, total_bytes| {
            if self.is_wanted() {
                self.shown.set_phase(Phase::Fetching { done_bytes, total_bytes });
            }
        });
        let found = found.await;
        match found {
            Found::At(path) => {
                if self.is_wanted() {
                    self.shown.set_phase(Phase::Booting);
                }
                self.boot(session, &path);
            }
            Found::Unavailable { text, remedy } => self.give_up(text, remedy),
            Found::Absent | Found::Fetching { .. } => {}
        }
    }

    fn boot(self: &Rc<Self>, session: &Session, path: &str) {
        let (weak, of_session) = (Rc::downgrade(self), session.clone());
        let started = Worker::start(path, move |incoming| {
            if let Some(script) = weak.upgrade() {
                script.hear(&of_session, incoming);
            }
        });
        self.console.begin_anew();
        match started {
            Ok(worker) => *self.worker.borrow_mut() = Some(worker),
            Err(why) => self.give_up(text::broken(&why), text::broken_remedy().to_owned()),
        }
    }

    fn give_up(&self, text: String, remedy: String) {
        self.is_starting.set(false);
        self.is_ready.set(false);
        drop(self.worker.take());
        self.next.take();
        self.prompt.begin_anew();
        self.shown.set_phase(Phase::Unavailable { text, remedy });
    }

    fn hear(self: &Rc<Self>, session: &Session, incoming: Incoming) {
        let (json, bytes) = match incoming {
            Incoming::Message(json, bytes) => (json, bytes),
            Incoming::Broken(why) => return self.give_up(text::broken(&why), text::broken_remedy().to_owned()),
        };
        // The worker is of this page's own files, and says nothing else.
        let Ok(said) = serde_json::from_str::<Said>(&json) else { return };
        match said {
            Said::Ready => {
                self.is_ready.set(true);
                self.is_starting.set(false);
                self.go_on(session);
            }
            Said::Failed { text } => {
                self.close_everything(session);
                self.give_up(text::broken(&text), text::broken_remedy().to_owned());
            }
            Said::Printed { error, text } => {
                self.console.push(if error { Stream::Stderr } else { Stream::Stdout }, &text);
                self.console.took(self);
            }
            Said::Call { seq, thread, line, call } => {
                self.made.set(self.made.get() + 1);
                self.make(session, (seq, thread, line), call, bytes);
            }
            Said::Cancel { seq } => self.calls.cancel(seq),
            Said::Waits { seq, thread, name, line } => self.shown.waits(seq, thread, name, line),
            Said::GoesOn { seq } => self.shown.goes_on(seq),
            Said::Evaluated { goes_on } => self.evaluated(session, goes_on),
            Said::Exited { status } => self.lose(session, &text::exited(&status), How::Finished),
            Said::Lost { text } => {
                let why = text.map_or_else(|| text::lost_too_deep().to_owned(), |why| text::lost(&why));
                self.lose(session, &why, How::Raised { line: None });
            }
            Said::Over { how, line } => self.over(session, how.how(line)),
        }
    }

    /// Answers the worker.
    pub(super) fn tell(&self, tell: impl FnOnce(&Worker)) {
        if let Some(worker) = &*self.worker.borrow() {
            tell(worker);
        }
    }

    fn over(self: &Rc<Self>, session: &Session, how: How) {
        self.close_everything(session);
        self.is_program.set(false);
        self.shown.set_phase(Phase::Ended(how));
        self.go_on(session);
    }

    fn evaluated(self: &Rc<Self>, session: &Session, goes_on: bool) {
        self.prompt.done(goes_on);
        if !self.is_program.get() {
            self.shown.set_phase(Phase::Ended(How::Finished));
        }
        self.go_on(session);
    }

    fn close_everything(&self, session: &Session) {
        self.calls.cancel_all();
        self.shown.nobody_waits();
        for file in self.files.take_all() {
            let session = session.clone();
            spawn_local(async move {
                // What fails is in the trace, and the program that would hear of it is over.
                drop(super::syscalls::close(&session, &file).await);
            });
        }
    }

    pub(super) fn stop(self: &Rc<Self>, session: &Session) {
        self.next.take();
        self.prompt.begin_anew();
        match self.shown.phase() {
            Phase::Runs => self.interrupt(session),
            Phase::Booting | Phase::Fetching { .. } => self.shown.set_phase(Phase::Ended(How::Stopped)),
            Phase::Idle | Phase::Ended(_) | Phase::Unavailable { .. } => {}
        }
    }

    /// Raises `KeyboardInterrupt`, and ends the worker where the program goes on nevertheless.
    fn interrupt(self: &Rc<Self>, session: &Session) {
        // What somebody paused before its call is not made any more; what comes now closes things.
        self.calls.cancel_all();
        self.gate.open();
        self.tell(Worker::interrupt);
        let (script, session, run) = (self.clone(), session.clone(), self.run.get());
        spawn_local(async move {
            for _ in 0..MOST_GRACES {
                let made = script.made.get();
                sleep(GRACE).await;
                if script.run.get() != run || script.shown.phase() != Phase::Runs {
                    return;
                }
                if script.made.get() == made {
                    break;
                }
            }
            script.lose(&session, text::killed(), How::Stopped);
        });
    }

    /// The interpreter is gone, or shall be; a new one takes its place.
    fn lose(self: &Rc<Self>, session: &Session, why: &str, how: How) {
        drop(self.worker.take());
        self.is_ready.set(false);
        self.prompt.begin_anew();
        self.console.push(Stream::System, &format!("{why}\n"));
        self.over(session, how);
        self.prepare(session);
    }

    pub(super) fn close(self: &Rc<Self>, session: &Session) {
        self.next.take();
        self.prompt.begin_anew();
        drop(self.worker.take());
        self.close_everything(session);
        self.shown.set_phase(Phase::Ended(How::Stopped));
    }

    pub(super) fn enter(&self, line: &str) {
        self.console.push(Stream::Input, &format!("{line}\n"));
        self.lines.enter(line);
    }
}
