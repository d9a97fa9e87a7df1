//! The lives that sockets lead in the soak: how one is made, what it says and hears, how it ends. Chance decides, from a seed.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use protocol::{How, Name, Operation, OptionValue, Return, Rule, SocketOption};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;

use crate::peers::random_bytes;
use crate::relay_process::RelayProcess;
use crate::wire::{Answered, Wire};
use crate::{stand_still, within};

/// How many recvs a page keeps under way.
const RECVS: usize = 4;

/// What a narrow socket has as its buffers, so that a few kilobytes fill them.
const NARROW_BYTES: u32 = 4096;

/// Chance with a seed (xorshift64, Marsaglia 2003).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        // Seeds that are near each other must not begin alike.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Bytes to send: often few, sometimes as many as `1 << most_bits`.
    fn bytes(&mut self, most_bits: usize) -> Vec<u8> {
        let most = 1 << (4 + self.below(most_bits - 3));
        let len = 1 + self.below(most);
        random_bytes(len, self.next())
    }

    /// How long somebody stands still: as a rule not at all.
    fn stall(&mut self) -> Duration {
        if self.below(4) == 0 { Duration::from_millis(self.below(1000) as u64) } else { Duration::ZERO }
    }
}

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// The page ends its direction first, and the peer answers after that.
    HalfClosedByPage,
    /// The peer ends its direction first, and the page answers after that.
    HalfClosedByPeer,
    /// `abort`.
    ResetByPage,
    /// SO_LINGER 0 and close.
    ResetByPeer,
    /// The page's WebSocket is dropped.
    PageVanishes,
    /// It is reset.
    PageIsKilled,
    /// It is cut in the midst of a frame.
    PageIsCut,
    /// The peer closes, with something unread or not.
    PeerVanishes,
}

impl Ending {
    const ALL: [Self; 8] = [
        Self::HalfClosedByPage,
        Self::HalfClosedByPeer,
        Self::ResetByPage,
        Self::ResetByPeer,
        Self::PageVanishes,
        Self::PageIsKilled,
        Self::PageIsCut,
        Self::PeerVanishes,
    ];

    /// Whether every byte must arrive.
    fn is_orderly(self) -> bool {
        matches!(self, Self::HalfClosedByPage | Self::HalfClosedByPeer)
    }

    /// Whether the peer cuts it.
    fn is_by_peer(self) -> bool {
        matches!(self, Self::ResetByPeer | Self::PeerVanishes)
    }

    /// Whether the page does.
    fn is_by_page(self) -> bool {
        !self.is_orderly() && !self.is_by_peer()
    }
}

/// What went one way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way {
    /// What there was to send, in orderly lives.
    pub(crate) sent: u64,
    /// What of it arrived.
    pub(crate) arrived: u64,
    /// What arrived in lives that were cut.
    pub(crate) arrived_of_cut: u64,
}

/// What became of one life.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) ending: Ending,
    pub(crate) up: Way,
    pub(crate) down: Way,
}

/// The bytes that arrived, as far as they must be kept to account for them.
#[derive(Default)]
struct Arrived {
    len: usize,
    checksum: crc32fast::Hasher,
}

impl Arrived {
    fn add(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
        self.checksum.update(bytes);
    }

    /// Holds what arrived against what was sent: all of it in an orderly life, the beginning of it in one that was cut.
    fn account(self, sent: &[u8], ending: Ending) -> Way {
        assert!(self.len <= sent.len(), "{ending:?}: {} bytes arrived of {}", self.len, sent.len());
        assert_eq!(self.checksum.finalize(), crc32fast::hash(&sent[..self.len]), "{ending:?}: the checksum of {} bytes", self.len);
        let arrived = self.len as u64;
        if ending.is_orderly() {
            assert_eq!(self.len, sent.len(), "{ending:?}: bytes that arrived");
            Way { sent: arrived, arrived, arrived_of_cut: 0 }
        } else {
            Way { arrived_of_cut: arrived, ..Way::default() }
        }
    }
}

/// Where lives are led: one after the other, on a listener of its own.
pub(crate) struct Place {
    relay: Arc<RelayProcess>,
    /// One of its own: those who close a thousand connections a second leave no free port of one address.
    address: Ipv4Addr,
    listeners: [TcpListener; 2],
    /// Browsers shake few hands at a time.
    turns: Arc<Semaphore>,
    chance: Chance,
}

