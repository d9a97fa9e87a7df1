//! The WebSocket of one page, after its handshake: a connection and what of its frames has come so far.
//!
//! It conforms to RFC 6455 as a server without extensions. It is framed here, and not by tungstenite, for two reasons that `docs/benchmark.md` has the figures of: a socket that waits
//! should hold no buffers, and what one read brings should be sent on by one write, however many frames it came in.

mod frame;

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::BufMut as _;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::io::poll_read_buf;

pub(crate) use self::frame::{Decoder, Front, MAX_CONTROL_BYTES, MAX_HEAD_BYTES, Masked, Opcode, Told, Violation, push, write_head};

/// How much is read at a time, in bytes: eight frames of 64 KiB with their heads, or two of 256 KiB, so that of these nothing is left that had to be moved.
const READ_BYTES: usize = (512 << 10) + (8 << 10);

/// How much is read of a page that there is hardly room for: `cancel` and `abort` are heard all the same.
const LEAST_READ_BYTES: usize = 4 << 10;

/// Up to how many bytes the beginning of a frame is moved, to be in one piece with what comes after it. A longer one is left where it is, and added to.
const MOVED_BYTES: usize = 64 << 10;

/// One end of a WebSocket.
pub(crate) struct WebSocket<S> {
    stream: S,
    decoder: Decoder,
    /// What was read and could not be used yet: the beginning of a frame, or frames that there was no room for.
    held: Vec<u8>,
    /// How long the frame at the front of `held` is, as far as is known; 0 where it may be whole.
    needed: usize,
}

impl<S> WebSocket<S> {
    /// The server's end, after the handshake; `read` came with that.
    pub(crate) fn new(stream: S, read: &[u8]) -> Self {
        Self { stream, decoder: Decoder::default(), held: read.to_vec(), needed: 0 }
    }

    /// The connection beneath.
    pub(crate) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Takes the frame off the front of `buffer`.
    ///
    /// # Errors
    ///
    /// The frame breaks the protocol.
    pub(crate) fn decode(&mut self, buffer: &mut [u8]) -> Result<Front, Violation> {
        let front = self.decoder.decode(buffer)?;
        self.needed = if let Front::Part { needed } = front { needed } else { 0 };
        Ok(front)
    }

    /// Whether a frame of bytes has begun that is longer than `room_bytes`.
    pub(crate) fn outgrows(&self, room_bytes: usize) -> bool {
        let is_of_bytes = self.held.first().is_some_and(|first| frame::is_binary(*first));
        is_of_bytes && self.needed > room_bytes + frame::MAX_MASKED_HEAD_BYTES
    }

    /// Keeps what could not be used, until there is more of it, or room for it.
    pub(crate) fn keep(&mut self, unused: &[u8]) {
        // As much memory as that needs, and none where nothing is left.
        self.held = unused.to_vec();
    }
}

/// Where the bytes are that [`WebSocket::poll_read`] brought.
pub(crate) enum Read {
    /// This many, at the front of the buffer that it was given.
    InBuffer(usize),
    /// In memory of their own.
    Apart(Vec<u8>),
}

impl<S: AsyncRead + Unpin> WebSocket<S> {
    /// Brings what is there behind what was kept, by one read as a rule. The beginning of a frame stands at its front. What of it is not used is to be [kept](Self::keep).
    /// Little more is read than `room_bytes`, but for the rest of a frame.
    ///
    /// # Errors
    ///
    /// The connection failed, or ended, which is `UnexpectedEof`.
    pub(crate) fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut [u8], room_bytes: usize) -> Poll<io::Result<Read>> {
        let held = self.held.len();
        if held > 0 && self.needed == 0 || held > MOVED_BYTES {
            ready!(self.poll_held(context))?;
            return Poll::Ready(Ok(Read::Apart(mem::take(&mut self.held))));
        }
        let end = READ_BYTES.min(held + room_bytes.max(LEAST_READ_BYTES));
        let mut read = ReadBuf::new(&mut buffer[held..end]);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut read))?;
        let count = read.filled().len();
        if count == 0 {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        buffer[..held].copy_from_slice(&self.held);
        self.held = Vec::new();
        Poll::Ready(Ok(Read::InBuffer(held + count)))
    }

    /// Reads on until the frame at the front of what is held is whole.
    fn poll_held(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.held.len() < self.needed {
            let left = self.needed - self.held.len();
            // Memory grows with what has come, not with what the head of a frame announces.
            self.held.reserve(left.min(READ_BYTES));
            let mut rest = (&mut self.held).limit(left);
            if ready!(poll_read_buf(Pin::new(&mut self.stream), context, &mut rest))? == 0 {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    /// A frame of bytes as a client sends it, with a masking key of zeros.
    fn binary(payload: usize) -> Vec<u8> {
        let mut frame = vec![0x82, 0x80 | 127];
        frame.extend_from_slice(&(payload as u64).to_be_bytes());
        frame.resize(frame.len() + 4 + payload, 0);
        frame
    }

    /// Reads once, takes no frame, and returns how much is held then.
    fn read(page: &mut WebSocket<DuplexStream>, room_bytes: usize) -> usize {
        let mut buffer = vec![0; READ_BYTES];
        let mut context = Context::from_waker(Waker::noop());
        let count = match page.poll_read(&mut context, &mut buffer, room_bytes) {
            Poll::Ready(Ok(Read::InBuffer(count))) => count,
            Poll::Ready(Ok(Read::Apart(bytes))) => {
                buffer = bytes;
                buffer.len()
            }
            Poll::Ready(Err(error)) => panic!("{error}"),
            Poll::Pending => return page.held.len(),
        };
        page.decode(&mut buffer[..count]).unwrap();
        page.keep(&buffer[..count]);
        count
    }

    #[tokio::test]
    async fn no_more_is_held_than_there_is_room_for() {
        let (mut client, stream) = duplex(1 << 20);
        let mut page = WebSocket::new(stream, &[]);
        client.write_all(&binary(100_000)).await.unwrap();
        assert_eq!(read(&mut page, 30_000), 30_000);
        assert!(page.outgrows(30_000) && page.outgrows(99_999) && !page.outgrows(100_000));
        assert_eq!(read(&mut page, 100_000), 100_014, "there is room for the frame, so all of it is read");
    }

    #[tokio::test]
    async fn calls_are_heard_where_there_is_no_room() {
        let (mut client, stream) = duplex(1 << 20);
        let mut page = WebSocket::new(stream, &[]);
        client.write_all(&[0x81, 0x85, 0, 0, 0, 0, b'a', b'b']).await.unwrap();
        assert_eq!(read(&mut page, 0), 8);
        assert!(!page.outgrows(0), "that is a text");
        client.write_all(b"cde").await.unwrap();
        assert_eq!(read(&mut page, 0), 11);
    }
}
