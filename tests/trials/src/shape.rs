//! The edges of `net`: errors of the right kind, halves, peeking, what is dropped half-way. Both ends of each connection are in the page.

use std::{cell::Cell, io, net::SocketAddr, rc::Rc, time::Duration};

use futures::{AsyncReadExt as _, AsyncWriteExt, FutureExt as _, future::join, io::ErrorKind};
use protocol::{Call, Failure, Family, How, Name, Operation, OptionValue, PollEvent, RecvFlag, SocketOption};
use wasm_bindgen::prelude::*;
use web::net::{Observed, Observer, Relay, SocketId, TcpListener, TcpSocket, TcpStream};

type Result<T = ()> = std::result::Result<T, JsError>;

/// Fails with the condition's own words.
macro_rules! ensure {
    ($condition:expr) => {
        if !$condition {
            return Err(JsError::new(concat!("not so, in line ", line!(), ": ", stringify!($condition))));
        }
    };
}

/// Both ends of one connection through the kernel.
struct Pair {
    relay: Relay,
    client: TcpStream,
    server: TcpStream,
}

impl Pair {
    async fn new(relay: &Relay) -> io::Result<Self> {
        let listener = TcpListener::bind(relay, "127.0.0.1", 0, 1).await?;
        let port = listener.local_addr().port();
        let (client, accepted) = join(TcpStream::connect(relay, "127.0.0.1", port.into()), listener.accept(None)).await;
        Ok(Self { relay: relay.clone(), client: client?, server: accepted?.0 })
    }
}

/// Counts the calls of `shutdown`.
#[derive(Default)]
struct Shutdowns(Cell<usize>);

impl Observer for Shutdowns {
    fn observe(&self, _socket: SocketId, observed: Observed<'_>) {
        if let Observed::Called(Call { operation: Operation::Shutdown { .. }, .. }) = observed {
            self.0.set(self.0.get() + 1);
        }
    }
}

fn kind<T>(result: &io::Result<T>) -> Option<ErrorKind> {
    result.as_ref().err().map(io::Error::kind)
}

fn name<T>(result: &io::Result<T>) -> Option<Name> {
    let failure = result.as_ref().err()?.get_ref()?.downcast_ref::<Failure>()?;
    Some(failure.name)
}

/// Goes through all of it. Returns how many parts there were.
///
/// # Errors
///
/// What is not as it should be.
#[wasm_bindgen]
pub async fn shape(url: String, token: String) -> Result<usize> {
    let relay = crate::relay(url.clone(), token.clone());
    let pair = async || Pair::new(&relay).await;
    addresses(pair().await?).await?;
    errors_are_of_their_kind(&relay).await?;
    peeking(pair().await?).await?;
    options(pair().await?).await?;
    halves(pair().await?).await?;
    megabytes(pair().await?).await?;
    the_end(pair().await?).await?;
    given_up(pair().await?).await?;
    let shutdowns = Rc::new(Shutdowns::default());
    closing(Pair::new(&Relay::new(url, token, shutdowns.clone())).await?, &shutdowns).await?;
    Ok(9)
}

async fn addresses(pair: Pair) -> Result {
    ensure!(pair.client.local_addr() == pair.server.peer_addr());
    ensure!(pair.client.peer_addr() == pair.server.local_addr());
    ensure!(pair.client.id() != pair.server.id());
    let by_name = pair.relay.resolve("localhost", Some(Family::Inet)).await?;
    ensure!(by_name.iter().all(|address| address.is_ipv4() && address.is_loopback()));
    // The addresses of a name are tried one after the other: on some of them nobody listens.
    let listener = TcpListener::bind(&pair.relay, "127.0.0.1", 0, 1).await?;
    let stream = TcpStream::connect(&pair.relay, "localhost", listener.local_addr().port().into()).await?;
    ensure!(stream.peer_addr() == listener.local_addr());
    Ok(())
}

