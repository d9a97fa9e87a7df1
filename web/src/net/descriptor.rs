//! One WebSocket that is a file descriptor: calls out, answers in.

use std::{
    cell::{Cell, RefCell, RefMut},
    collections::BTreeMap,
    io,
    net::SocketAddr,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use futures::channel::oneshot;
use protocol::{Arrival, CallId, Conversation, Event, Failure, Hello, Info, Name, Operation, Return, limits};

use super::{
    Observed, Observer, SocketId,
    end::End,
    inbox::Item,
    pending::Pending,
    receiving::{Answer, Receiving},
    slots::{self, Slot},
    websocket::{Incoming, WebSocket},
};

/// A WebSocket and what is said on it.
pub(super) struct Descriptor {
    /// Absent until the first call: one on which nothing is called is no socket.
    id: Cell<Option<SocketId>>,
    observer: Rc<dyn Observer>,
    websocket: RefCell<Option<WebSocket>>,
    state: RefCell<State>,
}

#[derive(Default)]
pub(super) struct State {
    conversation: Conversation,
    waiting: BTreeMap<CallId, oneshot::Sender<io::Result<Return>>>,
    pub(super) receiving: Receiving,
    /// The newest sample of each sampled `info`, until somebody takes it.
    pub(super) told: BTreeMap<CallId, Option<Info>>,
    /// The addresses of a connection whose `connect` nobody waited for any more.
    connected: Option<(SocketAddr, SocketAddr)>,
    hello: Option<Hello>,
    opening: Option<oneshot::Sender<()>>,
    opened: Option<oneshot::Receiver<()>>,
    bare_failure: Option<Failure>,
    /// Who waits for acknowledgements, or for the end.
    wakers: Vec<Waker>,
    /// The `close` or `abort`: its answer is the end, whatever it is.
    last_call: Option<CallId>,
    end: Option<End>,
}

impl State {
    /// A task that asks again and again waits once.
    pub(super) fn wake_later(&mut self, context: &Context<'_>) {
        if !self.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            self.wakers.push(context.waker().clone());
        }
    }
}

impl Descriptor {
    /// Begins the handshake.
    pub(super) fn open(url: &str, token: &str, observer: Rc<dyn Observer>, slot: Slot) -> io::Result<Rc<Self>> {
        let (opening, opened) = oneshot::channel();
        let state = State { opening: Some(opening), opened: Some(opened), ..State::default() };
        let descriptor = Rc::new(Self { id: Cell::new(None), observer, websocket: RefCell::default(), state: RefCell::new(state) });
        let weak = Rc::downgrade(&descriptor);
        let websocket = WebSocket::open(url, token, slot, move |incoming| {
            if let Some(descriptor) = weak.upgrade() {
                descriptor.on_incoming(incoming);
            }
        })?;
        *descriptor.websocket.borrow_mut() = Some(websocket);
        Ok(descriptor)
    }

    pub(super) fn id(&self) -> SocketId {
        self.id.get().unwrap_or_else(|| {
            let id = slots::next_id();
            self.id.set(Some(id));
            id
        })
    }

