//! The page's clock.

use std::cell::Cell;

use crate::recording::Moment;

thread_local! {
    /// What the clock showed when this document was opened: more than 0 where an earlier one left its trace, before a reload.
    static BEFORE_MS: Cell<f64> = const { Cell::new(0.0) };
}

/// Milliseconds since the page was opened, reloads included; never goes back.
pub(crate) fn now_ms() -> f64 {
    BEFORE_MS.get() + performance().map_or(0.0, |performance| performance.now())
}

/// When the page was opened.
pub(crate) fn opened() -> Moment {
    Moment::from_unix_ms(document_opened_ms() - BEFORE_MS.get())
}

/// Lets the clock go on from a page that was opened `then` and has entries up to `last_ms`.
pub(super) fn go_on_from(then: Moment, last_ms: f64) {
    // The system's clock may have been set back meanwhile.
    BEFORE_MS.set((document_opened_ms() - then.unix_ms() as f64).max(last_ms));
}

fn document_opened_ms() -> f64 {
    performance().map_or(0.0, |performance| performance.time_origin())
}

fn performance() -> Option<web_sys::Performance> {
    web_sys::window()?.performance()
}
