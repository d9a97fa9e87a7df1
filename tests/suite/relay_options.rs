//! `setsockopt` and `getsockopt`: what is in effect is what CPython gets on this machine.

use protocol::OptionValue::{Number, Off, Switch, Text};
use protocol::SocketOption::{self, *};
use protocol::{Failure, Family, Name, Operation, OptionValue, Return};
use tokio::io::AsyncReadExt;
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::bystander::connected;
use crate::python::Python;
use crate::relay_process::RelayProcess;
use crate::wire::{Answered, Wire, error_of, is_answer_to};
use crate::{run, within};

/// Each option that can be set, its level in Python's `socket`, and values for it.
const SETTABLE: &[(SocketOption, &str, &[i64])] = &[
    (SO_REUSEADDR, "SOL_SOCKET", &[1, 0]),
    (SO_REUSEPORT, "SOL_SOCKET", &[1, 0]),
    (SO_SNDBUF, "SOL_SOCKET", &[1, 100_000, i32::MAX as i64]),
    (SO_RCVBUF, "SOL_SOCKET", &[1, 100_000, i32::MAX as i64]),
    (SO_KEEPALIVE, "SOL_SOCKET", &[1, 0]),
    (SO_OOBINLINE, "SOL_SOCKET", &[1, 0]),
    (SO_RCVLOWAT, "SOL_SOCKET", &[100, 0, -1]),
    (SO_DONTROUTE, "SOL_SOCKET", &[1, 0]),
    (SO_PRIORITY, "SOL_SOCKET", &[6, 0]),
    (TCP_NODELAY, "IPPROTO_TCP", &[1, 0]),
    (TCP_QUICKACK, "IPPROTO_TCP", &[1, 0]),
    (TCP_CORK, "IPPROTO_TCP", &[1, 0]),
    (TCP_KEEPIDLE, "IPPROTO_TCP", &[77, 0, 40_000]),
    (TCP_KEEPINTVL, "IPPROTO_TCP", &[7, -1]),
    (TCP_KEEPCNT, "IPPROTO_TCP", &[3, 200]),
    (TCP_USER_TIMEOUT, "IPPROTO_TCP", &[5000, 0, -1]),
    (TCP_MAXSEG, "IPPROTO_TCP", &[1000, 10]),
    (TCP_NOTSENT_LOWAT, "IPPROTO_TCP", &[16_384]),
    (TCP_DEFER_ACCEPT, "IPPROTO_TCP", &[5, 0]),
    (TCP_SYNCNT, "IPPROTO_TCP", &[3, 0, 128]),
    (TCP_WINDOW_CLAMP, "IPPROTO_TCP", &[100_000, 1]),
    (TCP_FASTOPEN, "IPPROTO_TCP", &[5, 0]),
    (TCP_LINGER2, "IPPROTO_TCP", &[7, 0, -1, 1000]),
    (IP_TTL, "IPPROTO_IP", &[9, 0, 256]),
    (IP_TOS, "IPPROTO_IP", &[16, 0]),
    (IPV6_V6ONLY, "IPPROTO_IPV6", &[1, 0]),
    (IPV6_UNICAST_HOPS, "IPPROTO_IPV6", &[9, 300]),
    (IPV6_TCLASS, "IPPROTO_IPV6", &[16, 256]),
];

async fn set(wire: &mut Wire, option: SocketOption, value: OptionValue) -> Result<OptionValue, Failure> {
    match wire.call(Operation::Setsockopt { option, value }).await? {
        Return::Setsockopt { value } => Ok(value),
        other => panic!("setsockopt returned {other:?}"),
    }
}

async fn get(wire: &mut Wire, option: SocketOption) -> Result<OptionValue, Failure> {
    match wire.call(Operation::Getsockopt { option }).await? {
        Return::Getsockopt { value } => Ok(value),
        other => panic!("getsockopt returned {other:?}"),
    }
}

/// As Python would print it.
fn printed(value: &Result<OptionValue, Failure>) -> String {
    match value {
        Ok(Switch(on)) => i32::from(*on).to_string(),
        Ok(Number(number)) => number.to_string(),
        Ok(other) => panic!("no number: {other:?}"),
        Err(failure) => format!("! {}", failure.name),
    }
}

