//! Options that decide who else may have a port, who reaches it, and how much a connection holds.

use protocol::OptionValue::{Number, Switch};
use protocol::SocketOption::{IPV6_V6ONLY, SO_RCVBUF, SO_REUSEADDR, SO_REUSEPORT, SO_SNDBUF};
use protocol::{Family, Name, Operation, OptionValue, Return, SendFlag, SocketOption, TcpState};

use crate::python::Python;
use crate::relay_process::RelayProcess;
use crate::wire::{Answered, Wire, error_of};
use crate::{run, until};

async fn set(wire: &mut Wire, option: SocketOption, value: OptionValue) {
    let set = wire.call(Operation::Setsockopt { option, value }).await;
    assert!(matches!(set, Ok(Return::Setsockopt { .. })), "{option}: {set:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn reuseaddr_binds_what_time_wait_holds() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.port_in_time_wait().await;
        let mut wire = Wire::socket(&relay).await;
        let failure = wire.bind("127.0.0.1", port.into()).await.expect_err("TIME_WAIT holds it");
        assert_eq!(failure.name, Name::EADDRINUSE);
        let holder = failure.holder.expect("Linux tells who holds it");
        assert_eq!(holder.state, TcpState::TIME_WAIT);
        assert!(holder.ends_in_ms.is_some_and(|rest| (1..=60_000).contains(&rest)), "{holder:?}");
        set(&mut wire, SO_REUSEADDR, Switch(true)).await;
        assert_eq!(wire.bind("127.0.0.1", port.into()).await.map(|local| local.port()), Ok(port));
        wire.listen(1).await.expect("it can listen");
        python.all(&[&format!("x = socket.create_connection(('127.0.0.1', {port}))")]).await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn reuseaddr_does_not_take_a_live_listeners_port() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        for reuse in [false, true] {
            let mut wire = Wire::socket(&relay).await;
            set(&mut wire, SO_REUSEADDR, Switch(reuse)).await;
            let failure = wire.bind("127.0.0.1", port.into()).await.expect_err("somebody listens");
            assert_eq!(failure.name, Name::EADDRINUSE);
            assert_eq!(failure.holder.map(|holder| (holder.state, holder.ends_in_ms)), Some((TcpState::LISTEN, None)));
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn reuseport_shares_a_port() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut first = Wire::socket(&relay).await;
        set(&mut first, SO_REUSEPORT, Switch(true)).await;
        let port = first.bind("127.0.0.1", 0).await.expect("port 0 is free").port();
        first.listen(64).await.expect("it can listen");
        let mut stranger = Wire::socket(&relay).await;
        assert_eq!(error_of(stranger.bind("127.0.0.1", port.into()).await), Name::EADDRINUSE, "each must have set it");
        let mut second = Wire::socket(&relay).await;
        set(&mut second, SO_REUSEPORT, Switch(true)).await;
        assert_eq!(second.bind("127.0.0.1", port.into()).await.map(|local| local.port()), Ok(port));
        second.listen(64).await.expect("it can listen");
        let mut python = Python::start();
        python.all(&[&format!("x = [socket.create_connection(('127.0.0.1', {port})) for _ in range(64)]")]).await;
        let waiting = async |wire: &mut Wire| wire.info().await.ok().and_then(|info| info.accept_queue).map_or(0, |queue| queue.waiting);
        until("64 connections", async || waiting(&mut first).await + waiting(&mut second).await == 64).await;
        let (one, other) = (waiting(&mut first).await, waiting(&mut second).await);
        assert!(one > 0 && other > 0, "the kernel spreads 64 connections over both: {one} and {other}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn v6only_decides_whether_ipv4_comes_in() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        for v6only in [false, true] {
            let mut server = Wire::open(&relay).await;
            assert_eq!(server.call(Operation::Socket { family: Family::Inet6 }).await, Ok(Return::Socket));
            set(&mut server, IPV6_V6ONLY, Switch(v6only)).await;
            let port = server.bind("::", 0).await.expect("port 0 is free").port();
            let (listener, _) = server.listen(5).await.expect("it can listen");
            let over_v4 = python.run(&format!("x = socket.create_connection(('127.0.0.1', {port}))")).await;
            if v6only {
                assert_eq!(over_v4, "! ECONNREFUSED");
            } else {
                assert_eq!(over_v4, "None");
                let mut connection = Wire::open(&relay).await;
                let (_, peer) = connection.accept(listener).await.expect("IPv4 came in");
                let own: u16 = python.number("x.getsockname()[1]").await;
                assert_eq!(peer.to_string(), format!("[::ffff:127.0.0.1]:{own}"), "as the kernel has it");
                assert_eq!(connection.send(b"dual").await, Ok(4));
                assert_eq!(python.run("x.recv(10)").await, "b'dual'");
            }
            assert_eq!(python.run(&format!("y = socket.create_connection(('::1', {port}))")).await, "None");
            let mut connection = Wire::open(&relay).await;
            let (_, peer) = connection.accept(listener).await.expect("IPv6 comes in, always");
            assert_eq!(peer.ip().to_string(), "::1");
        }
    });
}

