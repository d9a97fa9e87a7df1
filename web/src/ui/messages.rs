//! The messages that fill the composer's box in: what was sent, what was saved under a name, and those to begin with. One button opens them all.

use leptos::html::{Button, Div};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::drafts::{Draft, SendAs};
use crate::bytes::{escaped, shown};
use crate::messages::{Message, Preset, Shelf, Written};
use crate::session::{keep, kept};
use crate::texts::messages as texts;

/// How many bytes of a message are shown.
const SHOWN_BYTES: usize = 60;

/// What the box holds as a message; a file is none.
pub(super) fn composed(draft: Draft) -> Option<Message> {
    let written = match draft.send_as.get() {
        SendAs::Text => Written::Text,
        SendAs::Hex => Written::Hex,
        SendAs::File => return None,
    };
    Some(Message { written, ending: draft.line_ending.get(), data: draft.data.get() })
}

/// Puts a message into the box, and the focus with it.
pub(super) fn recall(draft: Draft, message: &Message) {
    draft.send_as.set(if message.written == Written::Hex { SendAs::Hex } else { SendAs::Text });
    draft.line_ending.set(message.ending);
    draft.data.set(message.data.clone());
}

/// Notes what is sent.
pub(super) fn note_sent(message: Message) {
    // Another window may have noted something meanwhile.
    let mut shelf = kept();
    shelf.note(message);
    keep(&shelf);
}

/// Goes through what was sent.
pub(super) fn walk(walk: StoredValue<Walk>, draft: Draft, back: bool) {
    walk.update_value(|walk| walk.go(draft, back));
}

/// Where somebody is who goes through the history with Alt and the arrows, and what was in the box before.
#[derive(Clone, Default)]
pub(super) struct Walk {
    at: Option<usize>,
    before: Option<Message>,
}

impl Walk {
    /// One message back, or one on; the end of the way on is what was in the box before.
    fn go(&mut self, draft: Draft, back: bool) {
        let shelf = kept();
        let now = untrack(|| composed(draft));
        let here = self.at.filter(|at| shelf.sent().get(*at) == now.as_ref());
        let next = match (here, back) {
            (None, true) => 0,
            (Some(at), true) => at + 1,
            (None, false) => return,
            (Some(0), false) => {
                self.at = None;
                if let Some(before) = self.before.take() {
                    recall(draft, &before);
                }
                return;
            }
            (Some(at), false) => at - 1,
        };
        // What is in the box already, because it was just sent, is no step.
        let next = if here.is_none() && shelf.sent().first() == now.as_ref() { next + 1 } else { next };
        if let Some(message) = shelf.sent().get(next) {
            if here.is_none() {
                self.before = now;
            }
            self.at = Some(next);
            recall(draft, message);
        }
    }
}

/// The button, and the panel that it opens.
#[component]
pub(super) fn Messages(draft: Draft, target: Signal<Option<String>>) -> impl IntoView {
    let (is_open, shelf, name) = (RwSignal::new(false), RwSignal::new(Shelf::default()), RwSignal::new(String::new()));
    let (opener, panel) = (NodeRef::<Button>::new(), NodeRef::<Div>::new());
    let open = move |_| {
        shelf.set(kept());
        is_open.update(|is_open| *is_open = !*is_open);
        if is_open.get_untracked() {
            request_animation_frame(|| focus("message-0"));
        }
    };
    let close = move || {
        is_open.set(false);
        if let Some(opener) = opener.get_untracked() {
            focused(opener.focus());
        }
    };
    let choose = move |event: leptos::ev::MouseEvent| {
        let target_element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let Some(chosen) = target_element.and_then(|element| element.closest("[data-message]").ok().flatten()) else { return };
        let what = chosen.get_attribute("data-message").unwrap_or_default();
        let Some((kind, index)) = what.split_once(' ').and_then(|(kind, index)| Some((kind, index.parse::<usize>().ok()?))) else { return };
        let message = match kind {
            "preset" => Preset::ALL.get(index).map(|preset| preset.message(target.get_untracked().as_deref())),
            "offered" => draft.offered.with_untracked(|offered| offered.get(index).cloned()),
            "sent" => shelf.with_untracked(|shelf| shelf.sent().get(index).cloned()),
            "saved" => shelf.with_untracked(|shelf| shelf.saved().get(index).map(|(_, message)| message.clone())),
            _ => {
                if let Some((name, _)) = shelf.get_untracked().saved().get(index) {
                    change(shelf, |shelf| shelf.forget(name));
                }
                if let Some(panel) = panel.get_untracked() {
                    focused(panel.focus());
                }
                None
            }
        };
        if let Some(message) = message {
            recall(draft, &message);
            is_open.set(false);
            request_animation_frame(|| focus("data-to-send"));
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        // What is typed here is not for the box.
        event.stop_propagation();
        let step: i32 = match event.key().as_str() {
            "Escape" => {
                event.prevent_default();
                return close();
            }
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        event.prevent_default();
        let at = document().active_element().and_then(|element| element.id().strip_prefix("message-")?.parse::<i32>().ok());
        focus(&format!("message-{}", at.map_or(0, |at| at + step)));
    };
    // The frame after: only then it is known where the focus went.
    let on_leave = move |_| {
        request_animation_frame(move || {
            let active = document().active_element();
            let is_within = panel.try_get_untracked().flatten().is_some_and(|panel| panel.contains(active.as_deref()));
            let is_opener = active.is_some_and(|active| active.id() == "messages-button");
            if !is_within && !is_opener {
                is_open.try_set(false);
            }
        });
    };
    let markup = move || shelf.with(|shelf| draft.offered.with(|offered| groups(shelf, offered, target.get().as_deref())));
    view! {
        <div class="messages">
            <button
                type="button"
                class="quiet"
                id="messages-button"
                aria-haspopup="dialog"
                aria-expanded=move || is_open.get().to_string()
                title=texts::button_title()
                node_ref=opener
                on:click=open
            >
                {texts::button()}
            </button>
            <Show when=move || is_open.get()>
                <div class="messages-panel" role="dialog" aria-label=texts::button() tabindex="-1" node_ref=panel on:keydown=on_key on:focusout=on_leave>
                    <div on:click=choose inner_html=markup></div>
                    <Save draft shelf name />
                </div>
            </Show>
        </div>
    }
}

/// Saves what is in the box.
#[component]
fn Save(draft: Draft, shelf: RwSignal<Shelf>, name: RwSignal<String>) -> impl IntoView {
    let why_not = Memo::new(move |_| match composed(draft) {
        Some(message) if !message.data.is_empty() => name.with(|name| name.trim().is_empty()).then(texts::no_name),
        _ => Some(texts::nothing_to_save()),
    });
    let full = RwSignal::new(false);
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let (None, Some(message)) = (why_not.get_untracked(), untrack(|| composed(draft))) {
            let mut is_saved = false;
            change(shelf, |shelf| is_saved = shelf.save(&name.get_untracked(), message));
            full.set(!is_saved);
            if is_saved {
                name.set(String::new());
            }
        }
    };
    view! {
        <form class="save" on:submit=save>
            <input type="text" aria-label=texts::name() placeholder=texts::name() autocomplete="off" maxlength="60" bind:value=name />
            <button type="submit" class="do" aria-disabled=move || why_not.with(Option::is_some).to_string() title=move || why_not.get()>
                {texts::save()}
            </button>
            <p class="alert" role="alert" hidden=move || !full.get()>{texts::no_room()}</p>
        </form>
    }
}

fn change(shelf: RwSignal<Shelf>, change: impl FnOnce(&mut Shelf)) {
    // Another window may have changed it meanwhile.
    let mut now = kept();
    change(&mut now);
    keep(&now);
    shelf.set(now);
}

fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        focused(element.focus());
    }
}

