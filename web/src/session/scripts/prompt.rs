//! What was entered at the prompt and is not done with.

use std::cell::RefCell;
use std::collections::VecDeque;

use leptos::prelude::*;

/// The lines that wait, and whether a statement is begun.
#[derive(Default)]
pub(super) struct Prompt {
    /// What the interpreter gets as soon as it can.
    ready: RefCell<VecDeque<String>>,
    /// What was pasted: each line waits for the one before it.
    pasted: RefCell<VecDeque<String>>,
    goes_on: ArcRwSignal<bool>,
}

impl Prompt {
    /// Whether the next line belongs to the statement that was begun; told after each line.
    pub(super) fn goes_on(&self) -> RwSignal<bool> {
        self.goes_on.clone().into()
    }

    /// Whether a line waits for the interpreter.
    pub(super) fn is_wanted(&self) -> bool {
        !self.ready.borrow().is_empty()
    }

    /// Takes a line, or several that are evaluated one after the other. Returns the one that is ready now.
    pub(super) fn enter(&self, lines: &str) -> Option<String> {
        let had_pasted = !self.pasted.borrow().is_empty();
        self.pasted.borrow_mut().extend(lines.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned()));
        // What comes after something that was pasted waits for that.
        if had_pasted { None } else { self.make_ready() }
    }

    /// A line is done with. Returns the next one that was pasted, which is ready now.
    pub(super) fn done(&self, goes_on: bool) -> Option<String> {
        self.goes_on.set(goes_on);
        self.make_ready()
    }

    fn make_ready(&self) -> Option<String> {
        let line = self.pasted.borrow_mut().pop_front()?;
        self.ready.borrow_mut().push_back(line.clone());
        Some(line)
    }

    /// Takes what is ready.
    pub(super) fn take(&self) -> VecDeque<String> {
        self.ready.take()
    }

    /// Forgets the statement that was begun, and what was pasted behind it.
    pub(super) fn give_up(&self) {
        self.pasted.take();
        self.goes_on.set(false);
    }

    /// Forgets everything.
    pub(super) fn begin_anew(&self) {
        self.ready.take();
        self.give_up();
    }
}
