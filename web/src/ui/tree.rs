//! The sockets, as a tree: each listener with what was accepted from it.

use leptos::prelude::*;
use protocol::Family;
use wasm_bindgen::JsCast;

use super::desk::Desk;
use super::pieces::{HAND, drawn, drawn_later};
use crate::net::SocketId;
use crate::session::RelayStatus;
use crate::texts::page;
use crate::trace::{Kind, Role, Socket};

#[derive(Clone, PartialEq)]
pub(super) struct Item {
    id: SocketId,
    parent: Option<SocketId>,
    kind: String,
    addresses: String,
    state: String,
    gone: bool,
    bytes: (u64, u64),
}

impl Item {
    fn new(socket: &Socket) -> Self {
        let parent = match socket.kind {
            Kind::Accepted(parent) => parent,
            Kind::Client | Kind::Listener => None,
        };
        Self {
            id: socket.id,
            parent,
            kind: socket.kind.to_string(),
            addresses: socket.addresses(),
            state: socket.state.to_string(),
            gone: socket.gone,
            bytes: (socket.sent_bytes, socket.received_bytes),
        }
    }

    fn name(&self) -> String {
        format!("{} {} {}", self.kind, self.addresses, self.state)
    }
}

/// The tree and the buttons that make sockets.
#[component]
pub(super) fn SocketsPanel() -> impl IntoView {
    let desk = Desk::here();
    let items =
        Memo::new(move |_| desk.watch_session(|session| session.sockets_then(|sockets| sockets.tree().map(Item::new).collect::<Vec<_>>())));
    let some_gone = Memo::new(move |_| items.with(|items| items.iter().any(|item| item.gone)));
    view! {
        <section class="panel sockets" aria-label=page::sockets_panel()>
            <div class="panel-head">
                <h2>{page::sockets()}</h2>
                <Show when=move || some_gone.get()>
                    <button type="button" class="quiet" on:click=move |_| desk.session(|session| session.forget_gone())>
                        {page::clear_closed()}
                    </button>
                </Show>
            </div>
            <Makers />
            {drawn_later(&HAND, move |hand| (hand.tree)(items))}
            <Show when=move || items.with(Vec::is_empty)>
                <p class="hint">{page::no_socket()}</p>
            </Show>
        </section>
    }
}

/// The tree itself.
#[component]
pub(super) fn Tree(items: Memo<Vec<Item>>) -> impl IntoView {
    let order = move || items.with(|items| items.iter().map(|item| item.id).collect::<Vec<_>>());
    view! {
        <ul role="tree" aria-label=page::sockets() class="tree" hidden=move || items.with(Vec::is_empty)>
            <For each=order key=|id| *id let:id>
                <TreeItem id items />
            </For>
        </ul>
    }
}

#[component]
fn Makers() -> impl IntoView {
    let desk = Desk::here();
    let (status, refusal, making) = desk.session(|session| (session.relay_status(), session.refusal(), session.making()));
    let family = RwSignal::new(Family::Inet);
    let misfit = Memo::new(move |_| match status.get() {
        RelayStatus::Up(_) if making.get() => Some(page::socket_waiting()),
        RelayStatus::Up(_) => None,
        RelayStatus::Connecting => Some(page::relay_not_yet()),
        RelayStatus::NoToken | RelayStatus::Refused(_) => Some(page::open_address()),
        RelayStatus::Lost { .. } => Some(page::relay_gone()),
    });
    let make = move |role| {
        if misfit.get_untracked().is_none() {
            desk.session(|session| session.make(role, family.get_untracked()));
        }
    };
    let dimmed = move || misfit.get().is_some().to_string();
    let choose = move |event| family.set(if event_target_value(&event) == "6" { Family::Inet6 } else { Family::Inet });
    view! {
        <div class="makers">
            <button type="button" class="primary" aria-disabled=dimmed title=move || misfit.get() on:click=move |_| make(Role::Client)>
                {page::new_client()}
            </button>
            <button type="button" class="primary" aria-disabled=dimmed title=move || misfit.get() on:click=move |_| make(Role::Server)>
                {page::new_server()}
            </button>
            <select class="family" aria-label=page::family() on:change=choose>
                <option value="4">"IPv4"</option>
                <option value="6">"IPv6"</option>
            </select>
        </div>
        {move || refusal.get().map(|error| drawn(&HAND, move |hand| (hand.refusal)(&error)))}
    }
}

