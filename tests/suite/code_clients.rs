//! Sessions of clients as programs in Python, Rust and C, against a peer that holds them to what the session sent and received.

use std::future::ready;
use std::net::{Ipv4Addr, SocketAddr};

use protocol::{How, Name, Operation, OptionValue, RecvFlag, Return, SocketOption};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::code_recording::{Recording, connect};
use crate::code_running::{Language, Running};
use crate::peers::random_bytes;
use crate::{run, within};

/// A stream towards a program.
pub(crate) struct Other(pub(crate) TcpStream);

impl Other {
    /// Takes the next bytes, which must be these.
    pub(crate) async fn gets(&mut self, bytes: &[u8]) {
        let mut buffer = vec![0; bytes.len()];
        within("bytes of the program", self.0.read_exact(&mut buffer)).await.expect("it sends");
        assert!(buffer == bytes, "{:?} is not {:?}", String::from_utf8_lossy(&buffer), String::from_utf8_lossy(bytes));
    }

    /// Finds that the program has finished sending.
    pub(crate) async fn gets_end(&mut self) {
        let mut buffer = [0; 1];
        let count = within("end of the program's bytes", self.0.read(&mut buffer)).await.expect("it ends in good order");
        assert_eq!(count, 0, "the program sent {buffer:?} more");
    }

    pub(crate) async fn sends(&mut self, bytes: &[u8]) {
        within("room for bytes", self.0.write_all(bytes)).await.expect("it receives");
    }

    async fn ends(&mut self) {
        self.0.shutdown().await.expect("it can be ended");
    }
}

