//! What is measured.

use std::io;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{self, Frame, Receiver, Sender};
use crate::processes::Process;
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

/// What is measured by one kind of sample: a few rows of the table.
pub(crate) struct Figure {
    /// The rows.
    pub(crate) rows: &'static [Row],
    kind: Kind,
}

/// A row of the table.
pub(crate) struct Row {
    /// What it is.
    pub(crate) name: &'static str,
    /// In what it is measured.
    pub(crate) unit: Unit,
    /// What the relay should reach: see `docs/benchmark.md`.
    pub(crate) goal: &'static str,
}

/// What a row is measured in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Throughput.
    BytesPerSecond,
    /// A time.
    Seconds,
    /// How often.
    PerSecond,
    /// Processor time of the one in the middle for a GiB; it has no ratio to raw TCP, where nobody is in the middle.
    CpuSecondsPerGib,
}

#[derive(Clone, Copy)]
enum Kind {
    Down,
    Up {
        message_bytes: usize,
    },
    RoundTrip,
    /// `to_the_end` is that a client waits until the other side has closed, too.
    Connections {
        at_once: usize,
        to_the_end: bool,
    },
}

const fn row(name: &'static str, unit: Unit, goal: &'static str) -> Row {
    Row { name, unit, goal }
}

/// What is measured.
pub(crate) const FIGURES: &[Figure] = &[
    Figure {
        kind: Kind::Down,
        rows: &[row("down, recvs pipelined", Unit::BytesPerSecond, "≥ 0.70"), row("CPU down", Unit::CpuSecondsPerGib, "≤ 0.45")],
    },
    Figure {
        kind: Kind::Up { message_bytes: 64 << 10 },
        rows: &[row("up, 64 KiB messages", Unit::BytesPerSecond, "≥ 0.70"), row("CPU up", Unit::CpuSecondsPerGib, "")],
    },
    Figure { kind: Kind::Up { message_bytes: 1 << 10 }, rows: &[row("up, 1 KiB messages", Unit::BytesPerSecond, "≥ 1 GB/s")] },
    Figure {
        kind: Kind::RoundTrip,
        rows: &[row("round trip of 1 byte, p50", Unit::Seconds, "≤ 1.4"), row("round trip of 1 byte, p99", Unit::Seconds, "≤ 1.3")],
    },
    Figure {
        kind: Kind::Connections { at_once: 1, to_the_end: false },
        rows: &[row("connections, one after the other", Unit::PerSecond, "≥ 0.32")],
    },
    Figure {
        kind: Kind::Connections { at_once: 1, to_the_end: true },
        rows: &[row("connections, and their end awaited", Unit::PerSecond, "")],
    },
    Figure {
        kind: Kind::Connections { at_once: 100, to_the_end: true },
        rows: &[row("connections, 100 at once", Unit::PerSecond, "≥ 0.38")],
    },
];

impl Figure {
    /// The server that it needs.
    pub(crate) fn server(&self, servers: &Servers) -> u16 {
        match self.kind {
            Kind::Down => servers.source,
            Kind::Up { .. } => servers.sink,
            Kind::RoundTrip | Kind::Connections { .. } => servers.echo,
        }
    }

    /// One sample over `route`, through `middle` where there is one: a value for each row.
    ///
    /// # Errors
    ///
    /// A connection failed.
    pub(crate) async fn measure(&self, route: &Route, middle: Option<&Process>, servers: &Servers) -> io::Result<Vec<f64>> {
        let port = self.server(servers);
        match self.kind {
            Kind::Down => Ok(down(route.connect(port).await?, middle).await?.to_vec()),
            Kind::Up { message_bytes } => Ok(up(route.connect(port).await?, message_bytes, middle, servers).await?.to_vec()),
            Kind::RoundTrip => round_trips(route.connect(port).await?).await,
            Kind::Connections { at_once, to_the_end } => Ok(vec![connections(route, port, at_once, to_the_end).await?]),
        }
    }
}

/// Counts what a sample costs beside what it moves.
struct Meter<'a> {
    middle: Option<&'a Process>,
    started: Instant,
    cpu_seconds: f64,
}

impl<'a> Meter<'a> {
    fn start(middle: Option<&'a Process>) -> Self {
        Self { middle, started: Instant::now(), cpu_seconds: middle.map_or(f64::NAN, Process::cpu_seconds) }
    }

    /// Bytes a second, and the processor time for a GiB.
    fn read(&self, moved: u64) -> [f64; 2] {
        let moved = moved as f64;
        let cpu_seconds = self.middle.map_or(f64::NAN, Process::cpu_seconds) - self.cpu_seconds;
        [moved / self.started.elapsed().as_secs_f64(), cpu_seconds / (moved / f64::from(1 << 30))]
    }
}

/// From the server to the client.
async fn down(connection: Connection, middle: Option<&Process>) -> io::Result<[f64; 2]> {
    match connection {
        Connection::Plain(mut stream) => {
            let mut buffer = vec![0; BLOCK_BYTES];
            rate(middle, async || stream.read(&mut buffer).await).await
        }
        Connection::Frames(_sender, mut receiver) => {
            receiver.grow(BLOCK_BYTES);
            rate(middle, async || next_bytes(&mut receiver).await).await
        }
        Connection::Wire(mut sender, mut receiver) => {
            receiver.grow(BLOCK_BYTES);
            let mut id = 10;
            for _ in 0..RECVS_WAITING {
                push_recv(&mut sender, &mut id, RECV_MAX);
            }
            sender.flush().await?;
            rate(middle, async || {
                let count = next_bytes(&mut receiver).await?;
                push_recv(&mut sender, &mut id, RECV_MAX);
                sender.flush().await?;
                Ok(count)
            })
            .await
        }
    }
}

