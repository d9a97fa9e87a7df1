//! What the relay has to say to one page, in order, until the WebSocket takes it.

use std::{
    collections::VecDeque,
    task::{Context, Poll, ready},
};

use futures::{Sink, SinkExt as _};
use protocol::{Answer, CallId, Event, Failure, Message, Outcome, Return};
use tokio_tungstenite::tungstenite::{self, Bytes, Message as Frame};

use super::account::Account;

/// How many answers may wait before the relay stops reading calls from the page.
const MAX_ANSWERS: usize = 64;

/// Answers, bytes and events on their way to the page.
#[derive(Debug)]
pub(super) struct Outbox {
    waiting: VecDeque<Item>,
    flushing: bool,
    account: Account,
}

#[derive(Debug)]
enum Item {
    Text(Message),
    Frame(Frame),
}

impl Outbox {
    /// An empty one, all answers of which are noted in `account`.
    pub(super) fn new(account: Account) -> Self {
        Self { waiting: VecDeque::new(), flushing: false, account }
    }

    /// What an operator learns of the socket.
    pub(super) fn account(&mut self) -> &mut Account {
        &mut self.account
    }

    /// Queues the answer to a call, or to a bare send.
    pub(super) fn answer(&mut self, id: Option<CallId>, result: Result<Return, Failure>) {
        self.account.answered(&result);
        if id.is_none()
            && let Ok(Return::Send { sent }) = result
            && let Some(Item::Text(Message::Answer(Answer { id: None, outcome: Outcome::Return(Return::Send { sent: sum }) }))) =
                self.waiting.back_mut()
        {
            *sum += sent;
            return;
        }
        self.waiting.push_back(Item::Text(Message::Answer(Answer::new(id, result))));
    }

    /// Queues the bytes that answer the oldest `recv`.
    pub(super) fn bytes(&mut self, bytes: Vec<u8>) {
        self.account.received(bytes.len());
        self.waiting.push_back(Item::Frame(Frame::Binary(Bytes::from(bytes))));
    }

    /// Queues an event.
    pub(super) fn event(&mut self, event: Event) {
        self.waiting.push_back(Item::Text(Message::Event(event)));
    }

    /// Queues a ping, which the page's browser answers by itself.
    pub(super) fn ping(&mut self) {
        self.waiting.push_back(Item::Frame(Frame::Ping(Bytes::new())));
    }

    /// Notes that the WebSocket itself has something to say: the answer to a ping.
    pub(super) fn flush_soon(&mut self) {
        self.flushing = true;
    }

    /// Whether the page has taken everything, so that there is room for more bytes.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && !self.flushing
    }

    /// Whether there is room for the answers to more calls.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < MAX_ANSWERS
    }

    /// Hands over what the WebSocket takes. Ready when nothing is left.
    pub(super) fn poll<S>(&mut self, page: &mut S, context: &mut Context<'_>) -> Poll<Result<(), tungstenite::Error>>
    where
        S: Sink<Frame, Error = tungstenite::Error> + Unpin,
    {
        while !self.waiting.is_empty() {
            ready!(page.poll_ready_unpin(context))?;
            if let Some(item) = self.waiting.pop_front() {
                page.start_send_unpin(item.into_frame())?;
                self.flushing = true;
            }
        }
        if self.flushing {
            ready!(page.poll_flush_unpin(context))?;
            self.flushing = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl Item {
    fn into_frame(self) -> Frame {
        match self {
            // Serialising these types cannot fail: no map has a key that is not a string.
            Self::Text(message) => Frame::text(serde_json::to_string(&message).unwrap_or_default()),
            Self::Frame(frame) => frame,
        }
    }
}
