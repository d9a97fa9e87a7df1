//! What the kernel is asked, as long as that is seen.

use leptos::prelude::*;

use super::desk::Desk;
use crate::net::SocketId;
use crate::trace::Socket;

/// The details that show what the kernel knows, so that it is asked while one of them is seen.
const OF_THE_KERNEL: &[&str] = &["state", "buffers", "tcp-info"];

/// Lets the session ask the kernel about the chosen socket, and for the buffers about the other end of its connection too, while that is seen.
#[component]
pub(super) fn Watching() -> impl IntoView {
    let desk = Desk::here();
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
