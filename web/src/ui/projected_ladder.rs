//! The ladder on the projector: its rows about the event that is looked at, as large as the window lets them be. Only to be looked at.

use leptos::prelude::*;

use super::desk::Desk;
use super::ladder::{Cache, WAITS_MS};
use crate::ladder::{Dress, Layout, ROW_PX, draw_heads, draw_rows, draw_waiting};
use crate::texts::ladder as texts;

/// How many rows there are, at most, and how wide they are drawn before they are scaled, in CSS pixels.
const ROWS: u64 = 6;
const WIDTH_PX: u32 = 760;

/// How high what stands above the rows is.
const HEADS_PX: i32 = 40;

/// The picture; none where no socket is chosen.
#[component]
pub(super) fn ProjectedLadder(desk: Desk) -> impl IntoView {
    let cache = StoredValue::new_local(Cache::default());
    let picture = Memo::new(move |_| {
        desk.watch_session(|_| ());
        let (socket, event) = (desk.subject.get()?, desk.event.get());
        let is_live = event.is_none() && desk.session(|session| session.opened().with(Option::is_none));
        let now_ms = if is_live { desk.now_ms.get() } else { 0.0 };
        cache.try_update_value(|cache| {
            cache.read(desk, &socket);
            cache.made.as_ref().map(|(ends, ladder)| {
                let layout = Layout::new(WIDTH_PX, ladder.has_both_ends());
                let waits = ladder.waiting().into_iter().filter(|waiting| now_ms - waiting.since_ms >= WAITS_MS).map(|waiting| (waiting, false));
                let waiting: Vec<_> = waits.take(2).collect();
                let end = event.and_then(|event| ladder.row_at(event)).map_or(ladder.len(), |row| row + 1);
                let from = end.saturating_sub(ROWS - waiting.len() as u64);
                let rows_px = i32::try_from(end - from).unwrap_or_default() * ROW_PX;
                // Always as high, so that nothing jumps as rows come.
                let height = HEADS_PX + ROWS as i32 * ROW_PX;
                format!(
                    "<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {WIDTH_PX} {height}\">{}<svg y=\"{HEADS_PX}\" width=\"{WIDTH_PX}\" height=\"{rows_px}\">{}</svg><g transform=\"translate(0 {})\">{}</g></svg>",
                    texts::label(),
                    draw_heads(ends, layout, Dress::Page),
                    draw_rows(ladder, layout, event, from, end, Dress::Page),
                    HEADS_PX + rows_px,
                    draw_waiting(&waiting, layout, now_ms),
                )
            })
        })?
    });
    view! { <div class="ladder projected" hidden=move || picture.with(Option::is_none) inner_html=move || picture.get().unwrap_or_default()></div> }
}
