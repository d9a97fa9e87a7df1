//! What the relay has to say to one page, in order, until the connection takes it.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use protocol::{Answer, CallId, Event, Failure, Message, Outcome, Return};
use tokio::io::AsyncWrite;

use super::account::Account;
use crate::{
    scratch::Scratch,
    websocket::{self, MAX_CONTROL_BYTES, MAX_HEAD_BYTES, Opcode},
};

/// How many answers may wait before the relay stops reading calls from the page.
const MAX_ANSWERS: usize = 64;

/// How many bytes of frames are made ready at a time, before the connection has taken those before.
const READY_BYTES: usize = 64 << 10;

/// How long the return of a bare send waits for bytes to go with. Long beside a round trip on a local network, so that the timer is seldom set: that wakes a thread.
const HOLD: Duration = Duration::from_millis(40);

/// How many bytes may have been sent whose return is held back: a small part of the page's window, so that it never stands still for want of returns.
const MAX_HELD_BYTES: u64 = 64 << 10;

/// Answers, bytes and events on their way to the page.
#[derive(Debug)]
pub(super) struct Outbox {
    waiting: VecDeque<Item>,
    /// The return of bare sends that goes out with what is next; nothing else waits then.
    held: Option<Held>,
    /// Frames, of which the connection has taken the first `taken` bytes.
    frames: Vec<u8>,
    taken: usize,
    account: Account,
}

#[derive(Debug)]
struct Held {
    sent: u64,
    since: Instant,
}

#[derive(Debug)]
enum Item {
    Message(Box<Message>),
    Acknowledgement(u64),
    /// The same failure of this many bare sends: a window has room for a million of them.
    BareFailures(Box<Failure>, usize),
    Bytes(Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    Close(Vec<u8>),
}

impl Outbox {
    /// An empty one, all answers of which are noted in `account`.
    pub(super) fn new(account: Account) -> Self {
        Self { waiting: VecDeque::new(), held: None, frames: Vec::new(), taken: 0, account }
    }

    /// What an operator learns of the socket.
    pub(super) fn account(&mut self) -> &mut Account {
        &mut self.account
    }

    /// Queues the answer to a call, or to a bare send.
    pub(super) fn answer(&mut self, id: Option<CallId>, result: Result<Return, Failure>) {
        self.account.answered(&result);
        if let (None, Ok(Return::Send { sent })) = (id, &result) {
            self.acknowledge(*sent);
        } else {
            self.queue(Item::Message(Box::new(Message::Answer(Answer::new(id, result)))));
        }
    }

    /// Takes the return of a bare send, which succeeded, and holds it back: bytes are expected to come for the page, and go in one write with it. By itself it would wake the page
    /// just when the peer is about to answer.
    pub(super) fn hold(&mut self, sent: usize) {
        let sent = sent as u64;
        self.account.answered(&Ok(Return::Send { sent }));
        let before = self.held.as_ref().map_or(0, |held| held.sent);
        if !self.is_empty() || before + sent >= MAX_HELD_BYTES {
            return self.acknowledge(sent);
        }
        match &mut self.held {
            Some(held) => held.sent += sent,
            None => self.held = Some(Held { sent, since: Instant::now() }),
        }
    }

    /// When what is held back is to go by itself.
    pub(super) fn held_until(&self) -> Option<Instant> {
        self.held.as_ref().map(|held| held.since + HOLD)
    }

    /// Lets go what is held back.
    pub(super) fn release(&mut self) {
        if let Some(Held { sent, .. }) = self.held.take() {
            self.waiting.push_back(Item::Acknowledgement(sent));
        }
    }

    fn acknowledge(&mut self, sent: u64) {
        self.release();
        match self.waiting.back_mut() {
            Some(Item::Acknowledgement(sum)) => *sum += sent,
            _ => self.waiting.push_back(Item::Acknowledgement(sent)),
        }
    }

    fn queue(&mut self, item: Item) {
        self.release();
        self.waiting.push_back(item);
    }

    /// Queues the failure of a call, or of this many bare sends, each of which is answered.
    pub(super) fn fail(&mut self, id: Option<CallId>, count: usize, failure: Failure) {
        if id.is_some() {
            return self.answer(id, Err(failure));
        }
        let failed = Err(failure.clone());
        (0..count).for_each(|_| self.account.answered(&failed));
        self.release();
        match self.waiting.back_mut() {
            Some(Item::BareFailures(before, sum)) if **before == failure => *sum += count,
            _ => self.waiting.push_back(Item::BareFailures(Box::new(failure), count)),
        }
    }

    /// Queues bytes that answer the oldest `recv`, which took them.
    pub(super) fn bytes(&mut self, bytes: Vec<u8>) {
        self.account.received(bytes.len(), false);
        self.queue(Item::Bytes(bytes));
    }

    /// Queues an event.
    pub(super) fn event(&mut self, event: Event) {
        self.queue(Item::Message(Box::new(Message::Event(event))));
    }

