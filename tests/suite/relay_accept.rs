//! Listeners: the backlog, the queue, and whose port it is.

use std::time::Duration;

use protocol::{How, ListenerId, Name, Operation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::relay_process::RelayProcess;
use crate::wire::{Wire, error_of};
use crate::{kernel, run, until, within};

#[test]
#[cfg(target_os = "linux")]
fn nothing_is_accepted_before_accept() {
    run(async {
        let relay = RelayProcess::start().await;
        let (_server, listener, port) = Wire::listening(&relay, 5).await;
        let mut visitors = vec![];
        for _ in 0..3 {
            visitors.push(TcpStream::connect(("127.0.0.1", port)).await.expect("the queue has room"));
        }
        until("three in the kernel's queue", async || kernel::accept_queue(port) == Some(3)).await;
        for (index, visitor) in visitors.iter().enumerate() {
            let mut connection = Wire::open(&relay).await;
            let (_, peer) = connection.accept(listener).await.expect("one waits");
            assert_eq!(peer, visitor.local_addr().expect("it is connected"), "first come, first served");
            assert_eq!(kernel::accept_queue(port), Some(2 - index as u64), "one accept takes one");
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn the_backlog_is_what_was_asked_for() {
    run(async {
        let relay = RelayProcess::start().await;
        // Linux admits one more than the backlog, and drops the SYNs of others.
        for backlog in [0, 5, 200] {
            let (_server, _listener, port) = Wire::listening(&relay, backlog).await;
            let mut admitted = vec![];
            while let Ok(Ok(visitor)) = tokio::time::timeout(Duration::from_millis(400), TcpStream::connect(("127.0.0.1", port))).await {
                admitted.push(visitor);
                assert!(admitted.len() <= 300, "no end of it");
            }
            assert_eq!(admitted.len(), backlog as usize + 1, "listen({backlog})");
        }
    });
}

#[test]
fn queued_clients_may_already_send() {
    run(async {
        let relay = RelayProcess::start().await;
        let (_server, listener, port) = Wire::listening(&relay, 5).await;
        let mut visitor = TcpStream::connect(("127.0.0.1", port)).await.expect("the queue has room");
        visitor.write_all(b"early").await.expect("the kernel takes it");
        visitor.shutdown().await.expect("it is open");
        let mut connection = Wire::open(&relay).await;
        connection.accept(listener).await.expect("it waits");
        assert_eq!(connection.recv_all(100).await.expect("bytes"), b"early");
        connection.send(b"you are in").await.expect("its other direction is open");
        connection.close().await;
        let mut answer = vec![];
        within("answer", visitor.read_to_end(&mut answer)).await.expect("FIN");
        assert_eq!(answer, b"you are in");
    });
}

#[test]
fn accepts_wait_side_by_side() {
    run(async {
        let relay = RelayProcess::start().await;
        let (_server, listener, port) = Wire::listening(&relay, 5).await;
        let (mut first, mut second) = (Wire::open(&relay).await, Wire::open(&relay).await);
        let one = first.start(Operation::Accept { listener, timeout_ms: None }).await;
        let two = second.start(Operation::Accept { listener, timeout_ms: None }).await;
        let _visitors = (Wire::connected(&relay, port).await, Wire::connected(&relay, port).await);
        assert!(first.answer(one).await.is_ok());
        assert!(second.answer(two).await.is_ok());
    });
}

#[test]
fn a_listener_dies_with_its_websocket() {
    run(async {
        let relay = RelayProcess::start().await;
        let (server, listener, port) = Wire::listening(&relay, 5).await;
        let mut acceptor = Wire::open(&relay).await;
        let accept = acceptor.start(Operation::Accept { listener, timeout_ms: None }).await;
        let visitor = Wire::connected(&relay, port).await;
        assert!(acceptor.answer(accept).await.is_ok());
        let mut waiting = Wire::open(&relay).await;
        let accept = waiting.start(Operation::Accept { listener, timeout_ms: None }).await;
        drop(server);
        assert_eq!(error_of(waiting.answer(accept).await), Name::EBADF, "the listener is closed");
        until("refusal", async || TcpStream::connect(("127.0.0.1", port)).await.is_err()).await;
        // What was accepted before lives on.
        acceptor.send(b"still here").await.expect("the connection is its own");
        drop(visitor);
    });
}

#[test]
fn a_port_is_free_at_once() {
    run(async {
        let relay = RelayProcess::start().await;
        let (server, _listener, port) = Wire::listening(&relay, 5).await;
        drop(server);
        until("free port", async || TcpListener::bind(("127.0.0.1", port)).await.is_ok()).await;
        let (server, _listener, port) = Wire::listening(&relay, 5).await;
        server.close().await;
        // std sets SO_REUSEADDR: what is asked here is whether a listener still holds the port.
        TcpListener::bind(("127.0.0.1", port)).await.expect("after close returned, the port is free");
    });
}

#[test]
fn accept_without_its_listener_is_ebadf() {
    run(async {
        let relay = RelayProcess::start().await;
        let (server, listener, _) = Wire::listening(&relay, 5).await;
        server.close().await;
        let mut acceptor = Wire::open(&relay).await;
        assert_eq!(error_of(acceptor.accept(listener).await), Name::EBADF);
    });
}

#[test]
fn nobody_guesses_whose_listener_it_is() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut servers = vec![];
        for _ in 0..3 {
            servers.push(Wire::listening(&relay, 5).await);
        }
        let mut stranger = Wire::open(&relay).await;
        for guess in 0..100 {
            let accept = Operation::Accept { listener: ListenerId(guess), timeout_ms: Some(1) };
            assert_eq!(error_of(stranger.call(accept).await), Name::EBADF, "{guess}");
        }
        // A page holds them as numbers.
        assert!(servers.iter().all(|(_, listener, _)| listener.0 < 1 << 53));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn an_address_in_use_is_not_masked() {
    run(async {
        let relay = RelayProcess::start().await;
        let (_server, _listener, port) = Wire::listening(&relay, 5).await;
        let mut second = Wire::socket(&relay).await;
        assert_eq!(error_of(second.bind("127.0.0.1", port.into()).await), Name::EADDRINUSE);
        assert_eq!(error_of(second.bind("0.0.0.0", port.into()).await), Name::EADDRINUSE, "all addresses contain that one");

        // TIME_WAIT holds a port too, as long as nobody sets SO_REUSEADDR.
        let (server, listener, port) = Wire::listening(&relay, 5).await;
        let mut visitor = TcpStream::connect(("127.0.0.1", port)).await.expect("the queue has room");
        let mut connection = Wire::open(&relay).await;
        connection.accept(listener).await.expect("one waits");
        connection.shutdown(How::Write).await.expect("it is connected");
        assert_eq!(within("FIN", visitor.read(&mut [0])).await.expect("FIN"), 0);
        drop(visitor);
        assert_eq!(connection.recv(1).await, Ok(vec![]));
        connection.close().await;
        server.close().await;
        until("TIME_WAIT", async || kernel::sockets().iter().any(|entry| entry.state == kernel::TIME_WAIT && entry.local_port == port))
            .await;
        let mut third = Wire::socket(&relay).await;
        assert_eq!(error_of(third.bind("127.0.0.1", port.into()).await), Name::EADDRINUSE);
    });
}

#[test]
fn listening_without_an_address_gets_one() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::socket(&relay).await;
        let (listener, local) = wire.listen(1).await.expect("POSIX binds it to a free port");
        assert_ne!(local.port(), 0);
        let _visitor = Wire::connected(&relay, local.port()).await;
        Wire::open(&relay).await.accept(listener).await.expect("one waits");
        let (again, _) = wire.listen(7).await.expect("the backlog may change");
        assert_eq!(again, listener);
    });
}
