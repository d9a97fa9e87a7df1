//! The tabs of the scripts, and what can be done with their files.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::studio::Studio;
use crate::editor::{File, Files};
use crate::script::ScriptId;
use crate::texts::script as text;
use crate::ui::download::download;
use crate::ui::popover::Popover;

/// What a file of Python is to a browser.
const MEDIA_TYPE: &str = "text/x-python";

/// The row of tabs.
#[component]
pub(super) fn ScriptTabs() -> impl IntoView {
    let studio = Studio::here();
    let ids = Memo::new(move |_| studio.files.with(|files| files.all().iter().map(|file| file.id).collect::<Vec<_>>()));
    let name_of =
        move |id: ScriptId| studio.files.with(|files| files.get(id).map(|file| file.name.as_str().to_owned()).unwrap_or_default());
    let chosen_name = move || studio.chosen.get().map(name_of).unwrap_or_default();
    let close = move |_| {
        if let Some(id) = studio.chosen.get_untracked() {
            studio.close(id);
        }
    };
    view! {
        <div class="script-tabs">
            <div role="tablist" aria-label="Scripts" class="tabs" on:keydown=move |event| go(studio, &event)>
                <For
                    each=move || ids.get()
                    key=|id| *id
                    children=move |id| {
                        let is_chosen = move || studio.chosen.get() == Some(id);
                        view! {
                            <button
                                type="button"
                                role="tab"
                                id=format!("tab-script-{}", id.0)
                                aria-controls="script-page"
                                aria-selected=move || is_chosen().to_string()
                                tabindex=move || if is_chosen() { "0" } else { "-1" }
                                on:click=move |_| studio.choose(id)
                            >
                                {move || name_of(id)}
                                <Lamp id />
                            </button>
                        }
                    }
                />
            </div>
            <button
                type="button"
                class="quiet close-script"
                aria-label=move || text::close_one(&chosen_name())
                title=move || text::close_one(&chosen_name())
                hidden=move || studio.chosen.get().is_none()
                on:click=close
            >
                "×"
            </button>
            <button type="button" class="quiet" on:click=move |_| studio.add(text::new_name(), String::new())>{text::new()}</button>
            <span class="file-tools">
                <super::examples::Examples />
                <Popover name="script-file" label=text::file()><FileTools /></Popover>
            </span>
        </div>
    }
}

/// Says that a script runs, also of one that is not shown.
#[component]
fn Lamp(id: ScriptId) -> impl IntoView {
    let state = Studio::here().scripts().state(id);
    view! { <span class="lamp" class:on=move || state.with(|state| state.is_active()) aria-hidden="true"></span> }
}

/// The arrow keys go from tab to tab, Delete closes one.
fn go(studio: Studio, event: &leptos::ev::KeyboardEvent) {
    let (ids, at) = studio.files.with_untracked(|files| {
        let ids: Vec<ScriptId> = files.all().iter().map(|file| file.id).collect();
        let at = ids.iter().position(|id| Some(*id) == studio.chosen.get_untracked()).unwrap_or_default();
        (ids, at)
    });
    let count = ids.len();
    if count == 0 {
        return;
    }
    match event.key().as_str() {
        "ArrowRight" => studio.choose(ids[(at + 1) % count]),
        "ArrowLeft" => studio.choose(ids[(at + count - 1) % count]),
        "Home" => studio.choose(ids[0]),
        "End" => studio.choose(ids[count - 1]),
        "Delete" => studio.close(ids[at]),
        _ => return,
    }
    event.prevent_default();
    request_animation_frame(move || {
        let tab = studio.chosen.get_untracked().and_then(|id| document().get_element_by_id(&format!("tab-script-{}", id.0)));
        if let Some(Err(error)) = tab.and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok()).map(|tab| tab.focus()) {
            leptos::logging::warn!("the focus could not be moved: {error:?}");
        }
    });
}

#[component]
fn FileTools() -> impl IntoView {
    let studio = Studio::here();
    let name =
        Memo::new(move |_| studio.files.with(|files| files.chosen().map(|file: &File| file.name.as_str().to_owned())).unwrap_or_default());
    let rename = move |event| {
        if let Some(id) = studio.chosen.get_untracked() {
            studio.rename(id, &event_target_value(&event));
        }
    };
    let choose = move |event: leptos::ev::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let Some(file) = input.as_ref().and_then(|input| input.files()).and_then(|files| files.get(0)) {
            spawn_local(open(studio, file));
        }
        // The same file may be chosen again.
        if let Some(input) = input {
            input.set_value("");
        }
    };
    view! {
        <label class="field">
            <span>{text::file_name()}</span>
            <input type="text" autocomplete="off" autocapitalize="off" spellcheck="false" prop:value=move || name.get() on:change=rename />
        </label>
        <label class="file">
            <span>{text::open()}</span>
            <input type="file" accept=".py,text/x-python,text/plain" on:change=choose />
        </label>
        <button type="button" on:click=move |_| save(studio)>{text::save()}</button>
        <p class="said" role="status">{move || studio.notice.get()}</p>
    }
}

async fn open(studio: Studio, file: web_sys::File) {
    let name = file.name();
    if file.size() > Files::MOST_TEXT as f64 {
        return studio.notice.set(Some(text::too_long(&name)));
    }
    match JsFuture::from(file.text()).await {
        Ok(content) => studio.begin_with(&name, content.as_string().unwrap_or_default().replace("\r\n", "\n")),
        Err(error) => studio.notice.set(Some(text::unreadable(&name, &format!("{error:?}")))),
    }
}

fn save(studio: Studio) {
    let Some((name, content)) = studio.shown() else { return };
    let parts = js_sys::Array::of1(&content.into());
    if let Err(error) = download(&parts, MEDIA_TYPE, &name) {
        leptos::logging::error!("the download did not start: {error:?}");
    }
}
