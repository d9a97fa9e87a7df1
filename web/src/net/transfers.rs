//! What a socket does with its connection, whatever state it is in: the kernel says where a call does not fit.

use std::{io, rc::Rc, time::Duration};

use protocol::{How, Operation, RecvFlag, Return, SendFlag, limits};

use super::{
    TcpSocket, TcpStream,
    descriptor::Descriptor,
    socket::{millis, misfit},
};

impl Descriptor {
    /// One announced `send`, of no more than a frame holds: as `send(2)`, it may take less than it was given.
    pub(super) async fn send(self: &Rc<Self>, bytes: &[u8], flags: &[SendFlag], timeout: Option<Duration>) -> io::Result<usize> {
        if bytes.is_empty() {
            // A send of nothing does nothing on a stream, and a frame of nothing is none.
            return Ok(0);
        }
        let bytes = &bytes[..bytes.len().min(limits::MAX_BINARY_FRAME_BYTES)];
        let operation = Operation::Send { flags: flags.to_vec(), timeout_ms: timeout.map(millis) };
        match self.call(operation, Some(bytes)).await? {
            Return::Send { sent } => usize::try_from(sent).map_err(io::Error::other),
            other => Err(misfit(&other)),
        }
    }
}

macro_rules! of_connections {
    ($($socket:ident)*) => {$(
        impl $socket {
            /// One `send(2)` that blocks until the kernel has taken everything; returns how much it took. At most [`limits::MAX_BINARY_FRAME_BYTES`] at a time.
            ///
            /// When it is dropped the call is cancelled; how much was sent by then is in the trace.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn send(&self, bytes: &[u8]) -> io::Result<usize> {
                self.descriptor().send(bytes, &[], None).await
            }

            /// One `send(2)` with flags and a timeout; one that has sent a part by then returns that part.
            ///
            /// # Errors
            ///
            /// What the call says; `ETIMEDOUT` after `timeout`, `EAGAIN` with `dontwait`.
            pub async fn send_with(&self, bytes: &[u8], flags: &[SendFlag], timeout: Option<Duration>) -> io::Result<usize> {
                self.descriptor().send(bytes, flags, timeout).await
            }

            /// One `recv(2)` of at most `max` bytes; empty at the end of the stream. What a reader or a `recv` that was given up left comes first. Cancel safe.
            ///
            /// # Errors
            ///
            /// What the call says; `ETIMEDOUT` after `timeout`.
            pub async fn recv(&self, max: u64, timeout: Option<Duration>) -> io::Result<Vec<u8>> {
                self.descriptor().recv(max, &[], timeout).await
            }

            /// One `recv(2)` with flags and a timeout. What was left, as with [`recv`](Self::recv), comes first and alone, also with `waitall`. Cancel safe.
            ///
            /// # Errors
            ///
            /// What the call says; `ETIMEDOUT` after `timeout`, `EAGAIN` with `dontwait`.
            pub async fn recv_with(&self, max: u64, flags: &[RecvFlag], timeout: Option<Duration>) -> io::Result<Vec<u8>> {
                self.descriptor().recv(max, flags, timeout).await
            }

            /// `recv` with `MSG_PEEK`: what the next `recv` brings, which stays where it is. Cancel safe.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn peek(&self, max: u64) -> io::Result<Vec<u8>> {
                self.descriptor().recv(max, &[RecvFlag::Peek], None).await
            }

            /// `shutdown(2)`.
            ///
            /// # Errors
            ///
            /// What the call says.
            pub async fn shutdown(&self, how: How) -> io::Result<()> {
                self.descriptor().done(Operation::Shutdown { how }).await
            }

            /// `close(2)`, after what was sent before.
            ///
            /// # Errors
            ///
            /// The socket is gone already.
            pub async fn close(&self) -> io::Result<()> {
                self.descriptor().done(Operation::Close).await
            }

            /// Closes at once, with RST where there is a connection.
            ///
            /// # Errors
            ///
            /// The socket is gone already.
            pub async fn abort(&self) -> io::Result<()> {
                self.descriptor().done(Operation::Abort).await
            }
        }
    )*};
}

of_connections! { TcpSocket TcpStream }
