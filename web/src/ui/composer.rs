//! What to send, as text, hexadecimal or a file, with the exact bytes shown before they go; and the quick way to receive.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::call_group::{Failure, Waiting};
use super::calls::Switch;
use super::desk::Desk;
use super::drafts::{Draft, SendAs};
use super::fields::{NumberInput, whole_number};
use super::messages::{Walk, composed};
use super::pieces::{VIEWS, act, drawn_later};
use super::stream_rows::Spans;
use crate::net::SocketId;
use crate::payload::{self, LineEnding};
use crate::session::Payload;
use crate::texts::composer as text;
use crate::trace::{Kind, bytes_in_words, visible};

/// How many bytes the preview shows.
const PREVIEW_BYTES: usize = 120;

/// A chosen file: the handle, outside the reactive graph, and what is shown of it.
type Chosen = (StoredValue<Option<web_sys::File>, LocalStorage>, RwSignal<Option<(String, u64)>>);

/// The composer of the chosen socket; a listener has none.
#[component]
pub(super) fn ComposerPanel() -> impl IntoView {
    let desk = Desk::here();
    let shown = Memo::new(move |_| {
        desk.formed().filter(|socket| socket.kind != Kind::Listener).map(|socket| (socket.id, socket.family, socket.kind))
    });
    move || {
        shown.get().map(|(id, family, kind)| {
            let draft = desk.drafts.try_update_value(|drafts| drafts.of(id, family))?;
            Some(view! {
                <section class="panel composer" aria-label=text::panel()>
                    <Sending desk id draft is_accepted=matches!(kind, Kind::Accepted(_)) />
                    <Receiving desk id draft />
                </section>
            })
        })
    }
}

fn written(draft: Draft) -> Result<Vec<u8>, String> {
    match draft.send_as.get() {
        SendAs::Text => draft.data.with(|data| payload::text(data, draft.line_ending.get())),
        SendAs::Hex => draft.data.with(|data| payload::hex(data)),
        SendAs::File => Ok(vec![]),
    }
    .map_err(|mistake| mistake.to_string())
}

