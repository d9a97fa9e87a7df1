//! What every response tells a browser: run no script but ours, be in no frame, tell nobody where you are, share no memory, use no device.
//!
//! Also those that are not made in `http.rs`: hyper answers a malformed head or one that is too large by itself, and bare; [`Careful`] adds the rest as it goes by.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use hyper::{
    Response,
    header::{HeaderName, HeaderValue},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (NOSNIFF, "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), midi=(), payment=()"),
];

/// By which a response that has them all is known.
const NOSNIFF: &str = "x-content-type-options";

/// Adds the headers to a response.
pub(crate) fn careful<B>(mut response: Response<B>) -> Response<B> {
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// The headers as they stand in the head of a response, each in a line of its own.
pub(crate) fn lines() -> String {
    HEADERS.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

/// A connection that hyper answers requests on. What passes is left as it is, but for the errors that hyper answers with by itself.
///
/// Between two responses hyper flushes, and it writes each from its beginning; so the first write after a flush has the head of a response, and one of the relay's own
/// has the headers already.
pub(crate) struct Careful<S> {
    inner: S,
    /// Part of a response was written, which was not flushed yet.
    is_amid: bool,
    /// An answer of hyper's with the headers added, as far as it is not written yet.
    added_to: Vec<u8>,
}

impl<S> Careful<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, is_amid: false, added_to: Vec::new() }
    }

    /// The connection, when hyper is done with it.
    pub(crate) fn into_inner(self) -> S {
        self.inner
    }

    /// Keeps `written` with the headers added, if it is an answer of hyper's own.
    fn takes(&mut self, written: &[u8]) -> bool {
        if self.is_amid {
            return false;
        }
        match with_headers(written) {
            Some(whole) => {
                self.is_amid = true;
                self.added_to = whole;
                true
            }
            None => false,
        }
    }
}

/// The answer of an error with the headers added, if it lacks them. hyper writes a head at once.
fn with_headers(written: &[u8]) -> Option<Vec<u8>> {
    let is_error = written.starts_with(b"HTTP/1.") && written.get(8..10) == Some(b" 4") && written.ends_with(b"\r\n\r\n");
    if !is_error || written.windows(NOSNIFF.len()).any(|name| name.eq_ignore_ascii_case(NOSNIFF.as_bytes())) {
        return None;
    }
    let (status, rest) = written.split_at(written.windows(2).position(|end| end == b"\r\n")? + 2);
    Some([status, lines().as_bytes(), rest].concat())
}

impl<S: AsyncWrite + Unpin> Careful<S> {
    fn poll_added_to(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.added_to.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_write(context, &self.added_to))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => {
                    self.added_to.drain(..count);
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Careful<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Careful<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(buffer)])
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffers: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if let Some(first) = buffers.first()
            && self.takes(first)
        {
            // Written by the flush, which is to come.
            return Poll::Ready(Ok(first.len()));
        }
        ready!(self.poll_added_to(context))?;
        let written = match buffers {
            [one] => ready!(Pin::new(&mut self.inner).poll_write(context, one)),
            several => ready!(Pin::new(&mut self.inner).poll_write_vectored(context, several)),
        };
        self.is_amid = true;
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_added_to(context))?;
        ready!(Pin::new(&mut self.inner).poll_flush(context))?;
        self.is_amid = false;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_added_to(context))?;
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const BARE: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

    /// What comes out of a connection that holds 16 bytes where these are written, each flushed.
    async fn passed(responses: &[&[u8]]) -> String {
        let (mut client, stream) = duplex(16);
        let mut careful = Careful::new(stream);
        let write = async {
            for response in responses {
                careful.write_all(response).await.unwrap();
                careful.flush().await.unwrap();
            }
            careful.shutdown().await.unwrap();
        };
        let mut read = String::new();
        let (read_bytes, ()) = tokio::join!(client.read_to_string(&mut read), write);
        read_bytes.unwrap();
        read
    }

    #[tokio::test]
    async fn a_bare_error_gets_the_headers() {
        let whole = passed(&[b"HTTP/1.1 200 OK\r\n\r\n", BARE]).await;
        let expected =
            format!("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad Request\r\n{}connection: close\r\ncontent-length: 0\r\n\r\n", lines());
        assert_eq!(whole, expected);
    }

    #[tokio::test]
    async fn the_rest_is_left_as_it_is() {
        let own = format!("HTTP/1.1 404 Not Found\r\n{}content-length: 0\r\n\r\n", lines());
        // A file in which such an answer stands, where the connection takes the head in whole pieces.
        let file = [&b"HTTP/1.1 200 OK\r\nx: 1234\r\ncontent-length: 66\r\n\r\n"[..], BARE].concat();
        for response in [own.as_bytes(), &file, b"HTTP/1.1 100 Continue\r\n\r\n"] {
            assert_eq!(passed(&[response]).await.as_bytes(), response);
        }
    }
}
