//! What tshark makes of an exported trace: the very bytes of each direction, right checksums, and nothing to remark on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use protocol::{Call, CallId, Failure, How, Operation, Return};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use web::net::SocketId;
use web::recording::{Moment, Reader, pcapng};
use web::trace::{Bounds, Fact, Trace};

use crate::certificate::directory;
use crate::peers::random_bytes;
use crate::relay_process::{RelayProcess, root};
use crate::wire::{Answered, Wire};
use crate::{run, within};

/// A trace of real sockets, written down as the page does.
struct Recorded {
    trace: Trace,
    start: Instant,
}

impl Recorded {
    fn new() -> Self {
        Self { trace: Trace::default(), start: Instant::now() }
    }

    fn happens(&mut self, socket: u64, fact: Fact) {
        self.trace.push(self.start.elapsed().as_secs_f64() * 1000.0, SocketId(socket), fact);
    }

    async fn start(&mut self, socket: u64, wire: &mut Wire, operation: Operation) -> CallId {
        let id = wire.start(operation.clone()).await;
        self.happens(socket, Fact::Called(Call { id, operation }));
        id
    }

    async fn answer(&mut self, socket: u64, wire: &mut Wire, id: CallId) -> Result<Answered, Failure> {
        let answer = wire.answer(id).await;
        self.happens(
            socket,
            match answer.clone() {
                Ok(Answered::Bytes(bytes)) => Fact::Received { id, bytes: bytes.into() },
                Ok(Answered::Return(value)) => Fact::Returned { id: Some(id), value },
                Err(failure) => Fact::Failed { id: Some(id), failure },
            },
        );
        answer
    }

    async fn call(&mut self, socket: u64, wire: &mut Wire, operation: Operation) -> Result<Answered, Failure> {
        let id = self.start(socket, wire, operation).await;
        self.answer(socket, wire, id).await
    }

    async fn connect(&mut self, socket: u64, wire: &mut Wire, port: u16) {
        let operation = Operation::Connect { host: "127.0.0.1".to_owned(), port: port.into(), timeout_ms: None };
        self.call(socket, wire, operation).await.expect("somebody listens there");
    }

    async fn send(&mut self, socket: u64, wire: &mut Wire, bytes: &[u8]) {
        let operation = Operation::Send { flags: vec![], timeout_ms: None };
        let id = wire.start_send(operation.clone(), bytes).await;
        self.happens(socket, Fact::Called(Call { id, operation }));
        self.happens(socket, Fact::Sending { id: Some(id), bytes: bytes.into() });
        let sent = self.answer(socket, wire, id).await;
        assert_eq!(sent, Ok(Answered::Return(Return::Send { sent: bytes.len() as u64 })));
    }

    /// Receives to the end of the stream.
    async fn receive_all(&mut self, socket: u64, wire: &mut Wire) -> Vec<u8> {
        let mut received = vec![];
        while let Answered::Bytes(bytes) = self.call(socket, wire, recv()).await.expect("nobody resets") {
            received.extend(bytes);
        }
        received
    }
}

fn recv() -> Operation {
    Operation::Recv { max: 65_536, flags: vec![], timeout_ms: None }
}

/// A file for tshark.
struct Capture {
    path: PathBuf,
}

impl Capture {
    fn of(trace: &Trace, name: &str) -> Self {
        let opened = Moment::parse("2026-11-25T22:30:31.123Z").expect("it is a moment");
        let file: Vec<u8> = pcapng(opened, trace).collect::<Vec<_>>().concat();
        let path = directory(name).join("recording.pcapng");
        std::fs::write(&path, file).expect("target can be written to");
        Self { path }
    }

    fn tshark(&self, arguments: &[&str]) -> String {
        let checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-n", "-r"];
        said("tshark", &[&checks[..], &[text(&self.path)], arguments].concat())
    }

    /// The packets that fit a filter, one line for each: a column for each of `fields`.
    fn packets(&self, filter: &str, fields: &[&str]) -> Vec<String> {
        let fields: Vec<&str> = fields.iter().flat_map(|field| ["-e", field]).collect();
        let lines = self.tshark(&[&["-Y", filter, "-T", "fields"], fields.as_slice()].concat());
        lines.lines().map(|line| line.trim().to_owned()).collect()
    }

