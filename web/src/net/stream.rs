//! A connection.

use std::{
    cell::RefCell,
    io,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{
    FutureExt as _,
    io::{AsyncRead, AsyncWrite},
};
use protocol::{How, Operation, limits};

use super::{Relay, SocketId, TcpSocket, descriptor::Descriptor, pending::Pending, socket::send};

/// The largest bare send of [`AsyncWrite`], in bytes.
const WRITE_BYTES: usize = 64 << 10;

/// A TCP connection, like `tokio::net::TcpStream`.
///
/// [`send`](Self::send) and [`recv`](Self::recv) are one call each. [`AsyncRead`] and [`AsyncWrite`] keep several under way, for speed and for other crates.
pub struct TcpStream(Rc<Inner>);

struct Inner {
    descriptor: Rc<Descriptor>,
    local: SocketAddr,
    peer: SocketAddr,
    closing: RefCell<Option<Pending>>,
}

impl TcpStream {
    pub(super) fn new(descriptor: Rc<Descriptor>, local: SocketAddr, peer: SocketAddr) -> Self {
        Self(Rc::new(Inner { descriptor, local, peer, closing: RefCell::default() }))
    }

    /// `socket` and `connect` in one.
    ///
    /// # Errors
    ///
    /// What the first call that fails says.
    pub async fn connect(relay: &Relay, host: &str, port: u64) -> io::Result<Self> {
        let is_v6 = host.contains(':');
        let socket = if is_v6 { TcpSocket::new_v6(relay).await? } else { TcpSocket::new_v4(relay).await? };
        socket.connect(host, port, None).await
    }

    /// Which socket of the page this is.
    pub fn id(&self) -> SocketId {
        self.0.descriptor.id()
    }

    pub(super) fn descriptor(&self) -> &Rc<Descriptor> {
        &self.0.descriptor
    }

    /// This end's address.
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local
    }

    /// The other end's address.
    pub fn peer_addr(&self) -> SocketAddr {
        self.0.peer
    }

    /// One `send(2)` that blocks until the kernel has taken everything; returns how much it took. At most [`limits::MAX_BINARY_FRAME_BYTES`] at a time.
    ///
    /// When it is dropped the call is cancelled; how much was sent by then is in the trace.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        send(&self.0.descriptor, bytes).await
    }

    /// One `recv(2)` of at most `max` bytes; empty at the end of the stream. What [`AsyncRead`] or a `recv` that was given up left comes first. Cancel safe.
    ///
    /// # Errors
    ///
    /// What the call says; `ETIMEDOUT` after `timeout`.
    pub async fn recv(&self, max: u64, timeout: Option<Duration>) -> io::Result<Vec<u8>> {
        self.0.descriptor.recv(max, timeout).await
    }

    /// `shutdown(2)`.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn shutdown(&self, how: How) -> io::Result<()> {
        self.0.descriptor.done(Operation::Shutdown { how }).await
    }

    /// `close(2)`, after what was sent before.
    ///
    /// # Errors
    ///
    /// The socket is gone already.
    pub async fn close(&self) -> io::Result<()> {
        self.0.descriptor.done(Operation::Close).await
    }

    /// Closes at once, with RST.
    ///
    /// # Errors
    ///
    /// The socket is gone already.
    pub async fn abort(&self) -> io::Result<()> {
        self.0.descriptor.done(Operation::Abort).await
    }

    /// The two directions as values of their own, for two tasks.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        (OwnedReadHalf(Self(Rc::clone(&self.0))), OwnedWriteHalf(self))
    }
}

impl Inner {
    fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let bytes = &bytes[..bytes.len().min(WRITE_BYTES)];
        ready!(self.descriptor.poll_acknowledged((limits::SEND_WINDOW_BYTES - bytes.len()) as u64, context))?;
        self.descriptor.bare_send(bytes)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.descriptor.poll_acknowledged(0, context))?;
        Poll::Ready(Ok(()))
    }

    /// Everything acknowledged, and FIN.
    fn poll_close(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(context))?;
        let mut closing = self.closing.borrow_mut();
        let shutdown = closing.get_or_insert_with(|| self.descriptor.call(Operation::Shutdown { how: How::Write }, None));
        let done = ready!(shutdown.poll_unpin(context));
        *closing = None;
        Poll::Ready(done.map(drop))
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.descriptor.poll_read(context, buffer)
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_close(context)
    }
}

/// The direction that is received.
pub struct OwnedReadHalf(TcpStream);

/// The direction that is sent.
pub struct OwnedWriteHalf(TcpStream);

impl AsyncRead for OwnedReadHalf {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.0.descriptor.poll_read(context, buffer)
    }
}

impl AsyncWrite for OwnedWriteHalf {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.0.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.0.poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.0.poll_close(context)
    }
}
