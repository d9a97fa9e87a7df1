//! Copying. `navigator.clipboard` is missing on plain http in a LAN, which is where a classroom uses the page: there the older way is used.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::texts::page;

/// A button that copies `text` and says whether that worked.
#[component]
pub(super) fn CopyButton(text: Signal<String>) -> impl IntoView {
    let said = RwSignal::new(page::copy());
    let copy = move |_| {
        spawn_local(async move {
            let copied = copy(&text.get_untracked()).await;
            said.set(if copied { page::copied() } else { page::copy_refused() });
            set_timeout(
                move || {
                    said.try_set(page::copy());
                },
                Duration::from_secs(3),
            );
        });
    };
    view! {
        <button type="button" class="quiet" aria-live="polite" on:click=copy>{move || said.get()}</button>
    }
}

/// Copies `text`, and returns whether that worked.
pub(super) async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    let has_clipboard = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).is_ok_and(|clipboard| !clipboard.is_undefined());
    if has_clipboard && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok() {
        return true;
    }
    copy_by_selection(text).unwrap_or(false)
}

fn copy_by_selection(text: &str) -> Result<bool, JsValue> {
    let area: web_sys::HtmlTextAreaElement = document().create_element("textarea")?.dyn_into()?;
    area.set_value(text);
    area.set_class_name("off-screen");
    let body = document().body().ok_or(JsValue::NULL)?;
    body.append_child(&area)?;
    area.select();
    let document = document().dyn_into::<web_sys::HtmlDocument>()?;
    let copied = document.exec_command("copy");
    area.remove();
    copied
}
