//! What a stalled page or peer costs the relay: never more than a constant, whatever waits on the other side.

use std::time::Duration;

use protocol::limits::{MAX_BINARY_FRAME_BYTES, MAX_CALLS_WAITING, SEND_WINDOW_BYTES};
use protocol::{Operation, Return};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::bystander::fill;
use crate::peers::Peer;
use crate::relay_process::RelayProcess;
use crate::wire::Wire;
use crate::{kernel, run, within};

/// The most that one socket may make the relay grow by, stalled in whichever direction: one answer of a whole frame on its way to the page, a window of sends
/// with the frame beyond it, the thread's scratch buffer; and as much again for what the allocator keeps.
const MAX_GROWTH_BYTES: u64 = 2 * (2 * MAX_BINARY_FRAME_BYTES + SEND_WINDOW_BYTES + MAX_BINARY_FRAME_BYTES) as u64;

/// How long nothing may move before it counts as stopped.
const STALL: Duration = Duration::from_millis(500);

/// More than the buffers of the kernel and the relay together: what is sent on top of that is lost or kept in memory.
const MORE_THAN_ALL_BUFFERS: usize = 64 << 20;

async fn pair(relay: &RelayProcess) -> (Wire, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let wire = Wire::connected(relay, listener.local_addr().expect("it is bound").port()).await;
    (wire, listener.accept().await.expect("it comes").0)
}

/// Writes until nothing moves for a while; how much that was.
async fn flood(peer: &mut TcpStream) -> usize {
    let block: Vec<u8> = (0..256 << 10).map(|index| index as u8).collect();
    let mut sent = 0;
    while let Ok(written) = tokio::time::timeout(STALL, peer.write(&block[sent % 256..])).await {
        sent += written.expect("it is open");
        assert!(sent < MORE_THAN_ALL_BUFFERS, "the sender is never stopped");
    }
    sent
}

fn grown(relay: &RelayProcess, before: u64) -> u64 {
    kernel::resident_bytes(relay.pid()).saturating_sub(before)
}

#[test]
#[cfg(target_os = "linux")]
fn a_page_that_calls_no_recv() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut flood = Peer::python("flood.py", &[]);
        let port: u16 = flood.value("port").await;
        let before = kernel::resident_bytes(relay.pid());
        let mut wire = Wire::connected(&relay, port).await;
        let stalled: usize = flood.value("stalled").await;
        let grown = grown(&relay, before);
        assert!(grown < MAX_GROWTH_BYTES, "{stalled} bytes wait in the kernel, and the relay grew by {grown}");
        let state = wire.info().await.expect("it is connected");
        assert!(state.recv_queue_bytes.is_some_and(|unread| unread > 0), "{state:?}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_page_that_calls_recv_and_reads_no_answer() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let before = kernel::resident_bytes(relay.pid());
        let mut waiting = std::collections::VecDeque::new();
        for _ in 0..MAX_CALLS_WAITING {
            waiting.push_back(wire.start_recv(MAX_BINARY_FRAME_BYTES as u64).await);
        }
        let sent = flood(&mut peer).await;
        let grown = grown(&relay, before);
        assert!(grown < MAX_GROWTH_BYTES, "after {sent} bytes the relay grew by {grown}");
        // All of it comes when the page reads again, in order.
        let mut received = 0;
        while received < sent {
            let id = waiting.pop_front().expect("enough calls wait");
            waiting.push_back(wire.start_recv(MAX_BINARY_FRAME_BYTES as u64).await);
            let bytes = wire.received(id).await.expect("bytes");
            assert!(bytes.iter().enumerate().all(|(index, byte)| *byte == (received + index) as u8), "after {received} bytes");
            received += bytes.len();
        }
        assert_eq!(received, sent);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_peer_that_reads_nothing() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let before = kernel::resident_bytes(relay.pid());
        let block = vec![9; 256 << 10];
        let mut taken = 0;
        while wire.try_send_bare(&block, STALL).await {
            taken += block.len();
            assert!(taken < MORE_THAN_ALL_BUFFERS, "the page is never stopped");
        }
        let grown = grown(&relay, before);
        assert!(grown < MAX_GROWTH_BYTES, "after {taken} bytes the relay grew by {grown}");
        // Other sockets of the same relay go on meanwhile.
        let (mut other, mut other_peer) = pair(&relay).await;
        other_peer.write_all(b"on").await.expect("it is open");
        assert_eq!(other.recv(10).await, Ok(b"on".to_vec()));
        let mut sink = vec![0; taken];
        within("the bytes once they are read", peer.read_exact(&mut sink)).await.expect("they come");
        assert!(sink.iter().all(|byte| *byte == 9));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn many_small_calls_whose_answers_nobody_reads() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, _peer) = pair(&relay).await;
        let before = kernel::resident_bytes(relay.pid());
        let mut ids = vec![];
        let calling = tokio::time::timeout(STALL, async {
            // The relay stops to read when nobody takes its answers.
            loop {
                ids.push(wire.start(Operation::Getsockname).await);
            }
        });
        assert!(calling.await.is_err());
        let grown = grown(&relay, before);
        assert!(grown < MAX_GROWTH_BYTES, "after {} calls the relay grew by {grown}", ids.len());
        let last = *ids.last().expect("some");
        let answer = wire.answer(last).await;
        assert!(matches!(answer, Ok(crate::wire::Answered::Return(Return::Getsockname { .. }))), "{answer:?} to {last:?}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn many_tiny_sends_that_all_fail() {
    const SENDS: usize = 300_000;
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, peer) = pair(&relay).await;
        fill(&mut wire).await;
        let before = kernel::resident_bytes(relay.pid());
        // A binary frame of one byte, masked with zeros (RFC 6455 section 5.2), as fast as a connection takes them.
        let frames = [0x82, 0x81, 0, 0, 0, 0, b'x'].repeat(SENDS);
        wire.connection().write_all(&frames).await.expect("they are within the window");
        let call = wire.start(Operation::Getsockname).await;
        assert!(wire.answer(call).await.is_ok(), "the relay has read them");
        peer.set_zero_linger().expect("the option can be set");
        drop(peer);
        let first = wire.raw_text().await;
        assert!(first.contains("ECONNRESET"), "{first}");
        let grown = grown(&relay, before);
        assert!(grown < MAX_GROWTH_BYTES, "the relay grew by {grown}");
        for number in 2..=SENDS {
            let text = wire.raw_text().await;
            assert!(text.contains("EPIPE") || text.contains("ECONNRESET"), "{text} to number {number}");
        }
    });
}