async fn errors_are_of_their_kind(relay: &Relay) -> Result {
    let socket = TcpSocket::new_v4(relay).await?;
    let free = socket.bind("127.0.0.1", 0).await?;
    let taken = TcpSocket::new_v4(relay).await?.bind("127.0.0.1", free.port().into()).await;
    ensure!(kind(&taken) == Some(ErrorKind::AddrInUse) && name(&taken) == Some(Name::EADDRINUSE));
    let refused = TcpStream::connect(relay, "127.0.0.1", free.port().into()).await;
    ensure!(kind(&refused) == Some(ErrorKind::ConnectionRefused));
    let elsewhere = TcpSocket::new_v4(relay).await?.bind("192.0.2.1", 0).await;
    ensure!(kind(&elsewhere) == Some(ErrorKind::AddrNotAvailable));
    let unconnected = socket.recv(1, None).await;
    ensure!(kind(&unconnected) == Some(ErrorKind::NotConnected));
    let wrong_port = socket.connect("127.0.0.1", 70_000, None).await;
    ensure!(kind(&wrong_port) == Some(ErrorKind::InvalidInput));
    let nameless = relay.resolve("no-such-name.invalid", None).await;
    ensure!(matches!(name(&nameless), Some(Name::EAI_NONAME | Name::EAI_AGAIN)));
    socket.close().await?;
    ensure!(name(&socket.local_addr().await) == Some(Name::EBADF));
    let listener = TcpListener::bind(relay, "127.0.0.1", 0, 1).await?;
    ensure!(kind(&listener.accept(Some(Duration::from_millis(1))).await) == Some(ErrorKind::TimedOut));
    Ok(())
}

async fn peeking(Pair { client, server, .. }: Pair) -> Result {
    ensure!(kind(&server.try_recv(10).await) == Some(ErrorKind::WouldBlock));
    client.send(b"hello").await?;
    server.readable().await?;
    ensure!(server.peek(2).await? == b"he");
    ensure!(server.peek(10).await? == b"hello");
    ensure!(server.try_recv(3).await? == b"hel");
    ensure!(server.recv(10, None).await? == b"lo");
    // What was received ahead for a reader is peeked at too.
    let mut reader = &server;
    let mut first = [0];
    let (read, sent) = join(reader.read_exact(&mut first), client.send(b"world")).await;
    read?;
    sent?;
    ensure!(&first == b"w" && server.peek(10).await? == b"orld");
    ensure!(server.recv(2, None).await? == b"or");
    let (all, sent) = join(server.recv_with(4, &[RecvFlag::Waitall], None), client.send(b"!!")).await;
    sent?;
    ensure!(all? == b"ld");
    client.writable().await?;
    ensure!(client.try_send(b"?").await? == 1);
    ensure!(server.recv(10, None).await?.starts_with(b"!"));
    Ok(())
}

async fn options(Pair { relay, client, .. }: Pair) -> Result {
    for on in [true, false] {
        client.set_nodelay(on).await?;
        ensure!(client.nodelay().await? == on);
        client.set_keepalive(on).await?;
        ensure!(client.keepalive().await? == on);
    }
    client.set_ttl(42).await?;
    ensure!(client.ttl().await? == 42);
    ensure!(client.linger().await?.is_none());
    client.set_linger(Some(Duration::from_secs(3))).await?;
    ensure!(client.linger().await? == Some(Duration::from_secs(3)));
    ensure!(client.take_error().await?.is_none());
    let socket = TcpSocket::new_v6(&relay).await?;
    ensure!(!socket.reuseaddr().await?);
    socket.set_reuseaddr(true).await?;
    ensure!(socket.reuseaddr().await?);
    ensure!(socket.set_recv_buffer_size(8192).await? == socket.recv_buffer_size().await?);
    ensure!(socket.set_send_buffer_size(8192).await? == socket.send_buffer_size().await?);
    ensure!(socket.option(SocketOption::IPV6_V6ONLY).await? == OptionValue::Switch(false));
    ensure!(kind(&socket.option(SocketOption::SO_ERROR).await).is_none());
    ensure!(client.info().await?.state.is_some());
    Ok(())
}

