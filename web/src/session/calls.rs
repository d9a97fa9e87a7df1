//! The intents: one for each call that people make by hand.
//!
//! A call that fails is in the trace, because `net` observes it there; so the results of `net` are not looked at twice here.

use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{Family, How, OptionValue, RecvFlag, SocketOption};

use super::{Handles, Session, on_either};
use crate::net::{SocketId, TcpListener, TcpSocket, TcpStream};
use crate::trace::Role;

impl Session {
    /// `socket(2)`: makes a socket to connect or to listen with, and chooses it.
    pub(crate) fn make(&self, role: Role, family: Family) {
        self.make_then(role, family, |_, _| {});
    }

    /// Makes a client and connects it at once, as somebody asked for with one button that says both. `made` hears of the socket before anything shows it.
    pub(crate) fn make_and_connect(
        &self,
        family: Family,
        host: String,
        port: u64,
        timeout: Option<Duration>,
        made: impl FnOnce(SocketId) + 'static,
    ) {
        self.make_then(Role::Client, family, move |session, id| {
            made(id);
            session.connect(id, host, port, timeout);
        });
    }

    /// Makes a socket, chooses it, and goes on with it.
    pub(crate) fn make_then(&self, role: Role, family: Family, then: impl FnOnce(&Session, SocketId) + 'static) {
        let Some(relay) = self.0.relay.borrow().as_ref().map(|(relay, _)| relay.clone()) else { return };
        let session = self.clone();
        self.0.refusal.set(None);
        self.0.making.set(true);
        spawn_local(async move {
            let made = match family {
                Family::Inet => TcpSocket::new_v4(&relay).await,
                Family::Inet6 => TcpSocket::new_v6(&relay).await,
            };
            match made {
                Ok(socket) => {
                    let id = session.made(socket, role);
                    then(&session, id);
                }
                Err(error) => session.0.refusal.set(Some(std::sync::Arc::new(error))),
            }
            session.0.making.set(false);
        });
    }

    /// `bind(2)`.
    pub(crate) fn bind(&self, id: SocketId, address: String, port: u64) {
        let Some(socket) = self.handles(id).socket else { return };
        self.0.running.run(id, "bind", false, async move { drop(socket.bind(&address, port).await) });
    }

    /// Sets an option, then calls `bind(2)`.
    pub(crate) fn bind_with(&self, id: SocketId, address: String, port: u64, option: SocketOption, value: OptionValue) {
        let Some(socket) = self.handles(id).socket else { return };
        self.0.running.run(id, "bind", false, async move {
            if socket.set_option(option, value).await.is_ok() {
                drop(socket.bind(&address, port).await);
            }
        });
    }

    /// Waits, as a bar that can be cancelled, then calls `bind(2)`.
    pub(crate) fn bind_after(&self, id: SocketId, address: String, port: u64, pause: Duration) {
        let Some(socket) = self.handles(id).socket else { return };
        self.0.running.run(id, "bind", false, async move {
            gloo_timers::future::sleep(pause).await;
            drop(socket.bind(&address, port).await);
        });
    }

    /// Makes a server and lets it listen, as somebody asked for with one button that says so.
    /// `made` hears of the socket before anything shows it.
    pub(crate) fn make_and_listen(&self, family: Family, address: String, port: u64, backlog: i32, made: impl FnOnce(SocketId) + 'static) {
        self.make_then(Role::Server, family, move |session, id| {
            made(id);
            let (session, Some(socket)) = (session.clone(), session.handles(id).socket) else { return };
            let running = session.0.running.clone();
            running.run(id, "bind", false, async move {
                if socket.bind(&address, port).await.is_ok() {
                    session.listen(id, backlog);
                }
            });
        });
    }

    /// Makes a client that is refused for certain: a socket of this page holds the port, and does not listen. `made` hears of the client and the port.
    pub(crate) fn make_and_be_refused(&self, made: impl FnOnce(SocketId, u16) + 'static) {
        const HOST: &str = "127.0.0.1";
        self.make_then(Role::Server, Family::Inet, move |session, holder| {
            let (session, Some(socket)) = (session.clone(), session.handles(holder).socket) else { return };
            let running = session.0.running.clone();
            running.run(holder, "bind", false, async move {
                let Ok(local) = socket.bind(HOST, 0).await else { return };
                session.make_then(Role::Client, Family::Inet, move |session, id| {
                    made(id, local.port());
                    let (session, Some(client)) = (session.clone(), session.handles(id).socket) else { return };
                    let running = session.0.running.clone();
                    running.run(id, "connect", false, async move {
                        drop(client.connect(HOST, local.port().into(), Some(Duration::from_secs(5))).await);
                        session.close(holder);
                    });
                });
            });
        });
    }

