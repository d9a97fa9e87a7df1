//! The view of the chosen socket's state: the RFC's figure with its path in it, what the state means, and the path as a list.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::desk::Desk;
use crate::path::{Now, Path, drawing, legend, list, now};
use crate::session::now_ms;
use crate::texts::path as texts;
use crate::trace::{Journal, State};

/// What is drawn.
#[derive(Clone, PartialEq)]
struct Shown {
    drawing: String,
    now: Option<Now>,
    list: String,
    ends_at_ms: Option<f64>,
    /// The time that the views show, where that is not the present.
    as_of_ms: Option<f64>,
}

/// The path that was read so far, and of which journal.
type Cache = Option<(u64, Path)>;

fn read(cache: &mut Cache, number: u64, socket: crate::net::SocketId, journal: &Journal, event: Option<u64>) -> Shown {
    let known = cache.take().filter(|(of, path)| *of == number && path.socket() == socket);
    let (_, path) = cache.insert(known.unwrap_or_else(|| (number, Path::new(socket, journal))));
    path.read(journal);
    let trace = journal.trace();
    let last = event.or(trace.next_number().checked_sub(1).filter(|_| number > 0));
    Shown {
        drawing: drawing(path, event),
        now: now(path, event),
        list: list(path, event),
        ends_at_ms: path.ends_at_ms(event),
        as_of_ms: last.and_then(|last| trace.get(last)).map(|entry| entry.time_ms),
    }
}

/// The state of the chosen socket, or what to do where there is none.
#[component]
pub(super) fn StateView() -> impl IntoView {
    let desk = Desk::here();
    let cache = StoredValue::new_local(Cache::None);
    let shown = Memo::new(move |_| {
        let (socket, event) = (desk.selected.get()?, desk.event.get());
        let number = desk.journal_number();
        desk.watch_session(|session| session.journal(|journal| cache.try_update_value(|cache| read(cache, number, socket, journal, event))))
    });
    let part = move |part: fn(&Shown) -> String| Memo::new(move |_| shown.with(|shown| shown.as_ref().map(part).unwrap_or_default()));
    let head = part(|shown| shown.now.as_ref().map(|now| now.head.clone()).unwrap_or_default());
    let meaning = part(|shown| shown.now.as_ref().map(|now| now.meaning.clone()).unwrap_or_default());
    let (figure, steps) = (part(|shown| shown.drawing.clone()), part(|shown| shown.list.clone()));
    let last = Memo::new(move |_| shown.with(|shown| shown.as_ref()?.now.as_ref().map(|now| now.last.clone())));
    let is_over =
        Memo::new(move |_| shown.with(|shown| shown.as_ref().and_then(|shown| shown.now.as_ref()).is_some_and(|now| now.is_over)));
    let noted = Memo::new(move |_| note(desk, is_over.get()));
    let look = move |_| {
        if let Some((event, _)) = last.get_untracked() {
            desk.look_at(Some(event));
        }
    };
    let is_empty = move || shown.with(|shown| shown.as_ref().is_none_or(|shown| shown.now.is_none()));
    view! {
        <p class="hint" hidden=move || !is_empty()>{texts::nothing()}</p>
        <div class="state-view" hidden=is_empty on:click=move |event| look_at_clicked(desk, &event)>
            <div class="drawing" inner_html=move || figure.get()></div>
            <p class="legend" role="group" aria-label=texts::legend() inner_html=legend()></p>
            <div class="standing">
                <p class="head"><span inner_html=move || head.get()></span> <TimeLeft shown /></p>
                <div class="meaning" inner_html=move || meaning.get()></div>
                <p class="note" hidden=move || noted.with(Option::is_none)>{move || noted.get()}</p>
                <button type="button" class="quiet look" hidden=move || last.with(Option::is_none) on:click=look>
                    {move || last.get().map(|(_, text)| text)}
                </button>
            </div>
            <ol class="path" aria-label=texts::list_name() inner_html=move || steps.get()></ol>
            <p class="remark">{texts::samples()}</p>
        </div>
    }
}

/// How long until the state ends by itself; in the past as it was then.
#[component]
fn TimeLeft(shown: Memo<Option<Shown>>) -> impl IntoView {
    let clock_ms = RwSignal::new(now_ms());
    let end = Memo::new(move |_| shown.with(|shown| shown.as_ref().and_then(|shown| Some((shown.ends_at_ms?, shown.as_of_ms)))));
    let tick = move || {
        if end.with_untracked(Option::is_some) {
            clock_ms.set(now_ms());
        }
    };
    if let Ok(interval) = set_interval_with_handle(tick, Duration::from_secs(1)) {
        on_cleanup(move || interval.clear());
    }
    let left = move || {
        let (end_ms, as_of_ms) = end.get()?;
        let left_ms = (end_ms - as_of_ms.unwrap_or_else(|| clock_ms.get().max(now_ms()))).max(0.0);
        Some(texts::time_left(&format!("{:.0}", (left_ms / 1000.0).ceil())))
    };
    view! {
        <span role="timer" class="left" aria-label=texts::time_left_name() hidden=move || end.with(Option::is_none)>{left}</span>
    }
}

/// What else is to be said of a socket whose descriptor is gone.
fn note(desk: Desk, is_over: bool) -> Option<&'static str> {
    desk.then.with(|socket| {
        let socket = socket.as_ref().filter(|socket| socket.gone && socket.was_connected)?;
        match socket.state {
            State::RelayLost | State::EndedByRelay => Some(texts::relay_gone()),
            _ => (!is_over).then(texts::descriptor_closed),
        }
    })
}

fn look_at_clicked(desk: Desk, event: &leptos::ev::MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let button = target.and_then(|target| target.closest("[data-event]").ok().flatten());
    if let Some(number) = button.and_then(|button| button.get_attribute("data-event")).and_then(|number| number.parse().ok()) {
        desk.look_at(Some(number));
    }
}
