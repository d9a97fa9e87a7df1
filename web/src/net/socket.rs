//! A socket that is not yet a stream or a listener.

use std::{io, net::SocketAddr, rc::Rc, time::Duration};

use protocol::{Family, ListenerId, Operation, Return};

use super::{Relay, SocketId, TcpListener, TcpStream, descriptor::Descriptor};

/// A TCP socket that neither connects nor listens yet; like `tokio::net::TcpSocket`, except that it stays usable after a failed attempt, as a descriptor does.
pub struct TcpSocket {
    relay: Relay,
    descriptor: Rc<Descriptor>,
}

impl TcpSocket {
    /// `socket(2)` with `AF_INET`.
    ///
    /// # Errors
    ///
    /// `EMFILE`, a wrong token, or no relay.
    pub async fn new_v4(relay: &Relay) -> io::Result<Self> {
        Self::new(relay, Family::Inet).await
    }

    /// `socket(2)` with `AF_INET6`.
    ///
    /// # Errors
    ///
    /// As [`new_v4`](Self::new_v4), and `EAFNOSUPPORT` where the relay's system has no IPv6.
    pub async fn new_v6(relay: &Relay) -> io::Result<Self> {
        Self::new(relay, Family::Inet6).await
    }

    async fn new(relay: &Relay, family: Family) -> io::Result<Self> {
        let descriptor = relay.open().await?;
        descriptor.done(Operation::Socket { family }).await?;
        Ok(Self { relay: relay.clone(), descriptor })
    }

    /// Which socket of the page this is.
    pub fn id(&self) -> SocketId {
        self.descriptor.id()
    }

    pub(super) fn descriptor(&self) -> &Rc<Descriptor> {
        &self.descriptor
    }

    /// `bind(2)`; returns the address that the socket has now. Port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn bind(&self, address: &str, port: u64) -> io::Result<SocketAddr> {
        match self.descriptor.call(Operation::Bind { address: address.to_owned(), port }, None).await? {
            Return::Bind { local } => Ok(local),
            other => Err(misfit(&other)),
        }
    }

    /// `connect(2)`, after `host` is resolved. Cancel safe: the attempt goes on in the kernel.
    ///
    /// # Errors
    ///
    /// What the call says; `ETIMEDOUT` after `timeout`, or after the system's own.
    pub async fn connect(&self, host: &str, port: u64, timeout: Option<Duration>) -> io::Result<TcpStream> {
        // What an attempt brought that was given up too late to be stopped.
        let connected = self.descriptor.take_connected();
        if let Some((local, peer)) = connected {
            return Ok(TcpStream::new(Rc::clone(&self.descriptor), local, peer));
        }
        let operation = Operation::Connect { host: host.to_owned(), port, timeout_ms: timeout.map(millis) };
        let answered = self.descriptor.call(operation, None).await;
        let (local, peer) = match (answered, self.descriptor.take_connected()) {
            (Ok(Return::Connect { local, peer }), _) | (Err(_), Some((local, peer))) => (local, peer),
            (Ok(other), _) => return Err(misfit(&other)),
            (Err(error), None) => return Err(error),
        };
        Ok(TcpStream::new(Rc::clone(&self.descriptor), local, peer))
    }

    /// `listen(2)`.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn listen(&self, backlog: i32) -> io::Result<TcpListener> {
        match self.descriptor.call(Operation::Listen { backlog }, None).await? {
            Return::Listen { listener, local, .. } => {
                Ok(TcpListener::new(self.relay.clone(), Rc::clone(&self.descriptor), listener, local))
            }
            other => Err(misfit(&other)),
        }
    }

    /// `accept(2)` on a socket that does not listen, for whoever wants to see it fail. A [`TcpListener`] accepts.
    ///
    /// # Errors
    ///
    /// Always: `EINVAL`, as the call says of such a socket.
    pub async fn accept(&self) -> io::Result<()> {
        self.descriptor.done(Operation::Accept { listener: ListenerId(0), timeout_ms: None }).await
    }

    /// `getsockname(2)`.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn local_addr(&self) -> io::Result<SocketAddr> {
        self.descriptor.getsockname().await
    }

    /// `getpeername(2)`.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.descriptor.getpeername().await
    }
}

/// A timeout as the wire has it. Rounded up, so that a short one is not none.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// The return of another call. `Conversation` lets none through, so this is never seen.
pub(super) fn misfit(answered: &Return) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the relay answered with {answered:?}"))
}
