//! What comes back is what the kernel said: boundaries, ends and resets, compared with CPython's on the same machine.

use protocol::SocketOption::TCP_USER_TIMEOUT;
use protocol::{How, Name, Operation, OptionValue, RecvFlag, Return, TcpState};

use crate::peers::random_bytes;
use crate::python::Python;
use crate::relay_process::RelayProcess;
use crate::wire::{Wire, error_of};
use crate::{kernel, run, until};

const LINGER: &str = "c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))";

/// A relay's socket, its port, and the port of Python's listener; Python's end of it is `c`.
async fn pair(relay: &RelayProcess, python: &mut Python) -> (Wire, u16, u16) {
    let port = python.listen().await;
    let mut wire = Wire::socket(relay).await;
    let (local, _) = wire.connect("127.0.0.1", port).await.expect("it listens");
    python.all(&["c, _ = s.accept()"]).await;
    (wire, local.port(), port)
}

async fn closed(wire: &mut Wire) {
    until("reset", async || wire.info().await.is_ok_and(|info| info.state == Some(TcpState::CLOSED))).await;
}

/// What a recv gave, as Python prints it.
fn printed(received: &Result<Vec<u8>, protocol::Failure>) -> String {
    match received {
        Ok(bytes) => format!("b'{}'", String::from_utf8_lossy(bytes)),
        Err(failure) => format!("! {}", failure.name),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn recv_knows_no_boundaries_of_send() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let (mut wire, local, peer) = pair(&relay, &mut python).await;
        python.all(&["c.send(b'one')", "c.send(b'two')", "c.send(b'three')"]).await;
        until("eleven bytes", async || kernel::unread_bytes(local, peer) == Some(11)).await;
        assert_eq!(wire.recv(4096).await, Ok(b"onetwothree".to_vec()));
        python.all(&["c.send(b'0123456789')"]).await;
        until("ten bytes", async || kernel::unread_bytes(local, peer) == Some(10)).await;
        assert_eq!(wire.recv(4).await, Ok(b"0123".to_vec()));
        assert_eq!(wire.recv(4).await, Ok(b"4567".to_vec()));
        assert_eq!(wire.recv(4).await, Ok(b"89".to_vec()));
        python.all(&["c.send(b'peeked')"]).await;
        until("six bytes", async || kernel::unread_bytes(local, peer) == Some(6)).await;
        assert_eq!(wire.recv_with(3, &[RecvFlag::Peek]).await, Ok(b"pee".to_vec()));
        assert_eq!(wire.recv_with(100, &[RecvFlag::Peek]).await, Ok(b"peeked".to_vec()));
        assert_eq!(kernel::unread_bytes(local, peer), Some(6), "who looks takes nothing");
        assert_eq!(wire.recv(100).await, Ok(b"peeked".to_vec()));
        assert_eq!(error_of(wire.recv_with(100, &[RecvFlag::Peek, RecvFlag::Dontwait]).await), Name::EAGAIN);
        python.all(&["c.close()"]).await;
        assert_eq!(wire.recv_with(100, &[RecvFlag::Peek]).await, Ok(vec![]), "the end can be looked at");
        assert_eq!(wire.recv(100).await, Ok(vec![]));
    });
}

