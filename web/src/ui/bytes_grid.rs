//! The ruler: bytes in hexadecimal with their text, of which a stretch is chosen with the mouse or the keys.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::bytes::Bench;
use super::bytes_side::copy_as;
use super::desk::Desk;
use super::roll::Roll;
use crate::bytes::{Format, Look, Selection, Step, bytes_a_row, rows};
use crate::texts::bytes as texts;

/// The height of a row in CSS pixels; the style sheet says the same.
const ROW_PX: f64 = 22.0;

/// What else than the bytes takes room in a row, in characters.
const PADDING_COLUMNS: usize = 3;

/// The bytes.
#[component]
pub(super) fn Grid() -> impl IntoView {
    let (desk, bench) = (Desk::here(), Bench::here());
    let roll = Roll::new(ROW_PX);
    let width = Memo::new(move |_| bytes_a_row(roll.columns.get().saturating_sub(PADDING_COLUMNS)));
    // The first row that there is, and how many there are.
    let extent = Memo::new(move |_| {
        let (extent, width) = (bench.extent.get()?, width.get());
        let first = extent.first / width;
        Some((first, extent.end.div_ceil(width).saturating_sub(first)))
    });
    let seen = Memo::new(move |_| roll.seen(extent.get().map_or(0, |(_, rows)| rows)));
    let markup = Memo::new(move |_| {
        let (seen, first, cursor, width) = (seen.get(), extent.get().map_or(0, |(first, _)| first), desk.event.get(), width.get());
        let selection = bench.chosen();
        bench.with(|ruler, overlay| rows(Look { ruler, overlay, selection, cursor, width }, first + seen.from, first + seen.to))
    });
    let reveal = move |offset: u64| {
        if let Some((first, rows)) = extent.get_untracked() {
            roll.reveal((offset / width.get_untracked()).saturating_sub(first), rows);
        }
    };
    // What is chosen elsewhere is shown here; and what is looked at.
    Effect::new(move |_| {
        if let Some(selection) = bench.selection.get() {
            reveal(selection.active);
        }
    });
    Effect::new(move |_| {
        if let Some(start) = desk.event.get().and_then(|event| untrack(|| bench.turn_to(event))) {
            request_animation_frame(move || reveal(start));
        }
    });
    let choose = move |next: Option<Selection>| {
        if next != bench.selection.get_untracked() {
            bench.selection.set(next);
        }
    };
    let draw_to = move |offset: u64| {
        let anchor = bench.selection.get_untracked().map_or(offset, |selection| selection.anchor);
        choose(Some(Selection { anchor, active: offset }));
    };
    let press = move |event: leptos::ev::MouseEvent| {
        let Some(offset) = offset_of(&event).filter(|_| event.button() == 0) else { return };
        if event.shift_key() { draw_to(offset) } else { choose(Some(Selection::one(offset))) }
    };
    let draw = move |event: leptos::ev::MouseEvent| {
        if event.buttons() & 1 == 1
            && let Some(offset) = offset_of(&event)
        {
            draw_to(offset);
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let is_command = event.ctrl_key() || event.meta_key();
        let row = width.get_untracked().cast_signed();
        let page = row.saturating_mul(roll.page().cast_signed());
        let step = match (event.key().as_str(), is_command) {
            ("ArrowLeft", false) => Step::By(-1),
            ("ArrowRight", false) => Step::By(1),
            ("ArrowUp", false) => Step::By(-row),
            ("ArrowDown", false) => Step::By(row),
            ("PageUp", false) => Step::By(-page),
            ("PageDown", false) => Step::By(page),
            ("Home", false) => Step::RowStart,
            ("End", false) => Step::RowEnd,
            ("Home", true) => Step::First,
            ("End", true) => Step::Last,
            ("a", true) => {
                event.prevent_default();
                return choose(untrack(|| bench.with(|ruler, _| Selection::of(ruler.first(), ruler.end()))).flatten());
            }
            ("c", true) => return copy_as(bench, Format::Text),
            ("Escape", false) => return choose(None),
            _ => return,
        };
        event.prevent_default();
        let from = bench.selection.get_untracked();
        let next = untrack(|| bench.with(|ruler, _| Selection::after(from, step, event.shift_key(), width.get_untracked(), ruler)));
        choose(next.flatten());
    };
    view! {
        <div
            class="bytes-grid"
            role="grid"
            aria-label=texts::grid()
            aria-multiselectable="true"
            aria-rowcount=move || extent.get().map(|(first, rows)| (first + rows).to_string())
            aria-activedescendant=move || bench.chosen().map(|selection| format!("byte-{}", selection.active))
            tabindex="0"
            node_ref=roll.list
            on:scroll=move |_| roll.scrolled()
            on:mousedown=press
            on:mousemove=draw
            on:keydown=on_key
        >
            <div class="probe" node_ref=roll.probe aria-hidden="true">"0000000000"</div>
            <div class="all" style:height=move || format!("{}px", roll.all_px(extent.get().map_or(0, |(_, rows)| rows)))>
                <div class="seen" style:transform=move || format!("translateY({}px)", seen.get().at_px) inner_html=move || markup.get().unwrap_or_default()></div>
            </div>
        </div>
    }
}

/// The offset of the byte that the mouse is on.
fn offset_of(event: &leptos::ev::MouseEvent) -> Option<u64> {
    let target: web_sys::Element = event.target()?.dyn_into().ok()?;
    target.closest("[data-at]").ok()??.get_attribute("data-at")?.parse().ok()
}