    /// Asserts that there is nothing to be remarked on: whatever an analysis may find has a name that begins so.
    fn assert_clean(&self) {
        let all = self.packets("frame", &["frame.number"]).len();
        assert!(all > 0, "there are packets");
        assert_eq!(self.packets("tcp.checksum.status == 1", &["frame.number"]).len(), all, "each checksum is looked at, and right");
        let over_ipv4 = self.packets("ip", &["frame.number"]).len();
        assert_eq!(self.packets("ip.checksum.status == 1", &["frame.number"]).len(), over_ipv4);
        let found = self.packets("_ws.malformed or tcp.analysis.flags or _ws.short", &["frame.number", "_ws.expert.message"]);
        assert_eq!(found, Vec::<String>::new());
    }

    /// How many conversations there are.
    fn conversations(&self) -> usize {
        self.packets("tcp.flags.syn == 1 and tcp.flags.ack == 0", &["tcp.stream"]).len()
    }

    /// The bytes of a conversation: from the end that connected, and from the other.
    fn follow(&self, stream: usize) -> [Vec<u8>; 2] {
        let told = self.tshark(&["-q", "-z", &format!("follow,tcp,raw,{stream}")]);
        let mut sides = [vec![], vec![]];
        for line in told.lines().skip_while(|line| !line.starts_with("Node 1")).skip(1).filter(|line| !line.starts_with('=')) {
            let digits = line.trim_start_matches('\t').as_bytes().chunks(2);
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
            sides[usize::from(line.starts_with('\t'))].extend(digits.map(byte));
        }
        sides
    }

    /// Who ended what, in order: the port of whoever sent a FIN or an RST.
    fn ends(&self) -> Vec<(String, u16)> {
        let packets = self.packets("tcp.flags.fin == 1 or tcp.flags.reset == 1", &["tcp.flags.reset", "tcp.srcport"]);
        let read = |line: &String| {
            let (reset, port) = line.split_once('\t').expect("two columns");
            let is_reset = ["1", "True"].contains(&reset);
            (if is_reset { "RST" } else { "FIN" }.to_owned(), port.parse().expect("a port"))
        };
        packets.iter().map(read).collect()
    }
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} does not start ({error}); `cargo run -p tests` installs what is missing"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

/// The port of the end that connected, in the first conversation.
fn client_port(capture: &Capture) -> u16 {
    capture.packets("tcp.flags.syn == 1 and tcp.flags.ack == 0", &["tcp.srcport"])[0].parse().expect("a port")
}

#[test]
fn tshark_follows_both_ends_as_one_conversation() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut recorded = Recorded::new();
        let (_listening, listener, port) = Wire::listening(&relay, 5).await;
        let (mut client, mut server) = (Wire::socket(&relay).await, Wire::open(&relay).await);
        let accept = recorded.start(2, &mut server, Operation::Accept { listener, timeout_ms: None }).await;
        recorded.connect(3, &mut client, port).await;
        recorded.answer(2, &mut server, accept).await.expect("the client comes");

        let (question, answer) = (random_bytes(100_000, 1), random_bytes(70_001, 2));
        recorded.send(3, &mut client, b"GET / HTTP/1.0\r\n\r\n").await;
        recorded.send(3, &mut client, &question).await;
        recorded.call(3, &mut client, Operation::Shutdown { how: How::Write }).await.expect("it is connected");
        let asked = recorded.receive_all(2, &mut server).await;
        recorded.send(2, &mut server, &answer).await;
        recorded.call(2, &mut server, Operation::Close).await.expect("it is open");
        assert_eq!(recorded.receive_all(3, &mut client).await, answer);
        recorded.call(3, &mut client, Operation::Close).await.expect("it is open");

        let capture = Capture::of(&recorded.trace, "pcapng-both");
        capture.assert_clean();
        assert_eq!(capture.conversations(), 1);
        assert_eq!(capture.follow(0), [asked, answer]);
        assert_eq!(capture.ends(), [("FIN".to_owned(), client_port(&capture)), ("FIN".to_owned(), port)]);
        let times = capture.packets("frame.number == 1", &["frame.time_epoch"]);
        assert!(times[0].starts_with("1795645831."), "the trace's own time: {times:?}");
    });
}

