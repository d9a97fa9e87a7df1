//! The scripts over a reload. This tab of the browser has its own, as it has its own trace; a new one begins with those that were written down last, wherever that was.

use web_sys::Storage;

use crate::editor::Files;
use crate::script::ScriptId;

const KEY: &str = "tcp-playground.scripts";

/// What was kept; nothing where the browser keeps nothing.
pub(super) fn kept(id: impl FnMut() -> ScriptId) -> Files {
    let text = storages().into_iter().find_map(|storage| storage.get_item(KEY).ok().flatten());
    text.map(|text| Files::read(&text, id)).unwrap_or_default()
}

/// Keeps all that can be kept, and says whether that was everything.
pub(super) fn keep(files: &Files) -> bool {
    let (text, is_all) = files.write();
    let storages = storages();
    let stored = storages.iter().filter(|storage| storage.set_item(KEY, &text).is_ok()).count();
    is_all && stored == 2
}

fn storages() -> Vec<Storage> {
    let Some(window) = web_sys::window() else { return vec![] };
    [window.session_storage(), window.local_storage()].into_iter().filter_map(|storage| storage.ok().flatten()).collect()
}