/// Runs what `record` makes of the address of a peer, in each language, against what `plays` that peer. The program must receive what the session received; the
/// other lines of each program.
async fn programs(record: impl Fn(SocketAddr) -> Recording, plays: impl AsyncFn(&mut Other)) -> Vec<Vec<String>> {
    let mut lines = vec![];
    for language in Language::ALL {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let recording = record(listener.local_addr().expect("it is bound"));
        let running = Running::start(language, &recording.program()).await;
        let (stream, _) = within("connection of the program", listener.accept()).await.expect("it connects");
        let mut other = Other(stream);
        plays(&mut other).await;
        let (received, others) = running.finish().await;
        let as_text = String::from_utf8_lossy(&received);
        assert!(received == recording.received, "{language:?} received {as_text:?}");
        lines.push(others);
    }
    lines
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n\"It's\"\n";

fn introduction(peer: SocketAddr) -> Recording {
    let mut session = Recording::default();
    session.connected(1, peer);
    session.sent(1, REQUEST);
    session.received(1, RESPONSE);
    session.closed(1);
    session
}

#[test]
fn the_introductions_client() {
    run(async {
        programs(introduction, async |other| {
            other.gets(REQUEST).await;
            other.sends(RESPONSE).await;
            other.gets_end().await;
        })
        .await;
    });
}

fn half_closing(peer: SocketAddr) -> Recording {
    let mut session = Recording::default();
    session.connected(1, peer);
    session.sent(1, b"one\n");
    session.sent(1, b"two\n");
    session.does(1, Operation::Shutdown { how: How::Write }, Return::Shutdown);
    session.received(1, b"TWO\n");
    session.received(1, b"ONE\n");
    session.found_end(1);
    session.closed(1);
    session
}

async fn play_half_closing(other: &mut Other) {
    other.gets(b"one\ntwo\n").await;
    other.gets_end().await;
    other.sends(b"TWO\nONE\n").await;
    other.ends().await;
}

#[test]
fn a_half_closed_connection_is_read_to_its_end() {
    run(async {
        programs(half_closing, play_half_closing).await;
    });
}

/// Every value of a byte, and what is special in one language or another.
fn every_byte() -> Vec<u8> {
    let all: Vec<u8> = (0..=255).collect();
    let traps: &[u8] = b"\x01f\x001??/\\\"'%s %d {} $x `y` */ # \xc3\xa9\r\n  indented\n-n \\x41\\";
    [all.as_slice(), traps].concat()
}

fn binary(peer: SocketAddr) -> Recording {
    let mut session = Recording::default();
    session.connected(1, peer);
    session.sent(1, &every_byte());
    session.sent(1, b"");
    session.received(1, &every_byte());
    session.closed(1);
    session
}

#[test]
fn every_byte_travels_both_ways() {
    run(async {
        programs(binary, async |other| {
            other.gets(&every_byte()).await;
            other.sends(&every_byte()).await;
            other.gets_end().await;
        })
        .await;
    });
}

#[test]
fn a_connection_may_be_refused_again() {
    run(async {
        // Bound and not listening: whoever connects is refused, and nobody else gets the port.
        let deaf = TcpSocket::new_v4().expect("a socket");
        deaf.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port is free");
        let nobody = deaf.local_addr().expect("it is bound");
        let record = |peer| {
            let mut session = Recording::default();
            session.client(1);
            session.fails(1, connect(nobody), Name::ECONNREFUSED);
            session.closed(1);
            session.connected(2, peer);
            session.sent(2, b"at last");
            session.closed(2);
            session
        };
        for lines in programs(record, async |other| other.gets(b"at last").await).await {
            assert!(lines.len() == 1 && lines[0].starts_with("connect: ") && lines[0].contains("refused"), "{lines:?}");
        }
    });
}

#[test]
fn another_failure_than_the_sessions_ends_the_program() {
    run(async {
        let deaf = TcpSocket::new_v4().expect("a socket");
        deaf.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port is free");
        for name in [None, Some(Name::ENETUNREACH)] {
            let mut session = Recording::default();
            session.client(1);
            let nobody = deaf.local_addr().expect("it is bound");
            match name {
                Some(name) => session.fails(1, connect(nobody), name),
                None => session.does(1, connect(nobody), Return::Connect { local: nobody, peer: nobody }),
            }
            for language in Language::ALL {
                // Python has one exception for all failures that have no name there.
                if name.is_some() && language == Language::Python {
                    continue;
                }
                let running = Running::start(language, &session.program()).await;
                let (status, _) = running.peer.finish().await;
                assert!(!status.success(), "{language:?} went on");
            }
        }
    });
}

#[test]
fn options_are_set_and_read() {
    run(async {
        let record = |peer| {
            let mut session = Recording::default();
            session.client(1);
            session.switched(1, SocketOption::SO_REUSEADDR);
            session.switched(1, SocketOption::TCP_NODELAY);
            let value = OptionValue::Number(5);
            session.does(1, Operation::Setsockopt { option: SocketOption::SO_LINGER, value: value.clone() }, Return::Setsockopt { value });
            session.does(1, connect(peer), Return::Connect { local: peer, peer });
            let value = OptionValue::Switch(true);
            session.does(1, Operation::Getsockopt { option: SocketOption::TCP_NODELAY }, Return::Getsockopt { value });
            session.does(1, Operation::Getpeername, Return::Getpeername { peer });
            session.closed(1);
            session
        };
        for (lines, on) in programs(record, async |other| other.gets_end().await).await.iter().zip(["1", "true", "1"]) {
            assert_eq!(lines[0].trim_start_matches("TCP_NODELAY: "), on, "{lines:?}");
            assert!(lines[1].starts_with("getpeername: "), "{lines:?}");
        }
    });
}

#[test]
fn a_timeout_passes_again() {
    run(async {
        let record = |peer| {
            let mut session = Recording::default();
            session.client(1);
            let Operation::Connect { host, port, .. } = connect(peer) else { unreachable!("connect is a connect") };
            let (local, timeout_ms) = (peer, Some(5000));
            session.does(1, Operation::Connect { host, port, timeout_ms }, Return::Connect { local, peer });
            session.fails(1, Operation::Recv { max: 4096, flags: vec![], timeout_ms: Some(20) }, Name::ETIMEDOUT);
            session.sent(1, b"now?");
            session.received(1, b"now.");
            session.closed(1);
            session
        };
        let played = programs(record, async |other| {
            other.gets(b"now?").await;
            other.sends(b"now.").await;
            other.gets_end().await;
        });
        for lines in played.await {
            assert!(lines.len() == 1 && lines[0].starts_with("recv: "), "{lines:?}");
        }
    });
}

#[test]
fn a_long_conversation_is_held_line_by_line() {
    run(async {
        let line = |number: u32, word: &str| format!("{word} {number} \r\n").into_bytes();
        let record = |peer| {
            let mut session = Recording::default();
            session.connected(1, peer);
            for number in 0..150 {
                session.sent(1, &line(number, "question"));
                session.received(1, &line(number, "answer"));
            }
            for _ in 0..50 {
                session.sent(1, b"tick");
            }
            session.closed(1);
            session
        };
        programs(record, async |other| {
            for number in 0..150 {
                other.gets(&line(number, "question")).await;
                other.sends(&line(number, "answer")).await;
            }
            other.gets(&b"tick".repeat(50)).await;
            other.gets_end().await;
        })
        .await;
    });
}

#[test]
fn long_sends_come_from_files_and_are_not_altered() {
    run(async {
        let (long, short) = (random_bytes(300_000, 7), random_bytes(16 << 10, 8));
        let record = |peer| {
            let mut session = Recording::default();
            session.connected(1, peer);
            session.sent(1, &long);
            session.sent(1, &short);
            session.sent(1, &long);
            session.received(1, &short);
            session.received(1, &short);
            session.found_end(1);
            session.closed(1);
            session
        };
        programs(record, async |other| {
            other.gets(&[&long[..], &short, &long].concat()).await;
            other.sends(&[&short[..], &short].concat()).await;
            other.ends().await;
            other.gets_end().await;
        })
        .await;
    });
}

#[test]
fn flags_mean_what_they_meant() {
    run(async {
        let record = |peer| {
            let mut session = Recording::default();
            session.connected(1, peer);
            let nothing_yet = Operation::Recv { max: 100, flags: vec![RecvFlag::Dontwait], timeout_ms: None };
            session.fails(1, nothing_yet, Name::EAGAIN);
            session.sent(1, b"go");
            session.received_with(1, 3, RecvFlag::Peek, b"abc");
            session.received_with(1, 6, RecvFlag::Waitall, b"abcdef");
            session.sent(1, b"thanks");
            session.closed(1);
            session
        };
        let played = programs(record, async |other| {
            other.gets(b"go").await;
            other.sends(b"abcdef").await;
            other.gets(b"thanks").await;
            other.gets_end().await;
        });
        for lines in played.await {
            assert!(lines.len() == 1 && lines[0].starts_with("recv: "), "{lines:?}");
        }
    });
}

#[test]
fn a_reset_may_be_met_again() {
    run(async {
        let record = |peer| {
            let mut session = Recording::default();
            session.connected(1, peer);
            session.sent(1, b"reset me");
            session.fails(1, Operation::Recv { max: 4096, flags: vec![], timeout_ms: None }, Name::ECONNRESET);
            session.closed(1);
            session
        };
        let played = programs(record, async |other| {
            other.gets(b"reset me").await;
            other.0.set_zero_linger().expect("it can be set");
            // Closed in place, so that the peer is gone before the program is waited for.
            let (replaced, _) = a_pair().await;
            drop(std::mem::replace(&mut other.0, replaced));
        });
        for lines in played.await {
            assert!(lines.len() == 1 && lines[0].starts_with("recv: ") && lines[0].contains("reset"), "{lines:?}");
        }
    });
}

async fn a_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
    let client = TcpStream::connect(listener.local_addr().expect("it is bound"));
    let (client, accepted) = tokio::join!(client, listener.accept());
    (client.expect("it connects"), accepted.expect("it is accepted").0)
}