async fn inet6(relay: &RelayProcess) -> Wire {
    let mut wire = Wire::open(relay).await;
    assert_eq!(wire.call(Operation::Socket { family: Family::Inet6 }).await, Ok(Return::Socket));
    wire
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_in_effect_is_what_python_gets() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        for (option, level, values) in SETTABLE {
            let is_v6 = *level == "IPPROTO_IPV6";
            let mut wire = if is_v6 { inet6(&relay).await } else { Wire::socket(&relay).await };
            python.all(&[&format!("x = socket.socket(socket.{})", if is_v6 { "AF_INET6" } else { "AF_INET" })]).await;
            let read = format!("x.getsockopt(socket.{level}, socket.{option})");
            let as_switch = matches!(get(&mut wire, *option).await, Ok(Switch(_)));
            assert_eq!(printed(&get(&mut wire, *option).await), truth(as_switch, python.run(&read).await), "{option} of a new socket");
            for value in *values {
                let given = set(&mut wire, *option, Number(*value)).await;
                let failed = python.run(&format!("x.setsockopt(socket.{level}, socket.{option}, {value})")).await;
                let expected = truth(as_switch, if failed == "None" { python.run(&read).await } else { failed });
                assert_eq!(printed(&given), expected, "setsockopt {option} {value}");
                let again = printed(&get(&mut wire, *option).await);
                assert_eq!(again, truth(as_switch, python.run(&read).await), "getsockopt {option} after {value}");
            }
            if as_switch && given_back(*option) {
                assert_eq!(set(&mut wire, *option, Switch(true)).await, Ok(Switch(true)), "{option}");
                assert_eq!(set(&mut wire, *option, Switch(false)).await, Ok(Switch(false)), "{option}");
            }
        }
        let listed = |option: &&SocketOption| SETTABLE.iter().any(|(settable, ..)| settable == *option);
        let others: Vec<&SocketOption> = SocketOption::ALL.iter().filter(|option| !listed(option)).collect();
        let read_only = [&SO_ERROR, &SO_ACCEPTCONN, &SO_TYPE, &SO_DOMAIN, &SO_PROTOCOL, &IP_MTU];
        assert!(others.iter().all(|option| [&SO_LINGER, &TCP_CONGESTION].contains(option) || read_only.contains(option)), "{others:?}");
    });
}

/// The kernel keeps what it is told, but for this one (`tcp(7)`).
fn given_back(option: SocketOption) -> bool {
    option != TCP_QUICKACK
}

/// A switch is 0 or 1, whatever bits Python shows.
fn truth(as_switch: bool, printed: String) -> String {
    match printed.parse::<i64>() {
        Ok(number) if as_switch => i32::from(number != 0).to_string(),
        _ => printed,
    }
}

