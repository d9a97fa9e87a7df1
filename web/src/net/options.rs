//! What all sockets have in common: options, and what the kernel knows of them.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    time::Duration,
};

use protocol::{Failure, Family, Info, Name, Operation, OptionValue, PollEvent, Return, SocketOption};

use super::{TcpListener, TcpSocket, TcpStream, descriptor::Descriptor, socket::millis, socket::misfit};

impl Descriptor {
    async fn set_option(self: &Rc<Self>, option: SocketOption, value: OptionValue) -> io::Result<OptionValue> {
        match self.call(Operation::Setsockopt { option, value }, None).await? {
            Return::Setsockopt { value } => Ok(value),
            other => Err(misfit(&other)),
        }
    }

    async fn option(self: &Rc<Self>, option: SocketOption) -> io::Result<OptionValue> {
        match self.call(Operation::Getsockopt { option }, None).await? {
            Return::Getsockopt { value } => Ok(value),
            other => Err(misfit(&other)),
        }
    }

    pub(super) async fn getsockname(self: &Rc<Self>) -> io::Result<SocketAddr> {
        match self.call(Operation::Getsockname, None).await? {
            Return::Getsockname { local } => Ok(local),
            other => Err(misfit(&other)),
        }
    }

    pub(super) async fn getpeername(self: &Rc<Self>) -> io::Result<SocketAddr> {
        match self.call(Operation::Getpeername, None).await? {
            Return::Getpeername { peer } => Ok(peer),
            other => Err(misfit(&other)),
        }
    }

    async fn resolve(self: &Rc<Self>, host: &str, family: Option<Family>, timeout: Option<Duration>) -> io::Result<Vec<IpAddr>> {
        let operation = Operation::Resolve { host: host.to_owned(), family, timeout_ms: timeout.map(millis) };
        match self.call(operation, None).await? {
            Return::Resolve { addresses } => Ok(addresses),
            other => Err(misfit(&other)),
        }
    }

    async fn info(self: &Rc<Self>) -> io::Result<Info> {
        match self.call(Operation::Info { interval_ms: None, local: None, peer: None }, None).await? {
            Return::Info { info } => Ok(*info),
            other => Err(misfit(&other)),
        }
    }

    async fn poll(self: &Rc<Self>, events: &[PollEvent], timeout: Option<Duration>) -> io::Result<Vec<PollEvent>> {
        match self.call(Operation::Poll { events: events.to_vec(), timeout_ms: timeout.map(millis) }, None).await? {
            Return::Poll { events } => Ok(events),
            other => Err(misfit(&other)),
        }
    }
}

macro_rules! of_all_sockets {
    ($($socket:ident)*) => {$(
        impl $socket {
            /// `setsockopt(2)`; returns what is in effect then, which may be something else.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn set_option(&self, option: SocketOption, value: OptionValue) -> io::Result<OptionValue> {
                self.descriptor().set_option(option, value).await
            }

            /// `getsockopt(2)`: what is in effect.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn option(&self, option: SocketOption) -> io::Result<OptionValue> {
                self.descriptor().option(option).await
            }

            /// The hops that its packets may travel: IP_TTL, or IPV6_UNICAST_HOPS of an IPv6 socket.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn ttl(&self) -> io::Result<u32> {
                match self.option(self.hops().await?).await? {
                    OptionValue::Number(hops) => u32::try_from(hops).map_err(io::Error::other),
                    other => Err(unlike(&other)),
                }
            }

            /// Sets the hops that its packets may travel.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn set_ttl(&self, ttl: u32) -> io::Result<()> {
                self.set_option(self.hops().await?, OptionValue::Number(ttl.into())).await.map(drop)
            }

            async fn hops(&self) -> io::Result<SocketOption> {
                let is_v4 = self.descriptor().getsockname().await?.is_ipv4();
                Ok(if is_v4 { SocketOption::IP_TTL } else { SocketOption::IPV6_UNICAST_HOPS })
            }

            /// Takes away the error that is pending on the socket (SO_ERROR); its POSIX name is the text.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn take_error(&self) -> io::Result<Option<io::Error>> {
                match self.option(SocketOption::SO_ERROR).await? {
                    OptionValue::Off => Ok(None),
                    OptionValue::Text(name) => Ok(Some(pending(&name))),
                    other => Err(unlike(&other)),
                }
            }

            /// `getsockname(2)`, asked again whatever is known.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn getsockname(&self) -> io::Result<SocketAddr> {
                self.descriptor().getsockname().await
            }

            /// `getpeername(2)`, asked again whatever is known.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn getpeername(&self) -> io::Result<SocketAddr> {
                self.descriptor().getpeername().await
            }

            /// `getaddrinfo(3)` on this socket's WebSocket: all addresses of a name, of one family or of both.
            ///
            /// # Errors
            ///
            /// What the call says; `ETIMEDOUT` after `timeout`.
            pub async fn resolve(&self, host: &str, family: Option<Family>, timeout: Option<Duration>) -> io::Result<Vec<IpAddr>> {
                self.descriptor().resolve(host, family, timeout).await
            }

            /// What the kernel knows of the socket.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn info(&self) -> io::Result<Info> {
                self.descriptor().info().await
            }

            /// `poll(2)`: waits until one of `events` can be had, or an error. Cancel safe; takes nothing.
            ///
            /// # Errors
            ///
            /// What the call says; `ETIMEDOUT` after `timeout`.
            pub async fn poll(&self, events: &[PollEvent], timeout: Option<Duration>) -> io::Result<Vec<PollEvent>> {
                self.descriptor().poll(events, timeout).await
            }
        }
    )*};
}

