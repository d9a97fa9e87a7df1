//! A client of the wire framed by hand (RFC 6455), so that not the client is measured: its masking key is zero, which is legal, and costs nothing.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::route::RelayAddress;

/// The sending half.
pub(crate) struct Sender {
    stream: OwnedWriteHalf,
    frame: Vec<u8>,
}

/// The receiving half.
pub(crate) struct Receiver {
    stream: OwnedReadHalf,
    buffer: Vec<u8>,
    /// What of the buffer is read and not used yet.
    unused: std::ops::Range<usize>,
}

/// A frame from the relay: its kind, and how long its payload was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// An answer.
    Text,
    /// The bytes of a `recv`, or of a part of a message.
    Binary(usize),
    /// The WebSocket ends.
    Close,
}

/// Opens a WebSocket of the relay. Its hello, which nobody need wait for, is the first frame to come.
pub(crate) async fn open(relay: &RelayAddress) -> io::Result<(Sender, Receiver)> {
    let subprotocols = format!("{}, {}{}", protocol::SUBPROTOCOL, protocol::TOKEN_PREFIX, relay.token);
    upgrade(relay.port, protocol::SOCKET_PATH, Some(&subprotocols)).await
}

/// Adds the calls that make a socket and connect it to `port` of 127.0.0.1: two answers will come.
pub(crate) fn push_connect(sender: &mut Sender, port: u16) {
    sender.call(r#"{"id":1,"call":"socket","family":"inet"}"#);
    sender.call(&format!(r#"{{"id":2,"call":"connect","host":"127.0.0.1","port":{port}}}"#));
}

/// Opens a WebSocket on 127.0.0.1.
pub(crate) async fn upgrade(port: u16, path: &str, subprotocols: Option<&str>) -> io::Result<(Sender, Receiver)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let offer = subprotocols.map(|names| format!("Sec-WebSocket-Protocol: {names}\r\n")).unwrap_or_default();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{offer}\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let (read, write) = stream.into_split();
    let mut receiver = Receiver { stream: read, buffer: vec![0; 4 << 10], unused: 0..0 };
    receiver.skip_head().await?;
    Ok((Sender { stream: write, frame: Vec::new() }, receiver))
}

impl Sender {
    /// Adds a call to what the next [`flush`](Self::flush) sends.
    pub(crate) fn call(&mut self, json: &str) {
        self.push(0x81, json.as_bytes());
    }

    /// Adds a bare send.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.push(0x82, bytes);
    }

    fn push(&mut self, kind: u8, payload: &[u8]) {
        self.frame.push(kind);
        match payload.len() {
            len @ 0..126 => self.frame.push(0x80 | len as u8),
            len @ 126..0x1_0000 => {
                self.frame.push(0x80 | 126);
                self.frame.extend_from_slice(&(len as u16).to_be_bytes());
            }
            len => {
                self.frame.push(0x80 | 127);
                self.frame.extend_from_slice(&(len as u64).to_be_bytes());
            }
        }
        self.frame.extend_from_slice(&[0; 4]);
        self.frame.extend_from_slice(payload);
    }

    /// Adds a close frame (1000).
    pub(crate) fn close(&mut self) {
        self.push(0x88, &1000_u16.to_be_bytes());
    }

    /// Sends what was added, in one write.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.repeat().await?;
        self.frame.clear();
        Ok(())
    }

    /// The same, and keeps it, to be sent again: so a client of many messages copies no more than one of raw TCP.
    pub(crate) async fn repeat(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.frame).await
    }
}

impl Receiver {
    /// A larger buffer, for those who receive much.
    pub(crate) fn grow(&mut self, bytes: usize) {
        self.buffer.resize(bytes, 0);
    }

    /// Reads one frame. Pings are not answered: no measurement lasts that long.
    pub(crate) async fn next(&mut self) -> io::Result<Frame> {
        loop {
            self.need(2).await?;
            let (kind, short) = (self.buffer[self.unused.start] & 0x0f, self.buffer[self.unused.start + 1]);
            let head = match short {
                126 => 4,
                127 => 10,
                _ => 2,
            };
            self.need(head).await?;
            let start = self.unused.start;
            let long =
                |from: usize, to: usize| self.buffer[start + from..start + to].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            let len = match short {
                126 => long(2, 4),
                127 => long(2, 10),
                len => usize::from(len),
            };
            self.unused.start += head;
            self.skip(len).await?;
            match kind {
                1 => return Ok(Frame::Text),
                // Bytes are bytes, in however many fragments.
                0 | 2 => return Ok(Frame::Binary(len)),
                8 => return Ok(Frame::Close),
                _ => {}
            }
        }
    }

    /// Throws a payload away, as it comes.
    async fn skip(&mut self, mut len: usize) -> io::Result<()> {
        loop {
            let here = len.min(self.unused.len());
            self.unused.start += here;
            len -= here;
            if len == 0 {
                return Ok(());
            }
            self.unused = 0..0;
            self.fill().await?;
        }
    }

    /// Reads until `count` bytes are there.
    async fn need(&mut self, count: usize) -> io::Result<()> {
        while self.unused.len() < count {
            self.buffer.copy_within(self.unused.clone(), 0);
            self.unused = 0..self.unused.len();
            self.fill().await?;
        }
        Ok(())
    }

    async fn fill(&mut self) -> io::Result<()> {
        let count = self.stream.read(&mut self.buffer[self.unused.end..]).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.unused.end += count;
        Ok(())
    }

    /// Skips the head of the HTTP response.
    async fn skip_head(&mut self) -> io::Result<()> {
        loop {
            self.fill().await?;
            let head = &self.buffer[self.unused.clone()];
            if !head.starts_with(b"HTTP/1.1 101"[..head.len().min(12)].as_ref()) {
                return Err(io::Error::other(String::from_utf8_lossy(head).into_owned()));
            }
            if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
                self.unused.start += end + 4;
                return Ok(());
            }
        }
    }
}
