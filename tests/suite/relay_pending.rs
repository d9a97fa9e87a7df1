//! A `connect` that is left pending goes on in the kernel: `poll` sees its end, and another `connect` gets it.

use protocol::{Name, Operation, PollEvent, Return, TcpState};

use crate::python::Python;
use crate::relay_process::RelayProcess;
use crate::wire::{Answered, Wire, error_of};
use crate::{kernel, run, until};

/// A listener `s` of Python's that admits one, which it has: the SYNs of others are dropped, and sent again after a second.
async fn full(python: &mut Python) -> u16 {
    python.all(&["s = socket.socket()", "s.bind(('127.0.0.1', 0))", "s.listen(0)", "x = socket.create_connection(s.getsockname())"]).await;
    let port = python.number("s.getsockname()[1]").await;
    until("full queue", async || kernel::accept_queue(port) == Some(1)).await;
    port
}

fn connect(port: u16, timeout_ms: Option<u64>) -> Operation {
    Operation::Connect { host: "127.0.0.1".to_owned(), port: port.into(), timeout_ms }
}

/// Leaves a `connect` pending, by its timeout or by `cancel`.
async fn leave_pending(wire: &mut Wire, port: u16, by_timeout: bool) {
    let first = wire.start(connect(port, by_timeout.then_some(50))).await;
    if !by_timeout {
        until("SYN_SENT", async || kernel::sockets().iter().any(|entry| entry.peer_port == port && entry.state == kernel::SYN_SENT)).await;
        assert_eq!(wire.call(Operation::Cancel { target: first }).await, Ok(Return::Cancel { cancelled: true }));
    }
    assert_eq!(error_of(wire.answer(first).await), if by_timeout { Name::ETIMEDOUT } else { Name::ECANCELED });
    assert_eq!(wire.info().await.map(|info| info.state), Ok(Some(TcpState::SYN_SENT)), "it goes on");
}

#[test]
#[cfg(target_os = "linux")]
fn another_connect_waits_for_the_first() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        // A blocking connect(2) of Python's waits for one that was left pending. One at a time: two that knock at once can lose one for good.
        full(&mut python).await;
        python.all(&["y = socket.socket()", "y.setblocking(False)", "y.connect_ex(s.getsockname())", "y.setblocking(True)"]).await;
        python.all(&["import threading", "t = threading.Thread(target=y.connect, args=[s.getsockname()])", "t.start()"]).await;
        python.all(&["q = [s.accept()[0] for _ in range(2)]", "t.join()"]).await;
        assert_eq!(python.run("y.getpeername() == s.getsockname()").await, "True");
        for by_timeout in [true, false] {
            let port = full(&mut python).await;
            let mut wire = Wire::socket(&relay).await;
            leave_pending(&mut wire, port, by_timeout).await;
            let local = wire.call(Operation::Getsockname).await;
            assert_eq!(error_of(wire.call(connect(port, Some(50))).await), Name::ETIMEDOUT, "it waits, too");
            let again = wire.start(connect(port, None)).await;
            python.all(&["q = [s.accept()[0] for _ in range(2)]"]).await;
            let answer = wire.answer(again).await;
            assert!(matches!(&answer, Ok(Answered::Return(Return::Connect { peer, .. })) if peer.port() == port), "{answer:?}");
            assert_eq!(wire.call(Operation::Getsockname).await, local, "the same attempt, not a second");
            assert_eq!(error_of(wire.call(connect(port, None)).await), Name::EISCONN, "once");
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn poll_tells_its_end_and_connect_gets_it() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = full(&mut python).await;
        let mut wire = Wire::socket(&relay).await;
        leave_pending(&mut wire, port, false).await;
        let poll = wire.start(Operation::Poll { events: vec![PollEvent::Out], timeout_ms: None }).await;
        python.all(&["q = [s.accept()[0] for _ in range(2)]"]).await;
        assert_eq!(wire.answer(poll).await, Ok(Answered::Return(Return::Poll { events: vec![PollEvent::Out] })));
        let (local, _) = wire.connect("127.0.0.1", port).await.expect("it is established");
        assert_eq!(wire.send(b"here").await, Ok(4));
        python.all(&[&format!("c = [c for c in q if c.getpeername()[1] == {}][0]", local.port())]).await;
        assert_eq!(python.run("c.recv(10)").await, "b'here'");
    });
}