impl Place {
    pub(crate) fn new(relay: Arc<RelayProcess>, index: u16, turns: Arc<Semaphore>, seed: u64) -> Self {
        let [high, low] = index.to_be_bytes();
        let address = Ipv4Addr::new(127, 1, high, low);
        let listeners = [false, true].map(|narrow| listener(address, narrow, relay.port));
        Self { relay, address, listeners, turns, chance: Chance::new(seed.wrapping_add(index.into())) }
    }

    /// Leads one life, and accounts for every byte of it.
    pub(crate) async fn live(&mut self) -> Account {
        let ending = Ending::ALL[self.chance.below(Ending::ALL.len())];
        // A narrow way is a slow one.
        let (made, most_bits) = match self.chance.below(4) {
            0 => (self.accepted().await, 18),
            1 => (self.connected(true).await, 14),
            _ => (self.connected(false).await, 18),
        };
        let (page, peer, listening) = made;
        let (up, down) = (self.chance.bytes(most_bits), self.chance.bytes(most_bits));
        // Where it is cut: somewhere on the way.
        let cut = (self.chance.below(up.len() + 1), self.chance.below(down.len() + 1));
        let part = 1 + up.len() / (1 + self.chance.below(16));
        let stalls = (self.chance.stall(), self.chance.stall());
        let page = lead_page(Page { wire: page, up: &up, cut: cut.0, part, stall: stalls.0, ending });
        let peer = lead_peer(peer, &down, cut.1, stalls.1, ending);
        let (arrived_down, arrived_up) = tokio::join!(page, peer);
        if let Some(listening) = listening {
            listening.close().await;
        }
        Account { ending, up: arrived_up.account(&up, ending), down: arrived_down.account(&down, ending) }
    }

    async fn socket(&self) -> Wire {
        let _turn = self.turns.acquire().await.expect("it is never closed");
        Wire::socket(&self.relay).await
    }

    /// A page that is the client.
    async fn connected(&mut self, narrow: bool) -> (Wire, TcpStream, Option<Wire>) {
        let mut page = self.socket().await;
        if narrow {
            let value = OptionValue::Number(NARROW_BYTES.into());
            page.call(Operation::Setsockopt { option: SocketOption::SO_RCVBUF, value }).await.expect("the option can be set");
        }
        let listener = &self.listeners[usize::from(narrow)];
        page.connect(&self.address.to_string(), listener.local_addr().expect("it is bound").port()).await.expect("it listens");
        (page, within("connection", listener.accept()).await.expect("it comes").0, None)
    }

    /// A page that is the server, and its listener.
    async fn accepted(&mut self) -> (Wire, TcpStream, Option<Wire>) {
        let mut listening = loop {
            let mut wire = self.socket().await;
            match wire.bind(&self.address.to_string(), 0).await {
                Ok(_) => break wire,
                // The system chose the relay's own port, which is free on this address.
                Err(failure) => assert_eq!(failure.rule, Some(Rule::OwnPort), "{failure}"),
            }
        };
        let (listener, local) = listening.listen(1).await.expect("it can listen");
        let peer = within("connection", TcpStream::connect(local)).await.expect("it listens");
        let mut page = {
            let _turn = self.turns.acquire().await.expect("it is never closed");
            Wire::open(&self.relay).await
        };
        page.accept(listener).await.expect("one waits");
        (page, peer, Some(listening))
    }
}

/// A peer's listener.
fn listener(address: Ipv4Addr, narrow: bool, relay_port: u16) -> TcpListener {
    loop {
        let socket = TcpSocket::new_v4().expect("descriptors enough: see ulimit -n");
        if narrow {
            socket.set_recv_buffer_size(NARROW_BYTES).expect("the option can be set");
            socket.set_send_buffer_size(NARROW_BYTES).expect("the option can be set");
        }
        socket.bind((address, 0).into()).expect("port 0 is free");
        // The system may choose the relay's own port, which is free on this address, and to which the relay connects nobody.
        if socket.local_addr().expect("it is bound").port() != relay_port {
            return socket.listen(8).expect("it can listen");
        }
    }
}

/// The page's side of a life.
struct Page<'a> {
    wire: Wire,
    up: &'a [u8],
    /// After how many bytes a cut comes, where one does.
    cut: usize,
    /// The most that one send carries.
    part: usize,
    stall: Duration,
    ending: Ending,
}