#[component]
fn Sending(desk: Desk, id: SocketId, draft: Draft, is_accepted: bool) -> impl IntoView {
    let file: Chosen = (StoredValue::new_local(None), RwSignal::new(None));
    let bytes = Memo::new(move |_| written(draft));
    let misfit = Memo::new(move |_| desk.misfit("send"));
    let nothing = Memo::new(move |_| match draft.send_as.get() {
        SendAs::File => file.1.with(|file| file.as_ref().is_none_or(|(_, size)| *size == 0)).then_some(text::choose_file()),
        _ => bytes.with(|bytes| bytes.as_ref().is_ok_and(Vec::is_empty)).then_some(text::nothing_yet()),
    });
    let why_not = Memo::new(move |_| misfit.get().or_else(|| nothing.get().map(str::to_owned)));
    let send = move || {
        if why_not.get_untracked().is_some() {
            return;
        }
        let payload = match draft.send_as.get_untracked() {
            SendAs::File => file.0.get_value().map(Payload::File),
            _ => bytes.get_untracked().ok().map(Payload::Bytes),
        };
        if let Some(payload) = payload {
            if let Some(message) = untrack(|| composed(draft)) {
                act(desk, &VIEWS, move |views| (views.note_sent)(message));
            }
            desk.session(|session| session.send(id, payload));
        }
    };
    let walk = StoredValue::new(Walk::default());
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            send();
        } else if event.alt_key() && matches!(event.key().as_str(), "ArrowUp" | "ArrowDown") {
            event.prevent_default();
            let back = event.key() == "ArrowUp";
            act(desk, &VIEWS, move |views| (views.walk)(walk, draft, back));
        }
    };
    let target = Signal::derive(move || desk.socket.with(|socket| socket.as_ref().and_then(|socket| socket.target.clone())));
    let unreadable = desk.session(|session| session.unreadable());
    let unreadable = move || unreadable.get().filter(|(socket, _)| *socket == id).map(|(_, text)| text);
    let mistake = Memo::new(move |_| bytes.with(|bytes| bytes.as_ref().err().cloned()).or_else(unreadable));
    view! {
        <div role="group" aria-label="send" class="sending" on:keydown=on_key>
            <div class="composer-bar">
                <SendAsChoice draft />
                <LineEndingChoice draft />
                {drawn_later(&VIEWS, move |views| (views.messages)(draft, target))}
                <Preview draft bytes file=file.1 />
            </div>
            <div class="composer-data">
                {move || match draft.send_as.get() {
                    SendAs::File => view! { <FileChoice file /> }.into_any(),
                    kind => view! { <Data draft is_hex={kind == SendAs::Hex} is_accepted bytes /> }.into_any(),
                }}
                <button
                    type="button"
                    class="primary send"
                    aria-disabled=move || why_not.with(Option::is_some).to_string()
                    aria-describedby="why-not-send"
                    aria-keyshortcuts="Control+Enter Meta+Enter"
                    title=move || why_not.get().unwrap_or_else(|| "Ctrl+Enter".to_owned())
                    on:click=move |_| send()
                >
                    {text::send()}
                </button>
            </div>
            <p class="why-not" id="why-not-send" hidden=move || misfit.with(Option::is_none)>{move || misfit.get()}</p>
            <Waiting call="send" />
            // One alert, the newest: what is written now comes after the failure of an earlier send.
            {move || match mistake.get() {
                Some(text) => view! { <p class="alert" role="alert">{text}</p> }.into_any(),
                None => view! { <Failure call="send" /> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn SendAsChoice(draft: Draft) -> impl IntoView {
    let option = move |kind: SendAs, label: &'static str| {
        view! {
            <label>
                <input
                    type="radio"
                    name="send-as"
                    prop:checked=move || draft.send_as.get() == kind
                    on:change=move |_| draft.send_as.set(kind)
                />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <div role="radiogroup" aria-label=text::send_as() class="choice">
            {option(SendAs::Text, text::text())} {option(SendAs::Hex, text::hex())} {option(SendAs::File, text::file())}
        </div>
    }
}

#[component]
fn LineEndingChoice(draft: Draft) -> impl IntoView {
    let choose = move |event| {
        let chosen = event_target_value(&event);
        draft.line_ending.set(LineEnding::ALL.into_iter().find(|ending| ending.label() == chosen).unwrap_or_default());
    };
    let options = LineEnding::ALL.map(|ending| {
        view! {
            <option value=ending.label() selected=move || draft.line_ending.get() == ending>
                {if ending == LineEnding::None { text::none() } else { ending.label() }}
            </option>
        }
    });
    view! {
        <label class="inline" hidden=move || draft.send_as.get() != SendAs::Text>
            <span>{text::line_ending()}</span>
            <select on:change=choose>{options.into_iter().collect_view()}</select>
        </label>
    }
}

#[component]
fn Preview(draft: Draft, bytes: Memo<Result<Vec<u8>, String>>, file: RwSignal<Option<(String, u64)>>) -> impl IntoView {
    let count = move || match draft.send_as.get() {
        SendAs::File => file.get().map(|(_, size)| bytes_in_words(size)),
        _ => bytes.with(|bytes| bytes.as_ref().ok().map(|bytes| bytes_in_words(bytes.len() as u64))),
    };
    let seen = move || {
        bytes.with(|bytes| {
            let bytes = bytes.as_ref().ok()?;
            let spans = visible(bytes.get(..PREVIEW_BYTES).unwrap_or(bytes));
            Some(view! { <Spans spans /> {(bytes.len() > PREVIEW_BYTES).then_some("…")} })
        })
    };
    view! {
        <p class="preview">
            <span class="count">{move || count().map(|count| format!("→ {count}"))}</span>
            <span class="seen" aria-hidden="true">{seen}</span>
        </p>
    }
}

#[component]
fn Data(draft: Draft, is_hex: bool, is_accepted: bool, bytes: Memo<Result<Vec<u8>, String>>) -> impl IntoView {
    // What a server says first, or a client.
    let placeholder = match (is_hex, is_accepted) {
        (true, _) => "48 65 6c 6c 6f 0d 0a",
        (false, true) => r"Hello, client!\n",
        (false, false) => r"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    };
    view! {
        <textarea
            rows="3"
            id="data-to-send"
            aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
            aria-label=text::data()
            autocapitalize="off"
            autocomplete="off"
            spellcheck="false"
            placeholder=placeholder
            aria-invalid=move || bytes.with(Result::is_err).to_string()
            prop:value=move || draft.data.get()
            on:input=move |event| draft.data.set(event_target_value(&event))
        ></textarea>
    }
}

#[component]
fn FileChoice(file: Chosen) -> impl IntoView {
    let choose = move |event: leptos::ev::Event| {
        let chosen = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        let chosen = chosen.and_then(|input| input.files()).and_then(|files| files.get(0));
        file.1.set(chosen.as_ref().map(|file| (file.name(), file.size() as u64)));
        file.0.set_value(chosen);
    };
    view! {
        <label class="file">
            <span>{text::file_to_send()}</span>
            <input type="file" on:change=choose />
        </label>
    }
}

#[component]
fn Receiving(desk: Desk, id: SocketId, draft: Draft) -> impl IntoView {
    let misfit = Signal::derive(move || desk.socket.with(|socket| socket.as_ref().and_then(|socket| socket.misfit("recv"))));
    let why_not = Memo::new(move |_| desk.misfit("recv"));
    let automatic = Signal::derive(move || desk.runs("recv").is_some_and(|running| running.automatic));
    let mistake = RwSignal::new(None);
    let max = move || {
        let max = whole_number(text::receive_at_most(), &draft.max.get_untracked());
        mistake.set(max.as_ref().err().cloned());
        max.ok()
    };
    let receive = move |_| {
        if why_not.with_untracked(Option::is_none)
            && let Some(max) = max()
        {
            desk.session(|session| session.recv(id, max, vec![], None));
        }
    };
    let switch = move |()| {
        if automatic.get_untracked() {
            desk.session(|session| session.cancel(id, "recv"));
        } else if misfit.get_untracked().is_none()
            && let Some(max) = max()
        {
            desk.session(|session| session.recv_automatically(id, max));
        }
    };
    view! {
        <div class="receiving">
            <label class="inline">
                <span>{text::receive_at_most()}</span>
                <NumberInput value=draft.max />
            </label>
            <button
                type="button"
                class="do"
                aria-disabled=move || why_not.with(Option::is_some).to_string()
                title=move || why_not.get()
                on:click=receive
            >
                {text::receive()}
            </button>
            <Switch label=text::receive_automatically() on=automatic misfit on_click=Callback::new(switch) />
            <p class="alert" role="alert" hidden=move || mistake.with(Option::is_none)>{move || mistake.get()}</p>
        </div>
    }
}