#[test]
fn an_abort_is_a_reset() {
    run(async {
        for language in [Language::Python, Language::C] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
            let mut session = Recording::default();
            session.connected(1, listener.local_addr().expect("it is bound"));
            session.does(1, Operation::Abort, Return::Abort);
            let running = Running::start(language, &session.program()).await;
            let (mut stream, _) = within("connection", listener.accept()).await.expect("it connects");
            let failure = within("reset", stream.read(&mut [0])).await.expect_err("it is reset");
            assert_eq!(failure.kind(), std::io::ErrorKind::ConnectionReset, "{language:?}");
            running.finish().await;
        }
    });
}

#[test]
fn nothing_in_a_recording_becomes_code() {
    run(async {
        let hosts = [
            "\"))\nprint('PWNED')\nx=((\"",
            "\\\"); println!(\"PWNED\"); //",
            "*/ puts(\"PWNED\"); /*",
            "';echo PWNED;'",
            "$(echo PWNED)",
            "-e echo PWNED",
            "host,exec=echo PWNED",
            "x\u{2028}print('PWNED')\r\n??/",
        ];
        let mut session = Recording::default();
        for (socket, host) in (1..).zip(hosts) {
            session.client(socket);
            let connect = Operation::Connect { host: host.to_owned(), port: 9, timeout_ms: None };
            session.fails(socket, connect, Name::EAI_NONAME);
            let text = OptionValue::Text(host.to_owned());
            let option = SocketOption::TCP_CONGESTION;
            session.fails(socket, Operation::Setsockopt { option, value: text.clone() }, Name::ENOENT);
            session.lost(socket, host);
        }
        for language in Language::ALL {
            let running = Running::start(language, &session.program()).await;
            let (_, output) = running.peer.finish().await;
            let output = String::from_utf8_lossy(&output).into_owned();
            assert!(!output.lines().any(|line| line.trim() == "PWNED"), "{language:?}: {output}");
        }
        #[cfg(target_os = "linux")]
        {
            let output = crate::code_running::shell_prints(&session.program(), async || ready(()).await).await;
            assert_eq!(String::from_utf8_lossy(&output), "");
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn nc_plays_the_same_clients() {
    run(async {
        for (record, plays_half_closing) in [(introduction as fn(SocketAddr) -> Recording, false), (half_closing, true), (binary, false)] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
            let recording = record(listener.local_addr().expect("it is bound"));
            let output = crate::code_running::shell_prints(&recording.program(), async || {
                let (stream, _) = within("connection of nc", listener.accept()).await.expect("it connects");
                let mut other = Other(stream);
                match plays_half_closing {
                    true => play_half_closing(&mut other).await,
                    false => {
                        other.gets(&recording.sent).await;
                        other.sends(&recording.received).await;
                    }
                }
            })
            .await;
            assert_eq!(String::from_utf8_lossy(&output), String::from_utf8_lossy(&recording.received));
        }
    });
}