async fn lead_page(Page { mut wire, up, cut, part, stall, ending }: Page<'_>) -> Arrived {
    use Ending::*;
    let mut hearing = Hearing::start(&mut wire).await;
    let whole = if ending.is_by_page() { &up[..cut] } else { up };
    // Who answers keeps half for after the end of the other direction.
    let (before, after) = whole.split_at(if ending == HalfClosedByPeer { whole.len() / 2 } else { whole.len() });
    say(&mut wire, before, part, ending).await;
    stand_still(stall).await;
    match ending {
        HalfClosedByPage => wire.shutdown(How::Write).await.expect("it is connected"),
        ResetByPage => {
            hearing.take(&mut wire, 1).await;
            assert_eq!(wire.call(Operation::Abort).await, Ok(Return::Abort));
            return hearing.arrived;
        }
        PageVanishes => return hearing.arrived,
        PageIsKilled => {
            wire.reset();
            return hearing.arrived;
        }
        PageIsCut => {
            wire.connection().write_all(&[0x82, 0xfe, 0xff]).await.expect("it is open");
            return hearing.arrived;
        }
        HalfClosedByPeer | ResetByPeer | PeerVanishes => {}
    }
    hearing.take(&mut wire, usize::MAX).await;
    if ending == HalfClosedByPeer {
        say(&mut wire, after, part, ending).await;
        wire.shutdown(How::Write).await.expect("it is connected");
    }
    wire.close().await;
    hearing.arrived
}

/// Sends, until all is sent or the peer is gone.
async fn say(wire: &mut Wire, bytes: &[u8], part: usize, ending: Ending) {
    for block in bytes.chunks(part) {
        match wire.send(block).await {
            Ok(sent) if sent == block.len() as u64 => {}
            Ok(sent) => assert!(ending.is_by_peer(), "{ending:?}: {sent} bytes of {} sent", block.len()),
            Err(failure) => {
                assert!(ending.is_by_peer() && matches!(failure.name, Name::ECONNRESET | Name::EPIPE), "{ending:?}: {failure}");
                return;
            }
        }
    }
}

/// What a page hears, with several recvs under way.
struct Hearing {
    recvs: std::collections::VecDeque<protocol::CallId>,
    arrived: Arrived,
}

impl Hearing {
    async fn start(wire: &mut Wire) -> Self {
        let mut recvs = std::collections::VecDeque::new();
        for _ in 0..RECVS {
            recvs.push_back(wire.start_recv(1 << 16).await);
        }
        Self { recvs, arrived: Arrived::default() }
    }

    /// Takes what so many recvs bring, or all up to the end of the stream.
    async fn take(&mut self, wire: &mut Wire, recvs: usize) {
        for _ in 0..recvs {
            let Some(recv) = self.recvs.pop_front() else { return };
            match wire.answer(recv).await {
                Ok(Answered::Bytes(bytes)) => self.arrived.add(&bytes),
                // The end, or a reset; of which the life of the peer tells which it has to be.
                Ok(Answered::Return(_)) | Err(_) => return,
            }
            self.recvs.push_back(wire.start_recv(1 << 16).await);
        }
    }
}

async fn lead_peer(peer: TcpStream, down: &[u8], cut: usize, stall: Duration, ending: Ending) -> Arrived {
    use Ending::*;
    let whole = if ending.is_by_peer() { &down[..cut] } else { down };
    let (before, after) = whole.split_at(if ending == HalfClosedByPage { whole.len() / 2 } else { whole.len() });
    let (mut reading, mut writing) = peer.into_split();
    let mut arrived = Arrived::default();
    let hear = async {
        stand_still(stall).await;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match within("bytes or an end at the peer", reading.read(&mut buffer)).await {
                Ok(0) => break,
                Ok(len) => arrived.add(&buffer[..len]),
                Err(error) => {
                    assert!(!ending.is_orderly(), "{ending:?}: {error}");
                    break;
                }
            }
        }
    };
    let say = async {
        let said = within("the page to take bytes", writing.write_all(before)).await;
        assert!(said.is_ok() || !ending.is_orderly(), "{ending:?}: {said:?}");
        if ending == HalfClosedByPeer {
            writing.shutdown().await.expect("it is connected");
        }
    };
    if ending.is_by_peer() {
        // What it hears until it has said its part.
        tokio::select! {
            biased;
            () = say => {}
            () = hear => {}
        }
        let peer = reading.reunite(writing).expect("two halves of one");
        if ending == ResetByPeer {
            peer.set_zero_linger().expect("the option can be set");
        }
        return arrived;
    }
    tokio::join!(hear, say);
    if ending == HalfClosedByPage {
        writing.write_all(after).await.expect("the page hears");
    }
    arrived
}
