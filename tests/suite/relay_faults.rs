//! What breaks, and how the relay stands it: `docs/faults.md` says it in words. Bad input is in `relay_bad_input`, who dawdles in `relay_limits`, a log that
//! cannot be written in `relay_watched`.

use std::time::Duration;

use protocol::{Family, Name, Operation, Return};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::bystander::{Bystander, connected};
use crate::peers::random_bytes;
use crate::relay_process::{RelayProcess, binary, command};
use crate::wire::{Wire, error_of};
use crate::{kernel, python, run, stand_still, until, within};

const SOCKET: Operation = Operation::Socket { family: Family::Inet };

/// What a page sends as one binary frame: `len` bytes, masked with zeros (RFC 6455 section 5.2).
fn binary_frame(bytes: &[u8]) -> Vec<u8> {
    let len = u64::try_from(bytes.len()).expect("it fits");
    [&[0x82, 0xff][..], &len.to_be_bytes(), &[0; 4], bytes].concat()
}

/// Waits until the relay has as many descriptors as `before`: nothing of the dead is left.
async fn descriptors_are(relay: &RelayProcess, before: usize) {
    until("descriptors back", async || kernel::descriptors(relay.pid()).len() == before).await;
}

/// Reads to the end, which may be FIN or RST.
async fn rest(peer: &mut TcpStream) -> Vec<u8> {
    let mut rest = vec![];
    let _either = within("end of the connection", peer.read_to_end(&mut rest)).await;
    rest
}

#[test]
fn a_page_whose_connection_is_reset() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let before = kernel::descriptors(relay.pid()).len();
        let (listening, _, port) = Wire::listening(&relay, 5).await;
        let (mut waiting, mut peer) = connected(&relay).await;
        let (sending, mut other_peer) = connected(&relay).await;
        waiting.start_recv(1).await;
        listening.reset();
        waiting.reset();
        sending.reset();
        assert_eq!((rest(&mut peer).await, rest(&mut other_peer).await), (vec![], vec![]));
        until("free port", async || TcpListener::bind(("127.0.0.1", port)).await.is_ok()).await;
        descriptors_are(&relay, before).await;
        bystander.goes_on().await;
    });
}

#[test]
fn a_page_whose_process_is_killed() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let before = kernel::descriptors(relay.pid()).len();
        let (mut page, mut peer) = python_page(&relay).await;
        peer.write_all(&[7; 100_000]).await.expect("it is open");
        page.value::<u64>("received").await;
        // SIGKILL, in the midst of a conversation.
        drop(page);
        rest(&mut peer).await;
        descriptors_are(&relay, before).await;
        bystander.goes_on().await;
    });
}

#[test]
fn a_websocket_that_is_cut_in_a_frame() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let before = kernel::descriptors(relay.pid()).len();
        let frame = binary_frame(&[b'x'; 1000]);
        let text = [&[0x81, 0xa0, 0, 0, 0, 0][..], br#"{"id":9,"call":"#].concat();
        // In the header's length, in its mask, in the bytes, before the last byte; in a text.
        for part in [&frame[..1], &frame[..5], &frame[..12], &frame[..500], &frame[..frame.len() - 1], &text] {
            for by_reset in [false, true] {
                let (mut wire, mut peer) = connected(&relay).await;
                assert_eq!(wire.send(b"whole").await, Ok(5));
                wire.connection().write_all(part).await.expect("it is open");
                if by_reset {
                    wire.reset();
                } else {
                    wire.connection().shutdown().await.expect("it is open");
                    wire.ended().await;
                }
                assert_eq!(rest(&mut peer).await, b"whole", "no byte of a frame that did not arrive whole is sent");
            }
        }
        descriptors_are(&relay, before).await;
        bystander.goes_on().await;
    });
}

