//! `info`: a connection's life as the kernel tells it, on both ends, its queues, and what is left of it after close.

use std::time::Instant;

use protocol::{AcceptQueue, Failure, Family, How, Info, Name, Operation, Return, TcpState};

use crate::python::Python;
use crate::relay_process::RelayProcess;
use crate::wire::{Wire, error_of};
use crate::{run, until};

/// Waits until the socket is in `state`.
async fn reaches(wire: &mut Wire, state: TcpState) {
    let mut last = None;
    until(&format!("{state}"), async || {
        last = wire.info().await.expect("there is a socket").state;
        last == Some(state)
    })
    .await;
}

#[test]
#[cfg(target_os = "linux")]
fn states_along_a_life() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut none = Wire::open(&relay).await;
        assert_eq!(error_of(none.info().await), Name::EBADF);
        let mut fresh = Wire::socket(&relay).await;
        let info = fresh.info().await.expect("there is a socket");
        assert_eq!((info.state, info.tcp), (Some(TcpState::CLOSED), None));
        let (mut server, listener, port) = Wire::listening(&relay, 3).await;
        let queue = |waiting| Some(AcceptQueue { waiting, backlog: 3 });
        let info = server.info().await.expect("it listens");
        assert_eq!((info.state, info.accept_queue), (Some(TcpState::LISTEN), queue(0)));
        // Both ends are the relay's, so that both can be asked.
        let mut client = Wire::socket(&relay).await;
        let (local, peer) = client.connect("127.0.0.1", port).await.expect("it listens");
        until("connection", async || server.info().await.is_ok_and(|info| info.accept_queue == queue(1))).await;
        let mut connection = Wire::open(&relay).await;
        connection.accept(listener).await.expect("it waits");
        assert_eq!(server.info().await.expect("it listens").accept_queue, queue(0));
        for wire in [&mut client, &mut connection] {
            let info = wire.info().await.expect("it is connected");
            assert_eq!((info.state, info.recv_queue_bytes, info.send_queue_bytes), (Some(TcpState::ESTABLISHED), Some(0), Some(0)));
            let tcp = info.tcp.expect("TCP_INFO");
            let first = [tcp.rtt_us, tcp.cwnd_segments, tcp.send_mss_bytes, tcp.send_window_bytes, tcp.recv_window_limit_bytes];
            assert!(first.iter().all(|told| *told > Some(0)) && tcp.rto_us >= Some(1000) && tcp.retransmits == Some(0), "{tcp:?}");
        }
        client.shutdown(How::Write).await.expect("it is connected");
        reaches(&mut client, TcpState::FIN_WAIT_2).await;
        reaches(&mut connection, TcpState::CLOSE_WAIT).await;
        connection.shutdown(How::Write).await.expect("it is connected");
        reaches(&mut connection, TcpState::CLOSED).await;
        // TIME_WAIT is no socket's any more: only the table has it.
        reaches(&mut client, TcpState::CLOSED).await;
        let info = closed(&mut none, local, peer).await.expect("the table has it");
        assert_eq!(info.state, Some(TcpState::TIME_WAIT));
        assert!(info.ends_in_ms.is_some_and(|rest| (1..=60_000).contains(&rest)), "{info:?}");
        assert_eq!(error_of(closed(&mut none, peer, local).await), Name::ENOTCONN, "the end that closed second leaves nothing");
    });
}

