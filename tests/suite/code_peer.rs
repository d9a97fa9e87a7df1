//! The other end of a program: a real peer that holds it to what the session sent and received.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::code_recording::Recording;
use crate::code_running::{Language, Running};
use crate::within;

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

    /// Sends bytes.
    pub(crate) async fn sends(&mut self, bytes: &[u8]) {
        within("room for bytes", self.0.write_all(bytes)).await.expect("it receives");
    }

    /// Finishes sending.
    pub(crate) async fn ends(&mut self) {
        self.0.shutdown().await.expect("it can be ended");
    }
}

/// Runs what `record` makes of the address of a peer, in each language, against what `plays` that peer. The program must receive what the session received; the
/// other lines of each program.
pub(crate) async fn programs(record: impl Fn(SocketAddr) -> Recording, plays: impl AsyncFn(&mut Other)) -> Vec<Vec<String>> {
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
