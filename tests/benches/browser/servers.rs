//! Servers that send, receive and echo, over TCP for the relay and over WebSockets for the bare browser.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// How much is sent at a time, in bytes.
const BLOCK_BYTES: usize = 64 << 10;

/// The ports of the servers on 127.0.0.1.
pub(crate) struct Servers {
    pub(crate) source: u16,
    pub(crate) sink: u16,
    pub(crate) echo: u16,
    pub(crate) websocket_source: u16,
    pub(crate) websocket_sink: u16,
    pub(crate) websocket_echo: u16,
    received: Arc<AtomicU64>,
}

impl Servers {
    /// Starts them.
    pub(crate) async fn start() -> Self {
        let received = Arc::new(AtomicU64::new(0));
        let (tcp, websocket) = (Arc::clone(&received), Arc::clone(&received));
        Self {
            source: serve(|stream, ()| source(stream), ()).await,
            sink: serve(sink, tcp).await,
            echo: serve(|stream, ()| echo(stream), ()).await,
            websocket_source: serve(|stream, ()| websocket_source(stream), ()).await,
            websocket_sink: serve(websocket_sink, websocket).await,
            websocket_echo: serve(|stream, ()| websocket_echo(stream), ()).await,
            received,
        }
    }

    /// How many bytes both sinks have received since the start.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

async fn serve<T, F>(session: impl Fn(TcpStream, T) -> F + Send + 'static, with: T) -> u16
where
    T: Clone + Send + 'static,
    F: Future<Output = Option<()>> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if stream.set_nodelay(true).is_ok() {
                // It ends with its connection.
                tokio::spawn(session(stream, with.clone()));
            }
        }
    });
    port
}

async fn source(mut stream: TcpStream) -> Option<()> {
    let block = vec![0x55; BLOCK_BYTES];
    loop {
        stream.write_all(&block).await.ok()?;
    }
}

async fn sink(mut stream: TcpStream, received: Arc<AtomicU64>) -> Option<()> {
    let mut buffer = vec![0; BLOCK_BYTES];
    loop {
        match stream.read(&mut buffer).await.ok()? {
            0 => return None,
            count => received.fetch_add(count as u64, Ordering::Relaxed),
        };
    }
}

async fn echo(mut stream: TcpStream) -> Option<()> {
    let (mut read, mut write) = stream.split();
    tokio::io::copy(&mut read, &mut write).await.ok().map(drop)
}

/// Until the browser closes: one that goes on sending keeps the browser busy with a connection that nobody reads.
async fn websocket_source(stream: TcpStream) -> Option<()> {
    let (mut sender, mut receiver) = tokio_tungstenite::accept_async(stream).await.ok()?.split();
    let block = Bytes::from(vec![0x55; BLOCK_BYTES]);
    let sending = async {
        loop {
            sender.send(Message::Binary(block.clone())).await.ok()?;
        }
    };
    tokio::select! {
        () = async { while let Some(Ok(_)) = receiver.next().await {} } => None,
        ended = sending => ended,
    }
}

async fn websocket_sink(stream: TcpStream, received: Arc<AtomicU64>) -> Option<()> {
    let mut socket = tokio_tungstenite::accept_async(stream).await.ok()?;
    while let Message::Binary(bytes) = socket.next().await?.ok()? {
        received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
    None
}

async fn websocket_echo(stream: TcpStream) -> Option<()> {
    let mut socket = tokio_tungstenite::accept_async(stream).await.ok()?;
    loop {
        let message = socket.next().await?.ok()?;
        if message.is_binary() {
            socket.send(message).await.ok()?;
        }
    }
}
