//! A relay under pressure hears its pages, and does not spin.

use protocol::limits::SEND_WINDOW_BYTES;
use protocol::{How, Name, Operation, Return};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::relay_process::RelayProcess;
use crate::run;
use crate::wire::{Answered, Wire, error_of};

async fn pair(relay: &RelayProcess) -> (Wire, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let port = listener.local_addr().expect("it is bound").port();
    let wire = Wire::connected(relay, port).await;
    (wire, listener.accept().await.expect("it comes").0)
}

/// Fills the kernel's buffers and then the window of the page: one `send` of a whole window waits, and nobody reads.
async fn fill_window(wire: &mut Wire) -> protocol::CallId {
    let send = || Operation::Send { flags: vec![], timeout_ms: Some(300) };
    let bytes = vec![b'x'; SEND_WINDOW_BYTES];
    loop {
        let id = wire.start_send(send(), &bytes).await;
        match wire.answer(id).await {
            Ok(Answered::Return(Return::Send { sent })) if sent == SEND_WINDOW_BYTES as u64 => {}
            Ok(Answered::Return(Return::Send { .. })) | Err(_) => break,
            other => panic!("{other:?}"),
        }
    }
    wire.start_send(Operation::Send { flags: vec![], timeout_ms: None }, &bytes).await
}

#[test]
fn a_page_with_a_full_window_is_heard() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        peer.write_all(b"hello").await.expect("it is open");
        let waiting = fill_window(&mut wire).await;
        assert_eq!(wire.recv(100).await, Ok(b"hello".to_vec()), "neither direction waits for the other");
        assert_eq!(wire.call(Operation::Cancel { target: waiting }).await, Ok(Return::Cancel { cancelled: true }));
        match wire.answer(waiting).await {
            Ok(Answered::Return(Return::Send { sent })) => assert!(sent < SEND_WINDOW_BYTES as u64, "{sent}"),
            other => assert_eq!(error_of(other.map(drop)), Name::ECANCELED),
        }
        let _again = wire.start_send(Operation::Send { flags: vec![], timeout_ms: None }, &vec![0; SEND_WINDOW_BYTES]).await;
        assert_eq!(wire.call(Operation::Abort).await, Ok(Return::Abort));
        let mut rest = Vec::new();
        let end = peer.read_to_end(&mut rest).await.expect_err("an abort is a reset");
        assert_eq!(end.kind(), std::io::ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_page_that_goes_with_a_full_window_takes_its_socket_along() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        fill_window(&mut wire).await;
        drop(wire);
        let mut rest = Vec::new();
        // What the kernel had taken still comes; then the end, or a reset.
        peer.read_to_end(&mut rest).await.ok();
        assert!(!rest.is_empty());
    });
}

#[test]
fn what_arrived_before_a_reset_is_received_before_it() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let waiting = fill_window(&mut wire).await;
        peer.write_all(b"413 too large").await.expect("it is open");
        peer.set_zero_linger().expect("the option can be set");
        drop(peer);
        // The blocked send meets the reset: it returns its part, or fails where it had none.
        let _part = wire.answer(waiting).await;
        assert_eq!(wire.recv(100).await, Ok(b"413 too large".to_vec()));
    });
}

#[test]
fn many_tiny_bare_sends_are_answered_each() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        for _ in 0..2000 {
            wire.send_bare(b"x").await;
        }
        wire.bare_acknowledged().await.expect("the peer is there");
        let mut received = vec![0; 2000];
        peer.read_exact(&mut received).await.expect("all of them");
        assert!(received.iter().all(|byte| *byte == b'x'));
    });
}

#[test]
fn a_bare_send_is_answered_though_the_peer_says_nothing() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let waiting = wire.start_recv(100).await;
        // Twice: the relay's timer is set anew.
        for _ in 0..2 {
            wire.send_bare(b"x").await;
            wire.bare_acknowledged().await.expect("the peer is there");
        }
        peer.write_all(b"at last").await.expect("it is open");
        assert_eq!(wire.answer(waiting).await, Ok(Answered::Bytes(b"at last".to_vec())));
    });
}

#[test]
fn a_socket_that_was_shut_down_before_it_connects_still_hears() {
    run(async {
        let relay = RelayProcess::start().await;
        // A listener with a full queue leaves further connections pending.
        let (mut listener, _, port) = Wire::listening(&relay, 0).await;
        let mut queued = vec![];
        let pending = Operation::Connect { host: "127.0.0.1".to_owned(), port: port.into(), timeout_ms: Some(300) };
        loop {
            let mut client = Wire::socket(&relay).await;
            let connected = client.call(pending.clone()).await;
            queued.push(client);
            if connected.is_err() {
                break;
            }
        }
        let mut wire = Wire::socket(&relay).await;
        assert_eq!(error_of(wire.shutdown(How::Write).await), Name::ENOTCONN);
        assert_eq!(error_of(wire.call(pending.clone()).await), Name::ETIMEDOUT, "the timeout fires although the descriptor seems ready");
        assert_eq!(wire.call(Operation::Abort).await, Ok(Return::Abort));
        assert!(listener.call(Operation::Getsockname).await.is_ok());
    });
}

#[cfg(target_os = "linux")]
#[test]
fn waiting_costs_no_processor_time() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut listener, id, _) = Wire::listening(&relay, 5).await;
        // A listener that is shut down hangs up; one that listens again must not seem ready for ever.
        listener.shutdown(How::Both).await.expect("Linux allows it");
        listener.listen(5).await.expect("it listens again");
        let before = cpu_ticks(relay.pid());
        let mut wire = Wire::open(&relay).await;
        let accept = Operation::Accept { listener: id, timeout_ms: Some(1000) };
        assert_eq!(error_of(wire.call(accept).await), Name::ETIMEDOUT);
        let spent = cpu_ticks(relay.pid()) - before;
        assert!(spent < 50, "a second of waiting took {spent} hundredths of a second of processor time");
    });
}

/// Processor time of a process, in clock ticks of a hundredth of a second (`proc(5)`).
#[cfg(target_os = "linux")]
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

#[test]
fn a_shared_relay_lets_the_system_choose_no_port() {
    run(async {
        let relay = RelayProcess::start_with(&["--host", "0.0.0.0"]).await;
        let mut wire = Wire::socket(&relay).await;
        assert_eq!(error_of(wire.listen(5).await), Name::FORBIDDEN);
        let relay = RelayProcess::start_with(&["--host", "0.0.0.0", "--allow", "0.0.0.0/0"]).await;
        let mut wire = Wire::socket(&relay).await;
        assert!(wire.listen(5).await.is_ok());
    });
}

#[test]
fn a_close_without_a_socket_closes_nothing() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::open(&relay).await;
        assert_eq!(error_of(wire.call(Operation::Close).await), Name::EBADF);
        assert!(wire.call(Operation::Socket { family: protocol::Family::Inet }).await.is_ok(), "the WebSocket is still there");
    });
}
