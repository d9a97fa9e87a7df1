//! Bad input, whatever it is: a clear error for that socket, and nothing for any other.

use protocol::limits::{MAX_BINARY_FRAME_BYTES, MAX_TEXT_FRAME_BYTES};
use protocol::{EndCause, Family, Name, Operation, Return};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::bystander::{Bystander, connected};
use crate::relay_process::RelayProcess;
use crate::wire::{Wire, is_answer_to};
use crate::{run, until, within};

/// Sends `frame` on a connected socket, and asserts how that socket ends while another goes on.
async fn ends_with(frame: Frame, expected: EndCause) {
    let relay = RelayProcess::start().await;
    let bystander = Bystander::new(&relay).await;
    let (mut wire, mut peer) = connected(&relay).await;
    wire.frame(frame).await;
    let end = wire.ended().await;
    let (cause, text) = end.said.expect("it says why");
    assert_eq!((cause, end.code), (expected, Some(expected.close_code())), "{text}");
    assert!(text.len() > 10 && text.len() < 500, "a sentence that says what was wrong: {text:?}");
    let mut rest = vec![];
    // The descriptor is closed as that of a process that died: FIN, or RST where something was unread.
    let _either = within("end of the connection", peer.read_to_end(&mut rest)).await;
    assert!(rest.is_empty(), "nothing of the bad frame went out");
    bystander.goes_on().await;
}

#[test]
fn a_text_that_is_no_json() {
    run(ends_with(Frame::text("GET / HTTP/1.1\r\n"), EndCause::Protocol));
}

#[test]
fn json_that_is_no_call() {
    run(async {
        for text in ["[]", "7", "null", "{}", r#"{"call":"close"}"#, r#"{"id":1}"#, r#"{"id":"1","call":"close"}"#] {
            ends_with(Frame::text(text), EndCause::Protocol).await;
        }
    });
}

#[test]
fn an_empty_text() {
    run(ends_with(Frame::text(""), EndCause::Protocol));
}

#[test]
fn an_empty_binary_frame() {
    run(ends_with(Frame::binary(vec![]), EndCause::Protocol));
}

#[test]
fn a_text_beyond_the_limit() {
    run(ends_with(Frame::text(" ".repeat(MAX_TEXT_FRAME_BYTES + 1)), EndCause::Size));
}

#[test]
fn a_megabyte_of_spaces() {
    run(ends_with(Frame::text(" ".repeat(1 << 20)), EndCause::Size));
}

#[test]
fn a_binary_frame_beyond_the_limit() {
    run(ends_with(Frame::binary(vec![1; MAX_BINARY_FRAME_BYTES + 1]), EndCause::Size));
}

#[test]
fn a_frame_far_beyond_the_limit() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let mut wire = Wire::open(&relay).await;
        // The relay hangs up in the midst of it; how much it took is not ours to say.
        wire.try_send_bare(&vec![1; 64 << 20], crate::DEADLINE).await;
        wire.ended().await;
        bystander.goes_on().await;
    });
}

#[test]
fn a_megabyte_of_zeros_is_good_where_it_may_be_sent() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = connected(&relay).await;
        wire.frame(Frame::binary(vec![0; MAX_BINARY_FRAME_BYTES])).await;
        let mut received = vec![1; MAX_BINARY_FRAME_BYTES];
        within("the largest frame", peer.read_exact(&mut received)).await.expect("all of it");
        assert!(received.iter().all(|byte| *byte == 0));
    });
}

#[test]
fn a_megabyte_of_zeros_before_there_is_a_socket() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let mut wire = Wire::open(&relay).await;
        wire.send_bare(&vec![0; 1 << 20]).await;
        let failure = wire.bare_acknowledged().await.expect_err("there is no socket to send on");
        assert_eq!((failure.name, failure.call.as_str()), (Name::EBADF, "send"));
        let socket = wire.call(Operation::Socket { family: Family::Inet }).await;
        assert_eq!(socket, Ok(Return::Socket), "this WebSocket may go on");
        bystander.goes_on().await;
    });
}

#[test]
fn unknown_calls_and_wrong_arguments_fail_alone() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, _peer) = connected(&relay).await;
        for (text, name) in [
            (r#"{"id":4001,"call":"ioctl"}"#, "ENOSYS"),
            (r#"{"id":4002,"call":"recv","max":-1}"#, "EINVAL"),
            (r#"{"id":4003,"call":"recv"}"#, "EINVAL"),
            (r#"{"id":4004,"call":"recv","max":1,"flag":"peek"}"#, "EINVAL"),
            (r#"{"id":4005,"call":"shutdown","how":"later"}"#, "EINVAL"),
            (r#"{"id":4006,"call":"connect","host":7,"port":80}"#, "EINVAL"),
        ] {
            let answer = raw_answer(&mut wire, text).await;
            assert!(answer.contains(&format!("\"error\":\"{name}\"")), "{text} is answered by {answer}");
        }
        assert_eq!(wire.send(b"on").await, Ok(2), "the socket goes on");
    });
}

#[test]
fn an_announced_send_without_its_bytes() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let (mut wire, _peer) = connected(&relay).await;
        wire.frame(Frame::text(r#"{"id":1,"call":"send"}"#)).await;
        wire.frame(Frame::text(r#"{"id":2,"call":"getsockname"}"#)).await;
        let end = wire.ended().await;
        assert_eq!(end.code, Some(EndCause::Protocol.close_code()), "{end:?}");
        bystander.goes_on().await;
    });
}

#[test]
fn bytes_that_are_no_websocket() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        for garbage in [&b"\0\0\0\0\0\0\0\0"[..], b"GET\r\n\r\n", &[b'A'; 200_000], &[0x16, 3, 1, 2, 0, 1, 0]] {
            let mut stream = TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens");
            // It may hang up before it has read all of that.
            let _either = stream.write_all(garbage).await;
            let _either = stream.shutdown().await;
            let mut response = vec![];
            let _either = within("end", stream.read_to_end(&mut response)).await;
            assert!(response.is_empty() || response.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&response));
        }
        bystander.goes_on().await;
    });
}