#[component]
fn TreeItem(id: SocketId, items: Memo<Vec<Item>>) -> impl IntoView {
    let desk = Desk::here();
    let item = Memo::new(move |_| items.with(|items| items.iter().find(|item| item.id == id).cloned()));
    let read = move |part: fn(&Item) -> String| item.with(|item| item.as_ref().map(part).unwrap_or_default());
    let is_selected = Memo::new(move |_| desk.selected.get() == Some(id));
    let is_entrance = move || match desk.selected.get() {
        Some(selected) => selected == id,
        None => items.with(|items| items.first().is_some_and(|first| first.id == id)),
    };
    let is_child = move || item.with(|item| item.as_ref().is_some_and(|item| item.parent.is_some()));
    let element = NodeRef::<leptos::html::Li>::new();
    // The framework has no name for this attribute.
    Effect::new(move |_| {
        let level = if is_child() { "2" } else { "1" };
        if let Some(Err(error)) = element.get().map(|element| element.set_attribute("aria-level", level)) {
            leptos::logging::warn!("the level of a socket in the tree is not told: {error:?}");
        }
    });
    // An explanation of a failure takes room from the tree; what was chosen stays in view.
    let failures = Memo::new(move |_| desk.socket.with(|socket| socket.as_ref().map_or(0, |socket| socket.failed.len())));
    Effect::new(move |_| {
        if is_selected.get()
            && let Some(element) = element.get()
        {
            failures.track();
            request_animation_frame(move || show(&element));
        }
    });
    let bytes = move |part: fn(&(u64, u64)) -> u64| item.with(|item| item.as_ref().map_or(0, |item| part(&item.bytes)));
    view! {
        <li
            role="treeitem"
            class="item"
            node_ref=element
            class:gone=move || item.with(|item| item.as_ref().is_some_and(|item| item.gone))
            data-socket=id.0.to_string()
            data-state=move || read(|item| item.state.clone())
            class:child=is_child
            aria-selected=move || is_selected.get().to_string()
            aria-label=move || read(Item::name)
            tabindex=move || if is_entrance() { "0" } else { "-1" }
            on:click=move |_| desk.selected.set(Some(id))
            on:keydown=move |event| on_key(desk, items, id, &event)
        >
            <span class="kind">{move || read(|item| item.kind.clone())}</span>
            <span class="state">{move || read(|item| item.state.clone())}</span>
            <span class="addresses">{move || read(|item| item.addresses.clone())}</span>
            <span class="totals" hidden=move || bytes(|bytes| bytes.0.max(bytes.1)) == 0>
                {move || format!("↑{} ↓{}", short(bytes(|bytes| bytes.0)), short(bytes(|bytes| bytes.1)))}
            </span>
        </li>
    }
}

/// Scrolls the tree, and nothing else, until `element` is in view.
fn show(element: &web_sys::Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Bytes where there is little room: `512 B`, `4.0 KiB`.
fn short(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// The keys of a tree (WAI-ARIA authoring practices): the choice follows the focus.
fn on_key(desk: Desk, items: Memo<Vec<Item>>, id: SocketId, event: &leptos::ev::KeyboardEvent) {
    let to = items.with_untracked(|items| {
        let at = items.iter().position(|item| item.id == id)?;
        match event.key().as_str() {
            "ArrowDown" => items.get(at + 1),
            "ArrowUp" => items.get(at.checked_sub(1)?),
            "Home" => items.first(),
            "End" => items.last(),
            "ArrowLeft" => items.iter().find(|item| Some(item.id) == items[at].parent),
            "ArrowRight" => items.get(at + 1).filter(|item| item.parent == Some(id)),
            "Enter" | " " => items.get(at),
            _ => None,
        }
        .map(|item| item.id)
    });
    let Some(to) = to else { return };
    event.prevent_default();
    desk.selected.set(Some(to));
    let found = document().query_selector(&format!("[data-socket=\"{}\"]", to.0)).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
        && let Err(error) = element.focus()
    {
        leptos::logging::warn!("the focus could not be moved: {error:?}");
    }
}
