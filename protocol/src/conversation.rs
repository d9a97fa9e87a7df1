//! The page's side of one socket's conversation, without I/O: which calls wait, and which of them a frame answers.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use crate::{Answer, Call, CallId, Event, Failure, Message, Operation, Return};

/// What a client of the wire must remember: the calls that wait for an answer.
///
/// Call [`call`](Self::call) (or [`bare_send`](Self::bare_send)) for each frame that goes out and [`text`](Self::text) or [`binary`](Self::binary) for each that
/// comes in. Whoever owns it does the I/O and wakes whoever waits.
#[derive(Debug, Default)]
pub struct Conversation {
    last_id: u64,
    /// What waits, with the bytes that it sends.
    waiting: BTreeMap<CallId, Waiting>,
    /// The `recv`s among them, oldest first.
    receiving: VecDeque<CallId>,
    /// The sizes of the bare sends that are not settled, oldest first, and their sum.
    bare: VecDeque<u64>,
    bare_bytes: u64,
    announced_bytes: u64,
}

#[derive(Debug)]
struct Waiting {
    name: &'static str,
    sends_bytes: u64,
    /// How many bytes it may bring.
    max_bytes: u64,
}

/// What a frame from the relay means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The answer to the call of this id, which waits no more.
    Answer(CallId, Result<Return, Failure>),
    /// The kernel took this many bytes of bare sends, or one of them failed.
    BareSend(Result<u64, Failure>),
    /// Something that no call asked for.
    Event(Event),
}

/// A frame from the relay that does not fit the conversation. What follows it means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unexpected {
    /// A text frame that is no message.
    Text(String),
    /// An answer to a call that does not wait, the return of another call or of a `recv` out of order, or more sent than was given.
    Answer(Option<CallId>),
    /// Bytes that no `recv` asked for, or more than it asked for.
    Bytes,
    /// A binary frame without a byte.
    Empty,
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(error) => write!(f, "the relay sent a text frame that is no message: {error}"),
            Self::Answer(Some(id)) => write!(f, "the relay answered call {id}, which does not wait for that"),
            Self::Answer(None) => f.write_str("the relay acknowledged more than was sent"),
            Self::Bytes => f.write_str("the relay sent bytes that no recv asked for"),
            Self::Empty => f.write_str("the relay sent an empty binary frame"),
        }
    }
}

impl std::error::Error for Unexpected {}

impl Conversation {
    /// A conversation in which nothing was said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives `operation` an id and remembers that it waits. `sends_bytes` is the length of the binary frame that follows a `send`, else 0.
    pub fn call(&mut self, operation: Operation, sends_bytes: usize) -> Call {
        self.last_id += 1;
        let id = CallId(self.last_id);
        let sends_bytes = sends_bytes as u64;
        self.announced_bytes += sends_bytes;
        let mut max_bytes = 0;
        if let Operation::Recv { max, .. } = operation {
            max_bytes = max;
            self.receiving.push_back(id);
        }
        self.waiting.insert(id, Waiting { name: operation.name(), sends_bytes, max_bytes });
        Call { id, operation }
    }

    /// Forgets a call that was not sent after all.
    pub fn withdraw(&mut self, id: CallId) {
        self.settle(id);
    }

    /// Remembers a bare send of that many bytes.
    pub fn bare_send(&mut self, bytes: usize) {
        self.bare.push_back(bytes as u64);
        self.bare_bytes += bytes as u64;
    }

    /// How many bytes were sent and not yet settled. An answer to a bare send settles all of its bytes, also those that were not sent because the connection broke.
    pub fn unacknowledged_bytes(&self) -> u64 {
        self.bare_bytes + self.announced_bytes
    }

    /// The ids of the calls that wait, in the order in which they were issued.
    pub fn waiting(&self) -> impl Iterator<Item = CallId> {
        self.waiting.keys().copied()
    }

    /// Takes a text frame from the relay.
    ///
    /// # Errors
    ///
    /// The frame is no message, or answers what nobody called.
    pub fn text(&mut self, frame: &str) -> Result<Arrival, Unexpected> {
        match serde_json::from_str(frame) {
            Ok(Message::Event(event)) => Ok(Arrival::Event(event)),
            Ok(Message::Answer(answer)) => self.answer(answer),
            Err(error) => Err(Unexpected::Text(error.to_string())),
        }
    }

