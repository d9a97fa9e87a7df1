//! The right side: what the chosen socket was, as of the event that is looked at.

use leptos::prelude::*;

use super::desk::Desk;
use super::pieces::{TOOLS, VIEWS, Views, drawn};
use super::tabs::{Tab, TabList, TabPanel};
use crate::net::SocketId;
use crate::texts::{buffers, page, path, tcp_info};
use crate::trace::Socket;

const TABS: &[Tab] =
    &[("state", page::tab_state), ("buffers", page::tab_buffers), ("tcp-info", page::tab_tcp_info), ("code", page::tab_code)];

/// The details that show what the kernel knows, so that it is asked while one of them is seen.
const OF_THE_KERNEL: &[&str] = &["state", "buffers", "tcp-info"];

/// The details of the chosen socket.
#[component]
pub(super) fn DetailsPanel() -> impl IntoView {
    let desk = Desk::here();
    let chosen = desk.detail;
    watch_what_is_seen(desk);
    view! {
        <section class="panel details" aria-label=page::details_panel()>
            <div class="panel-head">
                <TabList label="Details" tabs=TABS chosen />
            </div>
            <TabPanel name="state" chosen>{of_socket(|views| (views.state)(), path::nothing)}</TabPanel>
            <TabPanel name="buffers" chosen>{of_socket(|views| (views.buffers)(), buffers::nothing)}</TabPanel>
            <TabPanel name="tcp-info" chosen>{of_socket(|views| (views.tcp_info)(), tcp_info::nothing)}</TabPanel>
            <TabPanel name="code" chosen>{drawn(&TOOLS, |tools| (tools.code)())}</TabPanel>
        </section>
    }
}

/// Draws a detail of the chosen socket. Where none is chosen only that is said, and nothing fetched for it.
fn of_socket(draw: fn(&'static Views) -> AnyView, nothing: fn() -> &'static str) -> impl IntoView {
    let desk = Desk::here();
    let is_needed = Memo::new(move |before: Option<&bool>| before == Some(&true) || desk.selected.with(Option::is_some));
    move || {
        if is_needed.get() { drawn(&VIEWS, draw).into_any() } else { view! { <p class="hint">{nothing()}</p> }.into_any() }
    }
}

/// Lets the session ask the kernel about the chosen socket, and for the buffers about the other end of its connection too, while that is seen.
fn watch_what_is_seen(desk: Desk) {
    let is_hidden = RwSignal::new(document().hidden());
    let changed = window_event_listener_untyped("visibilitychange", move |_| is_hidden.set(document().hidden()));
    on_cleanup(move || changed.remove());
    let seen = Memo::new(move |_| {
        let detail = desk.detail.get();
        if is_hidden.get() || !OF_THE_KERNEL.contains(&detail) {
            return vec![];
        }
        let other = |socket: &Socket| desk.session(|session| session.sockets(|sockets| sockets.other_end(socket).map(|other| other.id)));
        desk.watch_session(|_| ());
        desk.socket.with(|socket| {
            let Some(socket) = socket else { return vec![] };
            let other = (detail == "buffers").then(|| other(socket)).flatten();
            std::iter::once(socket.id).chain(other).collect::<Vec<SocketId>>()
        })
    });
    on_cleanup(move || desk.session(|session| session.watch_kernel(&[])));
    Effect::new(move |_| seen.with(|sockets| desk.session(|session| session.watch_kernel(sockets))));
}
