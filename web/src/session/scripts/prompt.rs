//! What was entered at the prompt and is not done with.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use leptos::prelude::*;

/// What waits, and whether a statement is begun.
#[derive(Default)]
pub(super) struct Prompt {
    /// What the interpreter gets as soon as it can: each a line, or several that were pasted.
    ready: RefCell<VecDeque<String>>,
    /// How much it has got and is not done with.
    under_way: Cell<usize>,
    goes_on: ArcRwSignal<bool>,
}

impl Prompt {
    /// Whether the next line belongs to the statement that was begun; told when what was entered is done with.
    pub(super) fn goes_on(&self) -> RwSignal<bool> {
        self.goes_on.clone().into()
    }

    /// Whether something waits for the interpreter.
    pub(super) fn is_wanted(&self) -> bool {
        !self.ready.borrow().is_empty()
    }

    /// Whether it is open if the next line belongs to a statement.
    pub(super) fn is_busy(&self) -> bool {
        self.is_wanted() || self.under_way.get() > 0
    }

    pub(super) fn enter(&self, text: &str) {
        self.ready.borrow_mut().push_back(text.to_owned());
    }

    /// What was entered is done with.
    pub(super) fn done(&self, goes_on: bool) {
        self.under_way.set(self.under_way.get().saturating_sub(1));
        self.goes_on.set(goes_on);
    }

    /// Takes what is ready.
    pub(super) fn take(&self) -> VecDeque<String> {
        let ready = self.ready.take();
        self.under_way.set(self.under_way.get() + ready.len());
        ready
    }

    /// Forgets the statement that was begun.
    pub(super) fn give_up(&self) {
        self.goes_on.set(false);
    }

    /// Forgets everything.
    pub(super) fn begin_anew(&self) {
        self.ready.take();
        self.under_way.set(0);
        self.give_up();
    }
}
