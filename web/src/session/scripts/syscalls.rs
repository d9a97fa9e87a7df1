//! The calls of a script, each made on `net` as the same call by hand is.

use std::future::Future;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use leptos::task::spawn_local;
use protocol::{Failure, Family, Name, OptionValue, RecvFlag, SendFlag, SocketOption};

use super::files::{File, Files, Wire};
use super::lines::Lines;
use super::pair;
use super::select::select;
use crate::net::{SocketId, TcpSocket};
use crate::script::{Failed, Patience, Returned, Syscall};
use crate::session::{Handles, Session, now_ms};
use crate::trace::Role;

/// Where a script's calls are made.
pub(super) struct Kernel {
    pub(super) session: Session,
    pub(super) files: Rc<Files>,
    pub(super) lines: Rc<Lines>,
}

type Answer = Result<Returned, Failed>;

/// Runs a call of any socket on what it became, else on what it was made as.
macro_rules! on_any {
    ($handles:expr, $handle:ident => $call:expr) => {
        match $handles {
            Handles { stream: Some($handle), .. } => $call.map_err(failed),
            Handles { listener: Some($handle), .. } => $call.map_err(failed),
            Handles { socket: Some($handle), .. } => $call.map_err(failed),
            Handles { .. } => Err(gone()),
        }
    };
}

/// The same of a call that listeners lack: there it is one of the socket that listens.
macro_rules! on_either {
    ($handles:expr, $handle:ident => $call:expr) => {
        match $handles {
            Handles { stream: Some($handle), .. } => $call.map_err(failed),
            Handles { socket: Some($handle), .. } => $call.map_err(failed),
            Handles { .. } => Err(gone()),
        }
    };
}

impl Kernel {
    /// Makes a call; `bytes` are those of a `send`, `cancelled` ends a `select` early.
    pub(super) async fn call(&self, call: Syscall, bytes: Vec<u8>, cancelled: impl Future<Output = ()>) -> Answer {
        match call {
            Syscall::Socket { family } => self.socket(family).await,
            Syscall::Pair => self.pair(),
            Syscall::Bind { fd, host, port } => {
                let socket = self.made(fd, "bind", Name::EINVAL)?;
                socket.bind(&host, port).await.map_err(failed)?;
                Ok(Returned::Nothing {})
            }
            Syscall::Listen { fd, backlog } => self.listen(fd, backlog).await,
            Syscall::Accept { fd, patience } => self.accept(fd, patience).await,
            Syscall::Connect { fd, host, port, patience } => self.connect(fd, host, port, patience).await,
            Syscall::Send { fd, flags, patience } => self.send(fd, &bytes, flags, patience).await,
            Syscall::Recv { fd, max, flags, patience } => self.recv(fd, max, flags, patience).await,
            Syscall::Shutdown { fd, how } => match &*self.files.get(fd, "shutdown")? {
                File::Wire(wire) => {
                    on_either!(wire.handles(&self.session), handle => handle.shutdown(how).await)?;
                    Ok(Returned::Nothing {})
                }
                File::End(end) => {
                    end.shutdown(how);
                    Ok(Returned::Nothing {})
                }
            },
            Syscall::Close { fd } => {
                if let Some(file) = self.files.remove(fd)? {
                    close(&self.session, &file).await?;
                }
                Ok(Returned::Nothing {})
            }
            Syscall::Dup { fd } => {
                let file = self.files.get(fd, "dup")?;
                Ok(Returned::Fd { fd: self.files.insert(file, "dup")? })
            }
            Syscall::Getsockname { fd } => self.address(fd, "getsockname").await,
            Syscall::Getpeername { fd } => self.address(fd, "getpeername").await,
            Syscall::Setsockopt { fd, option, value } => self.set_option(fd, option, value).await,
            Syscall::Getsockopt { fd, option } => self.option(fd, option).await,
            Syscall::Select { fds, waits } => select(self, fds, waits, cancelled).await,
            Syscall::Getaddrinfo { host, family } => self.resolve(&host, family).await,
            // The console answers it, and not the kernel.
            Syscall::Input { .. } => Err(Failed::by(Name::EBADF, "input")),
        }
    }

