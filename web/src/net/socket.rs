//! A socket that is not yet a stream or a listener.

use std::{io, net::SocketAddr, rc::Rc, time::Duration};

use protocol::{Family, How, Operation, Return};

use super::{
    Relay, SocketId, TcpListener, TcpStream,
    descriptor::{Answered, Descriptor},
};

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

    /// `bind(2)`; returns the address that the socket has now. Port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn bind(&self, address: &str, port: u64) -> io::Result<SocketAddr> {
        match self.descriptor.call(Operation::Bind { address: address.to_owned(), port }, None).await? {
            Answered::Return(Return::Bind { local }) => Ok(local),
            other => Err(misfit(&other)),
        }
    }

    /// `connect(2)`, after `host` is resolved. Cancel safe: the attempt goes on in the kernel.
    ///
    /// # Errors
    ///
    /// What the call says; `ETIMEDOUT` after `timeout`, or after the system's own.
    pub async fn connect(&self, host: &str, port: u64, timeout: Option<Duration>) -> io::Result<TcpStream> {
        let operation = Operation::Connect { host: host.to_owned(), port, timeout_ms: timeout.map(millis) };
        match self.descriptor.call(operation, None).await? {
            Answered::Return(Return::Connect { local, peer }) => Ok(TcpStream::new(Rc::clone(&self.descriptor), local, peer)),
            other => Err(misfit(&other)),
        }
    }

    /// `listen(2)`.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn listen(&self, backlog: i32) -> io::Result<TcpListener> {
        match self.descriptor.call(Operation::Listen { backlog }, None).await? {
            Answered::Return(Return::Listen { listener, local }) => {
                Ok(TcpListener::new(self.relay.clone(), Rc::clone(&self.descriptor), listener, local))
            }
            other => Err(misfit(&other)),
        }
    }

    /// `getsockname(2)`.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn local_addr(&self) -> io::Result<SocketAddr> {
        match self.descriptor.call(Operation::Getsockname, None).await? {
            Answered::Return(Return::Getsockname { local }) => Ok(local),
            other => Err(misfit(&other)),
        }
    }

    /// `send(2)`, in whatever state the socket is. One that is not connected says so.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        send(&self.descriptor, bytes).await
    }

    /// `recv(2)`, in whatever state the socket is. Empty at the end of the stream. Cancel safe.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn recv(&self, max: u64, timeout: Option<Duration>) -> io::Result<Vec<u8>> {
        recv(&self.descriptor, max, timeout).await
    }

    /// `shutdown(2)`, in whatever state the socket is.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn shutdown(&self, how: How) -> io::Result<()> {
        self.descriptor.done(Operation::Shutdown { how }).await
    }

    /// `close(2)`.
    ///
    /// # Errors
    ///
    /// The socket is gone already.
    pub async fn close(&self) -> io::Result<()> {
        self.descriptor.done(Operation::Close).await
    }
}

/// One announced `send`.
pub(super) async fn send(descriptor: &Rc<Descriptor>, bytes: &[u8]) -> io::Result<usize> {
    if bytes.is_empty() {
        // A send of nothing does nothing on a stream, and a frame of nothing is none.
        return Ok(0);
    }
    match descriptor.call(Operation::Send { flags: Vec::new(), timeout_ms: None }, Some(bytes)).await? {
        Answered::Return(Return::Send { sent }) => usize::try_from(sent).map_err(io::Error::other),
        other => Err(misfit(&other)),
    }
}

/// One `recv`, or what an earlier one left.
pub(super) async fn recv(descriptor: &Rc<Descriptor>, max: u64, timeout: Option<Duration>) -> io::Result<Vec<u8>> {
    let answered = match descriptor.take_kept() {
        Some(kept) => kept?,
        None => descriptor.call(recv_operation(max, timeout), None).await?,
    };
    match answered {
        Answered::Bytes(mut bytes) => {
            let max = usize::try_from(max).unwrap_or(usize::MAX);
            if bytes.len() > max {
                descriptor.keep_first(bytes.split_off(max));
            }
            Ok(bytes)
        }
        Answered::Return(Return::Recv { .. }) => Ok(Vec::new()),
        other => Err(misfit(&other)),
    }
}

pub(super) fn recv_operation(max: u64, timeout: Option<Duration>) -> Operation {
    Operation::Recv { max, flags: Vec::new(), timeout_ms: timeout.map(millis) }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The return of another call. `Conversation` lets none through, so this is never seen.
pub(super) fn misfit(answered: &Answered) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the relay answered with {answered:?}"))
}
