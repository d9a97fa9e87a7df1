//! The bytes: order, ends, resets, and nothing that was not asked for.

use std::time::Duration;

use protocol::{How, Name, Operation, SendFlag};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::peers::{Peer, random_bytes};
use crate::relay_process::RelayProcess;
use crate::wire::{Answered, Wire, error_of};
use crate::{kernel, run, until, within};

/// How long nothing may move before it counts as stopped.
const STALL: Duration = Duration::from_millis(500);

/// More than the kernel's buffers of both ends hold on any system (Linux: 4 MiB and 6 MiB), and the relay's.
const MORE_THAN_ALL_BUFFERS: usize = 32 << 20;

async fn pair(relay: &RelayProcess) -> (Wire, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let port = listener.local_addr().expect("it is bound").port();
    let wire = Wire::connected(relay, port).await;
    let (peer, _) = listener.accept().await.expect("it comes");
    (wire, peer)
}

#[test]
fn one_recv_is_one_answer() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        peer.write_all(b"abcdefgh").await.expect("it is open");
        assert_eq!(wire.recv(3).await, Ok(b"abc".to_vec()));
        assert_eq!(wire.recv(1).await, Ok(b"d".to_vec()));
        assert_eq!(wire.recv(4096).await, Ok(b"efgh".to_vec()));
        let (first, second, third) = (wire.start_recv(2).await, wire.start_recv(2).await, wire.start_recv(2).await);
        peer.write_all(b"12345").await.expect("it is open");
        peer.shutdown().await.expect("it is open");
        assert_eq!(wire.received(first).await, Ok(b"12".to_vec()));
        assert_eq!(wire.received(second).await, Ok(b"34".to_vec()));
        assert_eq!(wire.received(third).await, Ok(b"5".to_vec()));
        assert_eq!(wire.recv(2).await, Ok(vec![]));
    });
}

#[test]
fn the_peers_end_leaves_our_direction_open() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        peer.write_all(b"last words").await.expect("it is open");
        peer.shutdown().await.expect("it is open");
        assert_eq!(wire.recv(100).await, Ok(b"last words".to_vec()));
        assert_eq!(wire.recv(100).await, Ok(vec![]));
        let answer = random_bytes(300_000, 1);
        wire.send_bare(&answer).await;
        assert_eq!(wire.recv(100).await, Ok(vec![]), "the end is told as often as it is asked for");
        let mut received = vec![0; answer.len()];
        within("bytes", peer.read_exact(&mut received)).await.expect("our direction is open");
        assert!(received == answer);
        wire.close().await;
        assert_eq!(within("end", peer.read(&mut [0])).await.expect("FIN"), 0);
    });
}

#[test]
fn our_end_leaves_the_peers_direction_open() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let question = random_bytes(200_000, 2);
        wire.send_bare(&question).await;
        let shutdown = wire.start(Operation::Shutdown { how: How::Write }).await;
        let mut received = vec![];
        within("question and its end", peer.read_to_end(&mut received)).await.expect("FIN comes after the bytes");
        assert!(received == question);
        assert!(wire.answer(shutdown).await.is_ok());
        let answer = random_bytes(200_000, 3);
        let expected = answer.clone();
        let writer = tokio::spawn(async move {
            peer.write_all(&answer).await.expect("the other direction is open");
            peer.shutdown().await.expect("the other direction is open");
        });
        assert!(wire.recv_all(expected.len()).await.expect("bytes") == expected);
        assert_eq!(wire.recv(1).await, Ok(vec![]));
        writer.await.expect("it wrote");
    });
}

#[test]
fn a_program_that_half_closes_gets_its_answer() {
    run(async {
        let relay = RelayProcess::start().await;
        let (_server, listener, port) = Wire::listening(&relay, 5).await;
        // nc -N ends its direction when its input ends, and prints what still comes.
        let mut nc = Peer::start("nc", &["-N", "127.0.0.1", &port.to_string()]);
        nc.type_in(b"how many?\n").await;
        nc.close_input();
        let mut connection = Wire::open(&relay).await;
        connection.accept(listener).await.expect("nc comes");
        assert_eq!(connection.recv_all(100).await.expect("the question"), b"how many?\n");
        assert_eq!(connection.send(b"two\n").await, Ok(4));
        connection.close().await;
        let (status, output) = nc.finish().await;
        assert!(status.success());
        assert_eq!(output, b"two\n");
    });
}

