//! A native client of the wire: one WebSocket, one socket.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use protocol::{
    Answer, Arrival, CallId, Conversation, EndCause, Event, Failure, Family, Hello, How, Info, ListenerId, Message, Name, Operation,
    RecvFlag, Return, SOCKET_PATH, SUBPROTOCOL, TOKEN_PREFIX,
};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};

use crate::relay_process::RelayProcess;
use crate::within;

/// A WebSocket to the relay.
pub(crate) struct Wire {
    stream: WebSocketStream<TcpStream>,
    conversation: Conversation,
    answers: HashMap<CallId, Result<Answered, Failure>>,
    bare: VecDeque<Result<u64, Failure>>,
    infos: VecDeque<(CallId, Info)>,
    /// What the relay said of itself.
    pub(crate) hello: Hello,
}

/// How a call succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// By a return.
    Return(Return),
    /// By the bytes of a `recv`.
    Bytes(Vec<u8>),
}

/// How the relay ended a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// What it said, where it was not asked to end.
    pub(crate) said: Option<(EndCause, String)>,
    /// The code of the close frame; absent where the connection was cut.
    pub(crate) code: Option<u16>,
}

/// The handshake that a page makes.
pub(crate) fn handshake(relay: &RelayProcess) -> Request {
    handshake_offering(relay, &format!("{SUBPROTOCOL}, {TOKEN_PREFIX}{}", relay.token))
}

/// A handshake that offers these subprotocols.
pub(crate) fn handshake_offering(relay: &RelayProcess, subprotocols: &str) -> Request {
    handshake_with(relay.port, subprotocols)
}

/// A handshake with the relay on this port.
pub(crate) fn handshake_with(port: u16, subprotocols: &str) -> Request {
    let mut request = format!("ws://127.0.0.1:{port}{SOCKET_PATH}").into_client_request().expect("the address is right");
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_str(subprotocols).expect("it is text"));
    request
}

/// Opens a WebSocket; fails where the relay refuses the upgrade.
pub(crate) async fn upgrade(relay: &RelayProcess, request: Request) -> Result<WebSocketStream<TcpStream>, Error> {
    upgrade_at(relay.port, request).await
}

async fn upgrade_at(port: u16, request: Request) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the relay listens");
    stream.set_nodelay(true).expect("the option can be set");
    within("handshake", tokio_tungstenite::client_async(request, stream)).await.map(|(stream, _response)| stream)
}

impl Wire {
    /// Opens a WebSocket and waits for the relay's hello.
    pub(crate) async fn open(relay: &RelayProcess) -> Self {
        Self::open_at(relay.port, &relay.token).await
    }

    /// Opens a WebSocket to a relay, of whichever process, and waits for its hello.
    pub(crate) async fn open_at(port: u16, token: &str) -> Self {
        let request = handshake_with(port, &format!("{SUBPROTOCOL}, {TOKEN_PREFIX}{token}"));
        let mut stream = upgrade_at(port, request).await.expect("the relay lets us in");
        let frame = within("hello", stream.next()).await.expect("a first frame").expect("a good frame");
        let Ok(Message::Event(Event::Hello(hello))) = serde_json::from_str(frame.to_text().expect("text")) else {
            panic!("the first frame is no hello: {frame:?}");
        };
        Self { stream, conversation: Conversation::new(), answers: HashMap::new(), bare: VecDeque::new(), infos: VecDeque::new(), hello }
    }

    /// A WebSocket with an IPv4 socket.
    pub(crate) async fn socket(relay: &RelayProcess) -> Self {
        Self::socket_at(relay.port, &relay.token).await
    }

    async fn socket_at(port: u16, token: &str) -> Self {
        let mut wire = Self::open_at(port, token).await;
        assert_eq!(wire.call(Operation::Socket { family: Family::Inet }).await, Ok(Return::Socket));
        wire
    }

