//! The relay as an endpoint of RFC 6455: frames as no library writes them, and as a library reads the answers.

use futures::StreamExt;
use protocol::limits::{MAX_BINARY_FRAME_BYTES, MAX_CALLS_WAITING};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::relay_process::RelayProcess;
use crate::wire::{handshake, is_answer_to, upgrade};
use crate::{run, within};

const FIN: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// A frame of at most 125 bytes, masked.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let key = [0x12, 0x34, 0x56, 0x78];
    let length = u8::try_from(payload.len()).expect("it is short");
    let masked = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
    [&[first, 0x80 | length][..], &key].concat().into_iter().chain(masked).collect()
}

/// A WebSocket whose hello was read.
async fn open(relay: &RelayProcess) -> WebSocketStream<TcpStream> {
    let mut stream = upgrade(relay, handshake(relay)).await.expect("the relay lets us in");
    assert!(next(&mut stream).await.is_text(), "hello");
    stream
}

async fn write(stream: &mut WebSocketStream<TcpStream>, bytes: &[u8]) {
    stream.get_mut().write_all(bytes).await.expect("it is open");
}

async fn next(stream: &mut WebSocketStream<TcpStream>) -> Frame {
    within("frame", stream.next()).await.expect("the WebSocket is open").expect("a good frame")
}

/// The code of the close frame that answers `bytes`, after whatever comes before it.
async fn closed(relay: &RelayProcess, bytes: &[u8]) -> Option<u16> {
    let mut stream = open(relay).await;
    write(&mut stream, bytes).await;
    loop {
        if let Frame::Close(close) = next(&mut stream).await {
            return close.map(|close| close.code.into());
        }
    }
}

