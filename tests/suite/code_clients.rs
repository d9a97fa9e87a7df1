//! Sessions of clients as programs in Python, Rust and C, against a peer that holds them to what the session sent and received.

use std::net::SocketAddr;

use protocol::{How, Name, Operation, OptionValue, RecvFlag, Return, SocketOption};

use crate::code_peer::{Other, programs};
use crate::code_recording::{Recording, connect};
use crate::peers::random_bytes;
use crate::run;

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

#[cfg(target_os = "linux")]
#[test]
fn nc_plays_the_same_clients() {
    run(async {
        for (record, plays_half_closing) in [(introduction as fn(SocketAddr) -> Recording, false), (half_closing, true), (binary, false)] {
            let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
            let recording = record(listener.local_addr().expect("it is bound"));
            let output = crate::code_running::shell_prints(&recording.program(), async || {
                let (stream, _) = crate::within("connection of nc", listener.accept()).await.expect("it connects");
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
