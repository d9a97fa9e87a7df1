//! The two directions of a connection as values of their own.

use std::{
    error::Error,
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use futures::io::{AsyncRead, AsyncWrite};
use protocol::{How, Operation};

use super::{SocketId, TcpStream};

/// The direction that is received, like `tokio::net::tcp::OwnedReadHalf`.
pub struct OwnedReadHalf(TcpStream);

/// The direction that is sent, like `tokio::net::tcp::OwnedWriteHalf`: dropping it ends that direction, with FIN after everything that was sent.
pub struct OwnedWriteHalf {
    stream: TcpStream,
    shutdown_on_drop: bool,
}

/// Two halves that are not of the same connection.
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

pub(super) fn split(stream: TcpStream) -> (OwnedReadHalf, OwnedWriteHalf) {
    (OwnedReadHalf(stream.share()), OwnedWriteHalf { stream, shutdown_on_drop: true })
}

impl OwnedReadHalf {
    /// Puts the two halves of a connection together again.
    ///
    /// # Errors
    ///
    /// They are of two connections; both come back.
    pub fn reunite(self, mut other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
        if self.0.is_same(&other.stream) {
            other.shutdown_on_drop = false;
            Ok(self.0)
        } else {
            Err(ReuniteError(self, other))
        }
    }

    /// What the next read brings, which stays where it is. Cancel safe.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn peek(&self, max: u64) -> io::Result<Vec<u8>> {
        self.0.peek(max).await
    }
}

impl OwnedWriteHalf {
    /// Drops the half without ending its direction.
    pub fn forget(mut self) {
        self.shutdown_on_drop = false;
    }
}

macro_rules! of_both_halves {
    ($($half:ident . $stream:tt)*) => {$(
        impl $half {
            /// Which socket of the page this is.
            pub fn id(&self) -> SocketId {
                self.$stream.id()
            }

            /// This end's address.
            pub fn local_addr(&self) -> SocketAddr {
                self.$stream.local_addr()
            }

            /// The other end's address.
            pub fn peer_addr(&self) -> SocketAddr {
                self.$stream.peer_addr()
            }
        }
    )*};
}

of_both_halves! { OwnedReadHalf.0 OwnedWriteHalf.stream }

impl AsyncRead for OwnedReadHalf {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for OwnedWriteHalf {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_close(context);
        if matches!(closed, Poll::Ready(Ok(()))) {
            self.shutdown_on_drop = false;
        }
        closed
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if self.shutdown_on_drop && self.stream.descriptor().check_end("shutdown").is_ok() {
            // Nobody is there to hear how it ended; the trace does.
            drop(self.stream.descriptor().call(Operation::Shutdown { how: How::Write }, None));
        }
    }
}

impl fmt::Debug for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReuniteError({}, {})", self.0.id(), self.1.id())
    }
}

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two halves are not of the same connection")
    }
}

impl Error for ReuniteError {}