#[test]
fn broken_websocket_frames() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let masked = |first: u8, payload: &[u8]| [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat();
        let (text, last_part, close, ping, binary) = (0x81, 0x80, 0x88, 0x89, 0x82);
        for (wrong, bytes) in [
            ("not masked (5.1)", vec![text, 2, b'{', b'}']),
            ("a reserved bit (5.2)", masked(0xc1, b"{}")),
            ("all reserved bits (5.2)", masked(0xf1, b"")),
            ("an opcode of no data frame (5.2)", masked(0x83, b"x")),
            ("an opcode of no control frame (5.2)", masked(0x8b, b"")),
            ("a length of 64 bits that is negative (5.2)", [&[binary, 0xff, 0x80][..], &[0; 11]].concat()),
            ("a long ping (5.5)", [&[ping, 0xfe, 0, 200][..], &[0; 204]].concat()),
            ("a ping in parts (5.5)", masked(0x09, b"x")),
            ("a part of nothing (5.4)", masked(last_part, b"x")),
            ("a new message in the midst of one (5.4)", [masked(0x01, b"{"), masked(text, b"}")].concat()),
            ("text that is no UTF-8 (8.1)", masked(text, &[0xff, 0xfe])),
            ("text in parts that is no UTF-8 (8.1)", [masked(0x01, b"\xc3"), masked(last_part, b"(")].concat()),
            ("a close frame of one byte (5.5.1)", masked(close, &[3])),
            ("a close code that is never sent (7.4.1)", masked(close, &1005_u16.to_be_bytes())),
            ("a close code of nobody (7.4.2)", masked(close, &999_u16.to_be_bytes())),
            ("a close reason that is no UTF-8 (5.5.1)", masked(close, &[0x03, 0xe8, 0xff, 0xfe])),
        ] {
            let mut stream = crate::wire::upgrade(&relay, crate::wire::handshake(&relay)).await.expect("the relay lets us in");
            stream.get_mut().write_all(&bytes).await.expect("it is open");
            let mut closed = false;
            while let Some(frame) = within("end", futures::StreamExt::next(&mut stream)).await {
                match frame {
                    Ok(Frame::Close(Some(close))) => {
                        assert!(matches!(u16::from(close.code), 1002 | 1007 | 1009), "{wrong}: {close:?}");
                        closed = true;
                    }
                    Ok(_) => {}
                    Err(_) => break,
                }
            }
            assert!(closed, "{wrong} is answered by a close frame");
        }
        bystander.goes_on().await;
    });
}

#[test]
fn a_websocket_that_the_page_closes_is_closed_with_the_same_code() {
    run(async {
        let relay = RelayProcess::start().await;
        for code in [1000, 4005] {
            let mut stream = crate::wire::upgrade(&relay, crate::wire::handshake(&relay)).await.expect("the relay lets us in");
            let close = CloseFrame { code: code.into(), reason: "".into() };
            stream.close(Some(close.clone())).await.expect("it is open");
            let mut answer = None;
            while let Some(Ok(frame)) = within("answer", futures::StreamExt::next(&mut stream)).await {
                answer = Some(frame);
            }
            assert_eq!(answer, Some(Frame::Close(Some(close))), "RFC 6455 section 5.5.1");
        }
    });
}

#[test]
fn a_page_that_vanishes_leaves_nothing() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let (wire, mut peer) = connected(&relay).await;
        let vanished = wire;
        drop(vanished);
        let mut rest = vec![];
        within("FIN", peer.read_to_end(&mut rest)).await.expect("as a dying process: FIN where nothing is unread");
        until("refused or closed", async || peer.write_all(b"x").await.is_err()).await;
        bystander.goes_on().await;
    });
}

/// Sends a text with an id of its own, and waits for what answers that.
async fn raw_answer(wire: &mut Wire, text: &str) -> String {
    let id = text.trim_start_matches("{\"id\":").chars().take_while(char::is_ascii_digit).collect::<String>().parse().expect("an id");
    wire.frame(Frame::text(text)).await;
    let answer = wire.raw_text().await;
    assert!(is_answer_to(&answer, id), "{answer} answers no {id}");
    answer
}
