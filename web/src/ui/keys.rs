//! Single keys, which act outside of text fields and can be switched off (WCAG 2.2, 2.1.4). None is one of the browser's own.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::desk::Desk;
use super::pieces::{VIEWS, act as act_in};
use super::press::press;

/// Listens for as long as the component that calls this lives.
pub(super) fn listen(desk: Desk) {
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        if is_chord(&event) || event.default_prevented() || event.repeat() && event.key() != "[" && event.key() != "]" {
            return;
        }
        if desk.settings.keys.get_untracked() && !is_written_to(&event) && act(desk, &event.key()) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Whether it is a key of the browser or of the system. Many keyboards have `[` only together with AltGr, or with Alt.
fn is_chord(event: &leptos::ev::KeyboardEvent) -> bool {
    let is_letter = event.key().chars().all(char::is_alphanumeric);
    ((event.ctrl_key() || event.meta_key()) && !event.get_modifier_state("AltGraph")) || (event.alt_key() && is_letter)
}

/// Whether the key belongs to what has the focus: a field to write in, a list to choose from.
fn is_written_to(event: &leptos::ev::KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else { return false };
    let is_field = match target.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        // A box to tick and a bar to slide take no letters.
        "INPUT" => !matches!(target.get_attribute("type").as_deref(), Some("checkbox" | "radio" | "range" | "button")),
        _ => false,
    };
    is_field || target.closest("[contenteditable], [popover]").is_ok_and(|found| found.is_some())
}

fn act(desk: Desk, key: &str) -> bool {
    match key {
        "c" => press(desk, "connect"),
        "l" => press(desk, "listen"),
        "a" => press(desk, "accept"),
        "r" => press(desk, "recv"),
        "d" => press(desk, "shutdown"),
        "x" => press(desk, "close"),
        "[" => desk.step(false),
        "]" => desk.step(true),
        "k" => open("popover-commands"),
        "p" => act_in(desk, &VIEWS, move |views| (views.projector)(desk)),
        "?" => open("popover-help"),
        _ => return false,
    }
    true
}

fn open(popover: &str) {
    let popover = document().get_element_by_id(popover).and_then(|popover| popover.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(Err(error)) = popover.map(|popover| popover.show_popover()) {
        leptos::logging::warn!("it does not open: {error:?}");
    }
}
