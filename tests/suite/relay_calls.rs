//! Every call of the wire: what it returns, and how it fails.

use std::net::Ipv4Addr;
use std::time::Instant;

use protocol::limits::MAX_CALLS_WAITING;
use protocol::{CallId, Failure, Family, How, ListenerId, Name, Operation, RecvFlag, Return, Rule};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::bystander::connected;
use crate::peers::Peer;
use crate::ports::free_port;
use crate::relay_process::RelayProcess;
use crate::wire::{Wire, error_of, is_answer_to};
use crate::{run, within};

#[test]
fn a_client_speaks_to_a_program_by_name() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut server = Peer::python("greet.py", &[]);
        let port: u16 = server.value("port").await;
        let mut wire = Wire::socket(&relay).await;
        let (local, peer) = wire.connect("localhost", port).await.expect("the server listens");
        assert_eq!((peer.ip(), peer.port()), (Ipv4Addr::LOCALHOST.into(), port));
        assert_eq!(wire.call(Operation::Getsockname).await, Ok(Return::Getsockname { local }));
        assert_eq!(wire.call(Operation::Getpeername).await, Ok(Return::Getpeername { peer }));
        server.line_with(&format!("accepted {local}")).await;
        assert_eq!(wire.recv_all(100).await.expect("the greeting"), b"Hello, client!");
        assert_eq!(wire.recv(100).await, Ok(vec![]), "the end of the stream stays the end");
        wire.close().await;
    });
}

#[test]
fn a_server_speaks_to_programs() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut server, listener, port) = Wire::listening(&relay, 5).await;
        assert!(matches!(server.call(Operation::Getsockname).await, Ok(Return::Getsockname { local }) if local.port() == port));
        let mut visitor = Peer::python("visit.py", &[&port.to_string()]);
        let mut connection = Wire::open(&relay).await;
        let (local, peer) = connection.accept(listener).await.expect("the visitor comes");
        assert_eq!(local.port(), port);
        visitor.line_with(&format!("local {peer}")).await;
        assert_eq!(connection.call(Operation::Getpeername).await, Ok(Return::Getpeername { peer }));
        assert_eq!(connection.send(b"Hello, client!").await, Ok(14));
        connection.close().await;
        visitor.line_with("received b'Hello, client!'").await;
    });
}

#[test]
fn bind_tells_the_port_that_the_system_chose() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::socket(&relay).await;
        let local = wire.bind("localhost", 0).await.expect("port 0 is free");
        assert_eq!(local.ip(), Ipv4Addr::LOCALHOST);
        assert_ne!(local.port(), 0);
        assert_eq!(error_of(wire.bind("127.0.0.1", 0).await), Name::EINVAL, "a socket is bound once");
    });
}

#[test]
fn ipv6_is_a_family_of_its_own() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut server = Wire::open(&relay).await;
        assert_eq!(server.call(Operation::Socket { family: Family::Inet6 }).await, Ok(Return::Socket));
        let local = server.bind("::1", 0).await.expect("port 0 is free");
        let (listener, _) = server.listen(1).await.expect("it can listen");
        let mut client = Wire::open(&relay).await;
        assert_eq!(client.call(Operation::Socket { family: Family::Inet6 }).await, Ok(Return::Socket));
        let (own, peer) = client.connect("::1", local.port()).await.expect("the page listens");
        assert_eq!(peer, local);
        let mut connection = Wire::open(&relay).await;
        assert_eq!(connection.accept(listener).await, Ok((local, own)));
        let mut stranger = Wire::socket(&relay).await;
        let failure = stranger.connect("::1", local.port()).await.expect_err("an IPv4 socket cannot go there");
        assert!(matches!(failure.name, Name::EAFNOSUPPORT | Name::EAI_ADDRFAMILY | Name::EAI_NONAME), "{failure}");
    });
}

#[test]
fn a_refusal_names_the_address_and_leaves_the_socket() {
    run(async {
        let relay = RelayProcess::start().await;
        let port = free_port();
        let mut wire = Wire::socket(&relay).await;
        let failure = wire.connect("localhost", port).await.expect_err("nobody listens");
        assert_eq!((failure.name, failure.call.as_str()), (Name::ECONNREFUSED, "connect"));
        assert_eq!(failure.address, Some(format!("127.0.0.1:{port}")));
        assert!(failure.text.contains("refused"), "the system's own text: {}", failure.text);
        let server = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = server.local_addr().expect("it is bound").port();
        wire.connect("127.0.0.1", port).await.expect("the same descriptor may try again");
    });
}

