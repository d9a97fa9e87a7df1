//! One WebSocket that is a file descriptor: calls out, answers in.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    fmt, io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
};

use futures::{FutureExt as _, channel::oneshot};
use protocol::{Arrival, CallId, Conversation, EndCause, Event, Failure, Hello, Name, Operation, Return};

use super::{
    Observed, Observer, SocketId,
    slots::Slot,
    websocket::{Incoming, WebSocket},
};

/// The relay is gone, and all its sockets with it. Nothing is known of the peers; the system tells them what it tells the peers of a process that died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayLost(String);

impl fmt::Display for RelayLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the relay is gone: {}", self.0)
    }
}

impl std::error::Error for RelayLost {}

/// What a call brought.
#[derive(Debug)]
pub(super) enum Answered {
    Return(Return),
    Bytes(Vec<u8>),
}

/// A WebSocket and what is said on it.
pub(super) struct Descriptor {
    id: SocketId,
    observer: Rc<dyn Observer>,
    websocket: RefCell<Option<WebSocket>>,
    state: RefCell<State>,
    _slot: Slot,
}

#[derive(Default)]
struct State {
    conversation: Conversation,
    waiting: BTreeMap<CallId, oneshot::Sender<io::Result<Answered>>>,
    /// What `recv`s brought that nobody waited for any more.
    kept: VecDeque<io::Result<Answered>>,
    hello: Option<Hello>,
    opening: Option<oneshot::Sender<()>>,
    opened: Option<oneshot::Receiver<()>>,
    bare_failure: Option<Failure>,
    /// Who waits for acknowledgements, or for the end.
    wakers: Vec<Waker>,
    /// `close` or `abort` returned.
    closed: bool,
    end: Option<End>,
}

impl State {
    /// A task that asks again and again waits once.
    fn wake_later(&mut self, context: &Context<'_>) {
        if !self.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            self.wakers.push(context.waker().clone());
        }
    }
}

#[derive(Clone, Debug)]
enum End {
    Closed,
    Ended(EndCause, String),
    Lost(String),
}

impl End {
    fn error(&self, call: &str) -> io::Error {
        match self {
            Self::Closed => Failure::new(Name::EBADF, call, "the socket is closed").into(),
            Self::Ended(EndCause::Token, text) => io::Error::new(io::ErrorKind::PermissionDenied, text.clone()),
            Self::Ended(_, text) => io::Error::new(io::ErrorKind::ConnectionAborted, format!("the relay ended the socket: {text}")),
            Self::Lost(text) => io::Error::new(io::ErrorKind::ConnectionAborted, RelayLost(text.clone())),
        }
    }
}

impl Descriptor {
    /// Begins the handshake.
    pub(super) fn open(id: SocketId, url: &str, token: &str, observer: Rc<dyn Observer>, slot: Slot) -> io::Result<Rc<Self>> {
        let (opening, opened) = oneshot::channel();
        let state = State { opening: Some(opening), opened: Some(opened), ..State::default() };
        let descriptor = Rc::new(Self { id, observer, websocket: RefCell::default(), state: RefCell::new(state), _slot: slot });
        let weak = Rc::downgrade(&descriptor);
        let websocket = WebSocket::open(url, token, move |incoming| {
            if let Some(descriptor) = weak.upgrade() {
                descriptor.on_incoming(incoming);
            }
        })?;
        *descriptor.websocket.borrow_mut() = Some(websocket);
        Ok(descriptor)
    }

    pub(super) fn id(&self) -> SocketId {
        self.id
    }

    /// Waits until the relay has let the page in.
    pub(super) async fn opened(&self) -> io::Result<()> {
        let opened = self.state.borrow_mut().opened.take();
        if let Some(opened) = opened {
            // Dropped without a word where the WebSocket ended: the state says how.
            opened.await.ok();
        }
        self.check_end("socket")
    }

    /// What the relay said of itself.
    pub(super) fn hello(&self) -> Option<Hello> {
        self.state.borrow().hello.clone()
    }