#[test]
fn a_peer_that_resets_while_a_frame_is_on_its_way_to_it() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let (mut wire, peer) = connected(&relay).await;
        let frame = binary_frame(&[b'x'; 100_000]);
        let (first, second) = frame.split_at(50_000);
        wire.frame(tokio_tungstenite::tungstenite::Message::text(r#"{"id":901,"call":"send"}"#)).await;
        wire.connection().write_all(first).await.expect("it is open");
        peer.set_zero_linger().expect("the option can be set");
        drop(peer);
        wire.connection().write_all(second).await.expect("the WebSocket is open whatever the peer does");
        let answer = wire.raw_text().await;
        assert!(answer.contains(r#""id":901"#) && answer.contains(r#""error":"ECONNRESET""#), "{answer}");
        // The page learns all of it in the words of the calls, and ends the socket itself.
        assert_eq!(wire.recv(1).await, Ok(vec![]), "the error was told once");
        assert_eq!(error_of(wire.send(b"x").await), Name::EPIPE);
        wire.close().await;
        bystander.goes_on().await;
    });
}

#[test]
fn a_peer_that_resets_while_a_frame_is_on_its_way_from_it() {
    run(async {
        let relay = RelayProcess::start().await;
        let bystander = Bystander::new(&relay).await;
        let (mut wire, mut peer) = connected(&relay).await;
        let whole = Operation::Recv { max: 1 << 20, flags: vec![protocol::RecvFlag::Waitall], timeout_ms: None };
        let id = wire.start(whole).await;
        peer.write_all(&[b'x'; 1000]).await.expect("it is open");
        // Read already, into what will be one frame.
        until("bytes read", async || kernel::unread_bytes(wire_port(&mut wire).await, peer_port(&peer)) == Some(0)).await;
        peer.set_zero_linger().expect("the option can be set");
        drop(peer);
        assert_eq!(wire.received(id).await, Ok(vec![b'x'; 1000]), "what came before the reset is not lost");
        assert_eq!(error_of(wire.recv(1).await), Name::ECONNRESET);
        wire.close().await;
        bystander.goes_on().await;
    });
}

async fn wire_port(wire: &mut Wire) -> u16 {
    match wire.call(Operation::Getsockname).await {
        Ok(Return::Getsockname { local }) => local.port(),
        other => panic!("{other:?}"),
    }
}

fn peer_port(peer: &TcpStream) -> u16 {
    peer.local_addr().expect("it is bound").port()
}

/// A relay that may have this many descriptors, and no more.
async fn relay_with_descriptors(count: usize) -> RelayProcess {
    let mut limited = tokio::process::Command::new("sh");
    limited.args(["-c", r#"ulimit -n "$1"; exec "$2" --port 0"#, "sh", &count.to_string()]).arg(binary());
    // The rest is as it is for every other relay.
    let usual = command();
    limited.current_dir(usual.as_std().get_current_dir().expect("it has one")).env_remove("RELAY_LOG").kill_on_drop(true);
    limited.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    RelayProcess::run(limited).await
}

#[test]
fn no_descriptors_left() {
    const DESCRIPTORS: usize = 40;
    // Those beyond the limit it has from who started it.
    let left = |relay: &RelayProcess| DESCRIPTORS - kernel::descriptors(relay.pid()).iter().filter(|number| **number < DESCRIPTORS).count();
    run(async {
        let relay = relay_with_descriptors(DESCRIPTORS).await;
        let mut bystander = Bystander::new(&relay).await;
        let (mut listening, listener, port) = Wire::listening(&relay, 5).await;
        let _client = within("connection", TcpStream::connect(("127.0.0.1", port))).await.expect("it listens");
        let mut idle = vec![];
        while left(&relay) > 0 {
            idle.push(Wire::open(&relay).await);
        }
        let mut wire = idle.pop().expect("some");
        for result in [wire.call(SOCKET).await.map(drop), wire.accept(listener).await.map(drop)] {
            let failure = result.expect_err("there are none");
            assert_eq!(failure.name, Name::EMFILE);
            assert!(failure.text.contains("Too many open files"), "{failure}");
        }
        assert_eq!(kernel::accept_queue(port), Some(1), "the connection waits");
        // Who comes now waits in the kernel's queue, and those who are there go on.
        let mut newcomer = Box::pin(Wire::open(&relay));
        let both = async {
            bystander.is_well().await;
            assert!(listening.call(Operation::Getsockname).await.is_ok());
        };
        tokio::select! {
            biased;
            _ = &mut newcomer => panic!("there is no descriptor for it"),
            () = both => {}
        }
        // One ends, and the newcomer is let in; another, and the call that failed succeeds.
        drop(idle.pop());
        let newcomer = newcomer.await;
        drop(idle.pop());
        until("room", async || left(&relay) > 0).await;
        assert!(wire.accept(listener).await.is_ok());
        drop(newcomer);
        bystander.goes_on().await;
    });
}

/// A page in a process of its own, whose socket is connected, and the peer of that.
async fn python_page(relay: &RelayProcess) -> (crate::peers::Peer, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let port = listener.local_addr().expect("it is bound").port().to_string();
    let script = crate::relay_process::root().join("tests/peers/page.py");
    let script = script.to_str().expect("the path is text");
    let page = python::with_websockets(&["-u", script, &relay.port.to_string(), &relay.token, &port]);
    let (peer, _) = within("connection", listener.accept()).await.expect("it comes");
    (page, peer)
}

/// For how many seconds the page is stopped. A minute, with the relay's own ping interval, is
/// `TCP_PLAYGROUND_STOPPED_SECONDS=60 cargo test -p tests --test suite a_page_that_is_stopped`.
fn stopped_seconds() -> u64 {
    std::env::var("TCP_PLAYGROUND_STOPPED_SECONDS").map_or(3, |text| text.parse().expect("a number of seconds"))
}

#[test]
fn a_page_that_is_stopped_and_goes_on() {
    run(async {
        let stopped = stopped_seconds();
        // As in a stop of a minute, three pings are due.
        let relay = RelayProcess::start_with(&["--ping-interval", &(stopped / 3).to_string()]).await;
        let (mut page, mut peer) = python_page(&relay).await;
        let before = kernel::resident_bytes(relay.pid());
        let bytes = random_bytes(64 << 20, 7);
        let checksum = crc32fast::hash(&bytes);
        let len = bytes.len();
        let (sender, mut sent) = tokio::sync::watch::channel(0);
        tokio::spawn(async move {
            for block in bytes.chunks(1 << 16) {
                peer.write_all(block).await.expect("it is open");
                sender.send_modify(|sent| *sent += block.len());
            }
        });
        page.value::<u64>("received").await;
        signal(&page, "STOP");
        // Everything between the peer and the page fills up, and then nothing moves.
        while tokio::time::timeout(Duration::from_millis(500), sent.changed()).await.is_ok() {}
        assert!(*sent.borrow() < len, "more than all buffers hold");
        stand_still(Duration::from_secs(stopped)).await;
        let grown = kernel::resident_bytes(relay.pid()).saturating_sub(before);
        assert!(grown < 8 << 20, "the relay grew by {grown} bytes while its page was stopped");
        Bystander::new(&relay).await.goes_on().await;
        signal(&page, "CONT");
        assert_eq!(page.value::<usize>("bytes").await, len);
        assert_eq!(page.value::<u32>("crc32").await, checksum);
    });
}

fn signal(process: &crate::peers::Peer, name: &str) {
    let status = std::process::Command::new("kill").args([format!("-{name}"), process.pid().to_string()]).status().expect("kill runs");
    assert!(status.success(), "kill -{name}: {status}");
}
