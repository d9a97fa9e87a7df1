//! What all sockets have in common: options, and what the kernel knows of them.

use std::{io, time::Duration};

use protocol::{Info, Operation, OptionValue, PollEvent, Return, SocketOption};

use super::{TcpListener, TcpSocket, TcpStream, descriptor::Descriptor, socket::millis, socket::misfit};

impl Descriptor {
    async fn set_option(self: &std::rc::Rc<Self>, option: SocketOption, value: OptionValue) -> io::Result<OptionValue> {
        match self.call(Operation::Setsockopt { option, value }, None).await? {
            Return::Setsockopt { value } => Ok(value),
            other => Err(misfit(&other)),
        }
    }

    async fn option(self: &std::rc::Rc<Self>, option: SocketOption) -> io::Result<OptionValue> {
        match self.call(Operation::Getsockopt { option }, None).await? {
            Return::Getsockopt { value } => Ok(value),
            other => Err(misfit(&other)),
        }
    }

    async fn info(self: &std::rc::Rc<Self>) -> io::Result<Info> {
        match self.call(Operation::Info { interval_ms: None, local: None, peer: None }, None).await? {
            Return::Info { info } => Ok(*info),
            other => Err(misfit(&other)),
        }
    }

    async fn poll(self: &std::rc::Rc<Self>, events: &[PollEvent], timeout: Option<Duration>) -> io::Result<Vec<PollEvent>> {
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

impl TcpStream {
    /// Whether small segments are sent at once (TCP_NODELAY).
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn nodelay(&self) -> io::Result<bool> {
        Ok(self.option(SocketOption::TCP_NODELAY).await? == OptionValue::Switch(true))
    }

    /// Sets TCP_NODELAY.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.set_option(SocketOption::TCP_NODELAY, OptionValue::Switch(nodelay)).await.map(drop)
    }
}

impl TcpSocket {
    /// Sets SO_REUSEADDR, which tokio's namesake sets by itself and this one does not.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn set_reuseaddr(&self, reuseaddr: bool) -> io::Result<()> {
        self.set_option(SocketOption::SO_REUSEADDR, OptionValue::Switch(reuseaddr)).await.map(drop)
    }

    /// Sets SO_REUSEPORT.
    ///
    /// # Errors
    ///
    /// What the call says; `ENOPROTOOPT` on Windows.
    pub async fn set_reuseport(&self, reuseport: bool) -> io::Result<()> {
        self.set_option(SocketOption::SO_REUSEPORT, OptionValue::Switch(reuseport)).await.map(drop)
    }
}