#[test]
fn names_that_do_not_resolve_are_told_as_such() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::socket(&relay).await;
        let failure = wire.connect("no-such-host.invalid", 80).await.expect_err("RFC 6761 keeps this name from existing");
        // Without a name server in reach the resolver cannot know that.
        assert!(matches!(failure.name, Name::EAI_NONAME | Name::EAI_AGAIN), "{failure}");
        assert!(failure.address.as_deref().is_some_and(|address| address.contains("no-such-host.invalid")), "{failure:?}");
        let long = format!("{}.invalid", "a".repeat(400));
        assert!(wire.connect(&long, 80).await.is_err(), "a name beyond the limit");
        assert!(wire.connect("", 80).await.is_err(), "no name");
        assert!(wire.connect("with space", 80).await.is_err(), "no name either");
    });
}

#[test]
fn ports_that_are_none_are_einval() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::socket(&relay).await;
        for port in [65_536, 70_000, u64::MAX] {
            assert_eq!(error_of(wire.bind("127.0.0.1", port).await), Name::EINVAL, "bind to {port}");
            let connect = Operation::Connect { host: "127.0.0.1".to_owned(), port, timeout_ms: None };
            assert_eq!(error_of(wire.call(connect).await), Name::EINVAL, "connect to {port}");
        }
        let failure = wire.bind("127.0.0.1", 70_000).await.expect_err("there is no such port");
        assert!(failure.text.contains("65535"), "it says which there are: {}", failure.text);
    });
}

#[test]
fn addresses_that_are_taken_or_not_ours() {
    run(async {
        let relay = RelayProcess::start().await;
        let taken = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = taken.local_addr().expect("it is bound").port();
        let mut wire = Wire::socket(&relay).await;
        let failure = wire.bind("127.0.0.1", port.into()).await.expect_err("the port is taken");
        assert_eq!((failure.name, failure.address), (Name::EADDRINUSE, Some(format!("127.0.0.1:{port}"))));
        // RFC 5737 keeps 192.0.2.0/24 for documentation: no machine has it.
        assert_eq!(error_of(wire.bind("192.0.2.1", 0).await), Name::EADDRNOTAVAIL);
    });
}

#[test]
fn calls_in_the_wrong_state_fail_as_the_kernel_fails_them() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::open(&relay).await;
        for operation in [
            Operation::Bind { address: "127.0.0.1".to_owned(), port: 0 },
            Operation::Listen { backlog: 1 },
            Operation::Connect { host: "127.0.0.1".to_owned(), port: 1, timeout_ms: None },
            Operation::Recv { max: 1, flags: vec![], timeout_ms: None },
            Operation::Shutdown { how: How::Write },
            Operation::Getsockname,
            Operation::Getpeername,
        ] {
            assert_eq!(error_of(wire.call(operation.clone()).await), Name::EBADF, "{} without a socket", operation.name());
        }
        assert_eq!(wire.call(Operation::Socket { family: Family::Inet }).await, Ok(Return::Socket));
        assert_eq!(error_of(wire.call(Operation::Socket { family: Family::Inet }).await), Name::EINVAL, "a second socket");
        assert_eq!(error_of(wire.recv(1).await), Name::ENOTCONN);
        assert!(matches!(error_of(wire.send(b"x").await), Name::ENOTCONN | Name::EPIPE), "send before connect");
        assert_eq!(error_of(wire.shutdown(How::Write).await), Name::ENOTCONN);
        assert_eq!(error_of(wire.call(Operation::Getpeername).await), Name::ENOTCONN);
        assert_eq!(error_of(wire.call(Operation::Accept { listener: ListenerId(1), timeout_ms: None }).await), Name::EINVAL);
        let mut other = Wire::open(&relay).await;
        assert_eq!(error_of(other.accept(ListenerId(4_711)).await), Name::EBADF, "no such listener");

        let server = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = server.local_addr().expect("it is bound").port();
        wire.connect("127.0.0.1", port).await.expect("it listens");
        assert_eq!(error_of(wire.connect("127.0.0.1", port).await), Name::EISCONN);
        assert_eq!(error_of(wire.call(Operation::Listen { backlog: 1 }).await), Name::EINVAL);
        wire.shutdown(How::Write).await.expect("it is connected");
        assert_eq!(error_of(wire.send(b"x").await), Name::EPIPE);
    });
}

#[test]
fn blocking_calls_time_out() {
    run(async {
        let relay = RelayProcess::start().await;
        let server = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let mut wire = Wire::connected(&relay, server.local_addr().expect("it is bound").port()).await;
        let started = Instant::now();
        let recv = wire.start(Operation::Recv { max: 1, flags: vec![], timeout_ms: Some(100) }).await;
        assert_eq!(error_of(wire.received(recv).await), Name::ETIMEDOUT);
        assert!(started.elapsed().as_millis() >= 100, "not before its time: {:?}", started.elapsed());
        let (_listening, listener, _) = Wire::listening(&relay, 1).await;
        let mut acceptor = Wire::open(&relay).await;
        assert_eq!(error_of(acceptor.call(Operation::Accept { listener, timeout_ms: Some(50) }).await), Name::ETIMEDOUT);
    });
}

