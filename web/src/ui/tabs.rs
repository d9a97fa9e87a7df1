//! Tabs (WAI-ARIA authoring practices): the arrow keys go from one to the next, and what is chosen is shown.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::texts::Named;

/// One tab: what its element and its panel are called in the document, and what it says.
pub(super) type Tab = Named;

/// The list of tabs. The panel of a tab has the id `view-<name>` and is labelled by `tab-<name>`.
#[component]
pub(super) fn TabList(label: &'static str, tabs: &'static [Tab], chosen: RwSignal<&'static str>) -> impl IntoView {
    let go = move |event: leptos::ev::KeyboardEvent| {
        let at = tabs.iter().position(|(name, _)| *name == chosen.get_untracked()).unwrap_or_default();
        let to = match event.key().as_str() {
            "ArrowRight" => (at + 1) % tabs.len(),
            "ArrowLeft" => (at + tabs.len() - 1) % tabs.len(),
            "Home" => 0,
            "End" => tabs.len() - 1,
            _ => return,
        };
        event.prevent_default();
        chosen.set(tabs[to].0);
        let tab = document().get_element_by_id(&format!("tab-{}", tabs[to].0));
        if let Some(Err(error)) = tab.and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok()).map(|tab| tab.focus()) {
            leptos::logging::warn!("the focus could not be moved: {error:?}");
        }
    };
    let tab = move |(name, says): &Tab| {
        let (name, says) = (*name, *says);
        let is_chosen = move || chosen.get() == name;
        view! {
            <button
                type="button"
                role="tab"
                id=format!("tab-{name}")
                aria-controls=format!("view-{name}")
                aria-selected=move || is_chosen().to_string()
                tabindex=move || if is_chosen() { "0" } else { "-1" }
                on:click=move |_| chosen.set(name)
            >
                {says()}
            </button>
        }
    };
    view! {
        <div role="tablist" aria-label=label class="tabs" on:keydown=go>
            {tabs.iter().map(tab).collect_view()}
        </div>
    }
}

/// What a tab shows, made when it is chosen and gone when another is.
#[component]
pub(super) fn TabPanel(name: &'static str, chosen: RwSignal<&'static str>, children: ChildrenFn) -> impl IntoView {
    view! {
        <div role="tabpanel" id=format!("view-{name}") aria-labelledby=format!("tab-{name}") class="view" hidden=move || chosen.get() != name>
            {move || (chosen.get() == name).then(|| children())}
        </div>
    }
}