    /// Waits until the WebSocket has ended, and returns why.
    pub(super) async fn ended(&self) -> io::Error {
        std::future::poll_fn(|context| {
            let mut state = self.state.borrow_mut();
            match &state.end {
                Some(end) => Poll::Ready(end.error("socket")),
                None => {
                    state.wake_later(context);
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Calls; `bytes` are those of a `send`. The future answers, and cancels the call where it is dropped before.
    pub(super) fn call(self: &Rc<Self>, operation: Operation, bytes: Option<&[u8]>) -> Pending {
        let (sender, receiver) = oneshot::channel();
        let name = operation.name();
        let mut pending = Pending { descriptor: Rc::clone(self), id: None, name, receiver };
        if self.check_end(name).is_err() {
            return pending;
        }
        let call = {
            let mut state = self.state.borrow_mut();
            let call = state.conversation.call(operation, bytes.map_or(0, <[u8]>::len));
            state.waiting.insert(call.id, sender);
            call
        };
        pending.id = Some(call.id);
        self.observer.observe(self.id, Observed::Called(&call));
        // Serialising a call cannot fail: no map in it has a key that is not a string.
        self.put(|websocket| websocket.send_text(&serde_json::to_string(&call).unwrap_or_default()));
        if let Some(bytes) = bytes {
            self.observer.observe(self.id, Observed::Sending { id: Some(call.id), bytes });
            self.put(|websocket| websocket.send_bytes(bytes));
        }
        pending
    }

    /// A call that returns nothing but that it is done.
    pub(super) async fn done(self: &Rc<Self>, operation: Operation) -> io::Result<()> {
        self.call(operation, None).await.map(drop)
    }

    /// Asks the relay to end a call. What it answers to that does not matter: the call itself answers.
    fn cancel(self: &Rc<Self>, target: CallId) {
        // Not a blocking call, so that dropping it does not cancel it.
        drop(self.call(Operation::Cancel { target }, None));
    }

    /// Sends bytes without a call of their own; [`poll_acknowledged`](Self::poll_acknowledged) tells what became of them.
    pub(super) fn bare_send(&self, bytes: &[u8]) -> io::Result<()> {
        self.check_end("send")?;
        self.state.borrow_mut().conversation.bare_send(bytes.len());
        self.observer.observe(self.id, Observed::Sending { id: None, bytes });
        self.put(|websocket| websocket.send_bytes(bytes));
        Ok(())
    }

    /// Ready when no more than `most` bytes are unacknowledged.
    pub(super) fn poll_acknowledged(&self, most: u64, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let mut state = self.state.borrow_mut();
        if let Some(failure) = &state.bare_failure {
            return Poll::Ready(Err(failure.clone().into()));
        }
        let unacknowledged = state.conversation.unacknowledged_bytes();
        if unacknowledged <= most {
            return Poll::Ready(Ok(unacknowledged));
        }
        if let Some(end) = &state.end {
            return Poll::Ready(Err(end.error("send")));
        }
        state.wake_later(context);
        Poll::Pending
    }

    /// What a cancelled `recv` brought nevertheless.
    pub(super) fn take_kept(&self) -> Option<io::Result<Answered>> {
        self.state.borrow_mut().kept.pop_front()
    }

    /// Puts back what a `recv` of fewer bytes left.
    pub(super) fn keep_first(&self, bytes: Vec<u8>) {
        self.state.borrow_mut().kept.push_front(Ok(Answered::Bytes(bytes)));
    }

    fn check_end(&self, call: &str) -> io::Result<()> {
        match &self.state.borrow().end {
            Some(end) => Err(end.error(call)),
            None => Ok(()),
        }
    }

    fn put(&self, send: impl FnOnce(&WebSocket) -> io::Result<()>) {
        let sent = self.websocket.borrow().as_ref().map_or(Ok(()), send);
        if let Err(error) = sent {
            self.finish(End::Lost(error.to_string()));
        }
    }

    fn on_incoming(&self, incoming: Incoming) {
        match incoming {
            Incoming::Text(text) => {
                let arrival = self.state.borrow_mut().conversation.text(&text);
                match arrival {
                    Ok(arrival) => self.on_arrival(arrival),
                    Err(unexpected) => self.finish(End::Lost(unexpected.to_string())),
                }
            }
            Incoming::Bytes(bytes) => {
                let id = self.state.borrow_mut().conversation.binary(bytes.len());
                match id {
                    Ok(id) => {
                        self.observer.observe(self.id, Observed::Received { id, bytes: &bytes });
                        self.answer(id, Ok(Answered::Bytes(bytes)));
                    }
                    Err(unexpected) => self.finish(End::Lost(unexpected.to_string())),
                }
            }
            Incoming::Closed { code, reason } => {
                let closed = self.state.borrow().closed;
                let text = if reason.is_empty() { format!("the WebSocket closed with code {code}") } else { reason };
                self.finish(if closed { End::Closed } else { End::Lost(text) });
            }
        }
    }

    fn on_arrival(&self, arrival: Arrival) {
        match arrival {
            Arrival::Answer(id, Ok(value)) => {
                self.observer.observe(self.id, Observed::Returned { id: Some(id), value: &value });
                self.state.borrow_mut().closed |= matches!(value, Return::Close | Return::Abort);
                self.answer(id, Ok(Answered::Return(value)));
            }
            Arrival::Answer(id, Err(failure)) => {
                self.observer.observe(self.id, Observed::Failed { id: Some(id), failure: &failure });
                self.answer(id, Err(failure.into()));
            }
            Arrival::BareSend(Ok(sent)) => {
                self.observer.observe(self.id, Observed::Returned { id: None, value: &Return::Send { sent } });
            }
            Arrival::BareSend(Err(failure)) => {
                self.observer.observe(self.id, Observed::Failed { id: None, failure: &failure });
                self.state.borrow_mut().bare_failure = Some(failure);
            }
            Arrival::Event(Event::Hello(hello)) => {
                let opening = {
                    let mut state = self.state.borrow_mut();
                    state.hello = Some(hello);
                    state.opening.take()
                };
                if let Some(opening) = opening {
                    // Nobody waits for it where the page gave up meanwhile.
                    opening.send(()).ok();
                }
            }
            Arrival::Event(Event::Ended { cause, text }) => self.finish(End::Ended(cause, text)),
        }
        self.wake();
    }

    fn answer(&self, id: CallId, result: io::Result<Answered>) {
        let sender = self.state.borrow_mut().waiting.remove(&id);
        let Some(sender) = sender else { return };
        if let Err(undelivered) = sender.send(result)
            && is_worth_keeping(&undelivered)
        {
            self.state.borrow_mut().kept.push_back(undelivered);
        }
    }

    /// Ends the conversation: whoever waits hears of it. Only the first end counts.
    fn finish(&self, end: End) {
        {
            let mut state = self.state.borrow_mut();
            if state.end.is_some() {
                return;
            }
            state.end = Some(end.clone());
            state.opening = None;
        }
        match &end {
            End::Closed => self.observer.observe(self.id, Observed::Closed),
            End::Ended(cause, text) => self.observer.observe(self.id, Observed::Ended { cause: *cause, text }),
            End::Lost(text) => self.observer.observe(self.id, Observed::Lost { text }),
        }
        // Whoever waits finds the sender gone, and asks for the end.
        self.state.borrow_mut().waiting.clear();
        self.wake();
        if !matches!(end, End::Closed)
            && let Ok(mut websocket) = self.websocket.try_borrow_mut()
        {
            // Borrowed only while it sends; then the drop of the descriptor closes it.
            drop(websocket.take());
        }
    }

    fn wake(&self) {
        let wakers = std::mem::take(&mut self.state.borrow_mut().wakers);
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// A call under way.
#[must_use = "a call is cancelled where its future is dropped"]
pub(super) struct Pending {
    descriptor: Rc<Descriptor>,
    /// Absent once it is answered, or where it was never made.
    id: Option<CallId>,
    name: &'static str,
    receiver: oneshot::Receiver<io::Result<Answered>>,
}

impl Pending {
    /// Asks the relay to end the call; the future answers as the call does.
    pub(super) fn cancel(&self) {
        if let Some(target) = self.id {
            self.descriptor.cancel(target);
        }
    }
}

impl Future for Pending {
    type Output = io::Result<Answered>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(self.receiver.poll_unpin(context));
        self.id = None;
        let name = self.name;
        Poll::Ready(answer.unwrap_or_else(|_ended| match self.descriptor.check_end(name) {
            Err(error) => Err(error),
            Ok(()) => Err(Failure::new(Name::EBADF, name, "the call was not answered").into()),
        }))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let Some(target) = self.id else { return };
        if !matches!(self.name, "accept" | "connect" | "recv" | "send") {
            return;
        }
        // It may be answered already, with an answer that nobody will take.
        self.receiver.close();
        match self.receiver.try_recv() {
            Ok(Some(answer)) if is_worth_keeping(&answer) => self.descriptor.state.borrow_mut().kept.push_back(answer),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => self.descriptor.cancel(target),
        }
    }
}

/// Whether the next `recv` must hear what this one brought: bytes, or an error that the kernel reports once.
fn is_worth_keeping(answer: &io::Result<Answered>) -> bool {
    match answer {
        Ok(answered) => matches!(answered, Answered::Bytes(_)),
        Err(error) => {
            let failure = error.get_ref().and_then(|inner| inner.downcast_ref::<Failure>());
            failure.is_some_and(|failure| failure.call == "recv" && !matches!(failure.name, Name::ECANCELED | Name::EBADF))
        }
    }
}
