//! What can be done with what happened: save it, open it, share it, take it to Wireshark. And the bar of a recording that is shown.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::clipboard::copy;
use super::desk::Desk;
use super::download::download;
use super::drafts::{Draft, SendAs};
use super::messages::recall;
use super::prose::prose;
use crate::messages as composer;
use crate::payload::LineEnding;
use crate::recording::{FILE_EXTENSION, MEDIA_TYPE, Message, PCAPNG_FILE_EXTENSION, PCAPNG_MEDIA_TYPE, Part, Scenario, Speed};
use crate::texts::recordings as text;
use crate::trace::{Kind, Socket};

/// The panel of the recording.
#[component]
pub(super) fn Recordings() -> impl IntoView {
    let desk = Desk::here();
    let (said, wrong) = (RwSignal::new(String::new()), RwSignal::new(None));
    let link = move |fragment: Result<String, String>| match fragment {
        Ok(fragment) => spawn_local(async move {
            let location = window().location();
            let address = format!("{}{}#{fragment}", location.origin().unwrap_or_default(), location.pathname().unwrap_or_default());
            let copied = copy(&address).await;
            said.set(if copied { text::link_copied(&fragment.len()) } else { address });
        }),
        Err(why) => said.set(why),
    };
    let share_session = move |_| link(desk.session(|session| session.link()).map_err(|_| text::too_large().to_owned()));
    let share_scenario = move |_| {
        let scenario = scenario(desk).ok_or_else(|| text::no_scenario().to_owned());
        link(scenario.and_then(|scenario| scenario.fragment().map_err(|_| text::too_large().to_owned())));
    };
    let choose = move |event: leptos::ev::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let Some(file) = input.as_ref().and_then(|input| input.files()).and_then(|files| files.get(0)) {
            said.set(String::new());
            wrong.set(None);
            let name = file.name();
            desk.session(|session| session.open_file(file, move |why| wrong.set(Some(text::not_opened(&name, &why)))));
        }
        // The same file may be chosen again.
        if let Some(input) = input {
            input.set_value("");
        }
    };
    view! {
        <p class="hint">{prose(text::hint())}</p>
        <button type="button" on:click=move |_| save(desk)>{text::save()}</button>
        <label class="file">
            <span>{text::open()}</span>
            <input type="file" accept=FILE_EXTENSION on:change=choose />
        </label>
        <button type="button" on:click=share_session>{text::share_session()}</button>
        <button type="button" on:click=share_scenario>{text::share_scenario()}</button>
        <button type="button" on:click=move |_| export(desk)>{text::export()}</button>
        <p class="said" role="status">{move || said.get()}</p>
        {move || wrong.get().map(|text: String| view! { <p class="alert" role="alert">{text}</p> })}
    }
}

/// Saves everything that the page shows.
pub(super) fn save(desk: Desk) {
    offer(&desk.session(|session| session.recording()), MEDIA_TYPE, FILE_EXTENSION);
}

/// The conversations as a file for Wireshark.
pub(super) fn export(desk: Desk) {
    offer(&desk.session(|session| session.packets()), PCAPNG_MEDIA_TYPE, PCAPNG_FILE_EXTENSION);
}

fn offer(parts: &js_sys::Array, media_type: &str, ending: &str) {
    if let Err(error) = download(parts, media_type, &format!("tcp-playground{ending}")) {
        leptos::logging::error!("the download did not start: {error:?}");
    }
}

/// What stands in the forms of the chosen socket, to be filled in elsewhere.
fn scenario(desk: Desk) -> Option<Scenario> {
    let socket = desk.socket.get_untracked()?;
    let draft = desk.draft()?;
    let part = if socket.kind == Kind::Listener {
        let backlog = draft.backlog.get_untracked().trim().parse().unwrap_or(5);
        Part::Server { host: draft.address.get_untracked(), port: draft.bind_port.get_untracked().trim().parse().ok()?, backlog }
    } else {
        Part::Client { host: draft.host.get_untracked(), port: draft.port.get_untracked().trim().parse().ok()? }
    };
    let data = draft.data.get_untracked();
    let message = match draft.send_as.get_untracked() {
        SendAs::Text => Some(Message::Text(data, draft.line_ending.get_untracked())),
        SendAs::Hex => Some(Message::Hex(data)),
        SendAs::File => None,
    };
    Some(Scenario { part, messages: message.into_iter().collect() })
}

/// The forms of a link's scenario wait for a socket of its kind; nothing is called.
pub(super) fn open_link(desk: Desk) {
    match desk.session(|session| session.open_link()) {
        Ok(None) => {}
        Ok(Some(scenario)) => {
            desk.notice.set(Some(match &scenario.part {
                Part::Client { host, port } => text::scenario_client(host, port),
                Part::Server { host, port, .. } => text::scenario_server(host, port),
            }));
            let last = desk.session(|session| session.sockets(|sockets| sockets.all().map(|socket| socket.id).max()));
            desk.scenario.set(Some((scenario, last.unwrap_or(crate::net::SocketId(0)))));
        }
        Err(why) => desk.notice.set(Some(text::bad_link(&why))),
    }
}

