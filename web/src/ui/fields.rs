//! Labelled fields. Their names are the arguments' names.

use leptos::prelude::*;

use crate::texts::calls;
use crate::trace::{Explanation, no_port};

/// A field for a text, one line long.
#[component]
pub(super) fn TextField(label: &'static str, value: RwSignal<String>) -> impl IntoView {
    view! {
        <label class="field field-text">
            <span>{label}</span>
            <input type="text" autocomplete="off" autocapitalize="off" spellcheck="false" bind:value=value />
        </label>
    }
}

/// A field for a number.
#[component]
pub(super) fn NumberField(label: &'static str, value: RwSignal<String>, #[prop(optional)] placeholder: &'static str) -> impl IntoView {
    view! {
        <label class="field field-number">
            <span>{label}</span>
            <NumberInput value placeholder />
        </label>
    }
}

/// The control of a number, which the arrow keys make larger and smaller. Whatever is typed is kept: whether it is a port is for the call to say.
///
/// A number field of the browser's own would keep to itself what is no number, or none yet, and leave out of what is pasted what does not suit it.
#[component]
pub(super) fn NumberInput(value: RwSignal<String>, #[prop(optional)] placeholder: &'static str) -> impl IntoView {
    let number = move |written: &String| written.trim().parse::<i64>().ok();
    let step = move |event: leptos::ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowUp" => 1,
            "ArrowDown" => -1,
            _ => return,
        };
        if let Some(stepped) = value.with_untracked(number).and_then(|number| number.checked_add(by)) {
            event.prevent_default();
            value.set(stepped.to_string());
        }
    };
    view! {
        <input
            type="text"
            role="spinbutton"
            inputmode="numeric"
            autocomplete="off"
            spellcheck="false"
            placeholder=placeholder
            aria-valuenow=move || value.with(number).map(|number| number.to_string())
            bind:value=value
            on:keydown=step
        />
    }
}

/// A port, as far as a call can carry what was written: one above 65535 is for the relay to refuse.
pub(super) fn port(written: &str) -> Result<u64, Explanation> {
    written.trim().parse().map_err(|_| no_port(written.trim()))
}

/// A whole number of 0 or more.
pub(super) fn whole_number(name: &str, written: &str) -> Result<u64, String> {
    written.trim().parse().map_err(|_| calls::whole_number_wrong(&name))
}

/// Seconds; nothing where nothing was written: then the call waits as long as it takes.
pub(super) fn seconds(name: &str, written: &str) -> Result<Option<std::time::Duration>, String> {
    if written.trim().is_empty() {
        return Ok(None);
    }
    let seconds = written.trim().parse().ok().and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
    seconds.map(Some).ok_or_else(|| calls::seconds_wrong(&name))
}