/// How many bytes the relay's socket swallows in sends of 512 while nobody reads.
async fn swallowed(wire: &mut Wire) -> u64 {
    let mut sum = 0;
    loop {
        let id = wire.start_send(Operation::Send { flags: vec![SendFlag::Dontwait], timeout_ms: None }, &[1; 512]).await;
        match wire.answer(id).await {
            Ok(Answered::Return(Return::Send { sent })) => sum += sent,
            Err(failure) if failure.name == Name::EAGAIN => return sum,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn small_buffers_hold_as_much_as_pythons() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        python
            .all(&[
                "s = socket.socket()",
                "s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)",
                "s.bind(('127.0.0.1', 0))",
                "s.listen(5)",
            ])
            .await;
        python
            .all(&["exec('def fill(x):\\n n = 0\\n try:\\n  while True: n += x.send(bytes(512))\\n except BlockingIOError: return n')"])
            .await;
        let port: u16 = python.number("s.getsockname()[1]").await;
        let mut held = vec![];
        for size in [4096, 65_536] {
            let mut wire = Wire::socket(&relay).await;
            set(&mut wire, SO_SNDBUF, Number(size)).await;
            set(&mut wire, SO_RCVBUF, Number(size)).await;
            wire.connect("127.0.0.1", port).await.expect("it listens");
            let ours = swallowed(&mut wire).await;
            python
                .all(&[
                    "x = socket.socket()",
                    &format!("x.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, {size})"),
                    &format!("x.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, {size})"),
                    &format!("x.connect(('127.0.0.1', {port}))"),
                    "x.setblocking(False)",
                ])
                .await;
            let theirs: u64 = python.number("fill(x)").await;
            // When which acknowledgement comes moves it by a few sends.
            assert!(ours.abs_diff(theirs) <= theirs / 8, "SO_SNDBUF of {size}: {ours} and {theirs}");
            held.push(ours);
        }
        assert!(held[0] < held[1] && held[1] < 1 << 20, "the buffers are what was set: {held:?}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_port_that_is_taken_only_when_both_listen() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut one, mut other) = (Wire::socket(&relay).await, Wire::socket(&relay).await);
        for wire in [&mut one, &mut other] {
            set(wire, SO_REUSEADDR, Switch(true)).await;
        }
        let port = one.bind("127.0.0.1", 0).await.expect("port 0 is free").port();
        other.bind("127.0.0.1", port.into()).await.expect("nobody listens yet");
        one.listen(1).await.expect("it is the first");
        let failure = other.listen(1).await.expect_err("it is the second");
        assert_eq!((failure.name, failure.holder.map(|holder| holder.state)), (Name::EADDRINUSE, Some(TcpState::LISTEN)));
    });
}
