//! Beside the ruler: what the chosen bytes read as, the fields that were found, and taking bytes elsewhere.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::bytes::Bench;
use super::clipboard::copy;
use super::desk::Desk;
use super::download::download;
use super::roll::Roll;
use crate::bytes::{Format, Overlay, Selection, inspect, list};
use crate::texts::bytes as texts;
use crate::trace::{Direction, bytes_in_words};

/// The height of a field's row in CSS pixels; the style sheet says the same.
const FIELD_PX: f64 = 26.0;

/// The most that is copied, in bytes: more than that no clipboard takes well.
const MOST_COPIED: u64 = 1 << 20;

/// The inspector, the fields, and copying.
#[component]
pub(super) fn Side() -> impl IntoView {
    let bench = Bench::here();
    view! {
        <div class="bytes-side">
            <Inspector bench />
            <Show when=move || bench.protocol.with(Option::is_some)>
                <Fields bench />
            </Show>
            <Take bench />
        </div>
    }
}

#[component]
fn Inspector(bench: Bench) -> impl IntoView {
    let desk = Desk::here();
    let markup = Memo::new(move |_| {
        let selection = bench.chosen()?;
        bench.with(|ruler, _| inspect(ruler, selection))
    });
    let event = Memo::new(move |_| {
        let (start, _) = bench.chosen()?.range();
        bench.with(|ruler, _| ruler.piece_at(start).map(|piece| (piece.event, piece.ordinal, ruler.subject().1))).flatten()
    });
    let says = move || {
        event.get().map(|(_, ordinal, direction)| texts::show_event(&ordinal, &if direction == Direction::Sent { "send" } else { "recv" }))
    };
    view! {
        <section class="inspector" aria-label=texts::inspector()>
            <p class="muted" hidden=move || markup.with(Option::is_some)>{texts::nothing_chosen()}</p>
            <div inner_html=move || markup.get().unwrap_or_default()></div>
            <button
                type="button"
                class="quiet"
                title=texts::show_event_title()
                hidden=move || event.with(Option::is_none)
                on:click=move |_| desk.look_at(event.get_untracked().map(|(event, ..)| event))
            >
                {says}
            </button>
        </section>
    }
}

#[component]
fn Fields(bench: Bench) -> impl IntoView {
    let roll = Roll::new(FIELD_PX);
    let count = Memo::new(move |_| bench.extent.get().map_or(0, |extent| extent.fields as u64));
    let seen = Memo::new(move |_| roll.seen(count.get()));
    let markup = Memo::new(move |_| {
        let (seen, selection) = (seen.get(), bench.chosen());
        bench.with(|ruler, overlay| overlay.map(|overlay| list(ruler, overlay, selection, seen.from as usize, seen.to as usize))).flatten()
    });
    // The field in which the selection begins.
    let here = Memo::new(move |_| {
        let (start, _) = bench.chosen()?.range();
        bench.with(|_, overlay| overlay.and_then(|overlay| overlay.at(start)).map(|(index, _)| index)).flatten()
    });
    Effect::new(move |_| {
        if let Some(index) = here.get() {
            roll.reveal(index as u64, count.get_untracked());
        }
    });
    let choose = move |index: usize| {
        let field = untrack(|| bench.with(|_, overlay| overlay.and_then(|overlay| overlay.get(index)).copied())).flatten();
        if let Some(selection) = field.and_then(|field| Selection::of(field.start, field.end)) {
            bench.selection.set(Some(selection));
        }
    };
    let press = move |event: leptos::ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let row = target.and_then(|target| target.closest("[data-field]").ok().flatten());
        if let Some(index) = row.and_then(|row| row.get_attribute("data-field")).and_then(|index| index.parse().ok()) {
            choose(index);
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let last = untrack(|| bench.with(|_, overlay| overlay.map_or(0, Overlay::len))).unwrap_or_default().saturating_sub(1);
        let at = here.get_untracked();
        let to = match event.key().as_str() {
            "ArrowDown" => at.map_or(0, |at| at + 1),
            "ArrowUp" => at.map_or(0, |at| at.saturating_sub(1)),
            "Home" => 0,
            "End" => last,
            _ => return,
        };
        event.prevent_default();
        choose(to.min(last));
    };
    view! {
        <section class="fields">
            <p class="muted" hidden=move || count.get() != 0>{texts::no_fields()}</p>
            <div
                class="fields-list"
                role="listbox"
                aria-label=texts::fields()
                aria-activedescendant=move || here.get().map(|index| format!("field-{index}"))
                tabindex="0"
                hidden=move || count.get() == 0
                node_ref=roll.list
                on:scroll=move |_| roll.scrolled()
                on:click=press
                on:keydown=on_key
            >
                <div class="all" style:height=move || format!("{}px", roll.all_px(count.get()))>
                    <div class="seen" style:transform=move || format!("translateY({}px)", seen.get().at_px) inner_html=move || markup.get().unwrap_or_default()></div>
                </div>
            </div>
        </section>
    }
}

