//! The session so far as a program.

use leptos::prelude::*;

use super::clipboard::CopyButton;
use super::desk::{BY_SCRIPT, Desk};
use super::pieces::{SCRIPT, act};
use crate::code::{self, Choice, Program};
use crate::texts::code as text;
use crate::trace::{bytes_in_words, number_in_words};

/// How often the program is written anew while things happen, in milliseconds: nobody reads faster.
const PACE_MS: u64 = 500;

/// A language by its name, and what writes it.
type Language = (&'static str, fn(&Program) -> String);

/// The place of Python, which runs in this page, too.
const PYTHON: usize = 0;

const LANGUAGES: [Language; 4] = [("Python", code::python), ("Rust", code::rust), ("C", code::c), ("nc, socat", code::shell)];

/// The program, in the language that was chosen.
#[component]
pub(super) fn CodeView() -> impl IntoView {
    let desk = Desk::here();
    let (language, of_page) = (RwSignal::new(0_usize), RwSignal::new(false));
    let written_at = RwSignal::new(0_u64);
    let look = move || {
        let next = desk.session(|session| session.journal(|journal| journal.trace().next_number()));
        if written_at.get_untracked() != next {
            written_at.set(next);
        }
    };
    look();
    if let Ok(interval) = set_interval_with_handle(look, std::time::Duration::from_millis(PACE_MS)) {
        on_cleanup(move || interval.clear());
    }
    let opened = desk.session(|session| session.opened());
    let program = Memo::new(move |_| {
        written_at.track();
        opened.track();
        let choice = if of_page.get() { Choice::Page } else { Choice::Socket(desk.selected.get()?) };
        let program = desk.session(|session| session.journal(|journal| Program::new(journal.trace(), choice)));
        let write = LANGUAGES.get(language.get())?.1;
        let files: Vec<(String, u64)> = program.files().map(|(name, bytes)| (name, bytes.len() as u64)).collect();
        (!program.is_empty()).then(|| (write(&program), files))
    });
    let words = Signal::derive(move || program.with(|program| program.as_ref().map(|(text, _)| text.clone()).unwrap_or_default()));
    let is_empty = move || program.with(Option::is_none);
    let option = move |(index, (name, _)): (usize, &Language)| {
        view! {
            <label>
                <input type="radio" name="code-language" prop:checked=move || language.get() == index on:change=move |_| language.set(index) />
                <span>{*name}</span>
            </label>
        }
    };
    view! {
        <div class="code-bar">
            <div role="radiogroup" aria-label=text::language() class="choice">{LANGUAGES.iter().enumerate().map(option).collect_view()}</div>
            <label class="inline">
                <input type="checkbox" prop:checked=move || of_page.get() on:change=move |_| of_page.update(|all| *all = !*all) />
                <span>{text::all_sockets()}</span>
            </label>
        </div>
        <p class="hint" hidden=move || !is_empty()>{text::empty()}</p>
        <div class="program" hidden=is_empty>
            <span class="program-tools">
                <OpenAsScript language files=Signal::derive(move || program.with(|program| program.as_ref().is_some_and(|(_, files)| !files.is_empty()))) program=words />
                <CopyButton text=words />
            </span>
            <pre tabindex="0" role="region" aria-label=text::program()><code>{move || words.get()}</code></pre>
        </div>
        {move || {
            let files = program.with(|program| program.as_ref().map(|(_, files)| files.clone()).unwrap_or_default());
            let sum = files.iter().map(|(_, bytes)| bytes).sum();
            (!files.is_empty()).then(|| view! { <p class="hint">{text::files(&number_in_words(files.len() as u64), &bytes_in_words(sum))}</p> })
        }}
    }
}

/// Takes the program into the editor, where it can be run: one in Python, that needs no files beside it.
#[component]
fn OpenAsScript(language: RwSignal<usize>, files: Signal<bool>, program: Signal<String>) -> impl IntoView {
    let (desk, owner) = (Desk::here(), Owner::current());
    let open = move |_| {
        if !files.get_untracked() {
            let program = program.get_untracked();
            let owner = owner.clone();
            act(desk, &SCRIPT, move |script| {
                if let Some(owner) = owner {
                    owner.with(|| (script.begin_with)(text::session_name(), program));
                }
                desk.way.set(BY_SCRIPT);
            });
        }
    };
    view! {
        <button
            type="button"
            class="quiet"
            hidden=move || language.get() != PYTHON
            aria-disabled=move || files.get().to_string()
            title=move || files.get().then(text::needs_files)
            on:click=open
        >
            {text::open_as_script()}
        </button>
    }
}