async fn closed(wire: &mut Wire, local: std::net::SocketAddr, peer: std::net::SocketAddr) -> Result<Info, Failure> {
    match wire.call(Operation::Info { interval_ms: None, local: Some(local), peer: Some(peer) }).await? {
        Return::Info { info } => Ok(*info),
        other => panic!("info returned {other:?}"),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_closed_socket_lives_on_in_the_systems_table() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = Wire::socket(&relay).await;
        let (local, peer) = wire.connect("127.0.0.1", port).await.expect("it listens");
        python.all(&["c, _ = s.accept()"]).await;
        let mut other = Wire::open(&relay).await;
        assert_eq!(closed(&mut other, local, peer).await.map(|info| info.state), Ok(Some(TcpState::ESTABLISHED)));
        wire.close().await;
        until("FIN_WAIT_2", async || closed(&mut other, local, peer).await.is_ok_and(|info| info.state == Some(TcpState::FIN_WAIT_2)))
            .await;
        assert_eq!(closed(&mut other, peer, local).await.map(|info| info.state), Ok(Some(TcpState::CLOSE_WAIT)), "Python's end");
        python.all(&["c.close()"]).await;
        until("TIME_WAIT", async || closed(&mut other, local, peer).await.is_ok_and(|info| info.state == Some(TcpState::TIME_WAIT))).await;
        for operation in [
            Operation::Info { interval_ms: None, local: Some(local), peer: None },
            Operation::Info { interval_ms: None, local: None, peer: Some(peer) },
            Operation::Info { interval_ms: Some(50), local: Some(local), peer: Some(peer) },
        ] {
            assert_eq!(error_of(other.call(operation).await), Name::EINVAL);
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn connections_of_other_programs_are_not_told_of() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        python.all(&["x = socket.create_connection(s.getsockname())", "c, _ = s.accept()"]).await;
        let own: u16 = python.number("x.getsockname()[1]").await;
        let address = |port: u16| std::net::SocketAddr::from(([127, 0, 0, 1], port));
        let mut wire = Wire::open(&relay).await;
        let listening = std::net::SocketAddr::from(([0, 0, 0, 0], 0));
        for (local, peer) in [(address(own), address(port)), (address(port), address(own)), (address(port), listening)] {
            assert_eq!(error_of(closed(&mut wire, local, peer).await), Name::ENOTCONN, "{local} {peer}");
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn queues_are_in_bytes_and_a_page_that_does_not_recv_closes_the_window() {
    run(async {
        let relay = RelayProcess::start().await;
        let (_server, listener, port) = Wire::listening(&relay, 3).await;
        let mut sender = Wire::connected(&relay, port).await;
        let mut receiver = Wire::open(&relay).await;
        receiver.accept(listener).await.expect("it waits");
        assert_eq!(sender.send(&[1; 1000]).await, Ok(1000));
        until("1000 bytes", async || receiver.info().await.is_ok_and(|info| info.recv_queue_bytes == Some(1000))).await;
        assert_eq!(receiver.recv(300).await.map(|bytes| bytes.len()), Ok(300));
        assert_eq!(receiver.info().await.expect("it is connected").recv_queue_bytes, Some(700));
        // Nobody receives: the window closes, and what is not sent stays with the sender.
        let block = vec![2; 1 << 20];
        let mut sent = 1000;
        loop {
            let id = sender.start_send(Operation::Send { flags: vec![], timeout_ms: Some(500) }, &block).await;
            match sender.answer(id).await {
                Ok(crate::wire::Answered::Return(Return::Send { sent: count })) if count > 0 => sent += count,
                Err(failure) if failure.name == Name::ETIMEDOUT => break,
                other => panic!("{other:?}"),
            }
            assert!(sent < 64 << 20, "the sender is never stopped");
        }
        let (ours, theirs) = (sender.info().await.expect("connected"), receiver.info().await.expect("connected"));
        let (unsent, unread) = (ours.send_queue_bytes.expect("bytes"), theirs.recv_queue_bytes.expect("bytes"));
        assert_eq!(unsent + unread + 300, sent, "every byte is in one of the two queues");
        let (tcp, theirs) = (ours.tcp.expect("TCP_INFO"), theirs.tcp.expect("TCP_INFO"));
        assert!(tcp.not_sent_bytes.is_some_and(|bytes| bytes > 0 && u64::from(bytes) <= unsent), "{tcp:?}");
        assert!(tcp.send_window_bytes.is_some() && tcp.send_window_bytes < tcp.send_mss_bytes, "the window is as good as closed: {tcp:?}");
        // Linux tells what it announces since 6.2.
        assert!(theirs.recv_window_bytes.is_none_or(|window| Some(window) < tcp.send_mss_bytes), "{theirs:?}");
        assert!(tcp.rwnd_limited_us > Some(0) && tcp.rwnd_limited_us <= tcp.busy_us, "{tcp:?}");
        assert_eq!(theirs.received_bytes, Some(unread + 300));
        // It opens again when somebody receives.
        let mut left = (sent - 300) as usize;
        while left > 0 {
            left -= receiver.recv(1 << 20).await.expect("bytes").len();
        }
        until("empty queues", async || sender.info().await.is_ok_and(|info| info.send_queue_bytes == Some(0))).await;
        let tcp = sender.info().await.expect("connected").tcp.expect("TCP_INFO");
        assert!(tcp.send_window_bytes > Some(100_000) && tcp.not_sent_bytes == Some(0) && tcp.acked_bytes >= Some(sent), "{tcp:?}");
        assert!(tcp.delivery_rate_bytes > Some(0) && tcp.sent_bytes >= tcp.acked_bytes.map(|acked| acked - 1), "{tcp:?}");
        assert!(tcp.min_rtt_us > Some(0) && tcp.min_rtt_us <= tcp.rtt_us, "{tcp:?}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn samples_come_at_their_interval_until_they_are_cancelled() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = Wire::connected(&relay, port).await;
        python.all(&["c, _ = s.accept()"]).await;
        let started = Instant::now();
        let id = wire.start(Operation::Info { interval_ms: Some(1), local: None, peer: None }).await;
        for count in 0..5_u32 {
            let (of, info) = wire.next_info().await;
            assert_eq!((of, info.state), (id, Some(TcpState::ESTABLISHED)));
            assert!(started.elapsed().as_millis() >= 50 * u128::from(count), "the {count}th after {:?}", started.elapsed());
        }
        // They show what happens meanwhile.
        python.all(&["c.send(b'12345')"]).await;
        while wire.next_info().await.1.recv_queue_bytes != Some(5) {}
        python.all(&["c.shutdown(socket.SHUT_WR)"]).await;
        while wire.next_info().await.1.state != Some(TcpState::CLOSE_WAIT) {}
        // Other calls go on beside them.
        assert_eq!(wire.recv(10).await, Ok(b"12345".to_vec()));
        assert_eq!(wire.call(Operation::Cancel { target: id }).await, Ok(Return::Cancel { cancelled: true }));
        assert_eq!(error_of(wire.answer(id).await), Name::ECANCELED);
        assert_eq!(wire.call(Operation::Cancel { target: id }).await, Ok(Return::Cancel { cancelled: false }), "it is over");
        let again = wire.start(Operation::Info { interval_ms: Some(60), local: None, peer: None }).await;
        while wire.next_info().await.0 != again {}
        assert_eq!(wire.next_info().await.0, again, "the first tells no more");
        assert_eq!(wire.call(Operation::Close).await, Ok(Return::Close));
        assert_eq!(error_of(wire.answer(again).await), Name::EBADF, "close ends it");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_syn_that_nobody_answers_is_seen_to_be_sent_again() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        // A queue of one place, which is taken: the kernel drops what asks for more, without a word.
        python.all(&["s.listen(0)", "x = socket.create_connection(s.getsockname())"]).await;
        until("full queue", async || crate::kernel::accept_queue(port) == Some(1)).await;
        let mut wire = Wire::socket(&relay).await;
        let samples = wire.start(Operation::Info { interval_ms: Some(50), local: None, peer: None }).await;
        let connect = wire.start(Operation::Connect { host: "127.0.0.1".to_owned(), port: port.into(), timeout_ms: None }).await;
        // The first is sent again after a second (RFC 6298).
        let mut retransmits = None;
        while retransmits.is_none_or(|count| count == 0) {
            if let (_, Info { state, tcp: Some(tcp), .. }) = wire.next_info().await {
                assert_eq!(state, Some(TcpState::SYN_SENT));
                retransmits = tcp.retransmits;
            }
        }
        for waiting in [connect, samples] {
            assert_eq!(wire.call(Operation::Cancel { target: waiting }).await, Ok(Return::Cancel { cancelled: true }));
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn the_table_has_ipv6_and_ipv4_through_a_dual_stack_socket() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        python.all(&["s = socket.create_server(('::', 0), family=socket.AF_INET6, dualstack_ipv6=True)"]).await;
        let port: u16 = python.number("s.getsockname()[1]").await;
        for host in ["::1", "::ffff:127.0.0.1"] {
            let mut wire = Wire::open(&relay).await;
            assert_eq!(wire.call(Operation::Socket { family: Family::Inet6 }).await, Ok(Return::Socket));
            let (local, peer) = wire.connect(host, port).await.expect("it listens");
            python.all(&["c, _ = s.accept()"]).await;
            let mut other = Wire::open(&relay).await;
            let info = closed(&mut other, local, peer).await.expect("the table has it");
            assert_eq!((info.state, info.recv_queue_bytes), (Some(TcpState::ESTABLISHED), Some(0)), "{local} {peer}");
            wire.close().await;
            python.all(&["c.close()"]).await;
            until("TIME_WAIT", async || closed(&mut other, local, peer).await.is_ok_and(|info| info.state == Some(TcpState::TIME_WAIT)))
                .await;
        }
    });
}
