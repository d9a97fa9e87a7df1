//! `info`: a connection's life as the kernel tells it, on both ends, its queues, and what is left of it after close.

use std::time::Instant;

use protocol::{AcceptQueue, Failure, How, Info, Name, Operation, Return, TcpState};

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
            assert!(tcp.rtt_us > 0 && tcp.cwnd_segments > 0 && tcp.send_mss_bytes > 0 && tcp.rto_us >= 1000, "{tcp:?}");
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
        assert!(u64::from(tcp.not_sent_bytes) <= unsent && tcp.not_sent_bytes > 0, "{tcp:?}");
        assert!(tcp.send_window_bytes < tcp.send_mss_bytes, "the window is as good as closed: {tcp:?}");
        assert!(tcp.rwnd_limited_us > 0 && tcp.rwnd_limited_us <= tcp.busy_us, "{tcp:?}");
        assert_eq!(theirs.received_bytes, unread + 300);
        // It opens again when somebody receives.
        let mut left = (sent - 300) as usize;
        while left > 0 {
            left -= receiver.recv(1 << 20).await.expect("bytes").len();
        }
        until("empty queues", async || sender.info().await.is_ok_and(|info| info.send_queue_bytes == Some(0))).await;
        let tcp = sender.info().await.expect("connected").tcp.expect("TCP_INFO");
        assert!(tcp.send_window_bytes > 100_000 && tcp.not_sent_bytes == 0 && tcp.acked_bytes >= sent, "{tcp:?}");
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