/// Fills what a link brought into the forms of the first socket of its kind.
pub(super) fn fill_in(desk: Desk) {
    Effect::new(move |_| {
        let Some(socket) = desk.socket.get() else { return };
        hand_on(desk, &socket);
        let Some((scenario, last)) = desk.scenario.get() else { return };
        let is_server = matches!(scenario.part, Part::Server { .. });
        if socket.id > last
            && is_server == (socket.kind == Kind::Listener)
            && let Some(draft) = desk.draft()
        {
            fill(&scenario, draft);
            desk.scenario.set(None);
            desk.notice.set(None);
        }
    });
}

/// What a link brought for a server is said by its connections: a listener has no composer.
fn hand_on(desk: Desk, socket: &Socket) {
    let Kind::Accepted(Some(listener)) = socket.kind else { return };
    let drafts = desk.drafts.try_update_value(|drafts| (drafts.of(listener, socket.family), drafts.of(socket.id, socket.family)));
    if let Some((from, to)) = drafts
        && to.offered.with_untracked(Vec::is_empty)
        && to.data.with_untracked(String::is_empty)
    {
        let messages = from.offered.get_untracked();
        if !messages.is_empty() {
            offer_messages(to, messages);
        }
    }
}

fn fill(scenario: &Scenario, draft: Draft) {
    match &scenario.part {
        Part::Client { host, port } => {
            draft.host.set(host.clone());
            draft.port.set(port.to_string());
        }
        Part::Server { host, port, backlog } => {
            draft.address.set(host.clone());
            draft.bind_port.set(port.to_string());
            draft.backlog.set(backlog.to_string());
        }
    }
    let composed = |message: &Message| match message {
        Message::Text(data, ending) => composer::Message::text(data, *ending),
        Message::Hex(data) => composer::Message { written: composer::Written::Hex, ending: LineEnding::None, data: data.clone() },
    };
    offer_messages(draft, scenario.messages.iter().map(composed).collect());
}

/// The first message stands in the box, and all of them, where there are several, beside those that were sent and saved.
fn offer_messages(draft: Draft, messages: Vec<composer::Message>) {
    if let Some(first) = messages.first() {
        recall(draft, first);
    }
    draft.offered.set(messages);
}

/// The bar of a recording that is shown: what it is, how it is played, and the way back.
#[component]
pub(super) fn RecordingBar() -> impl IntoView {
    const SPEEDS: [(&str, Speed); 6] = [
        ("¼×", Speed::Times(0.25)),
        ("1×", Speed::Times(1.0)),
        ("2×", Speed::Times(2.0)),
        ("4×", Speed::Times(4.0)),
        ("16×", Speed::Times(16.0)),
        ("∞", Speed::AtOnce),
    ];
    let desk = Desk::here();
    let opened = desk.session(|session| session.opened());
    let (speed, cuts) = (RwSignal::new(1_usize), RwSignal::new(false));
    let pace = move || {
        let (_, speed) = SPEEDS[speed.get_untracked().min(SPEEDS.len() - 1)];
        desk.session(|session| session.set_pace(speed, cuts.get_untracked()));
    };
    let plays = move || desk.watch_session(|session| session.is_playing());
    let choose = move |event| {
        speed.set(event_target_value(&event).parse().unwrap_or(1));
        pace();
    };
    let cut = move |_| {
        cuts.update(|cuts| *cuts = !*cuts);
        pace();
    };
    let name = move || opened.with(|opened| opened.as_ref().map(|opened| opened.name.clone()).filter(|name| !name.is_empty()));
    view! {
        <div class="notice recording" role="group" aria-label=text::shown() hidden=move || opened.with(Option::is_none)>
            <b>{text::shown()}</b>
            <span class="name">{move || name().unwrap_or_else(|| text::from_link().to_owned())}</span>
            <button type="button" class="do" on:click=move |_| desk.session(|session| session.play_or_pause())>
                {move || if plays() { text::pause() } else { text::play() }}
            </button>
            <label class="inline">
                <span>{text::speed()}</span>
                <select on:change=choose>
                    {SPEEDS
                        .iter()
                        .enumerate()
                        .map(|(index, (label, _))| {
                            view! { <option value=index.to_string() selected=move || speed.get() == index>{*label}</option> }
                        })
                        .collect_view()}
                </select>
            </label>
            <label class="inline">
                <input type="checkbox" prop:checked=move || cuts.get() on:change=cut />
                <span>{text::cut_pauses()}</span>
            </label>
            <button type="button" class="quiet" on:click=move |_| desk.session(|session| session.close_recording())>{text::close()}</button>
        </div>
    }
}