/// What is taken elsewhere: the selection, or everything where nothing is chosen.
fn scope(bench: Bench) -> (u64, u64) {
    let all = bench.extent.get().map_or((0, 0), |extent| (extent.first, extent.end));
    bench.chosen().map_or(all, |selection| selection.range())
}

#[component]
fn Take(bench: Bench) -> impl IntoView {
    let said = bench.said;
    let scope_text = move || {
        let (start, end) = scope(bench);
        let bytes = bytes_in_words(end - start);
        if bench.chosen().is_some() { texts::scope_selection(&bytes) } else { texts::scope_all(&bytes) }
    };
    let button = move |format: Format| {
        let label = match format {
            Format::Text => texts::format_text(),
            Format::Hex => texts::format_hex(),
            Format::C => texts::format_c(),
            Format::Python => texts::format_python(),
        };
        view! { <button type="button" class="quiet" on:click=move |_| copy_as(bench, format)>{label}</button> }
    };
    view! {
        <div class="take">
            <span class="scope">{scope_text}</span>
            <button type="button" class="quiet" on:click=move |_| save(bench)>{texts::save()}</button>
            <div role="group" aria-label=texts::copy_as() class="copy-as">
                <span aria-hidden="true">{texts::copy_as()}</span>
                {Format::ALL.map(button).into_iter().collect_view()}
            </div>
            <p class="said" role="status">{move || said.get()}</p>
        </div>
    }
}

/// Copies what is chosen, or everything.
pub(super) fn copy_as(bench: Bench, format: Format) {
    let (start, end) = untrack(|| scope(bench));
    if end - start > MOST_COPIED {
        bench.said.set(texts::too_much(&bytes_in_words(MOST_COPIED)));
        return;
    }
    let Some(text) = untrack(|| bench.with(|ruler, _| format.write(&ruler.copy(start, end)))) else { return };
    spawn_local(async move {
        let copied = copy(&text).await;
        bench.said.set(if copied { texts::copied(&bytes_in_words(end - start)) } else { texts::not_copied().to_owned() });
    });
}

/// Saves what is chosen, or everything, byte for byte. The name of the file says which bytes they are.
fn save(bench: Bench) {
    let (start, end) = untrack(|| scope(bench));
    let parts = Array::new();
    let named = untrack(|| {
        bench.with(|ruler, _| {
            for chunk in ruler.chunks(start, end) {
                parts.push(&Uint8Array::from(chunk));
            }
            let (socket, direction) = ruler.subject();
            let which = if direction == Direction::Sent { "sent" } else { "received" };
            let part = if (start, end) == (0, ruler.end()) { String::new() } else { format!("-{start}-to-{end}") };
            format!("{which}-{}{part}.bin", socket.0)
        })
    });
    if let Some(Err(error)) = named.map(|name| download(&parts, "application/octet-stream", &name)) {
        leptos::logging::error!("the download did not start: {error:?}");
    }
}
