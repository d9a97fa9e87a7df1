//! `poll`: what `poll(2)` says, which CPython's `select.poll` is asked for in the same situation.

use protocol::PollEvent::{Err as Error, Hup, In, Out};
use protocol::{Failure, Family, How, Name, Operation, PollEvent, Return, TcpState};

use crate::bystander::fill;
use crate::python::Python;
use crate::relay_process::RelayProcess;
use crate::wire::{Answered, Wire, error_of};
use crate::{kernel, run, until};

/// `look(x, events)` is what poll(2) finds now, as a number.
const LOOK: &str = "exec('def look(x, e, t=0):\\n q = select.poll(); q.register(x, e); r = q.poll(t)\\n return r[0][1] if r else 0')";
const LINGER: &str = "c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))";

async fn poll(wire: &mut Wire, events: &[PollEvent], timeout_ms: Option<u64>) -> Result<Vec<PollEvent>, Failure> {
    match wire.call(Operation::Poll { events: events.to_vec(), timeout_ms }).await? {
        Return::Poll { events } => Ok(events),
        other => panic!("poll returned {other:?}"),
    }
}

/// The numbers of poll.h on Linux.
fn bits(events: &[PollEvent]) -> i16 {
    let bit = |event: &PollEvent| match event {
        In => 1,
        Out => 4,
        Error => 8,
        Hup => 16,
    };
    events.iter().map(bit).sum()
}

/// Asks both the relay and Python, of its socket `x`, and compares.
async fn same(situation: &str, wire: &mut Wire, python: &mut Python) {
    for wanted in [&[In, Out][..], &[In], &[Out], &[]] {
        let ours = match poll(wire, wanted, Some(0)).await {
            Ok(events) => {
                assert!(!events.is_empty(), "{situation}: a poll that found nothing times out");
                bits(&events)
            }
            Err(failure) => {
                assert_eq!(failure.name, Name::ETIMEDOUT, "{situation}");
                0
            }
        };
        let theirs: i16 = python.number(&format!("look(x, {})", bits(wanted))).await;
        assert_eq!(ours, theirs, "{situation}, waiting for {wanted:?}");
    }
}

async fn closed(wire: &mut Wire, python: &mut Python) {
    until("reset", async || wire.info().await.is_ok_and(|info| info.state == Some(TcpState::CLOSED))).await;
    assert_ne!(python.run("look(x, 0, 10000)").await, "0");
}