#[test]
fn a_recv_that_timed_out_took_no_byte() {
    run(async {
        let relay = RelayProcess::start().await;
        let (server, port) = listener().await;
        let mut wire = Wire::connected(&relay, port).await;
        let (mut peer, _) = server.accept().await.expect("it comes");
        let recv = wire.start(Operation::Recv { max: 10, flags: vec![], timeout_ms: Some(30) }).await;
        assert_eq!(error_of(wire.received(recv).await), Name::ETIMEDOUT);
        tokio::io::AsyncWriteExt::write_all(&mut peer, b"late").await.expect("it is open");
        assert_eq!(wire.recv_all(4).await.expect("bytes"), b"late");
    });
}

#[test]
fn waiting_calls_can_be_cancelled() {
    run(async {
        let relay = RelayProcess::start().await;
        let (server, port) = listener().await;
        let mut wire = Wire::connected(&relay, port).await;
        let (mut peer, _) = server.accept().await.expect("it comes");
        let first = wire.start_recv(10).await;
        let second = wire.start_recv(10).await;
        assert_eq!(wire.call(Operation::Cancel { target: first }).await, Ok(Return::Cancel { cancelled: true }));
        assert_eq!(error_of(wire.received(first).await), Name::ECANCELED);
        assert_eq!(wire.call(Operation::Cancel { target: first }).await, Ok(Return::Cancel { cancelled: false }));
        assert_eq!(wire.call(Operation::Cancel { target: CallId(9_999) }).await, Ok(Return::Cancel { cancelled: false }));
        tokio::io::AsyncWriteExt::write_all(&mut peer, b"kept").await.expect("it is open");
        assert_eq!(wire.received(second).await, Ok(b"kept".to_vec()));

        let (_listening, listener, port) = Wire::listening(&relay, 1).await;
        let mut acceptor = Wire::open(&relay).await;
        let accept = acceptor.start(Operation::Accept { listener, timeout_ms: None }).await;
        assert_eq!(acceptor.call(Operation::Cancel { target: accept }).await, Ok(Return::Cancel { cancelled: true }));
        assert_eq!(error_of(acceptor.answer(accept).await), Name::ECANCELED);
        // The connection that comes now is not lost: the same WebSocket may accept it.
        let visitor = Wire::connected(&relay, port).await;
        acceptor.accept(listener).await.expect("the visitor waits");
        drop(visitor);
    });
}

#[test]
fn flags_are_those_of_the_kernel() {
    run(async {
        let relay = RelayProcess::start().await;
        let (server, port) = listener().await;
        let mut wire = Wire::connected(&relay, port).await;
        let (mut peer, _) = server.accept().await.expect("it comes");
        assert_eq!(error_of(wire.recv_with(10, &[RecvFlag::Dontwait]).await), Name::EAGAIN);
        tokio::io::AsyncWriteExt::write_all(&mut peer, b"abc").await.expect("it is open");
        assert_eq!(wire.recv_with(2, &[RecvFlag::Peek]).await, Ok(b"ab".to_vec()), "peek waits, and leaves the bytes");
        assert_eq!(wire.recv_with(10, &[RecvFlag::Peek, RecvFlag::Dontwait]).await, Ok(b"abc".to_vec()));
        assert_eq!(wire.recv(10).await, Ok(b"abc".to_vec()));
        assert_eq!(error_of(wire.recv_with(10, &[RecvFlag::Dontwait]).await), Name::EAGAIN);
        // A recv of at most nothing is no end of the stream. Where nothing has come Linux lets it wait.
        let recv_nothing = || Operation::Recv { max: 0, flags: vec![], timeout_ms: Some(100) };
        assert!(matches!(wire.call(recv_nothing()).await, Ok(Return::Recv { eof: false }) | Err(Failure { name: Name::ETIMEDOUT, .. })));
        tokio::io::AsyncWriteExt::write_all(&mut peer, b"d").await.expect("it is open");
        assert_eq!(wire.recv_with(1, &[RecvFlag::Peek]).await, Ok(b"d".to_vec()));
        assert_eq!(wire.call(recv_nothing()).await, Ok(Return::Recv { eof: false }));
    });
}