    async fn socket(&self, family: Family) -> Answer {
        let relay = self.session.relay().ok_or_else(gone)?;
        let socket = match family {
            Family::Inet => TcpSocket::new_v4(&relay).await,
            Family::Inet6 => TcpSocket::new_v6(&relay).await,
        };
        let socket = socket.map_err(failed)?;
        let id = socket.id();
        self.session.with_handles(id, |handles| handles.socket = Some(Rc::new(socket)));
        self.session.select_if_none(id);
        self.wire(id, "socket")
    }

    fn wire(&self, id: SocketId, call: &str) -> Answer {
        Ok(Returned::Fd { fd: self.files.insert(Rc::new(File::Wire(Wire::new(id))), call)? })
    }

    fn pair(&self) -> Answer {
        let (one, other) = pair::pair();
        let one = self.files.insert(Rc::new(File::End(one)), "socketpair")?;
        let other = self.files.insert(Rc::new(File::End(other)), "socketpair")?;
        Ok(Returned::Pair { fds: [one, other] })
    }

    /// The socket that `fd` was made as; a call that fits none that `accept` returned fails with `misfit` there.
    fn made(&self, fd: u32, call: &str, misfit: Name) -> Result<Rc<TcpSocket>, Failed> {
        match &*self.files.get(fd, call)? {
            File::Wire(wire) => match wire.handles(&self.session) {
                Handles { socket: Some(socket), .. } => Ok(socket),
                Handles { stream: Some(_), .. } => Err(Failed::by(misfit, call)),
                Handles { .. } => Err(gone()),
            },
            File::End(_) => Err(Failed::by(Name::EOPNOTSUPP, call)),
        }
    }

    async fn listen(&self, fd: u32, backlog: i32) -> Answer {
        let socket = self.made(fd, "listen", Name::EINVAL)?;
        let id = socket.id();
        let listener = socket.listen(backlog).await.map_err(failed)?;
        self.session.with_handles(id, |handles| handles.listener = Some(Rc::new(listener)));
        self.session.0.recorder.made(id, Role::Server);
        Ok(Returned::Nothing {})
    }

    async fn accept(&self, fd: u32, patience: Patience) -> Answer {
        let file = self.files.get(fd, "accept")?;
        let File::Wire(wire) = &*file else { return Err(Failed::by(Name::EINVAL, "accept")) };
        let Some(listener) = wire.handles(&self.session).listener else {
            // The kernel says itself that it does not listen.
            self.made(fd, "accept", Name::EINVAL)?.accept().await.map_err(failed)?;
            return Err(Failed::by(Name::EINVAL, "accept"));
        };
        self.session.0.recorder.accepts(listener.id());
        let accepted = if patience.is_none() {
            listener.accept(Some(Duration::ZERO)).await.map_err(|error| match failed(error) {
                Failed::Failure(failure) if failure.name == Name::ETIMEDOUT => Failed::by(Name::EAGAIN, "accept"),
                other => other,
            })
        } else {
            timed(patience, |timeout| listener.accept(timeout)).await
        };
        let (stream, peer) = accepted?;
        let id = stream.id();
        self.session.with_handles(id, |handles| handles.stream = Some(Rc::new(stream)));
        let Returned::Fd { fd } = self.wire(id, "accept")? else { return Err(Failed::by(Name::EBADF, "accept")) };
        Ok(Returned::Accepted { fd, peer: peer.into() })
    }