    /// A socket that is connected to a port of 127.0.0.1.
    pub(crate) async fn connected(relay: &RelayProcess, port: u16) -> Self {
        Self::connected_at(relay.port, &relay.token, port).await
    }

    /// The same, of a relay that is reached at another port than its own.
    pub(crate) async fn connected_at(relay_port: u16, token: &str, port: u16) -> Self {
        let mut wire = Self::socket_at(relay_port, token).await;
        wire.connect("127.0.0.1", port).await.expect("somebody listens");
        wire
    }

    /// A socket that listens on a free port of 127.0.0.1, its listener's id, and the port.
    pub(crate) async fn listening(relay: &RelayProcess, backlog: i32) -> (Self, ListenerId, u16) {
        let mut wire = Self::socket(relay).await;
        wire.bind("127.0.0.1", 0).await.expect("port 0 is free");
        let (listener, local) = wire.listen(backlog).await.expect("it can listen");
        (wire, listener, local.port())
    }

    /// Issues a call and returns its id without waiting.
    pub(crate) async fn start(&mut self, operation: Operation) -> CallId {
        let call = self.conversation.call(operation, 0);
        self.frame(Frame::text(serde_json::to_string(&call).expect("a call is JSON"))).await;
        call.id
    }

    /// Waits for the answer to a call.
    pub(crate) async fn answer(&mut self, id: CallId) -> Result<Answered, Failure> {
        within("answer", async {
            loop {
                if let Some(answer) = self.answers.remove(&id) {
                    return answer;
                }
                let end = self.read().await;
                assert!(end.is_none() || self.answers.contains_key(&id), "the relay ended before it answered {id}: {end:?}");
            }
        })
        .await
    }

    /// Whether a call is answered already, after everything that has arrived was read.
    pub(crate) async fn is_answered(&mut self, id: CallId) -> bool {
        // A getsockname is carried out at once: what came before its answer has arrived.
        let probe = self.start(Operation::Getsockname).await;
        let _either = self.answer(probe).await;
        self.answers.contains_key(&id)
    }

    /// A call and its return.
    pub(crate) async fn call(&mut self, operation: Operation) -> Result<Return, Failure> {
        let id = self.start(operation).await;
        match self.answer(id).await? {
            Answered::Return(value) => Ok(value),
            Answered::Bytes(_) => panic!("bytes answered a call that is no recv"),
        }
    }

    /// `bind`, and the address that it got.
    pub(crate) async fn bind(&mut self, address: &str, port: u64) -> Result<SocketAddr, Failure> {
        match self.call(Operation::Bind { address: address.to_owned(), port }).await? {
            Return::Bind { local } => Ok(local),
            other => panic!("bind returned {other:?}"),
        }
    }

    /// `listen`, the listener and its address.
    pub(crate) async fn listen(&mut self, backlog: i32) -> Result<(ListenerId, SocketAddr), Failure> {
        match self.call(Operation::Listen { backlog }).await? {
            Return::Listen { listener, local, .. } => Ok((listener, local)),
            other => panic!("listen returned {other:?}"),
        }
    }

    /// `accept`, the addresses of both ends: ours, the peer's.
    pub(crate) async fn accept(&mut self, listener: ListenerId) -> Result<(SocketAddr, SocketAddr), Failure> {
        match self.call(Operation::Accept { listener, timeout_ms: None }).await? {
            Return::Accept { local, peer } => Ok((local, peer)),
            other => panic!("accept returned {other:?}"),
        }
    }

    /// `connect`, the addresses of both ends: ours, the peer's.
    pub(crate) async fn connect(&mut self, host: &str, port: u16) -> Result<(SocketAddr, SocketAddr), Failure> {
        match self.call(Operation::Connect { host: host.to_owned(), port: port.into(), timeout_ms: None }).await? {
            Return::Connect { local, peer } => Ok((local, peer)),
            other => panic!("connect returned {other:?}"),
        }
    }