#[test]
fn one_call_too_many_is_enobufs() {
    run(async {
        let relay = RelayProcess::start().await;
        let (server, port) = listener().await;
        let mut wire = Wire::connected(&relay, port).await;
        let (_peer, _) = server.accept().await.expect("it comes");
        let mut waiting = vec![];
        for _ in 0..MAX_CALLS_WAITING {
            waiting.push(wire.start_recv(1).await);
        }
        assert_eq!(error_of(wire.recv(1).await), Name::ENOBUFS);
        assert!(!wire.is_answered(waiting[0]).await, "those that fit wait on");
        wire.close().await;
    });
}

#[test]
fn abort_resets_the_connection() {
    run(async {
        let relay = RelayProcess::start().await;
        let (server, port) = listener().await;
        let mut wire = Wire::connected(&relay, port).await;
        let (mut peer, _) = server.accept().await.expect("it comes");
        assert_eq!(wire.call(Operation::Abort).await, Ok(Return::Abort));
        assert_eq!(wire.ended().await.code, Some(1000));
        let error = within("reset", peer.read(&mut [0])).await.expect_err("a reset is no end of the stream");
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    });
}

#[test]
fn close_fails_what_waits() {
    run(async {
        let relay = RelayProcess::start().await;
        let (server, port) = listener().await;
        let mut wire = Wire::connected(&relay, port).await;
        let (mut peer, _) = server.accept().await.expect("it comes");
        let recv = wire.start_recv(1).await;
        assert_eq!(wire.call(Operation::Close).await, Ok(Return::Close));
        assert_eq!(error_of(wire.received(recv).await), Name::EBADF);
        assert_eq!(wire.ended().await.code, Some(1000));
        assert_eq!(within("end", peer.read(&mut [0])).await.expect("FIN, no reset"), 0);
    });
}

#[test]
fn the_relay_opens_no_socket_to_itself() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::socket(&relay).await;
        for host in ["127.0.0.1", "localhost", "0.0.0.0", "127.1", "0x7f000001", "017700000001", "2130706433", "127.9.9.9"] {
            let failure = wire.connect(host, relay.port).await.expect_err(host);
            assert_eq!((failure.name, failure.rule), (Name::FORBIDDEN, Some(Rule::OwnPort)), "{host}: {failure}");
        }
        let mut wire = Wire::open(&relay).await;
        assert_eq!(wire.call(Operation::Socket { family: Family::Inet6 }).await, Ok(Return::Socket));
        for host in ["::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:0:0:1"] {
            let failure = wire.connect(host, relay.port).await.expect_err(host);
            assert_eq!((failure.name, failure.rule), (Name::FORBIDDEN, Some(Rule::OwnPort)), "{host}: {failure}");
        }
        let failure = wire.connect("::ffff:169.254.169.254", 80).await.expect_err("the metadata service of clouds");
        assert_eq!(failure.rule, Some(Rule::LinkLocal), "{failure}");
    });
}

/// A listener of our own and its port.
async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let port = listener.local_addr().expect("it is bound").port();
    (listener, port)
}

#[test]
fn a_send_of_nothing_sends_nothing() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = connected(&relay).await;
        assert_eq!(wire.send(b"").await, Ok(0));
        assert_eq!(wire.send(b"more").await, Ok(4));
        let mut bytes = [0; 4];
        within("bytes", peer.read_exact(&mut bytes)).await.expect("they come");
        assert_eq!(&bytes, b"more");
    });
}

#[test]
fn the_id_of_a_call_that_waits_is_taken() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, _peer) = connected(&relay).await;
        for waits in [r#"{"id":70,"call":"poll","events":["in"]}"#, r#"{"id":71,"call":"recv","max":1}"#] {
            wire.frame(Frame::text(waits)).await;
        }
        for id in [70, 71] {
            wire.frame(Frame::text(format!(r#"{{"id":{id},"call":"recv","max":9}}"#))).await;
            let answer = wire.raw_text().await;
            assert!(is_answer_to(&answer, id) && answer.contains("EINVAL"), "{answer}");
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_listener_that_was_shut_down_may_connect() {
    run(async {
        let relay = RelayProcess::start().await;
        let peer = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let (mut wire, _, _) = Wire::listening(&relay, 1).await;
        wire.shutdown(How::Read).await.expect("it listens");
        let port = peer.local_addr().expect("it is bound").port();
        wire.connect("127.0.0.1", port).await.expect("as the kernel has it");
        let (mut connection, _) = within("connection", peer.accept()).await.expect("it comes");
        assert_eq!(wire.send(b"hello").await, Ok(5));
        let mut bytes = [0; 5];
        within("bytes", connection.read_exact(&mut bytes)).await.expect("they come");
        assert_eq!(&bytes, b"hello");
    });
}