    /// Queues a ping, which the page's browser answers by itself.
    pub(super) fn ping(&mut self) {
        self.queue(Item::Ping);
    }

    /// Queues the answer to a ping, in place of one that waits (RFC 6455 section 5.5.3).
    pub(super) fn pong(&mut self, payload: &[u8]) {
        self.waiting.retain(|item| !matches!(item, Item::Pong(_)));
        self.queue(Item::Pong(payload.to_vec()));
    }

    /// Queues the last frame. A reason is cut where it is longer than a close frame holds (RFC 6455 section 5.5.1).
    pub(super) fn close(&mut self, code: Option<u16>, reason: &str) {
        let mut payload = code.map(|code| code.to_be_bytes().to_vec()).unwrap_or_default();
        if code.is_some() {
            payload.extend_from_slice(cut(reason, MAX_CONTROL_BYTES - payload.len()).as_bytes());
        }
        self.queue(Item::Close(payload));
    }

    /// Whether the page has taken everything, so that there is room for more bytes.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.frames.is_empty()
    }

    /// Whether there is room for the answers to more calls.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < MAX_ANSWERS
    }

    /// Hands a binary frame over past the queue, which must be empty, and keeps what the connection does not take. The payload, of `count` bytes, begins at [`MAX_HEAD_BYTES`]:
    /// before it there is room for the head, and behind it for what is held back. It answers a `recv`, which left the bytes where they were if it was a `peek`.
    ///
    /// # Errors
    ///
    /// The connection failed.
    pub(super) fn hand_over<S>(
        &mut self,
        connection: &mut S,
        context: &mut Context<'_>,
        scratch: &mut Scratch,
        count: usize,
        peek: bool,
    ) -> io::Result<()>
    where
        S: AsyncWrite + Unpin,
    {
        debug_assert!(self.is_empty());
        let Some(head) = scratch.first_chunk_mut() else { return Ok(()) };
        let start = websocket::write_head(head, Opcode::Binary, count);
        let mut end = MAX_HEAD_BYTES + count;
        if let Some(Held { sent, .. }) = self.held.take() {
            let mut frame = Vec::new();
            Item::Acknowledgement(sent).push_to(&mut frame);
            scratch[end..][..frame.len()].copy_from_slice(&frame);
            end += frame.len();
        }
        let taken = match Pin::new(connection).poll_write(context, &scratch[start..end]) {
            Poll::Ready(taken) => taken?,
            Poll::Pending => 0,
        };
        self.account.received(count, peek);
        self.frames = scratch[start + taken..end].to_vec();
        Ok(())
    }

    /// Hands over what the connection takes. Ready when nothing is left.
    pub(super) fn poll<S>(&mut self, connection: &mut S, context: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        S: AsyncWrite + Unpin,
    {
        while !self.is_empty() {
            if self.frames.is_empty() {
                self.make_ready();
            }
            match ready!(Pin::new(&mut *connection).poll_write(context, &self.frames[self.taken..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.taken += count,
            }
            if self.taken == self.frames.len() {
                self.frames = Vec::new();
                self.taken = 0;
            }
        }
        Pin::new(connection).poll_flush(context)
    }

    fn make_ready(&mut self) {
        while self.frames.len() < READY_BYTES
            && let Some(item) = self.waiting.pop_front()
        {
            if let Item::BareFailures(failure, count) = &item
                && *count > 1
            {
                self.waiting.push_front(Item::BareFailures(failure.clone(), count - 1));
            }
            item.push_to(&mut self.frames);
        }
    }

    /// Gives back the memory that nothing waits in.
    pub(super) fn shrink(&mut self) {
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
    }
}

impl Item {
    fn push_to(self, frames: &mut Vec<u8>) {
        // Serialising these types cannot fail: no map has a key that is not a string.
        let text = |message: &Message| serde_json::to_vec(message).unwrap_or_default();
        match self {
            Self::Message(message) => websocket::push(frames, Opcode::Text, &text(&message)),
            Self::Acknowledgement(sent) => {
                let answer = Answer { id: None, outcome: Outcome::Return(Return::Send { sent }) };
                websocket::push(frames, Opcode::Text, &text(&Message::Answer(answer)));
            }
            Self::BareFailures(failure, _) => {
                websocket::push(frames, Opcode::Text, &text(&Message::Answer(Answer::new(None, Err(*failure)))))
            }
            Self::Bytes(bytes) => websocket::push(frames, Opcode::Binary, &bytes),
            Self::Ping => websocket::push(frames, Opcode::Ping, &[]),
            Self::Pong(payload) => websocket::push(frames, Opcode::Pong, &payload),
            Self::Close(payload) => websocket::push(frames, Opcode::Close, &payload),
        }
    }
}

/// The longest beginning of `text` that fits.
fn cut(text: &str, max_bytes: usize) -> &str {
    let end = (0..=max_bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
