//! What the parts of the script panel share: the scripts that are open, the editor, what is said about them. It lives as long as the page, whatever is drawn.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::codemirror::{CodeMirror, Hears, Place};
use super::kept::{keep, kept};
use crate::editor::{FileName, Files, Mistake, exception_of};
use crate::script::{How, ScriptId, ScriptState, Stream, line_in};
use crate::session::Scripts;
use crate::texts::script as text;
use crate::ui::desk::Desk;

/// How long nobody writes before what was written is kept.
const QUIET: Duration = Duration::from_millis(400);

/// How it stands with the editor.
#[derive(Clone)]
pub(super) enum Loaded {
    /// Nobody wanted it yet.
    Not,
    /// It is being fetched.
    Loading,
    /// It is there.
    Ready(Rc<CodeMirror>),
    /// It could not be fetched; why.
    Failed(String),
}

/// What went wrong at which line, as the editor was told; line 0 is nothing.
type Fault = (u32, String);

/// A handle to all of it; the same everywhere.
#[derive(Clone, Copy)]
pub(crate) struct Studio {
    desk: Desk,
    /// The scripts that are open.
    pub(crate) files: RwSignal<Files>,
    /// Which of them is shown.
    pub(crate) chosen: Memo<Option<ScriptId>>,
    /// The editor.
    pub(super) editor: RwSignal<Loaded, LocalStorage>,
    /// What went wrong with a file; it stays until something else is done.
    pub(crate) notice: RwSignal<Option<String>>,
    is_kept: RwSignal<bool>,
    is_dirty: StoredValue<bool>,
    faults: StoredValue<BTreeMap<ScriptId, Fault>>,
    /// What each was when it ran last.
    ran: StoredValue<BTreeMap<ScriptId, String>>,
}

impl Studio {
    /// Brings back the scripts that were kept.
    pub(crate) fn open(desk: Desk) -> Self {
        let scripts = desk.session(|session| session.scripts());
        let files = RwSignal::new(kept(|| scripts.open()));
        let studio = Self {
            desk,
            files,
            chosen: Memo::new(move |_| files.with(|files| files.chosen().map(|file| file.id))),
            editor: RwSignal::new_local(Loaded::Not),
            notice: RwSignal::new(None),
            is_kept: RwSignal::new(true),
            is_dirty: StoredValue::new(false),
            faults: StoredValue::default(),
            ran: StoredValue::default(),
        };
        let going = window_event_listener(leptos::ev::pagehide, move |_| studio.keep());
        on_cleanup(move || going.remove());
        studio
    }

    /// The studio of this page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// The scripts of the session.
    pub(crate) fn scripts(self) -> Scripts {
        self.desk.session(|session| session.scripts())
    }

    /// Whether all of what is open is kept over a reload.
    pub(crate) fn is_kept(self) -> Signal<bool> {
        self.is_kept.into()
    }

    /// Makes everything ready for somebody who wants to write: a script, and the editor.
    pub(crate) fn enter(self) {
        if self.files.with_untracked(|files| files.all().is_empty()) {
            self.add(text::new_name(), String::new());
        }
        if let Some(id) = self.chosen.get_untracked() {
            self.scripts().prepare(id);
        }
        if !matches!(self.editor.get_untracked(), Loaded::Not | Loaded::Failed(_)) {
            return;
        }
        self.editor.set(Loaded::Loading);
        let hears = Hears {
            changed: Box::new(move || self.changed()),
            run: Box::new(move || self.run()),
            chose: Box::new(move |line| {
                let name = self.files.with_untracked(|files| files.chosen().map(|file| file.name.as_str().to_owned()));
                self.desk.line.set(name.map(|name| (name, line)));
            }),
        };
        spawn_local(async move {
            self.editor.set(match CodeMirror::load(hears).await {
                Ok(editor) => Loaded::Ready(Rc::new(editor)),
                Err(why) => Loaded::Failed(why),
            });
        });
    }

    /// Opens a script of that name and text, and shows it.
    pub(crate) fn add(self, name: &str, text: String) {
        self.notice.set(None);
        if text.len() > Files::MOST_TEXT {
            return self.notice.set(Some(text::too_long(&name)));
        }
        if !self.files.with_untracked(Files::has_room) {
            return self.notice.set(Some(text::too_many().to_owned()));
        }
        self.collect();
        let id = self.scripts().open();
        self.files.update(|files| {
            files.let_go();
            files.open(id, FileName::made_of(name), text);
        });
        self.keep();
    }

    /// The same, in place of an only script that nothing was written into.
    pub(crate) fn begin_with(self, name: &str, text: String) {
        self.collect();
        let blank = self.files.with_untracked(|files| match files.all() {
            [only] if only.text.trim().is_empty() => Some(only.id),
            _ => None,
        });
        self.add(name, text);
        if let Some(blank) = blank.filter(|_| self.files.with_untracked(|files| files.all().len() > 1)) {
            self.close(blank);
        }
    }

