//! What is measured.

use std::io;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Frame, Receiver, Sender};
use crate::processes::{Process, copy_process, relay_process};
use crate::route::{BLOCK_BYTES, Connection, Route, Servers};

/// How long one sample takes.
const SAMPLE: Duration = Duration::from_millis(700);

/// How long a throughput runs before it counts: the kernel's buffers grow at first.
const WARM_UP: Duration = Duration::from_millis(200);

/// How much a `recv` asks for, and how many wait at a time.
const RECV_MAX: usize = 1 << 20;
const RECVS_WAITING: u64 = 4;

/// How much a client that sends hands to the kernel by one write, on every route, whatever the size of its messages.
const WRITE_BYTES: usize = 64 << 10;

/// How many idle sockets the memory is divided by.
pub(crate) const IDLE_SOCKETS: usize = 1_000;

/// A row of the table.
pub(crate) struct Figure {
    /// What it is.
    pub(crate) name: &'static str,
    /// In what it is measured.
    pub(crate) unit: Unit,
    kind: Kind,
}

/// What a figure is measured in.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Throughput.
    BytesPerSecond,
    /// A time.
    Seconds,
    /// How often.
    PerSecond,
}

#[derive(Clone, Copy)]
enum Kind {
    Down,
    Up { message_bytes: usize },
    RoundTrip { percentile: usize },
    Connections { at_once: usize },
}

/// The rows of the table.
pub(crate) const FIGURES: &[Figure] = &[
    Figure { name: "down, recvs pipelined", unit: Unit::BytesPerSecond, kind: Kind::Down },
    Figure { name: "up, 64 KiB messages", unit: Unit::BytesPerSecond, kind: Kind::Up { message_bytes: 64 << 10 } },
    Figure { name: "up, 1 KiB messages", unit: Unit::BytesPerSecond, kind: Kind::Up { message_bytes: 1 << 10 } },
    Figure { name: "round trip of 1 byte, p50", unit: Unit::Seconds, kind: Kind::RoundTrip { percentile: 50 } },
    Figure { name: "round trip of 1 byte, p99", unit: Unit::Seconds, kind: Kind::RoundTrip { percentile: 99 } },
    Figure { name: "connections, one after the other", unit: Unit::PerSecond, kind: Kind::Connections { at_once: 1 } },
    Figure { name: "connections, 100 at once", unit: Unit::PerSecond, kind: Kind::Connections { at_once: 100 } },
];

impl Figure {
    /// The server that it needs.
    pub(crate) fn server(&self, servers: &Servers) -> u16 {
        match self.kind {
            Kind::Down => servers.source,
            Kind::Up { .. } => servers.sink,
            Kind::RoundTrip { .. } | Kind::Connections { .. } => servers.echo,
        }
    }

    /// One sample.
    pub(crate) async fn measure(&self, route: &Route, servers: &Servers) -> f64 {
        let port = self.server(servers);
        let sample = async {
            match self.kind {
                Kind::Down => down(route.connect(port).await?).await,
                Kind::Up { message_bytes } => up(route.connect(port).await?, message_bytes, servers).await,
                Kind::RoundTrip { percentile } => round_trips(route.connect(port).await?, percentile).await,
                Kind::Connections { at_once } => connections(route, port, at_once).await,
            }
        };
        sample.await.unwrap_or_else(|error: io::Error| panic!("{}: {error}", self.name))
    }
}

/// Bytes a second from the server to the client.
async fn down(connection: Connection) -> io::Result<f64> {
    match connection {
        Connection::Plain(mut stream) => {
            let mut buffer = vec![0; BLOCK_BYTES];
            rate(async || stream.read(&mut buffer).await).await
        }
        Connection::Wire(mut sender, mut receiver) => {
            receiver.grow(BLOCK_BYTES);
            let mut id = 10;
            for _ in 0..RECVS_WAITING {
                push_recv(&mut sender, &mut id, RECV_MAX);
            }
            sender.flush().await?;
            rate(async || {
                let count = next_bytes(&mut receiver).await?;
                push_recv(&mut sender, &mut id, RECV_MAX);
                sender.flush().await?;
                Ok(count)
            })
            .await
        }
    }
}

