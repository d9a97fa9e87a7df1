//! Labelled fields. Their names are the arguments' names.

use leptos::prelude::*;

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

/// A field for a whole number. Whatever is typed is kept: whether it is a port is for the socket to say.
#[component]
pub(super) fn NumberField(label: &'static str, value: RwSignal<String>, #[prop(optional)] placeholder: &'static str) -> impl IntoView {
    view! {
        <label class="field field-number">
            <span>{label}</span>
            <input type="number" step="any" inputmode="numeric" autocomplete="off" placeholder=placeholder bind:value=value />
        </label>
    }
}

/// A whole number of 0 or more.
pub(super) fn whole_number(name: &str, written: &str) -> Result<u64, String> {
    written.trim().parse().map_err(|_| format!("{name} must be a whole number of 0 or more."))
}

/// Seconds; nothing where nothing was written: then the call waits as long as it takes.
pub(super) fn seconds(name: &str, written: &str) -> Result<Option<std::time::Duration>, String> {
    if written.trim().is_empty() {
        return Ok(None);
    }
    let seconds = written.trim().parse().ok().and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
    seconds.map(Some).ok_or_else(|| format!("{name} must be a number of seconds, such as 5 or 0.5."))
}