#[test]
fn ten_megabytes_and_fin_arrive_whole_both_ways() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let bytes = random_bytes(10_000_000, 11);
        let path = std::env::temp_dir().join(format!("tcp-playground-exact-{}", std::process::id()));
        std::fs::write(&path, &bytes).expect("it can be written");
        python.all(&[&format!("d = open({path:?}, 'rb').read()")]).await;
        std::fs::remove_file(&path).expect("it is there");

        let (mut wire, _, _) = pair(&relay, &mut python).await;
        let reading = python.begin("b''.join(iter(lambda: c.recv(65536), b'')) == d").await;
        for block in bytes.chunks(1 << 20) {
            wire.send_bare(block).await;
        }
        let shutdown = wire.start(Operation::Shutdown { how: How::Write }).await;
        assert_eq!(python.value_of(reading).await, "True");
        assert!(wire.answer(shutdown).await.is_ok());

        // All of it, then close: FIN stands right behind the last byte.
        let closing = python.begin("(c.sendall(d), c.close())").await;
        let received = wire.recv_all(bytes.len()).await.expect("bytes");
        assert!(received == bytes, "{} of {} bytes", received.len(), bytes.len());
        assert_eq!(wire.recv(1).await, Ok(vec![]));
        assert_eq!(python.value_of(closing).await, "(None, None)");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn bytes_before_a_reset_follow_the_kernels_rule() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let (mut wire, _, _) = pair(&relay, &mut python).await;
        python.all(&["c.send(b'last')", LINGER, "c.close()"]).await;
        closed(&mut wire).await;
        let mut ours = vec![];
        for _ in 0..3 {
            ours.push(printed(&wire.recv(100).await));
        }
        python.all(&["x = socket.create_connection(s.getsockname())", "c, _ = s.accept()", "q = select.poll()", "q.register(x, 0)"]).await;
        python.all(&["c.send(b'last')", LINGER, "c.close()", "q.poll(10000)"]).await;
        let mut theirs = vec![];
        for _ in 0..3 {
            theirs.push(python.run("x.recv(100)").await);
        }
        assert_eq!(ours, theirs);
        assert!(ours.contains(&"! ECONNRESET".to_owned()), "the reset is told: {ours:?}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn writing_after_the_peers_close_is_accepted_once() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let (mut wire, _, _) = pair(&relay, &mut python).await;
        python.all(&["c.close()"]).await;
        until("FIN", async || wire.info().await.is_ok_and(|info| info.state == Some(TcpState::CLOSE_WAIT))).await;
        assert_eq!(wire.send(b"into the void").await, Ok(13), "the kernel cannot know yet");
        closed(&mut wire).await;
        let mut ours = vec![];
        for _ in 0..2 {
            ours.push(wire.send(b"x").await.map_or_else(|failure| format!("! {}", failure.name), |sent| sent.to_string()));
        }
        ours.push(printed(&wire.recv(10).await));
        python.all(&["x = socket.create_connection(s.getsockname())", "c, _ = s.accept()", "c.close()", "q = select.poll()"]).await;
        python
            .all(&["q.register(x, select.POLLIN)", "q.poll(10000)", "q.register(x, 0)", "x.send(b'into the void')", "q.poll(10000)"])
            .await;
        let theirs = [python.run("x.send(b'x')").await, python.run("x.send(b'x')").await, python.run("x.recv(10)").await];
        assert_eq!(ours, theirs);
        assert_eq!(ours[0], "! EPIPE");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_accept_queue_times_out() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        // A backlog of 0 admits one; the SYNs of others are dropped.
        python
            .all(&["s = socket.socket()", "s.bind(('127.0.0.1', 0))", "s.listen(0)", "x = socket.create_connection(s.getsockname())"])
            .await;
        let port: u16 = python.number("s.getsockname()[1]").await;
        until("full queue", async || kernel::accept_queue(port) == Some(1)).await;
        let connect = |timeout_ms| Operation::Connect { host: "127.0.0.1".to_owned(), port: port.into(), timeout_ms };
        let mut wire = Wire::socket(&relay).await;
        let failure = wire.call(connect(Some(200))).await.expect_err("nobody answers");
        assert_eq!((failure.name, failure.call.as_str(), failure.address), (Name::ETIMEDOUT, "connect", Some(format!("127.0.0.1:{port}"))));
        assert_eq!(wire.info().await.map(|info| info.state), Ok(Some(TcpState::SYN_SENT)), "the attempt goes on in the kernel");

        // The kernel's own limit, made short (`tcp(7)`), and its own words.
        let mut wire = Wire::socket(&relay).await;
        let option = Operation::Setsockopt { option: TCP_USER_TIMEOUT, value: OptionValue::Number(1000) };
        assert_eq!(wire.call(option).await, Ok(Return::Setsockopt { value: OptionValue::Number(1000) }));
        let failure = wire.call(connect(None)).await.expect_err("nobody answers");
        assert_eq!((failure.name, failure.address), (Name::ETIMEDOUT, Some(format!("127.0.0.1:{port}"))));
        assert!(failure.text.contains("timed out (os error 110)"), "the system's own text: {}", failure.text);
        python.all(&["y = socket.socket()", "y.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000)"]).await;
        assert_eq!(python.run("y.connect(s.getsockname())").await, "! ETIMEDOUT");
        // Once there is room the same socket connects.
        python.all(&["c, _ = s.accept()"]).await;
        wire.connect("127.0.0.1", port).await.expect("the queue has room");
    });
}