    /// Takes a binary frame of `len` bytes from the relay and returns the `recv` that it answers.
    ///
    /// # Errors
    ///
    /// No `recv` waits or it asked for less, or the frame is empty.
    pub fn binary(&mut self, len: usize) -> Result<CallId, Unexpected> {
        if len == 0 {
            return Err(Unexpected::Empty);
        }
        let id = *self.receiving.front().ok_or(Unexpected::Bytes)?;
        if self.waiting.get(&id).is_none_or(|waiting| waiting.max_bytes < len as u64) {
            return Err(Unexpected::Bytes);
        }
        self.settle(id);
        Ok(id)
    }

    fn answer(&mut self, answer: Answer) -> Result<Arrival, Unexpected> {
        let id = answer.id;
        let result = answer.into_result();
        let Some(id) = id else {
            return self.bare_answer(result);
        };
        let waiting = self.waiting.get(&id).ok_or(Unexpected::Answer(Some(id)))?;
        let fits = match &result {
            Ok(Return::Send { sent }) => waiting.name == "send" && *sent <= waiting.sends_bytes,
            // `recv`s return in order, those without bytes too; only a failure may overtake: a call that was cancelled, or was one too many.
            Ok(Return::Recv { .. }) => self.receiving.front() == Some(&id),
            Ok(value) => value.name() == waiting.name,
            Err(_) => true,
        };
        if !fits {
            return Err(Unexpected::Answer(Some(id)));
        }
        self.settle(id);
        Ok(Arrival::Answer(id, result))
    }

    fn settle(&mut self, id: CallId) {
        if let Some(waiting) = self.waiting.remove(&id) {
            self.announced_bytes -= waiting.sends_bytes;
            self.receiving.retain(|receiving| *receiving != id);
        }
    }

    fn bare_answer(&mut self, result: Result<Return, Failure>) -> Result<Arrival, Unexpected> {
        match result {
            Ok(Return::Send { sent }) => {
                if sent > self.bare_bytes {
                    return Err(Unexpected::Answer(None));
                }
                // What is left over at the end is the part of a send that ended half-way.
                let mut rest = sent;
                while rest > 0 {
                    rest = rest.saturating_sub(self.settle_bare()?);
                }
                Ok(Arrival::BareSend(Ok(sent)))
            }
            Ok(_) => Err(Unexpected::Answer(None)),
            Err(failure) => {
                self.settle_bare()?;
                Ok(Arrival::BareSend(Err(failure)))
            }
        }
    }

    /// Settles the oldest bare send and returns its size.
    fn settle_bare(&mut self) -> Result<u64, Unexpected> {
        let bytes = self.bare.pop_front().ok_or(Unexpected::Answer(None))?;
        self.bare_bytes -= bytes;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Family, Name};

    fn recv(conversation: &mut Conversation) -> CallId {
        conversation.call(Operation::Recv { max: 1, flags: vec![], timeout_ms: None }, 0).id
    }

    fn frame(id: Option<CallId>, result: Result<Return, Failure>) -> String {
        serde_json::to_string(&Message::Answer(Answer::new(id, result))).unwrap()
    }

    #[test]
    fn bytes_answer_the_oldest_recv() {
        let mut conversation = Conversation::new();
        let (first, second, third) = (recv(&mut conversation), recv(&mut conversation), recv(&mut conversation));
        assert_eq!(conversation.binary(1), Ok(first));
        let cancelled = Failure::new(Name::ECANCELED, "recv", "cancelled");
        assert_eq!(conversation.text(&frame(Some(second), Err(cancelled.clone()))), Ok(Arrival::Answer(second, Err(cancelled))));
        assert_eq!(conversation.binary(1), Ok(third));
        assert_eq!(conversation.binary(1), Err(Unexpected::Bytes));
        assert_eq!(conversation.binary(0), Err(Unexpected::Empty));
    }