#[test]
#[cfg(target_os = "linux")]
fn poll_finds_what_python_finds() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        python.all(&[LOOK, "x = socket.socket()"]).await;
        let mut wire = Wire::socket(&relay).await;
        same("new", &mut wire, &mut python).await;
        wire.bind("127.0.0.1", 0).await.expect("port 0 is free");
        python.all(&["x.bind(('127.0.0.1', 0))"]).await;
        same("bound", &mut wire, &mut python).await;
        let (_, local) = wire.listen(3).await.expect("it can listen");
        python.all(&["x.listen(3)"]).await;
        same("listening", &mut wire, &mut python).await;
        python
            .all(&[
                &format!("a = socket.create_connection(('127.0.0.1', {}))", local.port()),
                "b = socket.create_connection(x.getsockname())",
            ])
            .await;
        until("connection", async || kernel::accept_queue(local.port()) == Some(1)).await;
        same("listening, with a visitor", &mut wire, &mut python).await;
        assert_eq!(kernel::accept_queue(local.port()), Some(1), "poll accepts nothing");

        let port = python.listen().await;
        python.all(&["s.close()", "x = socket.socket()"]).await;
        let mut wire = Wire::socket(&relay).await;
        assert_eq!(error_of(wire.connect("127.0.0.1", port).await), Name::ECONNREFUSED);
        assert_eq!(python.run(&format!("x.connect(('127.0.0.1', {port}))")).await, "! ECONNREFUSED");
        same("refused", &mut wire, &mut python).await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn poll_finds_what_python_finds_along_a_connection() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        python.all(&[LOOK]).await;
        let port = python.listen().await;
        let connect = ["x = socket.create_connection(s.getsockname())", "d, _ = s.accept()"];

        let mut wire = Wire::connected(&relay, port).await;
        python.all(&["c, _ = s.accept()"]).await;
        python.all(&connect).await;
        same("connected", &mut wire, &mut python).await;
        python.all(&["c.send(b'x')", "d.send(b'x')", "look(x, 1, 10000)"]).await;
        assert_eq!(poll(&mut wire, &[In], None).await, Ok(vec![In]));
        same("with a byte", &mut wire, &mut python).await;
        assert_eq!(wire.recv(10).await, Ok(b"x".to_vec()), "poll took no byte");
        python.all(&["x.recv(10)"]).await;
        same("after the byte", &mut wire, &mut python).await;
        python.all(&["c.shutdown(socket.SHUT_WR)", "d.shutdown(socket.SHUT_WR)", "look(x, 1, 10000)"]).await;
        assert_eq!(poll(&mut wire, &[In], None).await, Ok(vec![In]));
        same("after the peer's FIN", &mut wire, &mut python).await;
        wire.shutdown(How::Write).await.expect("it is connected");
        python.all(&["x.shutdown(socket.SHUT_WR)"]).await;
        assert_eq!(poll(&mut wire, &[], None).await, Ok(vec![Hup]), "both directions are ended");
        same("after both FINs", &mut wire, &mut python).await;

        let mut wire = Wire::connected(&relay, port).await;
        python.all(&["c, _ = s.accept()"]).await;
        python.all(&connect).await;
        wire.shutdown(How::Write).await.expect("it is connected");
        python.all(&["x.shutdown(socket.SHUT_WR)"]).await;
        same("after our own FIN", &mut wire, &mut python).await;

        let mut wire = Wire::connected(&relay, port).await;
        python.all(&["c, _ = s.accept()"]).await;
        python.all(&connect).await;
        let waiting = wire.start(Operation::Poll { events: vec![], timeout_ms: None }).await;
        python.all(&[LINGER, "c.close()", "c = d", LINGER, "c.close()", "del d"]).await;
        let woken = wire.answer(waiting).await;
        assert!(
            matches!(&woken, Ok(Answered::Return(Return::Poll { events })) if events.contains(&Error) && events.contains(&Hup)),
            "{woken:?}"
        );
        closed(&mut wire, &mut python).await;
        same("reset", &mut wire, &mut python).await;
        assert_eq!(error_of(wire.recv(1).await), Name::ECONNRESET);
        assert_eq!(python.run("x.recv(1)").await, "! ECONNRESET");
        same("after the reset was told", &mut wire, &mut python).await;
    });
}

#[test]
fn poll_waits_times_out_and_can_be_cancelled() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut none = Wire::open(&relay).await;
        assert_eq!(error_of(poll(&mut none, &[In], None).await), Name::EBADF);
        let mut wire = Wire::connected(&relay, port).await;
        python.all(&["c, _ = s.accept()"]).await;
        let started = std::time::Instant::now();
        assert_eq!(error_of(poll(&mut wire, &[In], Some(120)).await), Name::ETIMEDOUT);
        assert!(started.elapsed().as_millis() >= 120, "not before its time");
        let first = wire.start(Operation::Poll { events: vec![In], timeout_ms: None }).await;
        let second = wire.start(Operation::Poll { events: vec![In], timeout_ms: None }).await;
        assert!(!wire.is_answered(first).await);
        assert_eq!(wire.call(Operation::Cancel { target: first }).await, Ok(Return::Cancel { cancelled: true }));
        assert_eq!(error_of(wire.answer(first).await), Name::ECANCELED);
        python.all(&["c.send(b'kept')"]).await;
        assert_eq!(wire.answer(second).await, Ok(Answered::Return(Return::Poll { events: vec![In] })));
        assert_eq!(wire.call(Operation::Cancel { target: second }).await, Ok(Return::Cancel { cancelled: false }));
        assert_eq!(wire.recv(10).await, Ok(b"kept".to_vec()));
        let last = wire.start(Operation::Poll { events: vec![In], timeout_ms: None }).await;
        assert_eq!(wire.call(Operation::Close).await, Ok(Return::Close));
        assert_eq!(error_of(wire.answer(last).await), Name::EBADF, "close ends what waits");
    });
}

