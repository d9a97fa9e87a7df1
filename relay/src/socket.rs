//! One socket: the task that reads the page's calls from a WebSocket, carries them out on one descriptor, and answers.
//!
//! The task does nothing that was not called for. It reads from the descriptor only while a `recv` waits, it accepts only while an `accept` waits, and it
//! reads no further calls while the page leaves the answers to earlier ones lying.

mod account;
mod calls;
mod farewell;
mod outbox;
mod sides;
mod timers;
mod transfers;

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures::StreamExt as _;
use protocol::{BadCall, Call, CallId, EndCause, Event, Failure, Hello, Name, Operation, RecvFlag, Return, SendFlag, decode_call, limits};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{self, Sleep},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Bytes, Message as Frame, protocol::WebSocketConfig},
};
use tokio_util::sync::WaitForCancellationFutureOwned;

use self::{
    account::Account,
    calls::{Progress, Setup},
    outbox::Outbox,
    sides::Side,
};
use crate::{
    Relay,
    kernel::Descriptor,
    lanes::{Lanes, Prompt, Recv, SendFlags, Waiting, Work, Write},
};

/// The WebSocket's own buffers, small: there is one of these for each socket.
pub(crate) fn websocket_config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(16 << 10)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * limits::MAX_BINARY_FRAME_BYTES)
        .max_message_size(Some(limits::MAX_BINARY_FRAME_BYTES))
        .max_frame_size(Some(limits::MAX_BINARY_FRAME_BYTES))
}

/// Says why, and closes: for a WebSocket that gets no socket.
pub(crate) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(page: WebSocketStream<S>, relay: Arc<Relay>, cause: EndCause, text: &str) {
    let task = Task::new(page, relay);
    task.finish(End::Ended(cause, text.to_owned())).await;
}

/// Holds one socket for one page, until either is done.
pub(crate) async fn run<S: AsyncRead + AsyncWrite + Unpin>(page: WebSocketStream<S>, relay: Arc<Relay>) {
    let mut task = Task::new(page, relay);
    task.outbox.event(Event::Hello(Hello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: std::env::consts::OS.to_owned(),
        reach: task.relay.policy.to_string(),
    }));
    let end = task.live().await;
    tracing::debug!(?end, "the socket ends");
    task.outbox.account().ended();
    task.finish(end).await;
}

struct Task<S> {
    page: WebSocketStream<S>,
    relay: Arc<Relay>,
    descriptor: Option<Descriptor>,
    setup: Option<Setup>,
    lanes: Lanes,
    sides: Vec<Side>,
    outbox: Outbox,
    /// A `send` was called and its bytes are to follow.
    announced: Option<Announced>,
    /// An error that the kernel reported while a part was sent; the next call meets it.
    deferred: Option<io::Error>,
    timer: Pin<Box<Sleep>>,
    heard_at: Instant,
    pinged: bool,
    /// One direction is ended.
    half_closed: bool,
    /// When something last moved on the connection.
    progress_at: Instant,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    stopping: bool,
    /// Which direction is looked at first, alternately, so that neither starves the other.
    descriptor_first: bool,
}

enum Announced {
    Send {
        id: CallId,
        deadline: Option<Instant>,
        flags: SendFlags,
    },
    /// The call failed already; its bytes are dropped.
    Refused,
}

/// Why a socket ends.
#[derive(Debug)]
enum End {
    /// `close` or `abort` returned.
    Closed,
    /// The WebSocket is gone.
    PageGone,
    /// The relay ends it.
    Ended(EndCause, String),
}

enum Happening {
    Frame(Option<Result<Frame, tungstenite::Error>>),
    Readable,
    Writable,
    SetUp(Progress),
    Side(usize, Result<Return, Failure>),
    Timer,
    Stop,
    PageGone,
}

impl<S> Task<S> {
    fn new(page: WebSocketStream<S>, relay: Arc<Relay>) -> Self {
        let heard_at = Instant::now();
        Self {
            page,
            descriptor: None,
            setup: None,
            lanes: Lanes::default(),
            sides: Vec::new(),
            outbox: Outbox::new(Account::new(relay.metrics.clone())),
            announced: None,
            deferred: None,
            timer: Box::pin(time::sleep_until((heard_at + relay.ping_interval).into())),
            heard_at,
            pinged: false,
            half_closed: false,
            progress_at: heard_at,
            stop: Box::pin(relay.stop.clone().cancelled_owned()),
            stopping: false,
            descriptor_first: false,
            relay,
        }
    }