#[test]
fn a_reset_is_no_end_of_stream() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut server = Peer::python("reset.py", &[]);
        let port: u16 = server.value("port").await;
        let mut wire = Wire::connected(&relay, port).await;
        let recv = wire.start_recv(10).await;
        assert_eq!(wire.send(b"x").await, Ok(1));
        let failure = wire.received(recv).await.expect_err("a reset");
        assert_eq!((failure.name, failure.call.as_str()), (Name::ECONNRESET, "recv"));
        assert_eq!(error_of(wire.send(b"y").await), Name::EPIPE);
    });
}

#[test]
fn a_reset_amid_a_stream_comes_after_a_prefix_and_is_no_end() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let bytes = random_bytes(8 << 20, 12);
        let waiting = [wire.start_recv(100_000).await, wire.start_recv(100_000).await, wire.start_recv(100_000).await];
        let expected = bytes.clone();
        let writing = tokio::spawn(async move {
            // It blocks half-way, and resets there.
            let written = tokio::time::timeout(STALL, peer.write_all(&bytes)).await;
            peer.set_zero_linger().expect("the option can be set");
            written.is_err()
        });
        let mut received = vec![];
        for id in waiting {
            received.extend(wire.received(id).await.expect("bytes"));
        }
        assert!(within("writer", writing).await.expect("it wrote"), "eight megabytes went nowhere");
        let failure = loop {
            match wire.recv(1 << 20).await {
                Ok(more) if more.is_empty() => panic!("an end instead of the reset, after {} bytes", received.len()),
                Ok(more) => received.extend(more),
                Err(failure) => break failure,
            }
        };
        assert_eq!((failure.name, failure.call.as_str()), (Name::ECONNRESET, "recv"));
        assert!(expected.starts_with(&received) && received.len() < expected.len(), "{} bytes", received.len());
    });
}

#[test]
fn many_recvs_in_flight_keep_order_boundaries_and_the_end() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let bytes = random_bytes(600_000, 13);
        let (expected, mut received) = (bytes.clone(), vec![]);
        let writing = tokio::spawn(async move {
            for part in bytes.chunks(7_777) {
                peer.write_all(part).await.expect("it is open");
            }
            peer.shutdown().await.expect("it is open");
            peer
        });
        let sizes = || (0..200_u64).map(|index| 1 + index * 7_919 % 10_000);
        let mut waiting = vec![];
        for max in sizes() {
            waiting.push((wire.start_recv(max).await, max));
        }
        let mut ends = 0;
        while let Some((id, max)) = waiting.pop() {
            // The youngest is asked for first: each has the bytes of its own place in the row.
            let bytes = wire.received(id).await.expect("bytes, or the end");
            assert!(bytes.len() as u64 <= max, "{} bytes for a recv of {max}", bytes.len());
            assert!(!(bytes.is_empty() && ends < received.len()), "bytes after the end");
            ends += usize::from(bytes.is_empty());
            received.push(bytes);
        }
        received.reverse();
        let mut received = received.concat();
        let rest = expected.len() - received.len();
        received.extend(wire.recv_all(rest).await.expect("the rest"));
        assert!(received == expected, "{} of {} bytes", received.len(), expected.len());
        assert_eq!(wire.recv(1).await, Ok(vec![]));
        drop(writing.await.expect("it wrote"));
    });
}

#[test]
fn the_tail_of_a_stream_is_flushed_before_its_end() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let bytes = random_bytes(3 << 20, 4);
        let expected = bytes.clone();
        // close directly behind the bytes, while nobody reads at the other end yet.
        for block in bytes.chunks(1 << 20) {
            wire.send_bare(block).await;
        }
        let close = wire.start(Operation::Close).await;
        let mut received = vec![];
        within("bytes and end", peer.read_to_end(&mut received)).await.expect("no reset");
        assert!(received == expected, "{} of {} bytes", received.len(), expected.len());
        assert!(wire.answer(close).await.is_ok());
    });
}