fn push_recv(sender: &mut Sender, id: &mut u64, max: usize) {
    *id += 1;
    sender.call(&format!(r#"{{"id":{id},"call":"recv","max":{max}}}"#));
}

/// The length of the next bytes that answer a `recv`; other answers are skipped.
async fn next_bytes(receiver: &mut Receiver) -> io::Result<usize> {
    loop {
        match receiver.next().await? {
            Frame::Binary(count) => return Ok(count),
            Frame::Text => {}
            Frame::Close => return Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

/// How many bytes a second `step` moves, after the warm-up.
async fn rate(mut step: impl AsyncFnMut() -> io::Result<usize>) -> io::Result<f64> {
    let started = Instant::now();
    while started.elapsed() < WARM_UP {
        step().await?;
    }
    let started = Instant::now();
    let mut moved = 0;
    while started.elapsed() < SAMPLE {
        moved += step().await?;
    }
    Ok(moved as f64 / started.elapsed().as_secs_f64())
}

/// Bytes a second from the client to the server, counted there.
async fn up(connection: Connection, message_bytes: usize, servers: &Servers) -> io::Result<f64> {
    let message = vec![0x55; message_bytes];
    // Every route writes as much at a time: else the number of system calls would be compared, not the way.
    let block = vec![0x55; WRITE_BYTES];
    let sending = tokio::spawn(async move {
        match connection {
            Connection::Plain(mut stream) => loop {
                stream.write_all(&block).await?;
            },
            Connection::Wire(mut sender, mut receiver) => {
                // The acknowledgements are read, as any client must; the relay's own window bounds what is under way.
                let acknowledged = tokio::spawn(async move { while receiver.next().await.is_ok() {} });
                loop {
                    for _ in 0..WRITE_BYTES / message.len() {
                        sender.bytes(&message);
                    }
                    if let Err(error) = sender.flush().await {
                        acknowledged.abort();
                        return Err::<(), io::Error>(error);
                    }
                }
            }
        }
    });
    tokio::time::sleep(WARM_UP).await;
    let (before, started) = (servers.received(), Instant::now());
    tokio::time::sleep(SAMPLE).await;
    let rate = (servers.received() - before) as f64 / started.elapsed().as_secs_f64();
    sending.abort();
    // It ends by being cancelled, or has failed, which is the sample's failure.
    match sending.await {
        Ok(Err(error)) => Err(error),
        Ok(Ok(())) | Err(_) => Ok(rate),
    }
}

/// A percentile of the time that a byte takes there and back.
async fn round_trips(mut connection: Connection, percentile: usize) -> io::Result<f64> {
    let mut times = vec![];
    let mut id = 10;
    let_a_recv_wait(&mut connection, &mut id).await?;
    let started = Instant::now();
    while started.elapsed() < SAMPLE {
        let before = Instant::now();
        round_trip(&mut connection, &mut id).await?;
        times.push(before.elapsed());
    }
    times.sort();
    Ok(times[(times.len() - 1) * percentile / 100].as_secs_f64())
}

/// Lets a `recv` wait, where the route has such a thing.
async fn let_a_recv_wait(connection: &mut Connection, id: &mut u64) -> io::Result<()> {
    if let Connection::Wire(sender, _) = connection {
        push_recv(sender, id, 1);
        sender.flush().await?;
    }
    Ok(())
}

/// One byte there and back. On the wire a `recv` waits for it already, and the next goes in the same write as the byte: a write of its own just before
/// would wake the relay ahead of the clock, and make it look faster than it is.
async fn round_trip(connection: &mut Connection, id: &mut u64) -> io::Result<()> {
    match connection {
        Connection::Plain(stream) => {
            stream.write_all(b"x").await?;
            stream.read_exact(&mut [0]).await?;
        }
        Connection::Wire(sender, receiver) => {
            sender.bytes(b"x");
            push_recv(sender, id, 1);
            sender.flush().await?;
            next_bytes(receiver).await?;
        }
    }
    Ok(())
}

/// How many connections a second are opened, used for one byte there and back, and closed.
async fn connections(route: &Route, port: u16, at_once: usize) -> io::Result<f64> {
    let started = Instant::now();
    let clients = join_all((0..at_once).map(async |_| {
        let mut count = 0;
        while started.elapsed() < SAMPLE {
            let mut connection = route.connect(port).await?;
            let mut id = 10;
            let_a_recv_wait(&mut connection, &mut id).await?;
            round_trip(&mut connection, &mut id).await?;
            finish(connection).await?;
            count += 1;
        }
        io::Result::Ok(count)
    }))
    .await;
    let elapsed = started.elapsed().as_secs_f64();
    let mut sum = 0;
    for count in clients {
        sum += count?;
    }
    Ok(f64::from(sum) / elapsed)
}

async fn finish(connection: Connection) -> io::Result<()> {
    if let Connection::Wire(mut sender, mut receiver) = connection {
        sender.call(r#"{"id":9999,"call":"close"}"#);
        sender.flush().await?;
        while receiver.next().await? != Frame::Close {}
    }
    Ok(())
}

/// The memory of one idle socket in KiB: of a copy, and of the relay. Both are fresh: what a process has freed before would hide its growth.
pub(crate) async fn idle_memory(servers: &Servers) -> (f64, f64) {
    let (copy, relay) = (copy_process(servers.echo), relay_process());
    let copied = growth(&copy, &Route::Copy(copy.port), servers.echo).await;
    let relayed = growth(&relay, &Route::Relay(relay.clone_address()), servers.echo).await;
    (copied, relayed)
}

/// How much a process grows for each of many sockets that were used for a byte and then left alone.
async fn growth(process: &Process, route: &Route, port: u16) -> f64 {
    let before = process.resident_kib();
    let mut idle = vec![];
    for _ in 0..IDLE_SOCKETS {
        let mut connection = route.connect(port).await.expect("files enough: see ulimit -n");
        let mut id = 10;
        let_a_recv_wait(&mut connection, &mut id).await.expect("it is open");
        round_trip(&mut connection, &mut id).await.expect("it is open");
        idle.push(connection);
    }
    (process.resident_kib() - before) / idle.len() as f64
}