#[test]
fn tshark_follows_one_end_to_the_reset() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut recorded = Recorded::new();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = listener.local_addr().expect("it is bound").port();
        let mut wire = Wire::socket(&relay).await;
        recorded.connect(1, &mut wire, port).await;
        let (mut peer, _) = listener.accept().await.expect("it comes");

        recorded.send(1, &mut wire, b"PING\r\n").await;
        within("bytes", peer.read_exact(&mut [0; 6])).await.expect("they come");
        peer.write_all(b"\x00\xff pong").await.expect("it is open");
        let answer = recorded.call(1, &mut wire, recv()).await.expect("it answers");
        recorded.send(1, &mut wire, b"once more").await;
        // Closed with bytes that it did not read.
        within("bytes", peer.readable()).await.expect("they come");
        drop(peer);
        let met = recorded.call(1, &mut wire, recv()).await;
        assert!(met.is_err(), "{met:?}");

        let capture = Capture::of(&recorded.trace, "pcapng-reset");
        capture.assert_clean();
        assert_eq!(answer, Answered::Bytes(b"\x00\xff pong".to_vec()));
        assert_eq!(capture.follow(0), [b"PING\r\nonce more".to_vec(), b"\x00\xff pong".to_vec()]);
        assert_eq!(capture.ends(), [("RST".to_owned(), port)]);
    });
}

/// The recording that the document shows.
fn documented() -> String {
    let document = std::fs::read_to_string(root().join("docs/recording.md")).expect("it can be read");
    let (_, after) = document.split_once("```jsonl\n").expect("it has an example");
    after.split_once("```").expect("which ends").0.to_owned()
}

fn opened(recording: &str) -> Trace {
    let mut reader = Reader::new(Bounds::default());
    reader.feed(recording.as_bytes()).and_then(|()| reader.finish()).unwrap_or_else(|mistake| panic!("{mistake}")).trace
}

#[test]
fn the_documents_recording_is_one_conversation() {
    let recording = documented();
    for fact in ["made", "called", "sending", "returned", "received", "failed", "told", "ended", "lost", "closed"] {
        assert!(recording.contains(&format!("\"{fact}\":")), "the example shows {fact}");
    }
    let capture = Capture::of(&opened(&recording), "pcapng-document");
    capture.assert_clean();
    assert_eq!(capture.follow(0), [b"PING\r\n\x00\xff".to_vec(), vec![]]);
    assert_eq!(capture.ends(), [("FIN".to_owned(), 8080)]);
    let comment = said("capinfos", &["-k", text(&capture.path)]);
    assert!(comment.contains("These packets were not captured"), "{comment}");
}

#[test]
fn ipv6_is_read_as_well_and_conversations_stay_apart() {
    let recording = documented();
    let over_ipv6 = recording.replace("127.0.0.1:", "[2001:db8::1]:");
    let capture = Capture::of(&opened(&over_ipv6), "pcapng-ipv6");
    capture.assert_clean();
    assert_eq!(capture.packets("ipv6", &["frame.number"]).len(), capture.packets("tcp", &["frame.number"]).len());
    assert_eq!(capture.follow(0), [b"PING\r\n\x00\xff".to_vec(), vec![]]);

    let mut trace = Trace::default();
    for (index, peer) in ["127.0.0.1:1000", "[::ffff:127.0.0.1]:1001", "[::1]:1002", "[fe80::1%2]:1003"].iter().enumerate() {
        let peer: std::net::SocketAddr = peer.parse().expect("it is one");
        let value = Return::Connect { local: std::net::SocketAddr::new(peer.ip(), 50_000), peer };
        trace.push(1.0, SocketId(index as u64), Fact::Returned { id: Some(CallId(1)), value });
    }
    for index in 0..4_u8 {
        trace.push(2.0, SocketId(index.into()), Fact::Received { id: CallId(2), bytes: vec![index; 3000].into() });
    }
    let capture = Capture::of(&trace, "pcapng-apart");
    capture.assert_clean();
    assert_eq!(
        (capture.conversations(), capture.packets("ip", &["frame.number"]).len() * 2),
        (4, capture.packets("tcp", &["frame.number"]).len())
    );
    for index in 0..4_u8 {
        assert_eq!(capture.follow(index.into()), [vec![], vec![index; 3000]]);
    }
}