#[test]
fn megabytes_go_both_ways_at_once() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, peer) = pair(&relay).await;
        let (up, down) = (random_bytes(8 << 20, 5), random_bytes(8 << 20, 6));
        let (expected_up, expected_down) = (up.clone(), down.clone());
        let (mut reader, mut writer) = peer.into_split();
        let reading = tokio::spawn(async move {
            let mut received = vec![0; expected_up.len()];
            reader.read_exact(&mut received).await.expect("all of it comes");
            received == expected_up
        });
        let writing = tokio::spawn(async move { writer.write_all(&down).await.map(|()| writer).expect("all of it goes") });
        let mut received = vec![];
        for block in up.chunks(64 << 10) {
            wire.send_bare(block).await;
            received.extend(wire.recv(64 << 10).await.expect("bytes"));
        }
        received.extend(wire.recv_all(expected_down.len() - received.len()).await.expect("bytes"));
        assert!(received == expected_down);
        assert!(wire.bare_acknowledged().await.is_ok());
        assert!(within("all bytes", reading).await.expect("it read"));
        drop(writing.await.expect("it wrote"));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_is_read_before_recv() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        peer.write_all(&[7; 1000]).await.expect("it is open");
        let (local, remote) = (peer.peer_addr().expect("connected").port(), peer.local_addr().expect("connected").port());
        until("the bytes in the kernel's queue", async || kernel::unread_bytes(local, remote) == Some(1000)).await;
        assert_eq!(wire.recv(10).await.map(|bytes| bytes.len()), Ok(10));
        assert_eq!(kernel::unread_bytes(local, remote), Some(990), "one recv takes what it asked for and no more");
    });
}

#[test]
fn a_page_that_does_not_receive_stops_the_sender() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut flood = Peer::python("flood.py", &[]);
        let port: u16 = flood.value("port").await;
        let mut wire = Wire::connected(&relay, port).await;
        let stalled: usize = flood.value("stalled").await;
        assert!(stalled < MORE_THAN_ALL_BUFFERS, "{stalled} bytes went nowhere");
        // The pattern goes on where it was when the reading does.
        let received = wire.recv_all(stalled).await.expect("bytes");
        assert!(received.iter().enumerate().all(|(index, byte)| *byte == index as u8));
        flood.line_with("moving").await;
    });
}

#[test]
fn a_send_that_shall_not_wait_takes_what_fits() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, _peer) = pair(&relay).await;
        let block = vec![1; 1 << 20];
        let dontwait = || Operation::Send { flags: vec![SendFlag::Dontwait], timeout_ms: None };
        let mut sent = 0;
        let failure = loop {
            let id = wire.start_send(dontwait(), &block).await;
            match wire.answer(id).await {
                Ok(Answered::Return(protocol::Return::Send { sent: count })) => sent += count,
                Ok(other) => panic!("send returned {other:?}"),
                Err(failure) => break failure,
            }
            assert!(sent < MORE_THAN_ALL_BUFFERS as u64, "the buffer never fills");
        };
        assert_eq!(failure.name, Name::EAGAIN);
        // One with a timeout gives up, and has sent nothing.
        let id = wire.start_send(Operation::Send { flags: vec![], timeout_ms: Some(50) }, &block).await;
        match wire.answer(id).await {
            Err(failure) => assert_eq!(failure.name, Name::ETIMEDOUT),
            Ok(Answered::Return(protocol::Return::Send { sent })) => assert!(sent < block.len() as u64, "the peer reads nothing"),
            Ok(other) => panic!("send returned {other:?}"),
        }
    });
}

#[test]
fn sends_and_shutdown_keep_their_order() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let announced = || Operation::Send { flags: vec![], timeout_ms: None };
        let mut ids = vec![];
        for index in 0..50_u8 {
            if index % 2 == 0 {
                wire.send_bare(&[index; 10]).await;
            } else {
                ids.push(wire.start_send(announced(), &[index; 10]).await);
            }
        }
        let shutdown = wire.start(Operation::Shutdown { how: How::Write }).await;
        let late = wire.start_send(announced(), b"late").await;
        let mut received = vec![];
        within("bytes and end", peer.read_to_end(&mut received)).await.expect("FIN");
        let expected: Vec<u8> = (0..50).flat_map(|index| [index; 10]).collect();
        assert_eq!(received, expected);
        for id in ids {
            assert_eq!(wire.answer(id).await, Ok(Answered::Return(protocol::Return::Send { sent: 10 })));
        }
        assert!(wire.answer(shutdown).await.is_ok());
        assert_eq!(error_of(wire.answer(late).await), Name::EPIPE);
    });
}