    /// Announces a `send` and sends its bytes, without waiting.
    pub(crate) async fn start_send(&mut self, operation: Operation, bytes: &[u8]) -> CallId {
        let call = self.conversation.call(operation, bytes.len());
        self.frame(Frame::text(serde_json::to_string(&call).expect("a call is JSON"))).await;
        self.frame(Frame::binary(bytes.to_vec())).await;
        call.id
    }

    /// An announced `send` with the defaults, and how many bytes the kernel took.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<u64, Failure> {
        let id = self.start_send(Operation::Send { flags: vec![], timeout_ms: None }, bytes).await;
        match self.answer(id).await? {
            Answered::Return(Return::Send { sent }) => Ok(sent),
            other => panic!("send returned {other:?}"),
        }
    }

    /// A bare send, without waiting.
    pub(crate) async fn send_bare(&mut self, bytes: &[u8]) {
        self.conversation.bare_send(bytes.len());
        self.frame(Frame::binary(bytes.to_vec())).await;
    }

    /// Waits until all bare sends are acknowledged.
    pub(crate) async fn bare_acknowledged(&mut self) -> Result<(), Failure> {
        within("acknowledgement", async {
            loop {
                while let Some(answer) = self.bare.pop_front() {
                    answer?;
                }
                if self.conversation.unacknowledged_bytes() == 0 {
                    return Ok(());
                }
                assert_eq!(self.read().await, None, "the relay ended before it acknowledged");
            }
        })
        .await
    }

    /// Issues a `recv` without waiting.
    pub(crate) async fn start_recv(&mut self, max: u64) -> CallId {
        self.start(Operation::Recv { max, flags: vec![], timeout_ms: None }).await
    }

    /// A `recv`; empty is the end of the stream.
    pub(crate) async fn recv(&mut self, max: u64) -> Result<Vec<u8>, Failure> {
        let id = self.start_recv(max).await;
        self.received(id).await
    }

    /// A `recv` with flags.
    pub(crate) async fn recv_with(&mut self, max: u64, flags: &[RecvFlag]) -> Result<Vec<u8>, Failure> {
        let id = self.start(Operation::Recv { max, flags: flags.to_vec(), timeout_ms: None }).await;
        self.received(id).await
    }

    /// What a `recv` brought; empty is the end of the stream.
    pub(crate) async fn received(&mut self, id: CallId) -> Result<Vec<u8>, Failure> {
        match self.answer(id).await? {
            Answered::Bytes(bytes) => Ok(bytes),
            Answered::Return(Return::Recv { eof: true }) => Ok(vec![]),
            other => panic!("recv returned {other:?}"),
        }
    }

    /// `recv`s until `len` bytes are there, or the end of the stream.
    pub(crate) async fn recv_all(&mut self, len: usize) -> Result<Vec<u8>, Failure> {
        let mut all = Vec::new();
        while all.len() < len {
            let bytes = self.recv((len - all.len()) as u64).await?;
            if bytes.is_empty() {
                break;
            }
            all.extend_from_slice(&bytes);
        }
        Ok(all)
    }

    /// `shutdown` of one or both directions.
    pub(crate) async fn shutdown(&mut self, how: How) -> Result<(), Failure> {
        assert_eq!(self.call(Operation::Shutdown { how }).await?, Return::Shutdown);
        Ok(())
    }

    /// `close`, and the end of the WebSocket after it.
    pub(crate) async fn close(mut self) {
        assert_eq!(self.call(Operation::Close).await, Ok(Return::Close));
        assert_eq!(self.ended().await, End { said: None, code: Some(1000) });
    }

    /// What the kernel knows of the socket now.
    pub(crate) async fn info(&mut self) -> Result<Info, Failure> {
        match self.call(Operation::Info { interval_ms: None, local: None, peer: None }).await? {
            Return::Info { info } => Ok(*info),
            other => panic!("info returned {other:?}"),
        }
    }

    /// The next of what an `info` with an interval tells, with the id of its call.
    pub(crate) async fn next_info(&mut self) -> (CallId, Info) {
        within("event of info", async {
            loop {
                if let Some(info) = self.infos.pop_front() {
                    return info;
                }
                assert_eq!(self.read().await, None, "the relay ended");
            }
        })
        .await
    }

    /// The connection beneath the WebSocket, for bytes that are no frame.
    pub(crate) fn connection(&mut self) -> &mut TcpStream {
        self.stream.get_mut()
    }

    /// Vanishes with a reset, as a page does that is killed while something is unread.
    pub(crate) fn reset(mut self) {
        self.connection().set_zero_linger().expect("the option can be set");
    }

    /// Sends any frame.
    pub(crate) async fn frame(&mut self, frame: Frame) {
        within("frame that the relay takes", self.stream.send(frame)).await.expect("the WebSocket is open");
    }

    /// Sends a frame as long as the relay takes any; whether it did before `patience` was over.
    pub(crate) async fn try_send_bare(&mut self, bytes: &[u8], patience: Duration) -> bool {
        self.conversation.bare_send(bytes.len());
        tokio::time::timeout(patience, self.stream.send(Frame::binary(bytes.to_vec()))).await.is_ok_and(|sent| sent.is_ok())
    }

    /// Waits for the end of the WebSocket, whatever comes before it.
    pub(crate) async fn ended(&mut self) -> End {
        within("end of the WebSocket", async {
            loop {
                if let Some(end) = self.read().await {
                    return end;
                }
            }
        })
        .await
    }

    /// Reads the next text frame as it stands, for calls that [`Conversation`] cannot make.
    pub(crate) async fn raw_text(&mut self) -> String {
        loop {
            match within("text frame", self.stream.next()).await {
                Some(Ok(Frame::Text(text))) => return text.as_str().to_owned(),
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                other => panic!("no text: {other:?}"),
            }
        }
    }

    /// Reads one frame. The end, where it was that.
    async fn read(&mut self) -> Option<End> {
        match self.stream.next().await {
            Some(Ok(Frame::Text(text))) => return self.text(text.as_str()).await,
            Some(Ok(Frame::Binary(bytes))) => {
                let id = self.conversation.binary(bytes.len()).expect("a recv asked for it");
                self.answers.insert(id, Ok(Answered::Bytes(bytes.to_vec())));
            }
            Some(Ok(Frame::Close(close))) => return Some(End { said: None, code: close.map(|close| close.code.into()) }),
            Some(Ok(_ping)) => {}
            Some(Err(_)) | None => return Some(End { said: None, code: None }),
        }
        None
    }

    async fn text(&mut self, text: &str) -> Option<End> {
        match self.conversation.text(text).expect("a frame that fits") {
            Arrival::Answer(id, result) => {
                self.answers.insert(id, result.map(Answered::Return));
            }
            Arrival::BareSend(result) => self.bare.push_back(result),
            Arrival::Event(Event::Ended { cause, text }) => {
                let code = match self.stream.next().await {
                    Some(Ok(Frame::Close(close))) => close.map(|close| close.code.into()),
                    _ => None,
                };
                return Some(End { said: Some((cause, text)), code });
            }
            Arrival::Event(Event::Info { id, info }) => self.infos.push_back((id, *info)),
            Arrival::Event(event @ Event::Hello(_)) => panic!("a second hello: {event:?}"),
        }
        None
    }
}

/// The name of the failure of what must fail.
pub(crate) fn error_of<T: std::fmt::Debug>(result: Result<T, Failure>) -> Name {
    result.expect_err("it must fail").name
}

/// An answer that is to be found beside others.
pub(crate) fn is_answer_to(text: &str, id: u64) -> bool {
    matches!(serde_json::from_str(text), Ok(Message::Answer(Answer { id: Some(found), .. })) if found == CallId(id))
}
