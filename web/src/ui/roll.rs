//! A list of which only what is seen is in the document: where it stands, how high it is, and which rows that makes.

use std::time::Duration;

use leptos::html::Div;
use leptos::prelude::*;

/// How many rows are drawn above and below what is seen.
const BEYOND: u64 = 12;

/// No browser lays out an element of more than some 33 million pixels. A longer list is scrolled in larger steps.
const MOST_PX: f64 = 20_000_000.0;

/// What is seen of a list whose rows have one height.
#[derive(Clone, Copy)]
pub(super) struct Roll {
    /// The element that scrolls.
    pub(super) list: NodeRef<Div>,
    /// An element of ten characters, where it matters how many fit.
    pub(super) probe: NodeRef<Div>,
    /// How many characters fit.
    pub(super) columns: RwSignal<usize>,
    row_px: f64,
    top_px: RwSignal<f64>,
    height_px: RwSignal<f64>,
}

/// The rows to draw, and where the first of them stands.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) at_px: f64,
}

impl Roll {
    /// A list that is kept measured as long as the component lives that calls this. The style sheet says the same height of a row.
    pub(super) fn new(row_px: f64) -> Self {
        let (top_px, height_px) = (RwSignal::new(0.0), RwSignal::new(300.0));
        let roll = Self { list: NodeRef::new(), probe: NodeRef::new(), columns: RwSignal::new(48), row_px, top_px, height_px };
        Effect::new(move |_| {
            roll.list.track();
            request_animation_frame(move || roll.measure());
        });
        if let Ok(interval) = set_interval_with_handle(move || roll.measure(), Duration::from_millis(500)) {
            on_cleanup(move || interval.clear());
        }
        let resized = window_event_listener(leptos::ev::resize, move |_| roll.measure());
        on_cleanup(move || resized.remove());
        roll
    }

    fn measure(self) {
        let Some(list) = self.list.try_get_untracked().flatten() else { return };
        let height = f64::from(list.client_height());
        if height > 0.0 && self.height_px.get_untracked() != height {
            self.height_px.set(height);
        }
        let Some(probe) = self.probe.get_untracked() else { return };
        let character_px = probe.get_bounding_client_rect().width() / 10.0;
        let columns = (f64::from(list.client_width()) / character_px.max(1.0)) as usize;
        if columns > 0 && self.columns.get_untracked() != columns {
            self.columns.set(columns);
        }
    }

    /// To be called when the list was scrolled.
    pub(super) fn scrolled(self) {
        if let Some(list) = self.list.get_untracked() {
            self.top_px.set(f64::from(list.scroll_top()));
        }
    }

    /// How high all rows are together, in pixels, as far as a browser can have it.
    pub(super) fn all_px(self, rows: u64) -> f64 {
        (rows as f64 * self.row_px).min(MOST_PX)
    }

    /// How many whole rows are seen.
    pub(super) fn page(self) -> u64 {
        ((self.height_px.get_untracked() / self.row_px) as u64).max(1)
    }

    /// Which of so many rows to draw.
    pub(super) fn seen(self, rows: u64) -> Seen {
        let top = self.row_at(self.top_px.get(), rows).min(rows);
        let in_view = (self.height_px.get() / self.row_px).ceil() as u64 + 1;
        let from = top.saturating_sub(BEYOND);
        let first_px = self.px_of(top, rows) - (top - from) as f64 * self.row_px;
        Seen { from, to: (top + in_view + BEYOND).min(rows), at_px: first_px.max(0.0) }
    }

    /// Scrolls no further than needed to show a row.
    pub(super) fn reveal(self, row: u64, rows: u64) {
        let Some(list) = self.list.get_untracked() else { return };
        let (at, height) = (self.px_of(row, rows), f64::from(list.client_height()));
        let top = f64::from(list.scroll_top());
        let to = if at < top {
            at
        } else if at + self.row_px > top + height {
            at + self.row_px - height
        } else {
            return;
        };
        list.set_scroll_top(to.ceil() as i32);
    }

    fn steps_px(self, rows: u64) -> f64 {
        if rows == 0 { self.row_px } else { self.all_px(rows) / rows as f64 }
    }

    fn row_at(self, px: f64, rows: u64) -> u64 {
        (px / self.steps_px(rows)) as u64
    }

    fn px_of(self, row: u64, rows: u64) -> f64 {
        row as f64 * self.steps_px(rows)
    }
}
