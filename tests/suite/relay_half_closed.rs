//! Half-closed connections: those on which nothing moves end after the limit, the others stay.

use std::time::{Duration, Instant};

use protocol::{EndCause, Family, How, Operation, RecvFlag, Return};
use relay::Config;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::python::Python;
use crate::run;
use crate::wire::Wire;

const LIMIT: Duration = Duration::from_millis(600);

/// A relay within this process that is out of patience soon, until it is dropped.
struct Impatient {
    port: u16,
    token: String,
    stop: CancellationToken,
}

impl Impatient {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = listener.local_addr().expect("it is bound").port();
        let config = Config { half_closed_limit: LIMIT, ..Config::personal().expect("the system has randomness") };
        let (token, stop) = (config.token.to_string(), CancellationToken::new());
        tokio::spawn(relay::serve(listener, config, stop.clone()));
        Self { port, token, stop }
    }

    async fn connected(&self, port: u16) -> Wire {
        let mut wire = Wire::open_at(self.port, &self.token).await;
        assert_eq!(wire.call(Operation::Socket { family: Family::Inet }).await, Ok(Return::Socket));
        wire.connect("127.0.0.1", port).await.expect("it listens");
        wire
    }
}

impl Drop for Impatient {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn ends(wire: &mut Wire, since: Instant) {
    let end = wire.ended().await;
    assert_eq!(end.said.map(|(cause, _)| cause), Some(EndCause::HalfClosed));
    assert_eq!(end.code, Some(EndCause::HalfClosed.close_code()));
    assert!(since.elapsed() >= LIMIT, "not before its time: {:?}", since.elapsed());
}

#[test]
fn a_half_closed_connection_on_which_nothing_moves_ends() {
    run(async {
        let relay = Impatient::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut whole = relay.connected(port).await;
        python.all(&["w, _ = s.accept()"]).await;
        // Our end is over.
        let mut wire = relay.connected(port).await;
        python.all(&["c, _ = s.accept()"]).await;
        let started = Instant::now();
        wire.shutdown(How::Write).await.expect("it is connected");
        ends(&mut wire, started).await;
        // The peer's end is over.
        let mut wire = relay.connected(port).await;
        python.all(&["c, _ = s.accept()", "c.shutdown(socket.SHUT_WR)"]).await;
        let started = Instant::now();
        assert_eq!(wire.recv(10).await, Ok(vec![]));
        ends(&mut wire, started).await;
        // The peer sees the end of what the relay gave up.
        assert_eq!(python.run("c.recv(10)").await, "b''");
        // One that is open in both directions may be silent as long as it likes; twice the limit have passed.
        python.all(&["w.send(b'here')"]).await;
        assert_eq!(whole.recv(10).await, Ok(b"here".to_vec()));
    });
}

#[test]
fn a_half_closed_connection_on_which_something_moves_stays() {
    run(async {
        let relay = Impatient::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = relay.connected(port).await;
        python.all(&["import time", "c, _ = s.accept()"]).await;
        wire.shutdown(How::Write).await.expect("it is connected");
        let started = Instant::now();
        let trickle = python.begin("[(time.sleep(0.2), c.send(b'.')) for _ in range(8)] and None").await;
        for _ in 0..8 {
            assert_eq!(wire.recv(10).await, Ok(b".".to_vec()), "after {:?}", started.elapsed());
        }
        assert!(started.elapsed() > 2 * LIMIT);
        assert_eq!(python.value_of(trickle).await, "None");
        ends(&mut wire, started).await;
    });
}

#[test]
fn bytes_that_waitall_collects_move() {
    run(async {
        let relay = Impatient::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = relay.connected(port).await;
        python.all(&["import time", "c, _ = s.accept()"]).await;
        wire.shutdown(How::Write).await.expect("it is connected");
        let trickle = python.begin("[(time.sleep(0.2), c.send(b'.')) for _ in range(8)] and None").await;
        assert_eq!(wire.recv_with(8, &[RecvFlag::Waitall]).await, Ok(b"........".to_vec()));
        assert_eq!(python.value_of(trickle).await, "None");
    });
}
