//! A connected socket that must not notice what happens to others, and one whose peer takes no more.

use protocol::{Operation, Return};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::relay_process::RelayProcess;
use crate::wire::{Answered, Wire};
use crate::within;

/// A socket of a page, and its peer.
pub(crate) struct Bystander {
    wire: Wire,
    peer: TcpStream,
}

impl Bystander {
    /// Connects one.
    pub(crate) async fn new(relay: &RelayProcess) -> Self {
        let (wire, peer) = connected(relay).await;
        Self { wire, peer }
    }

    /// Bytes go both ways.
    pub(crate) async fn is_well(&mut self) {
        assert_eq!(self.wire.send(b"to the peer").await, Ok(11));
        let mut bytes = [0; 11];
        within("bytes", self.peer.read_exact(&mut bytes)).await.expect("they come");
        assert_eq!(&bytes, b"to the peer");
        self.peer.write_all(b"to the page").await.expect("it is open");
        assert_eq!(self.wire.recv_all(11).await, Ok(b"to the page".to_vec()));
    }

    /// Bytes still go both ways, up to an end in order.
    pub(crate) async fn goes_on(mut self) {
        self.is_well().await;
        self.wire.close().await;
    }
}

/// A socket that is connected, and its peer.
pub(crate) async fn connected(relay: &RelayProcess) -> (Wire, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let wire = Wire::connected(relay, listener.local_addr().expect("it is bound").port()).await;
    let (peer, _) = within("connection", listener.accept()).await.expect("it comes");
    (wire, peer)
}

/// Sends until the kernel takes no more for a while.
pub(crate) async fn fill(wire: &mut Wire) {
    let block = vec![6; 256 << 10];
    loop {
        let id = wire.start_send(Operation::Send { flags: vec![], timeout_ms: Some(200) }, &block).await;
        match wire.answer(id).await {
            Ok(Answered::Return(Return::Send { sent })) if sent == block.len() as u64 => {}
            _ => return,
        }
    }
}
