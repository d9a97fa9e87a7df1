//! The ways from a client to a server, and the servers at their end.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{self, Receiver, Sender};
use crate::processes::Process;

/// A way to a server on this machine.
pub(crate) enum Route {
    /// Straight there.
    Raw,
    /// Through the copy that listens on this port.
    Copy(u16),
    /// Through a socket of the relay.
    Relay(RelayAddress),
    /// Through a program that carries one connection over one WebSocket.
    Bridge {
        /// Where it listens.
        port: u16,
        /// What its handshake asks for.
        path: String,
        /// What its handshake offers.
        subprotocols: Option<String>,
    },
}

/// How a relay is reached.
pub(crate) struct RelayAddress {
    /// On 127.0.0.1.
    pub(crate) port: u16,
    /// The token of its run.
    pub(crate) token: String,
}

/// A connection over one of the routes.
pub(crate) enum Connection {
    /// Bytes are bytes.
    Plain(TcpStream),
    /// Bytes are frames, and received when they are called for.
    Wire(Sender, Receiver),
    /// Bytes are frames.
    Frames(Sender, Receiver),
}

impl Route {
    /// Through this relay.
    pub(crate) fn relay(process: &Process) -> Self {
        Self::Relay(RelayAddress { port: process.port, token: process.token.clone() })
    }

    /// Connects to the server on `port`.
    pub(crate) async fn connect(&self, port: u16) -> io::Result<Connection> {
        let relay = match self {
            Self::Raw => return plain(port).await,
            Self::Copy(copy) => return plain(*copy).await,
            Self::Relay(relay) => relay,
            Self::Bridge { port, path, subprotocols } => {
                let (sender, receiver) = client::upgrade(*port, path, subprotocols.as_deref()).await?;
                return Ok(Connection::Frames(sender, receiver));
            }
        };
        let (mut sender, mut receiver) = client::open(relay).await?;
        client::push_connect(&mut sender, port);
        sender.flush().await?;
        // The hello and the two answers.
        for _ in 0..3 {
            receiver.next().await?;
        }
        Ok(Connection::Wire(sender, receiver))
    }
}

async fn plain(port: u16) -> io::Result<Connection> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    Ok(Connection::Plain(stream))
}

/// The servers, each on a port of its own.
pub(crate) struct Servers {
    /// Sends without end.
    pub(crate) source: u16,
    /// Receives without end, and answers the number of bytes so far whenever a client asks: see [`Servers::received`].
    pub(crate) sink: u16,
    /// Sends back what comes.
    pub(crate) echo: u16,
    received: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

/// How much the servers and the plain clients read or write at a time.
pub(crate) const BLOCK_BYTES: usize = 256 << 10;

impl Servers {
    /// Starts them, on a thread of their own that ends with the process.
    pub(crate) fn start() -> Self {
        let (started, servers) = std::sync::mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
            runtime.block_on(async {
                started.send(Self::serve_all().await).expect("somebody waits for them");
                std::future::pending::<()>().await;
            });
        });
        servers.recv().expect("the servers start")
    }

    async fn serve_all() -> Self {
        let received = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let counter = std::sync::Arc::clone(&received);
        Self {
            source: serve(|mut stream: TcpStream| async move {
                let block = vec![0x55; BLOCK_BYTES];
                while stream.write_all(&block).await.is_ok() {}
            })
            .await,
            sink: serve_sink(counter).await,
            echo: serve(|mut stream: TcpStream| async move {
                let mut buffer = [0; 64];
                while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                    if stream.write_all(&buffer[..count]).await.is_err() {
                        return;
                    }
                }
            })
            .await,
            received,
        }
    }

    /// How many bytes the sink has received since the start.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(std::sync::atomic::Ordering::Relaxed)
    }
}

async fn serve_sink(counter: std::sync::Arc<std::sync::atomic::AtomicU64>) -> u16 {
    let (listener, port) = listener().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counter = std::sync::Arc::clone(&counter);
            tokio::spawn(async move {
                let mut buffer = vec![0; BLOCK_BYTES];
                while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                    counter.fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    port
}

async fn serve<F: Future<Output = ()> + Send + 'static>(session: impl Fn(TcpStream) -> F + Send + Copy + 'static) -> u16 {
    let (listener, port) = listener().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if stream.set_nodelay(true).is_ok() {
                tokio::spawn(session(stream));
            }
        }
    });
    port
}

async fn listener() -> (TcpListener, u16) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("port 0 is free");
    let listener = socket.listen(4096).expect("it can listen");
    let port = listener.local_addr().expect("it is bound").port();
    (listener, port)
}
