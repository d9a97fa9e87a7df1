//! A call made as its button makes it, for the keys and the palette.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::desk::Desk;

/// Makes a call of the chosen socket with the arguments that stand in its form, as its button does.
pub(super) fn press(desk: Desk, call: &'static str) {
    if desk.misfit(call).is_some() {
        return;
    }
    let button = document().query_selector(&format!("form[aria-label=\"{call}\"] button[type=\"submit\"]")).ok().flatten();
    if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
        button.click();
    }
}
