//! The bar that moves every view through what happened: to an event, one back, one on, and to now.

use leptos::prelude::*;

use super::desk::Desk;
use crate::texts::scrubber;
use crate::trace::{decimal, number_in_words};

/// What the bar shows: the oldest event that is kept, how many there are, and where it stands.
#[derive(Clone, Copy, PartialEq)]
struct Reach {
    first: u64,
    next: u64,
    at: u64,
    /// The place of that event, and how many there are, as people count them.
    ordinals: (u64, u64),
    time_ms: f64,
    is_now: bool,
}

/// The bar; there is none before anything happened.
#[component]
pub(super) fn Scrubber() -> impl IntoView {
    let desk = Desk::here();
    let reach = Memo::new(move |_| {
        let event = desk.event.get();
        desk.watch_session(|session| {
            session.journal(|journal| {
                let trace = journal.trace();
                let (first, next) = (trace.dropped(), trace.next_number());
                let at = event.unwrap_or(next.checked_sub(1)?).clamp(first, next - 1);
                let time_ms = trace.get(at).map(|entry| entry.time_ms)?;
                let ordinals = (trace.ordinal(at), trace.ordinal(next - 1));
                Some(Reach { first, next, at, ordinals, time_ms, is_now: event.is_none() })
            })
        })
    });
    let number = move |read: fn(&Reach) -> u64| reach.with(|reach| reach.as_ref().map(read).unwrap_or_default().to_string());
    let choose = move |event| {
        if let Ok(number) = event_target_value(&event).parse() {
            desk.look_at(Some(number));
        }
    };
    let position = move || {
        reach.get().map(|reach| {
            let (at, of) = (number_in_words(reach.ordinals.0), number_in_words(reach.ordinals.1));
            scrubber::position(&at, &of, &decimal(reach.time_ms / 1000.0, 3))
        })
    };
    let is_now = move || reach.with(|reach| reach.as_ref().is_none_or(|reach| reach.is_now));
    view! {
        <div class="scrubber" role="group" aria-label=scrubber::label() class:past=move || !is_now() hidden=move || reach.with(Option::is_none)>
            <button type="button" class="quiet" title=scrubber::back_title() aria-label=scrubber::back() on:click=move |_| desk.step(false)>"‹"</button>
            <input
                type="range"
                aria-label=scrubber::event()
                aria-valuetext=position
                min=move || number(|reach| reach.first)
                max=move || number(|reach| reach.next.saturating_sub(1))
                prop:value=move || number(|reach| reach.at)
                on:input=choose
            />
            <button type="button" class="quiet" title=scrubber::on_title() aria-label=scrubber::on() on:click=move |_| desk.step(true)>"›"</button>
            <span class="position">{position}</span>
            <button type="button" class="quiet now" aria-disabled=move || is_now().to_string() on:click=move |_| desk.look_at(None)>
                {scrubber::now()}
            </button>
        </div>
    }
}
