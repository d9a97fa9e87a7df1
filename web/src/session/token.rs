//! The token of the relay's run: out of the address at once, into what this tab keeps across a reload.

const KEY: &str = "tcp-playground.token";

/// The token that the address brought, else the one that the tab kept. Takes it out of the address, so that nobody reads it on a projector
/// or copies it with a link.
pub(super) fn take() -> Option<String> {
    let window = web_sys::window()?;
    let storage = window.session_storage().ok().flatten();
    let hash = window.location().hash().unwrap_or_default();
    let Some(token) = hash.strip_prefix("#token=").filter(|token| !token.is_empty()) else {
        return storage.and_then(|storage| storage.get_item(KEY).ok().flatten());
    };
    let location = window.location();
    let address = format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    // Where the browser keeps nothing (a private window may refuse), the address has to stay as it is for a reload to work.
    if storage.is_some_and(|storage| storage.set_item(KEY, token).is_ok())
        && let Ok(history) = window.history()
        && let Err(error) = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address))
    {
        web_sys::console::warn_2(&"the token stays in the address".into(), &error);
    }
    Some(token.to_owned())
}

/// The relay's WebSocket: the same host that served the page.
pub(super) fn socket_url() -> String {
    let location = web_sys::window().map(|window| window.location());
    let part = |read: fn(&web_sys::Location) -> Result<String, wasm_bindgen::JsValue>| {
        location.as_ref().and_then(|location| read(location).ok()).unwrap_or_default()
    };
    let scheme = if part(web_sys::Location::protocol) == "https:" { "wss" } else { "ws" };
    format!("{scheme}://{}{}", part(web_sys::Location::host), protocol::SOCKET_PATH)
}