fn focused(outcome: Result<(), wasm_bindgen::JsValue>) {
    if let Err(error) = outcome {
        leptos::logging::warn!("the focus could not be moved: {error:?}");
    }
}

/// The groups as markup, their buttons numbered through for the arrow keys.
fn groups(shelf: &Shelf, offered: &[Message], target: Option<&str>) -> String {
    let mut list = List { markup: String::new(), count: 0 };
    if !offered.is_empty() {
        list.begin(texts::offered());
        for (index, message) in offered.iter().enumerate() {
            list.item(&format!("offered {index}"), "", message);
        }
    }
    list.begin(texts::presets());
    for (index, preset) in Preset::ALL.into_iter().enumerate() {
        let name = match preset {
            Preset::HttpGet => texts::http_get(),
            Preset::Greeting => texts::greeting(),
            Preset::RespPing => texts::resp_ping(),
            Preset::SmtpHelo => texts::smtp_helo(),
            Preset::LengthPrefix => texts::length_prefix(),
        };
        list.item(&format!("preset {index}"), name, &preset.message(target));
    }
    list.begin(texts::saved());
    for (index, (name, message)) in shelf.saved().iter().enumerate() {
        list.markup.push_str("<div class=\"saved\">");
        list.item(&format!("saved {index}"), name, message);
        let says = escaped(&texts::delete(name));
        let number = list.next();
        list.markup.push_str(&format!(
            "<button type=\"button\" class=\"quiet delete\" id=\"message-{number}\" data-message=\"delete {index}\" aria-label=\"{says}\" title=\"{says}\">×</button></div>"
        ));
    }
    list.end(shelf.saved().is_empty().then(texts::none_saved));
    list.begin(texts::history());
    for (index, message) in shelf.sent().iter().enumerate() {
        list.item(&format!("sent {index}"), "", message);
    }
    list.end(shelf.sent().is_empty().then(texts::none_sent));
    list.markup
}

struct List {
    markup: String,
    count: u32,
}

impl List {
    fn next(&mut self) -> u32 {
        self.count += 1;
        self.count - 1
    }

    fn begin(&mut self, name: &str) {
        if !self.markup.is_empty() && !self.markup.ends_with("</section>") {
            self.end(None);
        }
        self.markup.push_str(&format!("<section role=\"group\" aria-label=\"{name}\"><h2>{name}</h2>"));
    }

    fn end(&mut self, empty: Option<&str>) {
        if let Some(says) = empty {
            self.markup.push_str(&format!("<p class=\"muted\">{says}</p>"));
        }
        self.markup.push_str("</section>");
    }

    fn item(&mut self, what: &str, name: &str, message: &Message) {
        let bytes = message.bytes().unwrap_or_default();
        let number = self.next();
        self.markup.push_str(&format!("<button type=\"button\" class=\"message\" id=\"message-{number}\" data-message=\"{what}\">"));
        if !name.is_empty() {
            self.markup.push_str(&format!("<b>{}</b> ", escaped(name)));
        }
        self.markup.push_str(&format!("<span class=\"seen\">{}", shown(bytes.get(..SHOWN_BYTES).unwrap_or(&bytes))));
        self.markup.push_str(if bytes.len() > SHOWN_BYTES { "…</span></button>" } else { "</span></button>" });
    }
}
