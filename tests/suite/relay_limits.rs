//! The limits, each reached: the one call gets a clear error, and everyone else goes on.

use protocol::{EndCause, Failure, Family, Name, Operation, OptionValue, Return, SocketOption, limits::MAX_CALLS_WAITING};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::bystander::Bystander;
use crate::relay_process::RelayProcess;
use crate::wire::{Wire, handshake, upgrade};
use crate::{kernel, run, until, within};

const SOCKET: Operation = Operation::Socket { family: Family::Inet };

/// How the relay answers one socket too many.
fn is_told<T: std::fmt::Debug>(result: Result<T, Failure>, call: &str, name: Name, words: &str) {
    let failure = result.expect_err("one too many");
    assert_eq!((failure.name, failure.call.as_str()), (name, call), "{failure}");
    assert!(failure.text.contains(words), "{failure}");
}

#[test]
fn sockets() {
    run(async {
        for (arguments, words) in [
            (["--max-sockets", "2", "--token-sockets", "9"], "this relay holds 2 sockets"),
            (["--max-sockets", "9", "--token-sockets", "2"], "this token hold 2 sockets"),
        ] {
            let relay = RelayProcess::start_with(&arguments).await;
            let mut bystander = Bystander::new(&relay).await;
            let last = Wire::socket(&relay).await;
            let mut wire = Wire::open(&relay).await;
            is_told(wire.call(SOCKET).await, "socket", Name::EMFILE, words);
            bystander.is_well().await;
            // Who gives one back makes room, and who was refused may try again.
            last.close().await;
            assert_eq!(wire.call(SOCKET).await, Ok(Return::Socket));
            bystander.goes_on().await;
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn sockets_that_are_accepted() {
    run(async {
        let relay = RelayProcess::start_with(&["--max-sockets", "2"]).await;
        let bystander = Bystander::new(&relay).await;
        let (_server, listener, port) = Wire::listening(&relay, 5).await;
        let _client = within("connection", TcpStream::connect(("127.0.0.1", port))).await.expect("it listens");
        let mut wire = Wire::open(&relay).await;
        is_told(wire.accept(listener).await, "accept", Name::EMFILE, "hold 2 sockets");
        assert_eq!(kernel::accept_queue(port), Some(1), "the connection waits, as with accept(2)");
        bystander.goes_on().await;
        assert!(wire.accept(listener).await.is_ok(), "there is room now");
    });
}

#[test]
fn listeners() {
    run(async {
        let relay = RelayProcess::start_with(&["--max-listeners", "1"]).await;
        let bystander = Bystander::new(&relay).await;
        let (mut first, _, _) = Wire::listening(&relay, 5).await;
        let mut second = Wire::socket(&relay).await;
        is_told(second.listen(5).await, "listen", Name::ENOBUFS, "1 listeners");
        assert!(first.listen(7).await.is_ok(), "one that listens may listen again");
        first.close().await;
        assert!(second.listen(5).await.is_ok(), "the place was given back");
        bystander.goes_on().await;
    });
}

#[test]
fn idle_websockets() {
    run(async {
        let relay = RelayProcess::start_with(&["--max-idle", "2"]).await;
        let bystander = Bystander::new(&relay).await;
        let mut idle = [Wire::open(&relay).await, Wire::open(&relay).await];
        let mut stream = upgrade(&relay, handshake(&relay)).await.expect("a browser hears no reason before the upgrade");
        let frame = within("reason", futures::StreamExt::next(&mut stream)).await.expect("a frame").expect("a good one");
        let text = frame.to_text().expect("text");
        assert!(text.contains(r#""cause":"limit""#) && text.contains("2 WebSockets without a socket"), "{text}");
        let frame = within("close", futures::StreamExt::next(&mut stream)).await.expect("a frame").expect("a good one");
        let Frame::Close(Some(close)) = frame else { panic!("no close frame: {frame:?}") };
        assert_eq!(u16::from(close.code), EndCause::Limit.close_code());
        // One that has its socket is idle no more.
        assert_eq!(idle[0].call(SOCKET).await, Ok(Return::Socket));
        Wire::open(&relay).await;
        bystander.goes_on().await;
    });
}

#[test]
fn idle_websockets_whose_page_is_gone() {
    run(async {
        let relay = RelayProcess::start_with(&["--ping-interval", "1"]).await;
        let mut bystander = Bystander::new(&relay).await;
        let mut stream = upgrade(&relay, handshake(&relay)).await.expect("the relay lets us in");
        // Read beneath the WebSocket, so that no ping is answered. The bystander answers while it reads.
        let mut received = vec![];
        until("end", async || {
            bystander.is_well().await;
            matches!(stream.get_mut().try_read_buf(&mut received), Ok(0))
        })
        .await;
        assert!(String::from_utf8_lossy(&received).contains(r#""cause":"silence""#));
        bystander.goes_on().await;
    });
}

#[test]
fn handshakes_under_way() {
    run(async {
        let relay = RelayProcess::start_with(&["--max-handshakes", "8", "--head-timeout", "3600"]).await;
        let bystander = Bystander::new(&relay).await;
        let mut silent = vec![];
        for _ in 0..30 {
            let mut stream = TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens");
            stream.write_all(b"GET / HTTP/1.1\r\nHost:").await.expect("it is open");
            silent.push(stream);
        }
        // Whoever comes is served, and who dawdled for longest makes room.
        Wire::socket(&relay).await.close().await;
        let is_cut = |stream: &TcpStream| match stream.try_read(&mut [0; 16]) {
            Ok(len) => len == 0,
            // RST, where what it sent was not read yet.
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        };
        until("end of all but eight", async || silent.iter().filter(|stream| is_cut(stream)).count() >= 22).await;
        assert!(silent.iter().any(|stream| !is_cut(stream)), "those that there is room for stay");
        bystander.goes_on().await;
        // Somebody without the token has as little room as somebody who says nothing.
        let mut strangers = vec![];
        for _ in 0..30 {
            let request = crate::wire::handshake_offering(&relay, protocol::SUBPROTOCOL);
            strangers.push(upgrade(&relay, request).await);
        }
        Wire::socket(&relay).await.close().await;
    });
}

#[test]
fn handshakes_without_the_token() {
    run(async {
        let relay = RelayProcess::start_with(&["--max-handshakes", "8", "--log", "relay=debug"]).await;
        let bystander = Bystander::new(&relay).await;
        // They are told why, and do not go. All of them come well within the second that each is given to hear it.
        let mut strangers = vec![];
        for _ in 0..30 {
            strangers.push(upgrade(&relay, crate::wire::handshake_offering(&relay, protocol::SUBPROTOCOL)).await);
        }
        let overtaken = || relay.printed().lines().filter(|line| line.contains("made room for newer ones")).count();
        until("room for new ones", async || overtaken() > 0).await;
        bystander.goes_on().await;
    });
}

#[test]
fn the_size_of_a_head() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let head = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", relay.port);
        for excess in [format!("X: {}\r\n\r\n", "x".repeat(16 << 10)), "X: x\r\n".repeat(1000) + "\r\n"] {
            let mut stream = TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens");
            // It may answer before it has read all of that.
            let _either = stream.write_all((head.clone() + &excess).as_bytes()).await;
            let mut response = [0; 12];
            within("response", stream.read_exact(&mut response)).await.expect("a response");
            assert_eq!(&response, b"HTTP/1.1 431", "{}", String::from_utf8_lossy(&response));
        }
        bystander.goes_on().await;
    });
}

#[test]
fn the_time_for_a_head() {
    run(async {
        let relay = RelayProcess::start_with(&["--head-timeout", "1"]).await;
        let mut bystander = Bystander::new(&relay).await;
        let mut slow = TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens");
        // A slow loris: a letter now and then, and never the end (RFC 9112 knows no limit; the relay does).
        let mut letters = b"GET / HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x'));
        until("end of the slow one", async || {
            bystander.is_well().await;
            let letter = *letters.next().expect("there is no end");
            slow.write_all(&[letter]).await.is_err() || matches!(slow.try_read(&mut [0; 256]), Ok(0))
        })
        .await;
        bystander.goes_on().await;
    });
}

#[test]
fn memory_for_each_socket() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let (_server, listener, _) = Wire::listening(&relay, 5).await;
        let mut wire = Wire::open(&relay).await;
        // Nobody comes, so that all calls wait behind this one.
        let accept = wire.start(Operation::Accept { listener, timeout_ms: None }).await;
        let value = OptionValue::Text("x".repeat(10_000));
        let mut waiting = vec![];
        for _ in 0..7 {
            let call = Operation::Setsockopt { option: SocketOption::TCP_CONGESTION, value: value.clone() };
            waiting.push(wire.start(call).await);
        }
        let last = waiting.pop().expect("some");
        is_told(wire.answer(last).await, "setsockopt", Name::ENOBUFS, "bytes");
        for _ in waiting.len()..MAX_CALLS_WAITING {
            wire.start(Operation::Getpeername).await;
        }
        let one_more = wire.start(Operation::Getpeername).await;
        is_told(wire.answer(one_more).await, "getpeername", Name::ENOBUFS, "256 calls");
        // What sends and recvs may hold is in `relay_bounded`.
        assert_eq!(wire.call(Operation::Cancel { target: accept }).await, Ok(Return::Cancel { cancelled: true }));
        bystander.goes_on().await;
    });
}

#[test]
#[cfg(unix)]
fn descriptors_that_do_not_suffice() {
    run(async {
        let printed_with = async |descriptors: u64| {
            let mut limited = tokio::process::Command::new("sh");
            let script = r#"ulimit -n "$1"; exec "$2" --port 0 --max-sockets 50 --max-idle 20 --max-handshakes 10"#;
            limited.args(["-c", script, "sh", &descriptors.to_string()]).arg(crate::relay_process::binary());
            limited.env_remove("RELAY_LOG").kill_on_drop(true);
            limited.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            let mut relay = RelayProcess::run(limited).await;
            relay.signal("TERM");
            relay.ended().await;
            relay
        };
        let told = |relay: &RelayProcess| relay.printed().lines().find(|line| line.contains("ulimit -n")).map(str::to_owned);
        let relay = printed_with(100).await;
        until("warning", async || told(&relay).is_some()).await;
        let line = told(&relay).expect("it was just there");
        assert!(line.contains("WARN") && line.contains("gives this relay 100 descriptors"), "{line}");
        let number = line.split("need ").nth(1).and_then(|rest| rest.split(':').next());
        let needed: u64 = number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no number: {line}"));
        assert!(needed > 2 * 50 + 20, "{line}");
        assert_eq!(told(&printed_with(needed).await), None, "what it says would do does");
        let relay = printed_with(needed - 1).await;
        until("warning", async || told(&relay).is_some()).await;
    });
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    run(async {
        for arguments in [["--max-handshakes", "0"], ["--head-timeout", "0"], ["--ping-interval", "0"]] {
            let output = crate::relay_process::command().args(arguments).output();
            let output = within("end of the relay", output).await.expect("it runs");
            assert!(!output.status.success(), "{arguments:?}");
            assert!(String::from_utf8_lossy(&output.stderr).contains(arguments[0]), "{arguments:?}");
        }
    });
}
