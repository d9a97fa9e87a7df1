//! A list of which only what is seen is in the document: where it stands, how high it is, and which rows that makes.

use std::time::Duration;

use leptos::html::Div;
use leptos::prelude::*;

use super::desk::Desk;

/// How many rows are drawn above and below what is seen.
const BEYOND: u64 = 12;

/// No browser lays out an element of more than some 33 million pixels. A longer list is scrolled in larger steps.
const MOST_PX: f64 = 24_000_000.0;

/// What is seen of a list whose rows have one height.
#[derive(Clone, Copy)]
pub(super) struct Roll {
    /// The element that scrolls.
    pub(super) list: NodeRef<Div>,
    /// An element of ten characters, where it matters how many fit.
    pub(super) probe: NodeRef<Div>,
    /// How many characters fit.
    pub(super) columns: RwSignal<usize>,
    /// How wide it is, without its scroll bar, in CSS pixels.
    pub(super) width_px: RwSignal<f64>,
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
        Self::with(row_px, NodeRef::new(), |_| {})
    }

    /// The same of an element that is there already. `resized` hears of another size.
    pub(super) fn with(row_px: f64, list: NodeRef<Div>, resized: impl Fn(Self) + Copy + 'static) -> Self {
        let roll = Self {
            list,
            probe: NodeRef::new(),
            columns: RwSignal::new(48),
            width_px: RwSignal::new(0.0),
            row_px,
            top_px: RwSignal::new(0.0),
            height_px: RwSignal::new(400.0),
        };
        let measure = move || {
            if roll.measure() {
                resized(roll);
            }
        };
        let selected = Desk::here().selected;
        Effect::new(move |_| {
            selected.track();
            roll.list.track();
            request_animation_frame(measure);
        });
        if let Ok(interval) = set_interval_with_handle(measure, Duration::from_millis(500)) {
            on_cleanup(move || interval.clear());
        }
        let listening = window_event_listener(leptos::ev::resize, move |_| measure());
        on_cleanup(move || listening.remove());
        roll
    }

    /// Takes the sizes, and returns whether the list has another one.
    fn measure(self) -> bool {
        let Some(list) = self.list.try_get_untracked().flatten() else { return false };
        let mut is_new = false;
        for (signal, pixels) in [(self.width_px, list.client_width()), (self.height_px, list.client_height())] {
            let pixels = f64::from(pixels);
            if pixels > 0.0 && signal.try_get_untracked().is_some_and(|known| known != pixels) {
                signal.set(pixels);
                is_new = true;
            }
        }
        let Some(probe) = self.probe.try_get_untracked().flatten() else { return is_new };
        let character_px = probe.get_bounding_client_rect().width() / 10.0;
        let columns = (f64::from(list.client_width()) / character_px.max(1.0)) as usize;
        if columns > 0 && self.columns.get_untracked() != columns {
            self.columns.set(columns);
        }
        is_new
    }

    /// To be called when the list was scrolled.
    pub(super) fn scrolled(self) {
        self.scrolls();
    }

    /// The same: where it stood, where it stands, and the lowest that it can, in pixels.
    pub(super) fn scrolls(self) -> Option<(f64, f64, f64)> {
        let list = self.list.get_untracked()?;
        let (before, top) = (self.top_px.get_untracked(), f64::from(list.scroll_top()));
        self.top_px.set(top);
        Some((before, top, f64::from(list.scroll_height()) - f64::from(list.client_height())))
    }

    /// How high all rows are together, in pixels, as far as a browser can have it.
    pub(super) fn all_px(self, rows: u64) -> f64 {
        (rows as f64 * self.row_px).min(MOST_PX)
    }

    /// How many whole rows are seen.
    pub(super) fn page(self) -> u64 {
        ((self.height_px.get_untracked() / self.row_px) as u64).max(1)
    }

    /// How many rows are seen, those that are cut included.
    pub(super) fn in_view(self) -> u64 {
        (self.height_px.get() / self.row_px).ceil() as u64 + 1
    }

    /// The first of so many rows that is seen.
    pub(super) fn top(self, rows: u64) -> u64 {
        self.row_at(self.top_px.get(), rows).min(rows)
    }

    /// Which of so many rows to draw.
    pub(super) fn seen(self, rows: u64) -> Seen {
        let (top, in_view) = (self.top(rows), self.in_view());
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
