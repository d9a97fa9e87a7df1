//! `recv` with `waitall`: all of it, or up to the end, and nothing lost by those that end early.

use protocol::limits::MAX_BINARY_FRAME_BYTES;
use protocol::{Name, Operation, RecvFlag, Return};

use crate::peers::random_bytes;
use crate::python::Python;
use crate::relay_process::RelayProcess;
use crate::wire::{Wire, error_of};
use crate::{kernel, run, until};

/// A relay's socket and Python's end `c` of it.
async fn pair(relay: &RelayProcess, python: &mut Python) -> (Wire, u16, u16) {
    let port = python.listen().await;
    let mut wire = Wire::socket(relay).await;
    let (local, _) = wire.connect("127.0.0.1", port).await.expect("it listens");
    python.all(&["c, _ = s.accept()"]).await;
    (wire, local.port(), port)
}

fn waitall(max: u64, timeout_ms: Option<u64>) -> Operation {
    Operation::Recv { max, flags: vec![RecvFlag::Waitall], timeout_ms }
}

#[test]
fn waitall_waits_for_all() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let (mut wire, _, _) = pair(&relay, &mut python).await;
        let first = wire.start(waitall(6, None)).await;
        let second = wire.start_recv(10).await;
        python.all(&["c.send(b'abc')"]).await;
        assert!(!wire.is_answered(first).await && !wire.is_answered(second).await);
        python.all(&["c.send(b'defgh')"]).await;
        assert_eq!(wire.received(first).await, Ok(b"abcdef".to_vec()));
        assert_eq!(wire.received(second).await, Ok(b"gh".to_vec()), "what is left is the next call's");
        python.all(&["c.send(b'1')"]).await;
        assert_eq!(wire.recv_with(3, &[RecvFlag::Waitall, RecvFlag::Peek]).await, Ok(b"1".to_vec()), "who only looks does not collect");
        assert_eq!(wire.recv_with(3, &[RecvFlag::Waitall, RecvFlag::Dontwait]).await, Ok(b"1".to_vec()), "nor who does not wait");
    });
}

#[test]
fn waitall_ends_at_the_end() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let (mut wire, _, _) = pair(&relay, &mut python).await;
        let recv = wire.start(waitall(100, None)).await;
        python.all(&["c.send(b'part')"]).await;
        assert!(!wire.is_answered(recv).await);
        python.all(&["c.close()"]).await;
        assert_eq!(wire.received(recv).await, Ok(b"part".to_vec()));
        assert_eq!(wire.recv_with(100, &[RecvFlag::Waitall]).await, Ok(vec![]), "the next is the end");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn waitall_that_ends_early_brings_its_part() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let (mut wire, local, peer) = pair(&relay, &mut python).await;
        let cancelled = wire.start(waitall(100, None)).await;
        let next = wire.start_recv(100).await;
        python.all(&["c.send(b'one')"]).await;
        until("the part taken", async || !wire.is_answered(cancelled).await && kernel::unread_bytes(local, peer) == Some(0)).await;
        assert_eq!(wire.call(Operation::Cancel { target: cancelled }).await, Ok(Return::Cancel { cancelled: true }));
        assert_eq!(wire.received(cancelled).await, Ok(b"one".to_vec()));
        python.all(&["c.send(b'two')"]).await;
        assert_eq!(wire.received(next).await, Ok(b"two".to_vec()), "in the order in which they were called");
        let late = wire.start(waitall(100, Some(150))).await;
        python.all(&["c.send(b'three')"]).await;
        assert_eq!(wire.received(late).await, Ok(b"three".to_vec()));
        let nothing = wire.start(waitall(100, Some(50))).await;
        assert_eq!(error_of(wire.received(nothing).await), Name::ETIMEDOUT, "there was no part");
        // A reset after a part: the part first, then the reset.
        let part = wire.start(waitall(100, None)).await;
        python.all(&["c.send(b'four')"]).await;
        until("the part taken", async || !wire.is_answered(part).await && kernel::unread_bytes(local, peer) == Some(0)).await;
        python.all(&["c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))", "c.close()"]).await;
        assert_eq!(wire.received(part).await, Ok(b"four".to_vec()));
        assert_eq!(error_of(wire.recv(1).await), Name::ECONNRESET);
    });
}

#[test]
fn waitall_of_more_than_a_frame_is_one_of_a_frame() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let (mut wire, _, _) = pair(&relay, &mut python).await;
        let bytes = random_bytes(2 * MAX_BINARY_FRAME_BYTES, 7);
        let path = std::env::temp_dir().join(format!("tcp-playground-waitall-{}", std::process::id()));
        std::fs::write(&path, &bytes).expect("it can be written");
        let all = wire.start(waitall(2 * MAX_BINARY_FRAME_BYTES as u64, None)).await;
        // A first byte by itself, so that the parts do not add up to a frame.
        python.all(&[&format!("d = open({path:?}, 'rb').read()"), "c.send(d[:1])"]).await;
        assert!(!wire.is_answered(all).await);
        let sending = python.begin("c.sendall(d[1:])").await;
        let received = wire.received(all).await.expect("bytes");
        std::fs::remove_file(&path).expect("it is there");
        assert_eq!(received.len(), MAX_BINARY_FRAME_BYTES, "no frame is larger");
        assert!(received[..] == bytes[..MAX_BINARY_FRAME_BYTES]);
        let rest = wire.recv_with(MAX_BINARY_FRAME_BYTES as u64, &[RecvFlag::Waitall]).await.expect("bytes");
        assert!(rest[..] == bytes[MAX_BINARY_FRAME_BYTES..], "no byte is lost in between");
        assert_eq!(python.value_of(sending).await, "None");
    });
}
