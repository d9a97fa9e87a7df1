//! A button and the panel that it opens: the browser's own popover, which closes on Escape or a click elsewhere and gives the focus back.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The button says `label`; the panel is named by it. One that is only read (`is_text`) can have the focus itself, so that the keyboard scrolls it.
#[component]
pub(super) fn Popover(name: &'static str, label: &'static str, #[prop(optional)] is_text: bool, children: Children) -> impl IntoView {
    view! {
        <button type="button" class="quiet" popovertarget=format!("popover-{name}")>{label}</button>
        <div popover="auto" id=format!("popover-{name}") class="popover" role="dialog" aria-label=label tabindex=is_text.then_some("0")>
            {children()}
        </div>
    }
}

/// Closes the panel of that name.
pub(super) fn close(name: &str) {
    let popover =
        document().get_element_by_id(&format!("popover-{name}")).and_then(|popover| popover.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(Err(error)) = popover.map(|popover| popover.hide_popover()) {
        leptos::logging::warn!("{name} stays open: {error:?}");
    }
}
