//! Help in place: the two flows in three sentences each, the keys, and where more is written.

use leptos::prelude::*;

use super::prose::prose;
use crate::texts::{Named, help as text};

/// The keys that act, with what they do.
const KEYS: [Named; 12] = [
    ("Ctrl+Enter", text::key_send),
    ("c", text::key_connect),
    ("l", text::key_listen),
    ("a", text::key_accept),
    ("r", text::key_recv),
    ("d", text::key_shutdown),
    ("x", text::key_close),
    ("[", text::key_back),
    ("]", text::key_on),
    ("k", text::key_commands),
    ("p", text::key_projector),
    ("?", text::key_help),
];

/// What stands in the help.
#[component]
pub(super) fn Help() -> impl IntoView {
    let row = |(key, says): &Named| view! { <dt><kbd>{*key}</kbd></dt> <dd>{says()}</dd> };
    view! {
        <h2>{text::flows()}</h2>
        <p>{prose(text::client())}</p>
        <p>{prose(text::server())}</p>
        <p>{prose(text::script())}</p>
        <p>{prose(text::honest())}</p>
        <h2>{text::keys()}</h2>
        <dl class="keys">{KEYS.iter().map(row).collect_view()}</dl>
    }
}
