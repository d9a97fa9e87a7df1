//! What stands where nothing is yet: what to do next.

use leptos::prelude::*;
use protocol::Family;

use super::clipboard::CopyButton;
use super::desk::{BY_SCRIPT, Desk};
use super::prose::prose;
use crate::net::SocketId;
use crate::session::RelayStatus;
use crate::texts::{page, script};
use crate::trace::{Kind, Role, Socket, State};

/// What to do next with the chosen socket, or without one.
#[component]
pub(super) fn StreamHint(shape_has_rows: Signal<bool>) -> impl IntoView {
    let desk = Desk::here();
    let hint = Memo::new(move |_| match desk.subject.get() {
        None => Some(Hint::NoSocket),
        Some(socket) => Hint::of(&socket, shape_has_rows.get()),
    });
    move || {
        hint.get().map(|hint| match hint {
            Hint::NoSocket => view! { <NoSocket /> }.into_any(),
            Hint::Listening(id, address) => view! {
                <ListenerHint address />
                <AcceptedHint listener=id />
            }
            .into_any(),
            Hint::Says(text) => view! { <p class="stream-hint">{text}</p> }.into_any(),
        })
    }
}

#[derive(Clone, PartialEq)]
enum Hint {
    NoSocket,
    Listening(SocketId, std::net::SocketAddr),
    Says(&'static str),
}

impl Hint {
    fn of(socket: &Socket, has_bytes: bool) -> Option<Self> {
        match (socket.kind, socket.state) {
            _ if socket.gone || has_bytes => None,
            (Kind::Listener, State::Listen) => socket.local.map(|address| Self::Listening(socket.id, address)),
            (Kind::Listener, _) if socket.local.is_none() => Some(Self::Says(page::server_steps())),
            (Kind::Listener, _) => Some(Self::Says(page::server_bound())),
            (_, State::Closed) if !socket.was_connected => Some(Self::Says(page::client_unconnected())),
            (_, State::Established) => Some(Self::Says(page::silent())),
            _ => None,
        }
    }
}

/// Without a socket, in either way to act.
#[component]
pub(super) fn NoSocket() -> impl IntoView {
    let desk = Desk::here();
    move || {
        if desk.way.get() == BY_SCRIPT {
            view! { <p class="stream-hint">{script::no_sockets()}</p> }.into_any()
        } else {
            view! { <Invitation /> }.into_any()
        }
    }
}

/// Without a socket.
#[component]
pub(super) fn Invitation() -> impl IntoView {
    let desk = Desk::here();
    let status = desk.session(|session| session.relay_status());
    let is_up = move || matches!(status.get(), RelayStatus::Up(_));
    let make = move |role| desk.session(|session| session.make(role, Family::Inet));
    let some = Memo::new(move |_| desk.watch_session(|session| session.sockets(|sockets| sockets.tree().next().is_some())));
    view! {
        <div class="invitation">
            <p class="lead">{page::lead()}</p>
            <p hidden=move || !some.get()>{page::choose_or_make()}</p>
            <div class="offers" hidden=move || !is_up()>
                <button type="button" class="offer" on:click=move |_| make(Role::Client)>
                    <b>{page::be_client()}</b>
                    <span>{page::be_client_does()}</span>
                </button>
                <button type="button" class="offer" on:click=move |_| make(Role::Server)>
                    <b>{page::be_server()}</b>
                    <span>{page::be_server_does()}</span>
                </button>
            </div>
            <NoRelay />
        </div>
    }
}

#[component]
fn NoRelay() -> impl IntoView {
    let status = Desk::here().session(|session| session.relay_status());
    move || match status.get() {
        RelayStatus::Up(_) | RelayStatus::Connecting => None,
        RelayStatus::NoToken | RelayStatus::Refused(_) => Some(
            view! {
                <p class="no-relay">{prose(page::token_needed())}</p>
                <Command text=Signal::stored("cargo run -p relay".to_owned()) />
            }
            .into_any(),
        ),
        RelayStatus::Lost { .. } => Some(
            view! {
                <p class="no-relay">{page::relay_needed()}</p>
                <Command text=Signal::stored("cargo run -p relay".to_owned()) />
            }
            .into_any(),
        ),
    }
}

/// A command to type elsewhere.
#[component]
fn Command(text: Signal<String>) -> impl IntoView {
    view! {
        <div class="command">
            <code>{move || text.get()}</code>
            <CopyButton text />
        </div>
    }
}

/// Of a listener with a connection: that this is another socket, which people do not expect, and the way to the newest.
#[component]
fn AcceptedHint(listener: SocketId) -> impl IntoView {
    let desk = Desk::here();
    let newest = Memo::new(move |_| {
        desk.watch_session(|session| {
            session.journal(|journal| {
                let open = journal.sockets().all().filter(|socket| socket.kind == Kind::Accepted(Some(listener)) && !socket.gone);
                open.last().and_then(|socket| Some((socket.id, socket.peer?)))
            })
        })
    });
    move || {
        newest.get().map(|(id, peer)| {
            view! {
                <div class="stream-hint listener-hint">
                    <p>{prose(page::accepted_is_another())}</p>
                    <button type="button" class="do" on:click=move |_| desk.selected.set(Some(id))>
                        {page::talk_to(&peer.to_string())}
                    </button>
                </div>
            }
        })
    }
}

/// A listener that nobody talked to.
#[component]
fn ListenerHint(address: std::net::SocketAddr) -> impl IntoView {
    let desk = Desk::here();
    let host = reachable_host(address);
    let command = client_command(&host, address.port(), window().navigator().platform().is_ok_and(|platform| platform.starts_with("Win")));
    let connect = move |_| {
        let family = if address.is_ipv6() { Family::Inet6 } else { Family::Inet };
        let own = if address.ip().is_unspecified() { loopback(address) } else { address.ip().to_string() };
        let host = own.clone();
        let made = move |id| {
            // The form shows what was used.
            if let Some(draft) = desk.drafts.try_update_value(|drafts| drafts.of(id, family)) {
                draft.host.set(host);
                draft.port.set(address.port().to_string());
            }
        };
        let timeout = Some(std::time::Duration::from_secs(5));
        desk.session(|session| session.make_and_connect(family, own, u64::from(address.port()), timeout, made));
    };
    view! {
        <div class="stream-hint listener-hint">
            <p>{page::listening()}</p>
            <Command text=Signal::stored(command) />
            <button type="button" class="do" on:click=connect>{page::connect_from_page()}</button>
        </div>
    }
}

/// What connects to a listener from another machine like this one: Windows has no `nc`, but has had `curl` since 2018, whose telnet sends what is typed and prints
/// what comes.
fn client_command(host: &str, port: u16, is_windows: bool) -> String {
    match (is_windows, host.contains(':')) {
        (true, true) => format!("curl.exe telnet://[{host}]:{port}"),
        (true, false) => format!("curl.exe telnet://{host}:{port}"),
        (false, _) => format!("nc {host} {port}"),
    }
}

fn loopback(address: std::net::SocketAddr) -> String {
    if address.is_ipv6() { "::1".to_owned() } else { "127.0.0.1".to_owned() }
}

/// Where others find a listener: of one that listens on every address, the one under which this page was found.
fn reachable_host(address: std::net::SocketAddr) -> String {
    if !address.ip().is_unspecified() {
        return address.ip().to_string();
    }
    let page = window().location().hostname().unwrap_or_default();
    let page = page.trim_matches(['[', ']']);
    let same_family = page.parse::<std::net::IpAddr>().is_ok_and(|page| page.is_ipv6() == address.is_ipv6());
    if same_family { page.to_owned() } else { loopback(address) }
}