of_all_sockets! { TcpSocket TcpListener TcpStream }

macro_rules! of_connections {
    ($($socket:ident)*) => {$(
        impl $socket {
            async fn is_on(&self, option: SocketOption) -> io::Result<bool> {
                Ok(self.option(option).await? == OptionValue::Switch(true))
            }

            async fn switch(&self, option: SocketOption, on: bool) -> io::Result<()> {
                self.set_option(option, OptionValue::Switch(on)).await.map(drop)
            }

            /// Whether small segments are sent at once (TCP_NODELAY).
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn nodelay(&self) -> io::Result<bool> {
                self.is_on(SocketOption::TCP_NODELAY).await
            }

            /// Sets TCP_NODELAY.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
                self.switch(SocketOption::TCP_NODELAY, nodelay).await
            }

            /// Whether an idle connection is probed (SO_KEEPALIVE).
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn keepalive(&self) -> io::Result<bool> {
                self.is_on(SocketOption::SO_KEEPALIVE).await
            }

            /// Sets SO_KEEPALIVE.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn set_keepalive(&self, keepalive: bool) -> io::Result<()> {
                self.switch(SocketOption::SO_KEEPALIVE, keepalive).await
            }

            /// For how long the kernel keeps trying to send what is left after `close` (SO_LINGER), in whole seconds; `None` is the system's own way.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn linger(&self) -> io::Result<Option<Duration>> {
                match self.option(SocketOption::SO_LINGER).await? {
                    OptionValue::Off => Ok(None),
                    OptionValue::Number(seconds) => u64::try_from(seconds).map(Duration::from_secs).map(Some).map_err(io::Error::other),
                    other => Err(unlike(&other)),
                }
            }

            /// Sets SO_LINGER; zero makes `close` send RST.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
                let seconds = |linger: Duration| i64::try_from(linger.as_secs()).map_err(io::Error::other);
                let value = linger.map(seconds).transpose()?.map_or(OptionValue::Off, OptionValue::Number);
                self.set_option(SocketOption::SO_LINGER, value).await.map(drop)
            }
        }
    )*};
}

of_connections! { TcpSocket TcpStream }

/// What an option never is, unless the relay is of another mind.
fn unlike(value: &OptionValue) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the relay says that the option is {value}"))
}

/// The error of which SO_ERROR told the name.
fn pending(name: &str) -> io::Error {
    match Name::ALL.iter().find(|known| known.as_str() == name) {
        Some(known) => Failure::new(*known, "getsockopt", "the error that was pending on the socket").into(),
        None => io::Error::other(name.to_owned()),
    }
}

impl TcpStream {
    /// Waits until a `recv` would not block: there are bytes, the end of the stream, or an error. Cancel safe.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn readable(&self) -> io::Result<()> {
        if self.descriptor().state().receiving.has_something() {
            return Ok(());
        }
        self.poll(&[PollEvent::In], None).await.map(drop)
    }

    /// Waits until a `send` would not block. Cancel safe.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn writable(&self) -> io::Result<()> {
        self.poll(&[PollEvent::Out], None).await.map(drop)
    }

    /// Whether acknowledgements are sent at once (TCP_QUICKACK).
    ///
    /// # Errors
    ///
    /// What the call says; `ENOPROTOOPT` elsewhere than on Linux.
    pub async fn quickack(&self) -> io::Result<bool> {
        self.is_on(SocketOption::TCP_QUICKACK).await
    }

    /// Sets TCP_QUICKACK.
    ///
    /// # Errors
    ///
    /// As [`quickack`](Self::quickack).
    pub async fn set_quickack(&self, quickack: bool) -> io::Result<()> {
        self.switch(SocketOption::TCP_QUICKACK, quickack).await
    }
}

macro_rules! of_sockets_to_be {
    ($($option:ident $get:ident $set:ident)*) => {
        impl TcpSocket {$(
            #[doc = concat!("Whether ", stringify!($option), " is set.")]
            ///
            /// # Errors
            ///
            /// What the call says; `ENOPROTOOPT` where the system has no such option.
            pub async fn $get(&self) -> io::Result<bool> {
                self.is_on(SocketOption::$option).await
            }

            #[doc = concat!("Sets ", stringify!($option), ". Nothing sets it by itself.")]
            ///
            /// # Errors
            ///
            /// What the call says; `ENOPROTOOPT` where the system has no such option.
            pub async fn $set(&self, on: bool) -> io::Result<()> {
                self.switch(SocketOption::$option, on).await
            }
        )*}
    };
}

of_sockets_to_be! {
    SO_REUSEADDR reuseaddr set_reuseaddr
    SO_REUSEPORT reuseport set_reuseport
}

macro_rules! of_buffers {
    ($($option:ident $get:ident $set:ident)*) => {
        impl TcpSocket {$(
            #[doc = concat!("The size of the buffer ", stringify!($option), " in bytes, as the kernel has it.")]
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn $get(&self) -> io::Result<u32> {
                size(self.option(SocketOption::$option).await?)
            }

            #[doc = concat!("Sets ", stringify!($option), ". Returns what is in effect: Linux doubles it.")]
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn $set(&self, bytes: u32) -> io::Result<u32> {
                size(self.set_option(SocketOption::$option, OptionValue::Number(bytes.into())).await?)
            }
        )*}
    };
}

of_buffers! {
    SO_SNDBUF send_buffer_size set_send_buffer_size
    SO_RCVBUF recv_buffer_size set_recv_buffer_size
}

fn size(value: OptionValue) -> io::Result<u32> {
    match value {
        OptionValue::Number(bytes) => u32::try_from(bytes).map_err(io::Error::other),
        other => Err(unlike(&other)),
    }
}