    async fn connect(&self, fd: u32, host: String, port: u64, patience: Patience) -> Answer {
        let socket = self.made(fd, "connect", Name::EISCONN)?;
        let file = self.files.get(fd, "connect")?;
        let File::Wire(wire) = &*file else { return Err(Failed::by(Name::EINVAL, "connect")) };
        if wire.connecting.is_under_way.get() {
            return Err(Failed::by(Name::EALREADY, "connect"));
        }
        if let Some(failure) = wire.connecting.failure.take() {
            return Err(Failed::Failure(failure));
        }
        if wire.connecting.is_news.take() {
            return Ok(Returned::Nothing {});
        }
        let id = wire.id;
        if !patience.is_none() || wire.handles(&self.session).stream.is_some() {
            let stream = timed(patience, |timeout| async move { socket.connect(&host, port, timeout).await }).await?;
            self.session.with_handles(id, |handles| handles.stream = Some(Rc::new(stream)));
            return Ok(Returned::Nothing {});
        }
        wire.connecting.is_under_way.set(true);
        let (session, file) = (self.session.clone(), file.clone());
        let attempt = super::attributed::here(&self.session, async move {
            let connected = socket.connect(&host, port, None).await;
            let File::Wire(wire) = &*file else { return };
            let failure = match connected {
                Ok(stream) => {
                    session.with_handles(id, |handles| handles.stream = Some(Rc::new(stream)));
                    None
                }
                Err(error) => Some(failure_of(&error).unwrap_or_else(|| Failure::new(Name::ECONNABORTED, "connect", error.to_string()))),
            };
            wire.connecting.done(failure);
        });
        spawn_local(attempt);
        Err(Failed::by(Name::EINPROGRESS, "connect"))
    }

    async fn send(&self, fd: u32, bytes: &[u8], mut flags: Vec<SendFlag>, patience: Patience) -> Answer {
        let file = self.files.get(fd, "send")?;
        let dontwait = patience.is_none() || flags.contains(&SendFlag::Dontwait);
        let count = match &*file {
            File::End(end) => within(patience, end.send(bytes, dontwait)).await?,
            File::Wire(wire) => {
                if dontwait && !flags.contains(&SendFlag::Dontwait) {
                    flags.push(SendFlag::Dontwait);
                }
                let handles = wire.handles(&self.session);
                let flags = &flags;
                timed(patience, |timeout| async move {
                    match (handles.stream, handles.socket) {
                        (Some(stream), _) => stream.send_with(bytes, flags, timeout).await,
                        (None, Some(socket)) => socket.send_with(bytes, flags, timeout).await,
                        (None, None) => Err(Failure::new(Name::EBADF, "send", "").into()),
                    }
                })
                .await? as u64
            }
        };
        Ok(Returned::Count { count })
    }

    async fn recv(&self, fd: u32, max: u64, mut flags: Vec<RecvFlag>, patience: Patience) -> Answer {
        let file = self.files.get(fd, "recv")?;
        let dontwait = patience.is_none() || flags.contains(&RecvFlag::Dontwait);
        let bytes = match &*file {
            File::End(end) => {
                let max = usize::try_from(max).unwrap_or(usize::MAX);
                within(patience, end.recv(max, flags.contains(&RecvFlag::Peek), dontwait)).await?
            }
            File::Wire(wire) => {
                if dontwait && !flags.contains(&RecvFlag::Dontwait) {
                    flags.push(RecvFlag::Dontwait);
                }
                let handles = wire.handles(&self.session);
                let flags = &flags;
                timed(patience, |timeout| async move {
                    match (handles.stream, handles.socket) {
                        (Some(stream), _) => stream.recv_with(max, flags, timeout).await,
                        (None, Some(socket)) => socket.recv_with(max, flags, timeout).await,
                        (None, None) => Err(Failure::new(Name::EBADF, "recv", "").into()),
                    }
                })
                .await?
            }
        };
        Ok(Returned::Bytes(bytes))
    }

    async fn address(&self, fd: u32, call: &'static str) -> Answer {
        let file = self.files.get(fd, call)?;
        let File::Wire(wire) = &*file else { return Err(Failed::by(Name::EOPNOTSUPP, call)) };
        let handles = wire.handles(&self.session);
        let address = match call {
            "getsockname" => on_any!(handles, handle => handle.getsockname().await)?,
            _ => on_any!(handles, handle => handle.getpeername().await)?,
        };
        Ok(Returned::Address { address: address.into() })
    }