    #[test]
    fn what_nobody_called_is_unexpected() {
        let mut conversation = Conversation::new();
        let id = conversation.call(Operation::Socket { family: Family::Inet }, 0).id;
        assert_eq!(conversation.text(&frame(Some(CallId(9)), Ok(Return::Socket))), Err(Unexpected::Answer(Some(CallId(9)))));
        assert_eq!(conversation.text(&frame(Some(id), Ok(Return::Close))), Err(Unexpected::Answer(Some(id))));
        assert_eq!(conversation.text(&frame(Some(id), Ok(Return::Socket))), Ok(Arrival::Answer(id, Ok(Return::Socket))));
        assert_eq!(conversation.text(&frame(Some(id), Ok(Return::Socket))), Err(Unexpected::Answer(Some(id))));
        assert!(matches!(conversation.text("hello"), Err(Unexpected::Text(_))));
        assert_eq!(conversation.waiting().count(), 0);
    }

    #[test]
    fn a_bare_send_that_breaks_off_or_fails_is_settled_whole() {
        let mut conversation = Conversation::new();
        for bytes in [10, 20, 30, 40] {
            conversation.bare_send(bytes);
        }
        assert_eq!(conversation.text(&frame(None, Ok(Return::Send { sent: 15 }))), Ok(Arrival::BareSend(Ok(15))));
        assert_eq!(conversation.unacknowledged_bytes(), 70);
        let failure = Failure::new(Name::EPIPE, "send", "Broken pipe");
        for left in [40, 0] {
            assert_eq!(conversation.text(&frame(None, Err(failure.clone()))), Ok(Arrival::BareSend(Err(failure.clone()))));
            assert_eq!(conversation.unacknowledged_bytes(), left);
        }
        assert_eq!(conversation.text(&frame(None, Err(failure))), Err(Unexpected::Answer(None)));
    }

    #[test]
    fn a_call_that_was_not_sent_waits_for_nothing() {
        let mut conversation = Conversation::new();
        let first = recv(&mut conversation);
        let second = recv(&mut conversation);
        conversation.withdraw(first);
        assert_eq!(conversation.waiting().collect::<Vec<_>>(), [second]);
        assert_eq!(conversation.binary(1), Ok(second));
    }

    #[test]
    fn no_answer_brings_or_took_more_than_it_was_asked_for() {
        let mut conversation = Conversation::new();
        let send = conversation.call(Operation::Send { flags: vec![], timeout_ms: None }, 3).id;
        assert_eq!(conversation.text(&frame(Some(send), Ok(Return::Send { sent: 4 }))), Err(Unexpected::Answer(Some(send))));
        let (first, second) = (recv(&mut conversation), recv(&mut conversation));
        assert_eq!(conversation.binary(2), Err(Unexpected::Bytes));
        let end = || Ok(Return::Recv { eof: true });
        assert_eq!(conversation.text(&frame(Some(second), end())), Err(Unexpected::Answer(Some(second))), "ends come in order");
        assert_eq!(conversation.text(&frame(Some(first), end())), Ok(Arrival::Answer(first, end())));
    }

    proptest! {
        #[test]
        fn acknowledgements_add_up(sizes in proptest::collection::vec((1_usize..5000, any::<bool>()), 0..50)) {
            let mut conversation = Conversation::new();
            let mut announced = vec![];
            let mut bare = 0;
            for (size, is_bare) in &sizes {
                if *is_bare {
                    conversation.bare_send(*size);
                    bare += *size as u64;
                } else {
                    announced.push((conversation.call(Operation::Send { flags: vec![], timeout_ms: None }, *size).id, *size as u64));
                }
            }
            prop_assert_eq!(conversation.unacknowledged_bytes(), sizes.iter().map(|(size, _)| *size as u64).sum::<u64>());
            let more = frame(None, Ok(Return::Send { sent: bare + 1 }));
            prop_assert_eq!(conversation.text(&more), Err(Unexpected::Answer(None)));
            prop_assert_eq!(conversation.text(&frame(None, Ok(Return::Send { sent: bare }))), Ok(Arrival::BareSend(Ok(bare))));
            for (id, sent) in announced {
                let answer = frame(Some(id), Ok(Return::Send { sent }));
                prop_assert!(conversation.text(&answer).is_ok());
            }
            prop_assert_eq!(conversation.unacknowledged_bytes(), 0);
        }
    }
}