    /// Shows that one.
    pub(crate) fn choose(self, id: ScriptId) {
        self.collect();
        self.files.update(|files| files.choose(id));
        self.keep();
    }

    /// Calls that one something else.
    pub(crate) fn rename(self, id: ScriptId, written: &str) {
        let renamed = self.files.try_update(|files| files.rename(id, written));
        self.notice.set(renamed.and_then(Result::err).map(|mistake| match mistake {
            Mistake::Empty => text::name_empty().to_owned(),
            Mistake::TooLong => text::name_long().to_owned(),
            Mistake::Forbidden(character) => text::name_forbidden(&character),
        }));
        self.keep();
    }

    /// Closes that one; what runs of it is stopped.
    pub(crate) fn close(self, id: ScriptId) {
        self.collect();
        self.notice.set(None);
        self.scripts().close(id);
        if let Loaded::Ready(editor) = self.editor.get_untracked() {
            editor.forget(id.0);
        }
        self.faults.update_value(|faults| drop(faults.remove(&id)));
        self.ran.update_value(|ran| drop(ran.remove(&id)));
        self.files.update(|files| {
            files.close(id);
            if files.all().is_empty() {
                files.open(self.scripts().open(), FileName::made_of(text::new_name()), String::new());
            }
        });
        self.keep();
    }

    /// Brings back the one that was closed last.
    pub(crate) fn bring_back(self) {
        self.collect();
        let id = self.scripts().open();
        self.files.update(|files| files.bring_back(id));
        self.keep();
    }

    /// Where that line of its program is now, if it has been edited since it ran.
    pub(super) fn line_now(self, id: ScriptId, line: u32) -> Option<u32> {
        self.collect();
        let now = self.files.with_untracked(|files| files.all().iter().find(|file| file.id == id).map(|file| file.text.clone()))?;
        self.ran.with_value(|ran| ran.get(&id).map_or(Some(line), |ran| line_in(&now, ran, line)))
    }

    /// Runs the one that is shown, from its beginning.
    pub(crate) fn run(self) {
        self.collect();
        self.keep();
        let file = self.files.with_untracked(|files| files.chosen().cloned());
        self.files.update(Files::let_go);
        if let Some(file) = file {
            self.scripts().output(file.id).clear();
            self.ran.update_value(|ran| drop(ran.insert(file.id, file.text.clone())));
            self.scripts().run(file.id, file.name.as_str(), &file.text);
        }
    }

    /// What stands in the one that is shown, and what it is called.
    pub(crate) fn shown(self) -> Option<(String, String)> {
        self.collect();
        self.files.with_untracked(|files| files.chosen().map(|file| (file.name.as_str().to_owned(), file.text.clone())))
    }

    /// How the one that is shown stands.
    pub(crate) fn state(self) -> ScriptState {
        self.chosen.get().map(|id| self.scripts().state(id).get()).unwrap_or_default()
    }

    /// Shows the chosen document, with its marks.
    pub(super) fn show(self, editor: &CodeMirror, place: &Place) {
        let file = self.files.with_untracked(|files| files.chosen().cloned());
        if let Some(file) = file {
            editor.show(file.id.0, &file.text);
            editor.place(place);
            self.mark_fault(editor);
        }
    }

    /// Marks where the chosen script raised what ended it. Once for each end: what is written afterwards moves the mark along.
    pub(super) fn mark_fault(self, editor: &CodeMirror) {
        let Some(id) = self.chosen.get_untracked() else { return };
        let fault = match self.scripts().state(id).get_untracked() {
            ScriptState::Ended { how: How::Raised { line: Some(line) } } => (line, self.exception(id)),
            _ => Fault::default(),
        };
        let is_news = self.faults.try_update_value(|faults| faults.insert(id, fault.clone()).unwrap_or_default() != fault);
        if is_news == Some(true) {
            editor.fault(fault.0, &fault.1);
        }
    }

    /// The last line of what it wrote to standard error: of a traceback, what the exception says.
    fn exception(self, id: ScriptId) -> String {
        self.scripts().output(id).read(|output| {
            let errors = output.since(0).filter(|chunk| chunk.stream == Stream::Stderr);
            exception_of(errors.map(|chunk| chunk.text.as_str()))
        })
    }

    fn changed(self) {
        if !self.is_dirty.get_value() {
            self.is_dirty.set_value(true);
            set_timeout(move || self.keep(), QUIET);
        }
    }

    /// Takes over what was written.
    fn collect(self) {
        if !self.is_dirty.get_value() {
            return;
        }
        self.is_dirty.set_value(false);
        let (Loaded::Ready(editor), Some(id)) = (self.editor.get_untracked(), self.chosen.get_untracked()) else { return };
        let text = editor.text();
        self.files.update(|files| files.write_into(id, text));
    }

    fn keep(self) {
        self.collect();
        self.is_kept.set(self.files.with_untracked(keep));
    }
}
