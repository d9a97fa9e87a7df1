//! The calls that ask for something or set it, on whatever the socket is by now.

use std::time::Duration;

use protocol::{Family, OptionValue, PollEvent, SocketOption};

use super::{Handles, Session};
use crate::net::SocketId;

/// Runs a call of any socket: of what it became, else of what it was made as.
macro_rules! on_any {
    ($session:expr, $id:expr, $name:literal, $handle:ident => $call:expr) => {
        match $session.handles($id) {
            Handles { stream: Some($handle), .. } => $session.0.running.run($id, $name, false, async move { drop($call) }),
            Handles { listener: Some($handle), .. } => $session.0.running.run($id, $name, false, async move { drop($call) }),
            Handles { socket: Some($handle), .. } => $session.0.running.run($id, $name, false, async move { drop($call) }),
            Handles { .. } => {}
        }
    };
}

impl Session {
    /// `setsockopt(2)`.
    pub(crate) fn set_option(&self, id: SocketId, option: SocketOption, value: OptionValue) {
        on_any!(self, id, "setsockopt", handle => handle.set_option(option, value).await);
    }

    /// `getsockopt(2)`.
    pub(crate) fn option(&self, id: SocketId, option: SocketOption) {
        on_any!(self, id, "getsockopt", handle => handle.option(option).await);
    }

    /// What the kernel knows of the socket.
    pub(crate) fn info(&self, id: SocketId) {
        on_any!(self, id, "info", handle => handle.info().await);
    }

    /// `poll(2)`.
    pub(crate) fn poll(&self, id: SocketId, events: Vec<PollEvent>, timeout: Option<Duration>) {
        on_any!(self, id, "poll", handle => handle.poll(&events, timeout).await);
    }

    /// `getsockname(2)`.
    pub(crate) fn getsockname(&self, id: SocketId) {
        on_any!(self, id, "getsockname", handle => handle.getsockname().await);
    }

    /// `getpeername(2)`.
    pub(crate) fn getpeername(&self, id: SocketId) {
        on_any!(self, id, "getpeername", handle => handle.getpeername().await);
    }

    /// `getaddrinfo(3)`, on this socket's WebSocket.
    pub(crate) fn resolve(&self, id: SocketId, host: String, family: Option<Family>, timeout: Option<Duration>) {
        on_any!(self, id, "resolve", handle => handle.resolve(&host, family, timeout).await);
    }
}