    fn reads_page(&self) -> bool {
        !self.stopping && self.outbox.has_room() && self.lanes.has_room()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Task<S> {
    async fn live(&mut self) -> End {
        loop {
            self.admit();
            if self.stopping && self.lanes.all_sent() {
                return End::Ended(EndCause::Shutdown, "the relay stops".to_owned());
            }
            self.set_timer();
            let end = match poll_fn(|context| self.poll(context)).await {
                Happening::Frame(frame) => self.on_frame(frame),
                Happening::Readable => {
                    self.try_recv();
                    None
                }
                Happening::Writable => self.try_write(),
                Happening::SetUp(progress) => {
                    self.go_on(progress);
                    None
                }
                Happening::Side(index, result) => {
                    self.end_side(index, result);
                    None
                }
                Happening::Timer => self.on_timer(),
                Happening::Stop => {
                    self.stopping = true;
                    None
                }
                Happening::PageGone => Some(End::PageGone),
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Waits for the next thing that happens, while the outbox empties.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happening> {
        if let Poll::Ready(Err(error)) = self.outbox.poll(&mut self.page, context) {
            tracing::debug!(%error, "the page takes nothing any more");
            return Poll::Ready(Happening::PageGone);
        }
        if !self.stopping && self.stop.as_mut().poll(context).is_ready() {
            return Poll::Ready(Happening::Stop);
        }
        if let Some(setup) = &mut self.setup
            && let Poll::Ready(progress) = setup.poll(self.descriptor.as_ref(), context)
        {
            return Poll::Ready(Happening::SetUp(progress));
        }
        if let Poll::Ready((index, result)) = self.poll_sides(context) {
            return Poll::Ready(Happening::Side(index, result));
        }
        self.descriptor_first = !self.descriptor_first;
        let first = if self.descriptor_first { self.poll_descriptor(context) } else { self.poll_page(context) };
        if first.is_ready() {
            return first;
        }
        let second = if self.descriptor_first { self.poll_page(context) } else { self.poll_descriptor(context) };
        if second.is_ready() {
            return second;
        }
        self.timer.as_mut().poll(context).map(|()| Happening::Timer)
    }

    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Happening> {
        if self.reads_page() { self.page.poll_next_unpin(context).map(Happening::Frame) } else { Poll::Pending }
    }

    fn poll_descriptor(&mut self, context: &mut Context<'_>) -> Poll<Happening> {
        let connecting = self.setup.is_some();
        if let Some(write) = self.lanes.next_write()
            && !connecting
        {
            let at_once = !matches!(write.work, Write::Send { flags: SendFlags { dontwait: false, .. }, .. });
            let ready =
                self.descriptor.as_ref().filter(|_| !at_once).map_or(Poll::Ready(Ok(())), |descriptor| descriptor.poll_writable(context));
            if ready.is_ready() {
                return Poll::Ready(Happening::Writable);
            }
        }
        // Bytes are taken from the kernel only when the page has taken those before.
        if let Some(recv) = self.lanes.next_recv()
            && self.outbox.is_empty()
        {
            let at_once = recv.work.dontwait || self.deferred.is_some();
            let ready =
                self.descriptor.as_ref().filter(|_| !at_once).map_or(Poll::Ready(Ok(())), |descriptor| descriptor.poll_readable(context));
            ready!(ready).ok();
            return Poll::Ready(Happening::Readable);
        }
        Poll::Pending
    }

    /// Takes a frame from the page. Returns why the socket ends, if it does.
    fn on_frame(&mut self, frame: Option<Result<Frame, tungstenite::Error>>) -> Option<End> {
        self.heard_at = Instant::now();
        self.pinged = false;
        match frame {
            Some(Ok(Frame::Text(text))) => self.on_text(&text),
            Some(Ok(Frame::Binary(bytes))) => self.on_bytes(bytes),
            Some(Ok(Frame::Ping(_))) => {
                self.outbox.flush_soon();
                None
            }
            Some(Ok(Frame::Pong(_) | Frame::Frame(_))) => None,
            Some(Err(tungstenite::Error::Capacity(error))) => {
                let text = format!("a frame holds at most {} bytes: {error}", limits::MAX_BINARY_FRAME_BYTES);
                Some(End::Ended(EndCause::Size, text))
            }
            Some(Err(error @ tungstenite::Error::Utf8(_))) => Some(End::Ended(EndCause::Text, error.to_string())),
            Some(Err(error @ tungstenite::Error::Protocol(_))) => Some(End::Ended(EndCause::Protocol, error.to_string())),
            Some(Ok(Frame::Close(_)) | Err(_)) | None => Some(End::PageGone),
        }
    }

    fn on_text(&mut self, text: &str) -> Option<End> {
        if text.len() > limits::MAX_TEXT_FRAME_BYTES {
            let text = format!("a text frame holds at most {} bytes, not {}", limits::MAX_TEXT_FRAME_BYTES, text.len());
            return Some(End::Ended(EndCause::Size, text));
        }
        if self.announced.is_some() {
            return Some(End::Ended(EndCause::Protocol, "a send call is followed by the binary frame that it sends".to_owned()));
        }
        match decode_call(text) {
            Ok(call) => self.on_call(call),
            Err(BadCall::Frame { text }) => Some(End::Ended(EndCause::Protocol, text)),
            Err(BadCall::Arguments { id, call, known, text }) => {
                if call == "send" {
                    self.announced = Some(Announced::Refused);
                }
                let name = if known { Name::EINVAL } else { Name::ENOSYS };
                self.outbox.answer(Some(id), Err(Failure::new(name, &call, text)));
                None
            }
        }
    }

    fn on_call(&mut self, Call { id, operation }: Call) -> Option<End> {
        let deadline =
            |timeout_ms: Option<u64>| timeout_ms.map(|timeout| Instant::now() + Duration::from_millis(timeout.min(limits::MAX_TIMEOUT_MS)));
        let (work, deadline) = match operation {
            Operation::Abort => return Some(self.abort(id)),
            Operation::Cancel { target } => {
                self.cancel(id, target);
                return None;
            }
            Operation::Send { flags, timeout_ms } => {
                let has = |flag| flags.contains(&flag);
                let flags = SendFlags { dontwait: has(SendFlag::Dontwait), more: has(SendFlag::More), oob: has(SendFlag::Oob) };
                self.announced = Some(Announced::Send { id, deadline: deadline(timeout_ms), flags });
                return None;
            }
            Operation::Socket { family } => (Work::Prompt(Prompt::Socket(family)), None),
            Operation::Bind { address, port } => (Work::Prompt(Prompt::Bind { address, port }), None),
            Operation::Listen { backlog } => (Work::Prompt(Prompt::Listen { backlog }), None),
            Operation::Accept { listener, timeout_ms } => (Work::Prompt(Prompt::Accept(listener)), deadline(timeout_ms)),
            Operation::Connect { host, port, timeout_ms } => (Work::Prompt(Prompt::Connect { host, port }), deadline(timeout_ms)),
            Operation::Recv { max, flags, timeout_ms } => {
                let has = |flag| flags.contains(&flag);
                // Who only looks, or does not wait, collects nothing.
                let (peek, oob) = (has(RecvFlag::Peek), has(RecvFlag::Oob));
                // No kernel waits for urgent data.
                let dontwait = has(RecvFlag::Dontwait) || oob;
                let waitall = has(RecvFlag::Waitall) && !peek && !dontwait;
                let recv = Recv { max, peek, dontwait, waitall, oob, collected: Vec::new() };
                (Work::Recv(recv), deadline(timeout_ms))
            }
            Operation::Shutdown { how } => (Work::Write(Write::Shutdown(how)), None),
            Operation::Close => (Work::Write(Write::Close), None),
            Operation::Getsockname => (Work::Prompt(Prompt::Getsockname), None),
            Operation::Getpeername => (Work::Prompt(Prompt::Getpeername), None),
            Operation::Setsockopt { option, value } => (Work::Prompt(Prompt::Setsockopt { option, value }), None),
            Operation::Getsockopt { option } => (Work::Prompt(Prompt::Getsockopt(option)), None),
            Operation::Poll { events, timeout_ms } => (Work::Prompt(Prompt::Poll(events)), deadline(timeout_ms)),
            Operation::Resolve { host, family, timeout_ms } => (Work::Prompt(Prompt::Resolve { host, family }), deadline(timeout_ms)),
            Operation::Info { interval_ms, local: None, peer: None } => (Work::Prompt(Prompt::Info { interval_ms }), None),
            Operation::Info { interval_ms: None, local: Some(local), peer: Some(peer) } => {
                (Work::Prompt(Prompt::InfoOf { local, peer }), None)
            }
            Operation::Info { .. } => {
                let text = "a closed connection has both its addresses, and is told of once";
                self.outbox.answer(Some(id), Err(Failure::new(Name::EINVAL, "info", text)));
                return None;
            }
        };
        self.push(Waiting { id: Some(id), deadline, work });
        None
    }

    fn on_bytes(&mut self, bytes: Bytes) -> Option<End> {
        if bytes.is_empty() {
            let text = "a binary frame holds at least one byte; the end of a stream is shutdown".to_owned();
            return Some(End::Ended(EndCause::Protocol, text));
        }
        let (id, deadline, flags) = match self.announced.take() {
            Some(Announced::Refused) => return None,
            Some(Announced::Send { id, deadline, flags }) => (Some(id), deadline, flags),
            None => (None, None, SendFlags::default()),
        };
        let bytes = bytes.try_into_mut().unwrap_or_else(|shared| shared.as_ref().into());
        self.push(Waiting { id, deadline, work: Work::Write(Write::Send { bytes, sent: 0, flags, frames: 1 }) });
        None
    }

    fn push(&mut self, waiting: Waiting<Work>) {
        let id = waiting.id;
        if let Err(failure) = self.lanes.push(waiting) {
            self.outbox.answer(id, Err(failure));
        }
    }
}