#[test]
fn poll_and_recv_wait_side_by_side() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = Wire::connected(&relay, port).await;
        python.all(&["c, _ = s.accept()"]).await;
        for round in 0..50 {
            let first = wire.start(Operation::Poll { events: vec![In], timeout_ms: None }).await;
            let (one, two) = (wire.start_recv(1).await, wire.start_recv(1).await);
            python.all(&["c.send(b'12')"]).await;
            assert_eq!(wire.received(one).await, Ok(b"1".to_vec()), "round {round}");
            assert_eq!(wire.received(two).await, Ok(b"2".to_vec()), "round {round}");
            // The recvs may have been quicker: then it waits on, as poll(2) does.
            if !wire.is_answered(first).await {
                assert_eq!(wire.call(Operation::Cancel { target: first }).await, Ok(Return::Cancel { cancelled: true }));
            }
            match wire.answer(first).await {
                Ok(answer) => assert_eq!(answer, Answered::Return(Return::Poll { events: vec![In] })),
                Err(failure) => assert_eq!(failure.name, Name::ECANCELED),
            }
        }
    });
}

#[test]
fn a_poll_holds_up_nothing_that_is_called_after_it() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = Wire::connected(&relay, port).await;
        python.all(&["c, _ = s.accept()"]).await;
        for events in [vec![In], vec![Hup], vec![Error], vec![]] {
            let waiting = wire.start(Operation::Poll { events: events.clone(), timeout_ms: None }).await;
            assert!(!wire.is_answered(waiting).await);
            let id = wire.start_send(Operation::Send { flags: vec![], timeout_ms: Some(3000) }, b"out").await;
            assert_eq!(wire.answer(id).await, Ok(Answered::Return(Return::Send { sent: 3 })), "beside a poll for {events:?}");
            assert_eq!(python.run("c.recv(3, socket.MSG_WAITALL)").await, "b'out'");
            // So does a recv of what has arrived already, but where the poll is for that.
            if !events.contains(&In) {
                python.all(&["c.send(b'back')"]).await;
                assert_eq!(poll(&mut wire, &[In], Some(3000)).await, Ok(vec![In]));
                let id = wire.start(Operation::Recv { max: 10, flags: vec![], timeout_ms: Some(3000) }).await;
                assert_eq!(wire.received(id).await, Ok(b"back".to_vec()), "beside a poll for {events:?}");
            }
            assert_eq!(wire.call(Operation::Cancel { target: waiting }).await, Ok(Return::Cancel { cancelled: true }));
            assert_eq!(error_of(wire.answer(waiting).await), Name::ECANCELED);
        }
    });
}