    async fn set_option(&self, fd: u32, option: SocketOption, value: OptionValue) -> Answer {
        match &*self.files.get(fd, "setsockopt")? {
            File::Wire(wire) => {
                on_any!(wire.handles(&self.session), handle => handle.set_option(option, value).await)?;
                Ok(Returned::Nothing {})
            }
            File::End(_) => Err(Failed::by(Name::EOPNOTSUPP, "setsockopt")),
        }
    }

    async fn option(&self, fd: u32, option: SocketOption) -> Answer {
        let file = self.files.get(fd, "getsockopt")?;
        let File::Wire(wire) = &*file else { return Err(Failed::by(Name::EOPNOTSUPP, "getsockopt")) };
        if option == SocketOption::SO_ERROR {
            let pending = wire.connecting.failure.take();
            if let Some(failure) = pending {
                return Ok(Returned::Value { value: OptionValue::Text(failure.name.to_string()) });
            }
        }
        let value = on_any!(wire.handles(&self.session), handle => handle.option(option).await)?;
        Ok(Returned::Value { value })
    }

    async fn resolve(&self, host: &str, family: Option<Family>) -> Answer {
        let relay = self.session.relay().ok_or_else(gone)?;
        let addresses = relay.resolve(host, family).await.map_err(failed)?;
        Ok(Returned::Addresses { addresses: addresses.iter().map(ToString::to_string).collect() })
    }
}

/// `close(2)`, as a process that ends does it, too: what was sent goes out, what still waits on the socket fails.
pub(super) async fn close(session: &Session, file: &File) -> Result<(), Failed> {
    let File::Wire(wire) = file else { return Ok(()) };
    session.0.running.cancel_all(wire.id);
    match wire.handles(session) {
        Handles { stream: Some(stream), .. } => stream.close().await.map_err(failed),
        Handles { listener: Some(listener), .. } => listener.close().await.map_err(failed),
        Handles { socket: Some(socket), .. } => socket.close().await.map_err(failed),
        // It ended already, and the program is told of that by its other calls.
        Handles { .. } => Ok(()),
    }
}

/// A call of the wire with the timeout of a Python socket, which is not the system's `ETIMEDOUT`.
async fn timed<T, F: Future<Output = io::Result<T>>>(patience: Patience, call: impl FnOnce(Option<Duration>) -> F) -> Result<T, Failed> {
    let Some(millis) = patience.millis() else { return call(None).await.map_err(failed) };
    let begun_ms = now_ms();
    call(Some(Duration::from_secs_f64(millis / 1000.0))).await.map_err(|error| {
        let is_over = now_ms() - begun_ms >= millis;
        match failed(error) {
            Failed::Failure(failure) if failure.name == Name::ETIMEDOUT && is_over => Failed::TimedOut,
            other => other,
        }
    })
}

/// The same for a call of this page.
async fn within<T>(patience: Patience, call: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    let Some(millis) = patience.millis() else { return call.await };
    let timeout = gloo_timers::future::sleep(Duration::from_secs_f64(millis / 1000.0));
    futures::pin_mut!(call, timeout);
    match futures::future::select(call, timeout).await {
        futures::future::Either::Left((answer, _)) => answer,
        futures::future::Either::Right(_) => Err(Failed::TimedOut),
    }
}

/// What the calls of a socket fail with that the relay ended, or that went with it.
fn gone() -> Failed {
    Failed::NoRelay(String::new())
}

pub(super) fn failure_of(error: &io::Error) -> Option<Failure> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Failure>()).cloned()
}

pub(super) fn failed(error: io::Error) -> Failed {
    failure_of(&error).map_or_else(|| Failed::NoRelay(error.to_string()), Failed::Failure)
}