    pub(super) fn state(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    fn observe(&self, observed: Observed<'_>) {
        if let Some(id) = self.id.get() {
            self.observer.observe(id, observed);
        }
    }

    /// Waits until the relay has let the page in.
    pub(super) async fn opened(&self) -> io::Result<()> {
        let opened = self.state().opened.take();
        if let Some(opened) = opened {
            // Dropped without a word where the WebSocket ended: the state says how.
            opened.await.ok();
        }
        self.check_end("socket")
    }

    /// What the relay said of itself.
    pub(super) fn hello(&self) -> Option<Hello> {
        self.state().hello.clone()
    }

    /// Waits until the WebSocket has ended, and returns why.
    pub(super) async fn ended(&self) -> io::Error {
        std::future::poll_fn(|context| {
            let mut state = self.state();
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

    /// Makes a call that is no `recv`; `bytes` are those of a `send`. The future answers, and cancels a blocking call where it is dropped before.
    pub(super) fn call(self: &Rc<Self>, operation: Operation, bytes: Option<&[u8]>) -> Pending {
        let (sender, receiver) = oneshot::channel();
        let name = operation.name();
        let is_last = matches!(operation, Operation::Close | Operation::Abort);
        let mut pending = Pending { descriptor: Rc::clone(self), id: None, name, receiver };
        if self.check_end(name).is_err() {
            return pending;
        }
        let issued = self.issue(operation, bytes, |state, id| {
            state.waiting.insert(id, sender);
            if is_last {
                state.last_call = Some(id);
            }
        });
        match issued {
            Ok(id) => pending.id = Some(id),
            Err(error) => {
                let (sender, receiver) = oneshot::channel();
                // The receiver is right here.
                sender.send(Err(error)).ok();
                pending.receiver = receiver;
            }
        }
        pending
    }

    /// Puts a call on the WebSocket. `waits` notes down who waits for it, before anything can answer.
    ///
    /// # Errors
    ///
    /// `EINVAL` where its arguments are longer than a frame may be: the relay would end the socket for that.
    pub(super) fn issue(&self, operation: Operation, bytes: Option<&[u8]>, waits: impl FnOnce(&mut State, CallId)) -> io::Result<CallId> {
        self.id();
        let call = self.state().conversation.call(operation, bytes.map_or(0, <[u8]>::len));
        // Serialising a call cannot fail: no map in it has a key that is not a string.
        let text = serde_json::to_string(&call).unwrap_or_default();
        self.observe(Observed::Called(&call));
        if text.len() > limits::MAX_TEXT_FRAME_BYTES {
            let text =
                format!("its arguments are too long: a call holds at most {} bytes, not {}", limits::MAX_TEXT_FRAME_BYTES, text.len());
            let failure = Failure::new(Name::EINVAL, call.operation.name(), text);
            self.state().conversation.withdraw(call.id);
            self.observe(Observed::Failed { id: Some(call.id), failure: &failure });
            return Err(failure.into());
        }
        waits(&mut self.state(), call.id);
        self.put(|websocket| websocket.send_text(&text));
        if let Some(bytes) = bytes {
            self.observe(Observed::Sending { id: Some(call.id), bytes });
            self.put(|websocket| websocket.send_bytes(bytes));
        }
        Ok(call.id)
    }

    /// A call that returns nothing but that it is done.
    pub(super) async fn done(self: &Rc<Self>, operation: Operation) -> io::Result<()> {
        self.call(operation, None).await.map(drop)
    }

    /// Asks the relay to end a call. What it answers to that does not matter: the call itself answers.
    pub(super) fn cancel(&self, target: CallId) {
        if self.check_end("cancel").is_ok() {
            // So short a call is never refused.
            self.issue(Operation::Cancel { target }, None, |_, _| {}).ok();
        }
    }

    /// Sends bytes without a call of their own; [`poll_acknowledged`](Self::poll_acknowledged) tells what became of them.
    pub(super) fn bare_send(&self, bytes: &[u8]) -> io::Result<()> {
        self.check_end("send")?;
        self.state().conversation.bare_send(bytes.len());
        self.observe(Observed::Sending { id: None, bytes });
        self.put(|websocket| websocket.send_bytes(bytes));
        Ok(())
    }

    /// Ready when no more than `most` bytes are unacknowledged.
    pub(super) fn poll_acknowledged(&self, most: u64, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let mut state = self.state();
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

    /// Keeps what nobody waits for any more and the next call must get.
    pub(super) fn keep(&self, answer: io::Result<Return>) {
        if let Ok(Return::Connect { local, peer }) = answer {
            self.state().connected = Some((local, peer));
        }
    }

    /// The connection that a `connect` made after it was given up.
    pub(super) fn take_connected(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.state().connected.take()
    }

    pub(super) fn check_end(&self, call: &str) -> io::Result<()> {
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
                let (arrival, settled_bytes) = {
                    let conversation = &mut self.state().conversation;
                    let before = conversation.unacknowledged_bytes();
                    let arrival = conversation.text(&text);
                    (arrival, before.saturating_sub(conversation.unacknowledged_bytes()))
                };
                match arrival {
                    Ok(arrival) => self.on_arrival(arrival, settled_bytes),
                    Err(unexpected) => self.finish(End::Lost(unexpected.to_string())),
                }
            }
            Incoming::Bytes(bytes) => {
                let id = self.state().conversation.binary(bytes.len());
                match id {
                    Ok(id) => {
                        self.observe(Observed::Received { id, bytes: &bytes });
                        self.received(id, Answer::Item(Item::Bytes(bytes)));
                    }
                    Err(unexpected) => self.finish(End::Lost(unexpected.to_string())),
                }
            }
            Incoming::Closed { code, reason } => {
                self.finish(End::Lost(if reason.is_empty() { format!("the WebSocket closed with code {code}") } else { reason }));
            }
        }
    }

    /// `settled_bytes` of sends are settled by it, sent or not.
    fn on_arrival(&self, arrival: Arrival, settled_bytes: u64) {
        match arrival {
            Arrival::Answer(id, result) => {
                match &result {
                    Ok(value) => self.observe(Observed::Returned { id: Some(id), value }),
                    Err(failure) => self.observe(Observed::Failed { id: Some(id), failure }),
                }
                self.answer(id, result);
            }
            Arrival::BareSend(Ok(sent)) => {
                self.observe(Observed::Returned { id: None, value: &Return::Send { sent } });
                if sent < settled_bytes {
                    let text = format!("the connection broke; {} bytes were not sent", settled_bytes - sent);
                    self.state().bare_failure.get_or_insert(Failure::new(Name::EPIPE, "send", text));
                }
            }
            Arrival::BareSend(Err(failure)) => {
                self.observe(Observed::Failed { id: None, failure: &failure });
                self.state().bare_failure = Some(failure);
            }
            Arrival::Event(Event::Hello(hello)) => {
                let opening = {
                    let mut state = self.state();
                    state.hello = Some(hello);
                    state.opening.take()
                };
                if let Some(opening) = opening {
                    // Nobody waits for it where the page gave up meanwhile.
                    opening.send(()).ok();
                }
            }
            Arrival::Event(Event::Info { id, info }) => {
                self.observe(Observed::Told { id, info: &info });
                if let Some(told) = self.state().told.get_mut(&id) {
                    *told = Some(*info);
                }
            }
            Arrival::Event(Event::Ended { cause, text }) => self.finish(End::Ended(cause, text)),
        }
        self.wake();
    }

    fn answer(&self, id: CallId, result: Result<Return, Failure>) {
        if self.state().receiving.is_waiting(id) {
            return self.received(
                id,
                match result {
                    Ok(Return::Recv { eof: true }) => Answer::Item(Item::End),
                    Ok(_) => Answer::Item(Item::Bytes(Vec::new())),
                    Err(failure) => Answer::Failure(failure),
                },
            );
        }
        let (sender, is_last) = {
            let mut state = self.state();
            (state.waiting.remove(&id), state.last_call == Some(id))
        };
        match sender {
            Some(sender) => {
                if let Err(undelivered) = sender.send(result.map_err(io::Error::from)) {
                    self.keep(undelivered);
                }
            }
            None => self.keep(result.map_err(io::Error::from)),
        }
        if is_last {
            self.finish(End::Closed);
        }
    }

    fn received(&self, id: CallId, answer: Answer) {
        let wakers = self.state().receiving.answer(id, answer);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Ends the conversation: whoever waits hears of it. Only the first end counts.
    fn finish(&self, end: End) {
        let (opening, waiting, wakers) = {
            let mut state = self.state();
            if state.end.is_some() {
                return;
            }
            state.end = Some(end.clone());
            let wakers = state.receiving.end(matches!(end, End::Closed));
            (state.opening.take(), std::mem::take(&mut state.waiting), wakers)
        };
        match &end {
            End::Closed => self.observe(Observed::Closed),
            End::Ended(cause, text) => self.observe(Observed::Ended { cause: *cause, text }),
            End::Lost(text) => self.observe(Observed::Lost { text }),
        }
        // Whoever waits finds the sender gone, and asks for the end.
        drop((opening, waiting));
        wakers.into_iter().for_each(Waker::wake);
        self.wake();
        // Borrowed only while it sends; then the drop of the descriptor closes it.
        if let Ok(mut websocket) = self.websocket.try_borrow_mut() {
            drop(websocket.take());
        }
    }

    fn wake(&self) {
        let wakers = std::mem::take(&mut self.state().wakers);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Descriptor {
    /// To the socket, the death of its process: the relay closes the descriptor when the WebSocket goes.
    fn drop(&mut self) {
        if self.state.borrow().end.is_none() {
            self.observe(Observed::Closed);
        }
    }
}