#[test]
fn linger_is_seconds_or_off() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::socket(&relay).await;
        assert_eq!(get(&mut wire, SO_LINGER).await, Ok(Off));
        assert_eq!(set(&mut wire, SO_LINGER, Number(3)).await, Ok(Number(3)));
        assert_eq!(set(&mut wire, SO_LINGER, Number(0)).await, Ok(Number(0)), "zero seconds are not off");
        assert_eq!(set(&mut wire, SO_LINGER, Off).await, Ok(Off));
        assert_eq!(get(&mut wire, SO_LINGER).await, Ok(Off));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_set_is_an_error_of_the_call() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::open(&relay).await;
        assert_eq!(error_of(set(&mut wire, TCP_NODELAY, Switch(true)).await), Name::EBADF, "without a socket");
        assert_eq!(error_of(get(&mut wire, TCP_NODELAY).await), Name::EBADF, "without a socket");
        assert_eq!(wire.call(Operation::Socket { family: Family::Inet }).await, Ok(Return::Socket));
        assert_eq!(error_of(set(&mut wire, SO_ERROR, Number(1)).await), Name::ENOPROTOOPT, "read only");
        assert_eq!(error_of(set(&mut wire, SO_ACCEPTCONN, Switch(true)).await), Name::ENOPROTOOPT, "read only");
        for value in [Text("x".to_owned()), Off] {
            assert_eq!(error_of(set(&mut wire, TCP_NODELAY, value).await), Name::EINVAL);
        }
        for value in [Text("x".to_owned()), Switch(true), Number(1 << 40), Number(i64::MIN)] {
            assert_eq!(error_of(set(&mut wire, SO_RCVBUF, value).await), Name::EINVAL);
        }
        let failure = set(&mut wire, TCP_CONGESTION, Number(1)).await.expect_err("a name is needed");
        assert_eq!((failure.name, failure.call.as_str(), failure.address.as_deref()), (Name::EINVAL, "setsockopt", Some("TCP_CONGESTION")));
        for (id, text) in [
            (901, r#"{"id":901,"call":"setsockopt","option":"SO_NOPE","value":1}"#),
            (902, r#"{"id":902,"call":"getsockopt","option":"so_error"}"#),
            (903, r#"{"id":903,"call":"setsockopt","option":"SO_RCVBUF","value":[1]}"#),
            (904, r#"{"id":904,"call":"setsockopt","option":"SO_RCVBUF"}"#),
        ] {
            wire.frame(Frame::text(text)).await;
            let answer = wire.raw_text().await;
            assert!(is_answer_to(&answer, id) && answer.contains(r#""error":"EINVAL""#), "{answer}");
        }
        assert_eq!(get(&mut wire, SO_ACCEPTCONN).await, Ok(Switch(false)), "the socket lives on");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn what_kind_of_socket_it_is_can_be_read_and_not_set() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = Wire::socket(&relay).await;
        python.all(&["x = socket.socket()"]).await;
        // socket.IP_MTU is 14 (linux/in.h), and has no name in Python.
        let options = [
            (SO_TYPE, "SOL_SOCKET", "socket.SO_TYPE"),
            (SO_DOMAIN, "SOL_SOCKET", "socket.SO_DOMAIN"),
            (SO_PROTOCOL, "SOL_SOCKET", "socket.SO_PROTOCOL"),
            (IP_MTU, "IPPROTO_IP", "14"),
        ];
        for connected in [false, true] {
            if connected {
                wire.connect("127.0.0.1", port).await.expect("it listens");
                python.all(&["x.connect(s.getsockname())"]).await;
            }
            for (option, level, name) in options {
                let theirs = python.run(&format!("x.getsockopt(socket.{level}, {name})")).await;
                assert_eq!(printed(&get(&mut wire, option).await), theirs, "{option}");
                let theirs = python.run(&format!("x.setsockopt(socket.{level}, {name}, 1)")).await;
                assert_eq!(printed(&set(&mut wire, option, Number(1)).await), theirs, "setsockopt {option}");
            }
        }
        let mut wire = inet6(&relay).await;
        assert_eq!(printed(&get(&mut wire, SO_DOMAIN).await), python.run("int(socket.AF_INET6)").await);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn poll_waits_for_as_much_as_rcvlowat_says() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = Wire::connected(&relay, port).await;
        python.all(&["c, _ = s.accept()"]).await;
        assert_eq!(set(&mut wire, SO_RCVLOWAT, Number(10)).await, Ok(Number(10)));
        let poll = |timeout_ms| Operation::Poll { events: vec![protocol::PollEvent::In], timeout_ms };
        python.all(&["c.send(b'12345')"]).await;
        crate::until("five bytes", async || wire.info().await.is_ok_and(|info| info.recv_queue_bytes == Some(5))).await;
        assert_eq!(error_of(wire.call(poll(Some(0))).await), Name::ETIMEDOUT);
        let waiting = wire.start(poll(None)).await;
        python.all(&["c.send(b'67890')"]).await;
        assert!(wire.answer(waiting).await.is_ok());
        assert_eq!(wire.recv(100).await, Ok(b"1234567890".to_vec()));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn acceptconn_and_error_tell_of_the_socket() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut listening, _, _) = Wire::listening(&relay, 1).await;
        assert_eq!(get(&mut listening, SO_ACCEPTCONN).await, Ok(Switch(true)));
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = Wire::connected(&relay, port).await;
        assert_eq!(get(&mut wire, SO_ERROR).await, Ok(Off));
        python.all(&["c, _ = s.accept()", "c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))", "c.close()"]).await;
        crate::until("reset", async || wire.info().await.is_ok_and(|info| info.state == Some(protocol::TcpState::CLOSED))).await;
        assert_eq!(get(&mut wire, SO_ERROR).await, Ok(Text("ECONNRESET".to_owned())));
        assert_eq!(get(&mut wire, SO_ERROR).await, Ok(Off), "reading takes it away");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn an_error_after_a_part_was_sent_is_pending() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = connected(&relay).await;
        // Less than the send, together with the other end's.
        set(&mut wire, SO_SNDBUF, Number(8192)).await.expect("it can be set");
        let id = wire.start_send(Operation::Send { flags: vec![], timeout_ms: None }, &vec![5; 1 << 20]).await;
        within("bytes", peer.read_exact(&mut [0; 1000])).await.expect("they come");
        peer.set_zero_linger().expect("the option can be set");
        drop(peer);
        let answer = wire.answer(id).await;
        assert!(matches!(answer, Ok(Answered::Return(Return::Send { sent: 1_000..1_048_576 }))), "{answer:?}");
        assert_eq!(get(&mut wire, SO_ERROR).await, Ok(Text("ECONNRESET".to_owned())));
        assert_eq!(get(&mut wire, SO_ERROR).await, Ok(Off), "reading takes it away");
        assert_eq!(error_of(wire.send(b"more").await), Name::EPIPE);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn options_are_seen_from_outside() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = Wire::socket(&relay).await;
        assert_eq!(set(&mut wire, TCP_CONGESTION, Text("reno".to_owned())).await, Ok(Text("reno".to_owned())));
        assert_eq!(get(&mut wire, TCP_CONGESTION).await, Ok(Text("reno".to_owned())));
        let said = python.run("socket.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b'no-such')").await;
        let failure = set(&mut wire, TCP_CONGESTION, Text("no-such".to_owned())).await.expect_err("there is none of that name");
        assert!(said == "! ENOENT" && failure.text.contains("os error 2)"), "{said} {failure:?}");
        assert_eq!(set(&mut wire, SO_RCVBUF, Number(10_000)).await, Ok(Number(20_000)));
        assert_eq!(set(&mut wire, SO_SNDBUF, Number(20_000)).await, Ok(Number(40_000)));
        assert_eq!(set(&mut wire, TCP_MAXSEG, Number(1000)).await, Ok(Number(1000)));
        set(&mut wire, TCP_KEEPIDLE, Number(7000)).await.expect("it can be set");
        set(&mut wire, SO_KEEPALIVE, Switch(true)).await.expect("it can be set");
        let (local, _) = wire.connect("127.0.0.1", port).await.expect("it listens");
        let filter = format!("sport = :{}", local.port());
        let shown = match std::process::Command::new("ss").args(["-tnomiH", &filter]).output() {
            Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
            // iproute2 is no part of every Linux; the kernel's own word was asked for above.
            Err(_) => return,
        };
        for part in [" reno ", "rb20000", "tb40000", "timer:(keepalive,116min"] {
            assert!(shown.contains(part) || part.starts_with("timer") && shown.contains("timer:(keepalive,115min"), "{part}: {shown}");
        }
        let mss = shown.split(" mss:").nth(1).and_then(|rest| rest.split(' ').next()).and_then(|mss| mss.parse::<u32>().ok());
        assert!(mss.is_some_and(|mss| mss <= 1000), "{shown}");
    });
}

#[test]
fn linger_of_zero_makes_close_a_reset() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        for (linger, expected) in [(Number(0), "! ECONNRESET"), (Off, "b''")] {
            let mut wire = Wire::connected(&relay, port).await;
            python.all(&["c, _ = s.accept()"]).await;
            assert_eq!(set(&mut wire, SO_LINGER, linger.clone()).await, Ok(linger));
            let recv = python.begin("c.recv(10)").await;
            wire.close().await;
            assert_eq!(python.value_of(recv).await, expected);
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_cork_keeps_small_sends_together() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let port = python.listen().await;
        let mut wire = Wire::connected(&relay, port).await;
        python.all(&["c, _ = s.accept()"]).await;
        assert_eq!(set(&mut wire, TCP_CORK, Switch(true)).await, Ok(Switch(true)));
        let recv = python.begin("c.recv(100)").await;
        for part in [b"ab", b"cd", b"ef"] {
            assert_eq!(wire.send(part).await, Ok(2));
        }
        assert_eq!(set(&mut wire, TCP_CORK, Switch(false)).await, Ok(Switch(false)));
        assert_eq!(python.value_of(recv).await, "b'abcdef'");
    });
}
