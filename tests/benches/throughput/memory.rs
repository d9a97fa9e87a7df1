//! What the relay holds: for sockets that are idle, and for those on which one side reads nothing.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Receiver, Sender};
use crate::measure::{let_a_recv_wait, next_bytes, push_recv, round_trip};
use crate::processes::{Process, relay_process};
use crate::route::{Connection, Route, Servers};

/// How many sockets stall at a time; the growth is divided by them.
const STALLED: usize = 16;

/// How long one side reads nothing.
const STALL: Duration = Duration::from_secs(3);

/// How much a page asks for while it reads nothing: four `recv`s of the largest frame.
const RECV_MAX: usize = 1 << 20;

/// How much is sent into a stall, for each socket: more than all buffers on the way hold.
const SENT_BYTES: usize = 24 << 20;

/// A relay of its own: what a process has freed before would hide its growth.
fn fresh_relay(binary: &Path) -> (Process, Route) {
    let process = relay_process(binary);
    let route = Route::relay(&process);
    (process, route)
}

/// How much a process grows in KiB for each of `count` sockets that were used for a byte and then left alone. The code that the first one brings into memory is not theirs.
///
/// # Errors
///
/// A connection failed.
pub(crate) async fn growth(process: &Process, route: &Route, port: u16, count: usize) -> io::Result<f64> {
    let mut idle = vec![used(route, port).await?];
    let before = process.resident_kib();
    for _ in 0..count {
        idle.push(used(route, port).await?);
    }
    Ok((process.resident_kib() - before) / count as f64)
}

/// A connection that has carried a byte there and back.
async fn used(route: &Route, port: u16) -> io::Result<Connection> {
    let mut connection = route.connect(port).await?;
    let mut id = 10;
    let_a_recv_wait(&mut connection, &mut id).await?;
    round_trip(&mut connection, &mut id).await?;
    Ok(connection)
}

/// How much the relay grows for a socket of a stalled side, in MiB: while it stalls, and after it has caught up.
pub(crate) struct Growth {
    /// At the end of the stall.
    pub(crate) stalled: f64,
    /// When everything has arrived.
    pub(crate) recovered: f64,
}

/// A page calls `recv`, for as much as a page may, and reads no answer. Then it reads on.
pub(crate) async fn page_stalls(binary: &Path, servers: &Servers) -> io::Result<Growth> {
    let (relay, route) = fresh_relay(binary);
    let mut pages = wires(&route, servers.source).await?;
    receive(&mut pages, SENT_BYTES).await?;
    let before = relay.resident_kib();
    for (sender, _, id) in &mut pages {
        (0..4).for_each(|_| push_recv(sender, id, RECV_MAX));
        sender.flush().await?;
    }
    tokio::time::sleep(STALL).await;
    let stalled = relay.resident_kib() - before;
    for (_, receiver, _) in &mut pages {
        for _ in 0..4 {
            next_bytes(receiver).await?;
        }
    }
    receive(&mut pages, SENT_BYTES).await?;
    Ok(by_socket(stalled, relay.resident_kib() - before))
}

/// A peer reads nothing while the page sends, heedless of its window. Then it reads on, to the last byte.
pub(crate) async fn peer_stalls(binary: &Path) -> io::Result<Growth> {
    let (relay, route) = fresh_relay(binary);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let mut sockets = vec![];
    for _ in 0..STALLED {
        let wire = wire(&route, port).await?;
        sockets.push((wire, listener.accept().await?.0));
    }
    let mut sockets = flow(sockets, Duration::ZERO).await?;
    let before = relay.resident_kib();
    let during = tokio::spawn(async move {
        tokio::time::sleep(STALL - STALL / 10).await;
        let stalled = relay.resident_kib() - before;
        (relay, stalled)
    });
    sockets = flow(sockets, STALL).await?;
    let (relay, stalled) = during.await?;
    let growth = by_socket(stalled, relay.resident_kib() - before);
    drop(sockets);
    Ok(growth)
}

fn by_socket(stalled_kib: f64, recovered_kib: f64) -> Growth {
    let scale = 1024.0 * STALLED as f64;
    Growth { stalled: stalled_kib / scale, recovered: recovered_kib / scale }
}

type Wire = (Sender, Receiver, u64);

async fn wire(route: &Route, port: u16) -> io::Result<Wire> {
    match route.connect(port).await? {
        Connection::Wire(sender, receiver) => Ok((sender, receiver, 10)),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

async fn wires(route: &Route, port: u16) -> io::Result<Vec<Wire>> {
    let mut wires = vec![];
    for _ in 0..STALLED {
        wires.push(wire(route, port).await?);
    }
    Ok(wires)
}

/// Lets each page receive this much, one after the other.
async fn receive(pages: &mut [Wire], bytes: usize) -> io::Result<()> {
    for (sender, receiver, id) in pages {
        let mut received = 0;
        while received < bytes {
            push_recv(sender, id, RECV_MAX);
            sender.flush().await?;
            received += next_bytes(receiver).await?;
        }
    }
    Ok(())
}

/// Sends [`SENT_BYTES`] from each page to its peer, who begins to read after `stall`.
async fn flow(sockets: Vec<(Wire, TcpStream)>, stall: Duration) -> io::Result<Vec<(Wire, TcpStream)>> {
    let begin = Instant::now() + stall;
    let flows = sockets.into_iter().map(|((mut sender, mut receiver, id), mut peer)| async move {
        let message = vec![0x55; 64 << 10];
        let sending = async {
            for _ in 0..SENT_BYTES / message.len() {
                sender.bytes(&message);
                sender.flush().await?;
            }
            io::Result::Ok(())
        };
        let receiving = async {
            tokio::time::sleep_until(begin.into()).await;
            let mut buffer = vec![0; 256 << 10];
            let mut received = 0;
            while received < SENT_BYTES {
                match peer.read(&mut buffer).await? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    count => received += count,
                }
            }
            Ok(())
        };
        // Acknowledgements have no fixed number, so they end with the bytes.
        let acknowledged = async { while receiver.next().await.is_ok() {} };
        tokio::select! {
            both = async { tokio::try_join!(sending, receiving) } => both.map(drop)?,
            () = acknowledged => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        Ok(((sender, receiver, id), peer))
    });
    futures::future::try_join_all(flows).await
}
