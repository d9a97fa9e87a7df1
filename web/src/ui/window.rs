//! A list whose end is followed, without ever stealing the scroll. What is seen of it is the [`Roll`]'s.

use leptos::html::Div;
use leptos::prelude::*;

use super::roll::Roll;
use crate::texts::window as texts;
use crate::trace::number_in_words;

/// How much is drawn above and below what is seen, in CSS pixels.
const BEYOND_PX: f64 = 880.0;

/// A window onto a list.
#[derive(Clone, Copy)]
pub(super) struct Window {
    roll: Roll,
    /// The height of a row in CSS pixels; the style sheet says the same.
    row_px: f64,
    /// How wide the list is, without its scroll bar.
    pub(super) width_px: RwSignal<f64>,
    follows: RwSignal<bool>,
    /// The number of the first row that nobody has seen.
    seen: RwSignal<u64>,
}

/// Which rows there are: another generation is another list.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Extent {
    pub(super) generation: u64,
    pub(super) first: u64,
    pub(super) rows: u64,
}

impl Window {
    /// A window onto what is scrolled in `list`, which follows the end of the list at first.
    pub(super) fn new(row_px: f64, list: NodeRef<Div>) -> Self {
        let follows = RwSignal::new(true);
        // A panel that became lower would hide the last rows.
        let roll = Roll::with(row_px, list, move |roll| {
            if follows.try_get_untracked() == Some(true) {
                go_to_end(roll);
            }
        });
        Self { roll, row_px, width_px: roll.width_px, follows, seen: RwSignal::new(0) }
    }

    /// Which of so many rows are to be drawn.
    pub(super) fn range(&self, rows: u64) -> (u64, u64) {
        let (top, end) = self.in_view(rows);
        let beyond = (BEYOND_PX / self.row_px) as u64;
        (top.saturating_sub(beyond), (end + beyond).min(rows))
    }

    /// Which of so many rows are seen.
    pub(super) fn in_view(&self, rows: u64) -> (u64, u64) {
        let in_view = self.roll.in_view();
        let top = if self.follows.get() { rows.saturating_sub(in_view) } else { self.roll.top(rows) };
        (top, (top + in_view).min(rows))
    }

    /// The list was scrolled.
    pub(super) fn scrolled(&self) {
        let Some((before, top, lowest)) = self.roll.scrolls() else { return };
        // Rows may have come between the scrolling and this event: only whoever went up stopped following.
        if top >= lowest - self.row_px {
            self.follows.set(true);
        } else if top < before {
            self.follows.set(false);
        }
    }

    /// Where nobody scrolled away, the end stays in view.
    pub(super) fn follow(self, extent: Memo<Option<Extent>>) {
        let generation = StoredValue::new(0);
        Effect::new(move |_| {
            let Some(extent) = extent.get() else { return };
            if generation.get_value() != extent.generation {
                generation.set_value(extent.generation);
                self.follows.set(true);
            }
            if self.follows.get() {
                self.seen.set(extent.first + extent.rows);
                // After the rows were laid out: only then is there something to scroll to.
                request_animation_frame(move || {
                    // Whoever went up meanwhile is left there.
                    if self.follows.try_get_untracked() == Some(true) {
                        go_to_end(self.roll);
                    }
                });
            }
        });
    }

    /// Brings the row of what is looked at into view, and lets go of the end; where nothing is looked at any more, it is the end again.
    pub(super) fn keep_in_view(self, row: Memo<Option<u64>>) {
        Effect::new(move |before: Option<Option<u64>>| {
            let row = row.get();
            match row {
                Some(row) => {
                    self.follows.set(false);
                    request_animation_frame(move || self.show(row));
                }
                None if before.flatten().is_some() => self.follows.set(true),
                None => {}
            }
            row
        });
    }

    fn show(&self, row: u64) {
        let Some(list) = self.roll.list.try_get_untracked().flatten() else { return };
        let (top, height) = (row as f64 * self.row_px, f64::from(list.client_height()));
        let seen = f64::from(list.scroll_top());
        if top < seen || top + self.row_px > seen + height {
            list.set_scroll_top((top - (height - self.row_px) / 2.0).max(0.0) as i32);
        }
    }
}

fn go_to_end(roll: Roll) {
    if let Some(list) = roll.list.try_get_untracked().flatten() {
        list.set_scroll_top(list.scroll_height());
    }
}

/// The way back to the end, where somebody scrolled away from it.
#[component]
pub(super) fn Follow(extent: Memo<Option<Extent>>, window: Window) -> impl IntoView {
    let unseen =
        move || extent.with(|extent| extent.as_ref().map_or(0, |extent| (extent.first + extent.rows).saturating_sub(window.seen.get())));
    let text = move || match unseen() {
        0 => texts::follow().to_owned(),
        rows => texts::follow_new(&number_in_words(rows)),
    };
    let desk = super::desk::Desk::here();
    let go = move |_| {
        desk.look_at(None);
        window.follows.set(true);
        go_to_end(window.roll);
    };
    view! {
        <button type="button" class="follow" hidden=move || window.follows.get() on:click=go>{text}</button>
    }
}