    /// `listen(2)`.
    pub(crate) fn listen(&self, id: SocketId, backlog: i32) {
        let Some(socket) = self.handles(id).socket else { return };
        let session = self.clone();
        self.0.running.run(id, "listen", false, async move {
            if let Ok(listener) = socket.listen(backlog).await {
                session.with_handles(id, |handles| handles.listener = Some(Rc::new(listener)));
            }
        });
    }

    /// `accept(2)`, once, or again and again.
    pub(crate) fn accept(&self, id: SocketId, automatically: bool) {
        let Handles { listener, socket, .. } = self.handles(id);
        let session = self.clone();
        let Some(listener) = listener else {
            // Somebody tries it before `listen`.
            let Some(socket) = socket else { return };
            return self.0.running.run(id, "accept", false, async move { drop(socket.accept().await) });
        };
        self.0.running.run(id, "accept", automatically, async move {
            while session.accept_once(id, &listener).await && automatically {
                session.0.running.goes_on(id, "accept", None);
            }
        });
    }

    async fn accept_once(&self, id: SocketId, listener: &TcpListener) -> bool {
        let Ok((stream, _)) = listener.accept(None).await else { return false };
        let accepted = stream.id();
        self.with_handles(accepted, |handles| handles.stream = Some(Rc::new(stream)));
        // Whoever closed the listener meanwhile wants no further connection.
        self.handles(id).listener.is_some()
    }

    /// `connect(2)`.
    pub(crate) fn connect(&self, id: SocketId, host: String, port: u64, timeout: Option<Duration>) {
        let Some(socket) = self.handles(id).socket else { return };
        let session = self.clone();
        self.0.running.run(id, "connect", false, async move {
            if let Ok(stream) = socket.connect(&host, port, timeout).await {
                session.with_handles(id, |handles| handles.stream = Some(Rc::new(stream)));
            }
        });
    }

    /// `recv(2)`, once.
    pub(crate) fn recv(&self, id: SocketId, max: u64, flags: Vec<RecvFlag>, timeout: Option<Duration>) {
        on_either!(self.handles(id), handle => {
            self.0.running.run(id, "recv", false, async move { drop(handle.recv_with(max, &flags, timeout).await) });
        });
    }

    /// `recv(2)` again and again, until the stream ends or somebody cancels it.
    pub(crate) fn recv_automatically(&self, id: SocketId, max: u64) {
        let Some(stream) = self.handles(id).stream else { return };
        let running = self.0.running.clone();
        self.0.running.run(id, "recv", true, async move {
            while receives(&stream, max).await {
                running.goes_on(id, "recv", None);
            }
        });
    }

    /// `shutdown(2)`.
    pub(crate) fn shutdown(&self, id: SocketId, how: How) {
        on_either!(self.handles(id), handle => {
            self.0.running.run(id, "shutdown", false, async move { drop(handle.shutdown(how).await) });
        });
    }

    /// `close(2)`. What waits on the socket is cancelled first; a `send` that waits has to be over before the end can be sent.
    pub(crate) fn close(&self, id: SocketId) {
        let Handles { socket, stream, listener } = self.handles(id);
        self.0.running.cancel_all(id);
        self.0.running.run(id, "close", false, async move {
            drop(match (stream, listener, socket) {
                (Some(stream), _, _) => stream.close().await,
                (_, Some(listener), _) => listener.close().await,
                (_, _, Some(socket)) => socket.close().await,
                (None, None, None) => Ok(()),
            });
        });
    }

    /// Closes with RST.
    pub(crate) fn abort(&self, id: SocketId) {
        self.0.running.cancel_all(id);
        on_either!(self.handles(id), handle => {
            self.0.running.run(id, "abort", false, async move { drop(handle.abort().await) });
        });
    }
}

/// Receives once and returns whether there may be more.
async fn receives(stream: &TcpStream, max: u64) -> bool {
    stream.recv(max, None).await.is_ok_and(|bytes| !bytes.is_empty())
}
