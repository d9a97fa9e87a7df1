//! The right side: what the chosen socket was, as of the event that is looked at.

use leptos::prelude::*;

use super::buffers::BuffersView;
use super::code::CodeView;
use super::desk::Desk;
use super::state::StateView;
use super::tabs::{Tab, TabList, TabPanel};
use super::tcp_info::TcpInfoView;
use crate::net::SocketId;
use crate::texts::page;
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
            <TabPanel name="state" chosen><StateView /></TabPanel>
            <TabPanel name="buffers" chosen><BuffersView /></TabPanel>
            <TabPanel name="tcp-info" chosen><TcpInfoView /></TabPanel>
            <TabPanel name="code" chosen><CodeView /></TabPanel>
        </section>
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
