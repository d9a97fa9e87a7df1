//! A connection.

use std::{
    cell::RefCell,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use futures::{
    FutureExt as _,
    io::{AsyncRead, AsyncWrite},
};
use protocol::{Failure, How, Name, Operation, RecvFlag, SendFlag, limits};

use super::{OwnedReadHalf, OwnedWriteHalf, Relay, SocketId, TcpSocket, descriptor::Descriptor, halves, pending::Pending};

/// The largest bare send of [`AsyncWrite`], in bytes.
const WRITE_BYTES: usize = 64 << 10;

/// A TCP connection, like `tokio::net::TcpStream`.
///
/// [`send`](Self::send) and [`recv`](Self::recv) are one call each. [`AsyncRead`] and [`AsyncWrite`] keep several under way, for speed and for other crates.
/// A flush waits until the kernel has taken everything; beside a reader that has asked for more, and with a peer that says nothing, it hears of that after 40 ms (`docs/wire.md`).
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

    /// `resolve`, `socket` and `connect` in one. The addresses of a name are tried one after the other, in the resolver's order, each on a new socket.
    ///
    /// # Errors
    ///
    /// What `resolve` says, or what the last attempt says.
    pub async fn connect(relay: &Relay, host: &str, port: u64) -> io::Result<Self> {
        // An address needs no resolver, and one with a zone would lose it there.
        let is_address = host.contains('%') || host.parse::<IpAddr>().is_ok();
        let addresses =
            if is_address { vec![host.to_owned()] } else { relay.resolve(host, None).await?.iter().map(IpAddr::to_string).collect() };
        let mut failed = None;
        for address in addresses {
            let socket = if address.contains(':') { TcpSocket::new_v6(relay).await? } else { TcpSocket::new_v4(relay).await? };
            match socket.connect(&address, port, None).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or_else(|| Failure::new(Name::EAI_NODATA, "connect", "the name has no address").at(host).into()))
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

    /// `send` of what fits now (`MSG_DONTWAIT`), which may be less than `bytes`.
    ///
    /// # Errors
    ///
    /// What the call says; [`io::ErrorKind::WouldBlock`] where nothing fits.
    pub async fn try_send(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.descriptor.send(bytes, &[SendFlag::Dontwait], None).await
    }

    /// `recv` of what is there now (`MSG_DONTWAIT`); empty at the end of the stream.
    ///
    /// # Errors
    ///
    /// What the call says; [`io::ErrorKind::WouldBlock`] where there is nothing.
    pub async fn try_recv(&self, max: u64) -> io::Result<Vec<u8>> {
        self.0.descriptor.recv(max, &[RecvFlag::Dontwait], None).await
    }

    /// The two directions as values of their own, for two tasks.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        halves::split(self)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn share(&self) -> Self {
        Self(Rc::clone(&self.0))
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

    /// Everything acknowledged.
    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.descriptor.poll_acknowledged(0, context))?;
        Poll::Ready(Ok(()))
    }

    /// Everything acknowledged, and FIN. The relay shuts down behind what was sent before, so that nothing need be awaited first; who gives up waiting has
    /// shut down all the same.
    fn poll_close(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut closing = self.closing.borrow_mut();
        let shutdown = closing.get_or_insert_with(|| self.descriptor.call(Operation::Shutdown { how: How::Write }, None));
        let done = ready!(shutdown.poll_unpin(context));
        *closing = None;
        // A send that failed is the first that went wrong. What another writer sent behind the shutdown is not waited for.
        if let Poll::Ready(Err(error)) = self.poll_flush(context) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(done.map(drop))
    }
}

/// Anyone who holds the stream may read and write it, as with tokio's `split`: each direction has its own order.
impl AsyncRead for &TcpStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.descriptor.poll_read(context, buffer)
    }
}

impl AsyncWrite for &TcpStream {
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

impl AsyncRead for TcpStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_read(context, buffer)
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_close(context)
    }
}