#[test]
fn poll_and_accept_wait_side_by_side() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let mut server = Wire::open(&relay).await;
        assert_eq!(server.call(Operation::Socket { family: Family::Inet }).await, Ok(Return::Socket));
        let port = server.bind("127.0.0.1", 0).await.expect("port 0 is free").port();
        let (listener, _) = server.listen(5).await.expect("it can listen");
        let first = server.start(Operation::Poll { events: vec![In], timeout_ms: None }).await;
        let second = server.start(Operation::Poll { events: vec![In, Out], timeout_ms: None }).await;
        assert!(!server.is_answered(first).await);
        python.all(&[&format!("x = socket.create_connection(('127.0.0.1', {port}))")]).await;
        for id in [first, second] {
            assert_eq!(server.answer(id).await, Ok(Answered::Return(Return::Poll { events: vec![In] })));
        }
        let mut connection = Wire::open(&relay).await;
        connection.accept(listener).await.expect("poll took no connection");
        // Now with an accept that waits: the connection goes to it, once.
        let mut other = Wire::open(&relay).await;
        let accept = other.start(Operation::Accept { listener, timeout_ms: None }).await;
        let waiting = server.start(Operation::Poll { events: vec![In], timeout_ms: None }).await;
        assert!(!server.is_answered(waiting).await);
        python.all(&[&format!("y = socket.create_connection(('127.0.0.1', {port}))")]).await;
        assert!(matches!(other.answer(accept).await, Ok(Answered::Return(Return::Accept { .. }))));
        python.all(&[&format!("z = socket.create_connection(('127.0.0.1', {port}))")]).await;
        assert_eq!(server.answer(waiting).await, Ok(Answered::Return(Return::Poll { events: vec![In] })), "one waits again");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn poll_waits_for_a_connect_that_was_left_pending() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        // A backlog of 0 admits one; the SYNs of others are dropped, and sent again after a second.
        python
            .all(&["s = socket.socket()", "s.bind(('127.0.0.1', 0))", "s.listen(0)", "x = socket.create_connection(s.getsockname())"])
            .await;
        let port: u16 = python.number("s.getsockname()[1]").await;
        let mut wire = Wire::socket(&relay).await;
        let connect = Operation::Connect { host: "127.0.0.1".to_owned(), port: port.into(), timeout_ms: Some(50) };
        assert_eq!(error_of(wire.call(connect).await), Name::ETIMEDOUT);
        assert_eq!(error_of(poll(&mut wire, &[In, Out], Some(0)).await), Name::ETIMEDOUT, "neither connected nor failed");
        let waiting = wire.start(Operation::Poll { events: vec![Out], timeout_ms: None }).await;
        assert!(!wire.is_answered(waiting).await);
        python.all(&["c, _ = s.accept()", "c, _ = s.accept()"]).await;
        assert_eq!(wire.answer(waiting).await, Ok(Answered::Return(Return::Poll { events: vec![Out] })));
        assert_eq!(wire.send(b"here").await, Ok(4));
        assert_eq!(python.run("c.recv(10)").await, "b'here'");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn all_polls_of_a_socket_take_one_descriptor() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = Wire::connected(&relay, port).await;
        python.all(&["c, _ = s.accept()"]).await;
        fill(&mut wire).await;
        let descriptors = || kernel::descriptors(relay.pid()).len();
        let before = descriptors();
        let mut waiting = vec![];
        for events in [&[][..], &[In], &[Out], &[In, Out], &[Hup], &[In], &[], &[Out]].repeat(2) {
            waiting.push(wire.start(Operation::Poll { events: events.to_vec(), timeout_ms: None }).await);
        }
        for id in &waiting {
            assert!(!wire.is_answered(*id).await);
        }
        assert_eq!(descriptors(), before + 1);
        // What one of them does not wait for is not kept from another.
        python.all(&["c.send(b'x')"]).await;
        for index in [1, 3, 5, 9, 11, 13] {
            assert_eq!(wire.answer(waiting[index]).await, Ok(Answered::Return(Return::Poll { events: vec![In] })), "{index}");
        }
        python.all(&["exec('c.settimeout(1)\\ntry:\\n while c.recv(1 << 20): pass\\nexcept TimeoutError: pass')"]).await;
        for index in [2, 7, 10, 15] {
            assert_eq!(wire.answer(waiting[index]).await, Ok(Answered::Return(Return::Poll { events: vec![Out] })), "{index}");
        }
        for index in [0, 4, 6, 8, 12, 14] {
            assert_eq!(wire.call(Operation::Cancel { target: waiting[index] }).await, Ok(Return::Cancel { cancelled: true }), "{index}");
        }
        assert_eq!(descriptors(), before, "nobody waits any more");
    });
}