pub(crate) fn push_recv(sender: &mut Sender, id: &mut u64, max: usize) {
    *id += 1;
    sender.call(&format!(r#"{{"id":{id},"call":"recv","max":{max}}}"#));
}

/// The length of the next bytes that answer a `recv`; other answers are skipped.
pub(crate) async fn next_bytes(receiver: &mut Receiver) -> io::Result<usize> {
    loop {
        match receiver.next().await? {
            Frame::Binary(count) => return Ok(count),
            Frame::Text => {}
            Frame::Close => return Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

/// What `step` moves, after the warm-up.
async fn rate(middle: Option<&Process>, mut step: impl AsyncFnMut() -> io::Result<usize>) -> io::Result<[f64; 2]> {
    let started = Instant::now();
    while started.elapsed() < WARM_UP {
        step().await?;
    }
    let meter = Meter::start(middle);
    let mut moved = 0;
    while meter.started.elapsed() < SAMPLE {
        match step().await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => moved += count as u64,
        }
    }
    Ok(meter.read(moved))
}

/// From the client to the server, counted where they arrive.
async fn up(connection: Connection, message_bytes: usize, middle: Option<&Process>, servers: &Servers) -> io::Result<[f64; 2]> {
    let message = vec![0x55; message_bytes];
    // Every route is handed as much at a time: else the number of system calls would be compared, not the way.
    let block = vec![0x55; WRITE_BYTES];
    let sending = tokio::spawn(async move {
        match connection {
            Connection::Plain(mut stream) => loop {
                stream.write_all(&block).await?;
            },
            Connection::Wire(mut sender, mut receiver) | Connection::Frames(mut sender, mut receiver) => {
                // The acknowledgements are read, as any client must; the relay's own window bounds what is under way.
                let acknowledged = tokio::spawn(async move { while receiver.next().await.is_ok() {} });
                (0..WRITE_BYTES / message.len()).for_each(|_| sender.bytes(&message));
                loop {
                    if let Err(error) = sender.repeat().await {
                        acknowledged.abort();
                        return Err::<(), io::Error>(error);
                    }
                }
            }
        }
    });
    tokio::time::sleep(WARM_UP).await;
    let (before, meter) = (servers.received(), Meter::start(middle));
    tokio::time::sleep(SAMPLE).await;
    let measured = meter.read(servers.received() - before);
    sending.abort();
    // It ends by being cancelled, or has failed, which is the sample's failure.
    match sending.await {
        Ok(Err(error)) => Err(error),
        Ok(Ok(())) | Err(_) => Ok(measured),
    }
}

/// The time that a byte takes there and back: the median and the 99th percentile.
async fn round_trips(mut connection: Connection) -> io::Result<Vec<f64>> {
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
    Ok([50, 99].map(|percentile| times[(times.len() - 1) * percentile / 100].as_secs_f64()).to_vec())
}

/// Lets a `recv` wait, where the route has such a thing.
pub(crate) async fn let_a_recv_wait(connection: &mut Connection, id: &mut u64) -> io::Result<()> {
    if let Connection::Wire(sender, _) = connection {
        push_recv(sender, id, 1);
        sender.flush().await?;
    }
    Ok(())
}

/// One byte there and back. On the wire a `recv` waits for it already, and the next goes in the same write as the byte: a write of its own just before
/// would wake the relay ahead of the clock, and make it look faster than it is.
pub(crate) async fn round_trip(connection: &mut Connection, id: &mut u64) -> io::Result<()> {
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
        Connection::Frames(sender, receiver) => {
            sender.bytes(b"x");
            sender.flush().await?;
            next_bytes(receiver).await?;
        }
    }
    Ok(())
}

/// How many connections a second are opened, used for one byte there and back, and closed.
async fn connections(route: &Route, port: u16, at_once: usize, to_the_end: bool) -> io::Result<f64> {
    let started = Instant::now();
    let clients = join_all((0..at_once).map(async |_| {
        let mut count = 0;
        while started.elapsed() < SAMPLE {
            finish(one_byte_there_and_back(route, port).await?, to_the_end).await?;
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

/// A connection that was used for one byte. A client of the wire need not wait for the answer to one call before it makes the next: like a client of a bridge it
/// waits for the handshake, and for the byte.
async fn one_byte_there_and_back(route: &Route, port: u16) -> io::Result<Connection> {
    let mut id = 10;
    if let Route::Relay(relay) = route {
        let (mut sender, mut receiver) = client::open(relay).await?;
        client::push_connect(&mut sender, port);
        push_recv(&mut sender, &mut id, 1);
        sender.bytes(b"x");
        sender.flush().await?;
        next_bytes(&mut receiver).await?;
        return Ok(Connection::Wire(sender, receiver));
    }
    let mut connection = route.connect(port).await?;
    round_trip(&mut connection, &mut id).await?;
    Ok(connection)
}

/// Closes a connection. Only where a WebSocket's `to_the_end` is true waits for the other side, as nobody does at the `close` of a TCP socket.
async fn finish(connection: Connection, to_the_end: bool) -> io::Result<()> {
    let (mut sender, mut receiver) = match connection {
        Connection::Plain(_) => return Ok(()),
        Connection::Wire(mut sender, receiver) => {
            sender.call(r#"{"id":9999,"call":"close"}"#);
            (sender, receiver)
        }
        Connection::Frames(mut sender, receiver) => {
            sender.close();
            (sender, receiver)
        }
    };
    sender.flush().await?;
    // Some answer the close frame, some hang up.
    while to_the_end && receiver.next().await.is_ok_and(|frame| frame != Frame::Close) {}
    Ok(())
}