async fn halves(Pair { relay, client, server }: Pair) -> Result {
    let (read, write) = client.into_split();
    ensure!(read.local_addr() == write.local_addr());
    let Ok(client) = read.reunite(write) else { return Err(JsError::new("the halves are of one connection")) };
    let other = Pair::new(&relay).await?;
    let (read, write) = client.into_split();
    let (other_read, other_write) = other.client.into_split();
    let Err(error) = read.reunite(other_write) else { return Err(JsError::new("the halves are not of one connection")) };
    let (read, other_write) = (error.0, error.1);
    // A half that is dropped ends its direction, one that is forgotten does not.
    drop(write);
    ensure!(server.recv(1, None).await?.is_empty());
    other_write.forget();
    drop(other_read);
    // With both halves gone the connection is closed, not reset.
    ensure!(other.server.recv(1, None).await?.is_empty());
    server.send(b"still flowing").await?;
    let mut read = read;
    let mut buffer = [0; 13];
    read.read_exact(&mut buffer).await?;
    ensure!(&buffer == b"still flowing");
    Ok(())
}

async fn megabytes(Pair { client, server, .. }: Pair) -> Result {
    const BYTES: usize = 5 << 20;
    let sent: Vec<u8> = (0..BYTES).map(|index| (index * 31 + index / 253) as u8).collect();
    let (mut client_read, mut client_write) = client.into_split();
    let (mut server_read, mut server_write) = server.into_split();
    let up = async {
        client_write.write_all(&sent).await?;
        client_write.close().await
    };
    let echo = async {
        futures::io::copy(&mut server_read, &mut server_write).await?;
        server_write.close().await
    };
    let mut back = Vec::new();
    let (up, (echo, read)) = join(up, join(echo, client_read.read_to_end(&mut back))).await;
    up?;
    echo?;
    ensure!(read? == BYTES);
    ensure!(back == sent);
    Ok(())
}

async fn the_end(Pair { client, server, .. }: Pair) -> Result {
    client.send(b"last words").await?;
    client.shutdown(How::Write).await?;
    ensure!(server.recv(100, None).await? == b"last words");
    ensure!(server.recv(100, None).await?.is_empty());
    ensure!(kind(&client.send(b"more").await) == Some(ErrorKind::BrokenPipe));
    server.send(b"answer").await?;
    ensure!(client.recv(100, None).await? == b"answer");
    server.abort().await?;
    ensure!(kind(&client.recv(100, None).await) == Some(ErrorKind::ConnectionReset));
    Ok(())
}

async fn given_up(Pair { relay, client, server }: Pair) -> Result {
    // More than the relay lets wait side by side: each one that is dropped is cancelled.
    for _ in 0..40 {
        let mut waiting = Box::pin(server.poll(&[PollEvent::In], None));
        ensure!((&mut waiting).now_or_never().is_none());
    }
    for _ in 0..5 {
        ensure!(Box::pin(server.recv(10, None)).now_or_never().is_none());
    }
    client.send(b"not lost").await?;
    let mut received = Vec::new();
    while received.len() < 8 {
        received.extend(server.recv(10, None).await?);
    }
    ensure!(received == b"not lost");
    let listener = TcpListener::bind(&relay, "127.0.0.1", 0, 5).await?;
    for _ in 0..5 {
        ensure!(Box::pin(listener.accept(None)).now_or_never().is_none());
    }
    let mut expected: Vec<SocketAddr> = Vec::new();
    let mut kept = Vec::new();
    for _ in 0..3 {
        let stream = TcpStream::connect(&relay, "127.0.0.1", listener.local_addr().port().into()).await?;
        expected.push(stream.local_addr());
        kept.push(stream);
    }
    let mut accepted = Vec::new();
    for _ in 0..3 {
        accepted.push(listener.accept(None).await?.1);
    }
    accepted.sort();
    expected.sort();
    ensure!(accepted == expected);
    Ok(())
}

/// While one closes the stream, another writes to it.
async fn closing(Pair { client, server, .. }: Pair, shutdowns: &Shutdowns) -> Result {
    let (mut closer, mut writer) = (&client, &client);
    closer.write_all(b"before").await?;
    // `AsyncWrite`'s, which shuts down; the stream's own `close` ends the descriptor.
    let mut close = AsyncWriteExt::close(&mut closer);
    ensure!((&mut close).now_or_never().is_none());
    writer.write_all(b"behind it").await?;
    close.await?;
    ensure!(shutdowns.0.get() == 1);
    ensure!(server.recv(100, None).await? == b"before");
    ensure!(server.recv(100, None).await?.is_empty());
    // Who wrote behind the end is told so.
    ensure!(kind(&writer.flush().await) == Some(ErrorKind::BrokenPipe));
    Ok(())
}