#[test]
fn fragments_are_one_message_and_pings_between_them_are_answered_at_once() {
    run(async {
        let relay = RelayProcess::start().await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = listener.local_addr().expect("it is bound").port();
        let mut stream = open(&relay).await;
        write(&mut stream, &frame(FIN | TEXT, br#"{"id":1,"call":"socket","family":"inet"}"#)).await;
        let made = next(&mut stream).await;
        assert!(made.to_text().is_ok_and(|text| text.contains(r#""return":"socket""#)), "{made:?}");
        let connect = format!(r#"{{"id":2,"call":"connect","host":"127.0.0.1","port":{port}}}"#);
        let (first, rest) = connect.as_bytes().split_at(7);
        write(&mut stream, &frame(TEXT, first)).await;
        write(&mut stream, &frame(0, &[])).await;
        write(&mut stream, &frame(FIN | PING, b"within a text")).await;
        assert_eq!(next(&mut stream).await, Frame::Pong(b"within a text".to_vec().into()));
        write(&mut stream, &frame(FIN, rest)).await;
        let connected = next(&mut stream).await;
        assert!(connected.to_text().is_ok_and(|text| text.contains(r#""return":"connect""#)), "{connected:?}");
        let (mut peer, _) = within("connection", listener.accept()).await.expect("it comes");

        write(&mut stream, &frame(BINARY, b"one ")).await;
        write(&mut stream, &frame(FIN | PING, b"within bytes")).await;
        assert_eq!(next(&mut stream).await, Frame::Pong(b"within bytes".to_vec().into()));
        write(&mut stream, &frame(0, b"mess")).await;
        write(&mut stream, &frame(FIN, b"age")).await;
        let acknowledged = next(&mut stream).await;
        assert!(acknowledged.to_text().is_ok_and(|text| text.contains(r#""sent":11"#)), "{acknowledged:?}");
        let mut bytes = [0; 11];
        within("bytes", peer.read_exact(&mut bytes)).await.expect("they come");
        assert_eq!(&bytes, b"one message");
    });
}

#[test]
fn a_frame_may_come_byte_by_byte() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut stream = open(&relay).await;
        for byte in frame(FIN | TEXT, br#"{"id":7,"call":"socket","family":"inet"}"#) {
            write(&mut stream, &[byte]).await;
        }
        let answer = next(&mut stream).await;
        assert_eq!(answer.to_text().expect("text"), r#"{"id":7,"return":"socket"}"#);
    });
}

#[test]
fn a_close_frame_is_answered_with_its_code() {
    run(async {
        let relay = RelayProcess::start().await;
        for code in [1000_u16, 1001, 3333, 4999] {
            let payload = [&code.to_be_bytes()[..], b"why"].concat();
            assert_eq!(closed(&relay, &frame(FIN | CLOSE, &payload)).await, Some(code));
        }
        assert_eq!(closed(&relay, &frame(FIN | CLOSE, &[])).await, None, "no code is answered by none");
    });
}

#[test]
fn each_violation_has_its_close_code() {
    run(async {
        let relay = RelayProcess::start().await;
        let long_ping = [&[FIN | PING, 0xfe, 0, 126, 0, 0, 0, 0][..], &[0; 126]].concat();
        let long_binary = [&[FIN | BINARY, 0xff][..], &(MAX_BINARY_FRAME_BYTES as u64 + 1).to_be_bytes(), &[0; 4]].concat();
        let begun = frame(BINARY, b"begun");
        for (bytes, code, what) in [
            (vec![FIN | TEXT, 2, b'{', b'}'], 1002, "unmasked"),
            (frame(FIN | 0x40 | BINARY, b"x"), 1002, "the bit of permessage-deflate"),
            (frame(FIN | 0x20 | BINARY, b"x"), 1002, "the second reserved bit"),
            (frame(FIN | 0x10 | BINARY, b"x"), 1002, "the third reserved bit"),
            (frame(FIN | 3, b"x"), 1002, "an opcode of no frame"),
            (frame(FIN | 11, b"x"), 1002, "an opcode of no control frame"),
            (frame(PING, b"x"), 1002, "a ping in fragments"),
            (long_ping, 1002, "a ping of 126 bytes"),
            (frame(FIN, b"x"), 1002, "a continuation of nothing"),
            ([begun, frame(FIN | TEXT, b"{}")].concat(), 1002, "a message amid another one's fragments"),
            (vec![FIN | BINARY, 0xfe, 0, 1, 0, 0, 0, 0, 9], 1002, "a length in more bytes than it needs"),
            (vec![FIN | BINARY, 0xff, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], 1002, "a length of 64 bits"),
            (frame(FIN | CLOSE, &[3]), 1002, "half a close code"),
            (frame(FIN | CLOSE, &1005_u16.to_be_bytes()), 1002, "a close code that is never sent"),
            (frame(FIN | TEXT, &[b'"', 0xc3, 0x28, b'"']), 1007, "no UTF-8"),
            ([frame(TEXT, &[0xe2, 0x82]), frame(FIN, b"A")].concat(), 1007, "no UTF-8 across fragments"),
            (long_binary, 1009, "more than a frame holds"),
        ] {
            assert_eq!(closed(&relay, &bytes).await, Some(code), "{what}");
        }
    });
}

const VERSION: &str = "Sec-WebSocket-Version: 13";
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/// The head of what answers a handshake with these lines beside those that all have.
async fn shake_hands(relay: &RelayProcess, version: &str, lines: &[&str]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens");
    let request = format!(
        "GET {} {version}\r\nHost: 127.0.0.1:{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: {}, {}{}\r\n{}\r\n\r\n",
        protocol::SOCKET_PATH,
        relay.port,
        protocol::SUBPROTOCOL,
        protocol::TOKEN_PREFIX,
        relay.token,
        lines.join("\r\n"),
    );
    stream.write_all(request.as_bytes()).await.expect("it is open");
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within("head", stream.read_u8()).await.expect("the relay answers"));
    }
    String::from_utf8_lossy(&head).into_owned()
}

#[test]
fn a_handshake_is_one_of_rfc_6455() {
    run(async {
        let relay = RelayProcess::start().await;
        let key = |key: &str| format!("Sec-WebSocket-Key: {key}");
        let (short, long) = (key("c2l4dGVlbiBieXRlcw=="), key("c2V2ZW50ZWVuIG9mIHRoZW0="));
        let (url, spare, plain) = (key("dGhlIHNhbXBsZSBub2-jZQ=="), key("dGhlIHNhbXBsZSBub25jZR=="), key("twenty-four letters here"));
        for (version, lines, status, what) in [
            ("HTTP/1.1", &[VERSION, KEY][..], 101, "as it should be"),
            ("HTTP/1.0", &[VERSION, KEY], 426, "HTTP/1.0 (4.2.1, RFC 9110 section 7.8)"),
            ("HTTP/1.1", &[VERSION], 400, "no key"),
            ("HTTP/1.1", &[VERSION, KEY, KEY], 400, "the same key twice (11.3.1)"),
            ("HTTP/1.1", &[VERSION, KEY, &short], 400, "two keys"),
            ("HTTP/1.1", &[VERSION, &short], 400, "a key of thirteen bytes"),
            ("HTTP/1.1", &[VERSION, &long], 400, "a key of seventeen bytes, in as many letters"),
            ("HTTP/1.1", &[VERSION, &url], 400, "a letter of another base64"),
            ("HTTP/1.1", &[VERSION, &spare], 400, "bits that are no part of sixteen bytes"),
            ("HTTP/1.1", &[VERSION, &plain], 400, "a key that is no base64"),
            ("HTTP/1.1", &[KEY], 426, "no version"),
            ("HTTP/1.1", &[VERSION, VERSION, KEY], 426, "the same version twice (11.3.5)"),
            ("HTTP/1.1", &["Sec-WebSocket-Version: 13, 8", KEY], 426, "two versions"),
            ("HTTP/1.1", &["Sec-WebSocket-Version: 8", KEY], 426, "another version"),
        ] {
            let head = shake_hands(&relay, version, lines).await;
            assert_eq!(head.split(' ').nth(1), Some(&*status.to_string()), "{what}: {head}");
            // RFC 6455 section 4.2.2 (4): who is refused for the version is told which there are.
            let names_version = head.to_lowercase().contains("\r\nsec-websocket-version: 13\r\n");
            assert_eq!(names_version, status == 426 && version == "HTTP/1.1", "{what}: {head}");
        }
    });
}

#[test]
fn no_extension_is_agreed_on() {
    run(async {
        let relay = RelayProcess::start().await;
        let extensions = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
        let head = shake_hands(&relay, "HTTP/1.1", &[VERSION, KEY, extensions]).await.to_lowercase();
        assert!(head.starts_with("http/1.1 101"), "{head}");
        // RFC 6455 section 1.3 has this key and what is made of it.
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        assert!(!head.contains("sec-websocket-extensions"), "{head}");
    });
}

#[test]
fn calls_that_do_not_wait_may_come_in_any_number_at_once() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut stream = open(&relay).await;
        let calls = 4 * MAX_CALLS_WAITING;
        let mut bytes = frame(FIN | TEXT, br#"{"id":1,"call":"socket","family":"inet"}"#);
        for id in 2..=calls {
            bytes.extend(frame(FIN | TEXT, format!(r#"{{"id":{id},"call":"getsockname"}}"#).as_bytes()));
        }
        write(&mut stream, &bytes).await;
        for id in 1..=calls {
            let answer = next(&mut stream).await;
            let text = answer.to_text().expect("text");
            assert!(is_answer_to(text, id as u64) && text.contains(r#""return":"#), "{text} to {id}");
        }
    });
}
