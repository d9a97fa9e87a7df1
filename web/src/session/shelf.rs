//! The shelf of messages, as the browser keeps it for this page.

use crate::messages::Shelf;

const KEY: &str = "tcp-playground.messages";

/// What was kept; nothing where the browser keeps nothing.
pub(crate) fn kept() -> Shelf {
    storage().and_then(|storage| storage.get_item(KEY).ok().flatten()).map(|text| Shelf::read(&text)).unwrap_or_default()
}

/// Keeps it until the next visit.
pub(crate) fn keep(shelf: &Shelf) {
    // A private window may refuse; then there is no history, and nothing else is the worse for it.
    if let Some(Err(error)) = storage().map(|storage| storage.set_item(KEY, &shelf.write())) {
        web_sys::console::warn_2(&"the messages are not kept".into(), &error);
    }
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}
