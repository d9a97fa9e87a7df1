//! The client's side: any frames from the relay, between any calls, against a model that is a plain list of what waits.
#![no_main]

use std::collections::VecDeque;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use protocol::{
    Answer, Arrival, CallId, Conversation, EndCause, Event, Failure, Family, How, ListenerId, Message, Name, Operation, Return, Unexpected,
};

#[derive(Arbitrary, Debug)]
enum Step {
    Call(Called),
    Withdraw(Whose),
    BareSend(u16),
    /// An answer, as the relay would write it.
    Answer(Option<Whose>, Outcome),
    Binary(u16),
    Ended,
    /// Whatever else a text frame may hold.
    Text(String),
}

#[derive(Arbitrary, Debug)]
enum Called {
    Socket,
    Accept,
    Send(u16),
    Recv(u16),
    Shutdown,
    Close,
}

/// One of the calls that wait, or any id.
#[derive(Arbitrary, Debug)]
enum Whose {
    Waiting(u8),
    Any(u64),
}

#[derive(Arbitrary, Debug)]
enum Outcome {
    Socket,
    Send(u32),
    Recv(bool),
    Shutdown,
    Close,
    Failed,
}

/// A call that waits: its id, its name, how many bytes it sends, and how many it may bring.
struct Waiting {
    id: CallId,
    name: &'static str,
    sends: u64,
    max: u64,
}

/// What a client must know, written down as simply as can be.
#[derive(Default)]
struct Model {
    waiting: Vec<Waiting>,
    bare: VecDeque<u64>,
}

impl Model {
    fn id(&self, whose: &Whose) -> CallId {
        match whose {
            Whose::Waiting(index) if !self.waiting.is_empty() => self.waiting[usize::from(*index) % self.waiting.len()].id,
            Whose::Waiting(index) => CallId(u64::from(*index)),
            Whose::Any(id) => CallId(*id),
        }
    }

    fn oldest_recv(&self) -> Option<&Waiting> {
        self.waiting.iter().find(|waiting| waiting.name == "recv")
    }

    fn settle(&mut self, id: CallId) {
        self.waiting.retain(|waiting| waiting.id != id);
    }

    fn unacknowledged(&self) -> u64 {
        self.bare.iter().sum::<u64>() + self.waiting.iter().map(|waiting| waiting.sends).sum::<u64>()
    }

    /// Whether an answer fits; if so it is taken.
    fn answer(&mut self, id: Option<CallId>, result: &Result<Return, Failure>) -> bool {
        match (id, result) {
            (None, Ok(Return::Send { sent })) => {
                let fits = *sent <= self.bare.iter().sum();
                let mut rest = *sent;
                while fits && rest > 0 {
                    rest = rest.saturating_sub(self.bare.pop_front().expect("the sum says so"));
                }
                fits
            }
            (None, Ok(_)) => false,
            (None, Err(_)) => self.bare.pop_front().is_some(),
            (Some(id), result) => {
                let Some(waiting) = self.waiting.iter().find(|waiting| waiting.id == id) else { return false };
                let fits = match result {
                    Err(_) => true,
                    Ok(Return::Send { sent }) => waiting.name == "send" && *sent <= waiting.sends,
                    Ok(Return::Recv { .. }) => self.oldest_recv().is_some_and(|oldest| oldest.id == id),
                    Ok(value) => value.name() == waiting.name,
                };
                if fits {
                    self.settle(id);
                }
                fits
            }
        }
    }

    fn binary(&mut self, len: u64) -> Option<CallId> {
        let id = self.oldest_recv().filter(|oldest| (1..=oldest.max).contains(&len))?.id;
        self.settle(id);
        Some(id)
    }
}

fn operation(called: &Called) -> (Operation, u16) {
    match called {
        Called::Socket => (Operation::Socket { family: Family::Inet }, 0),
        Called::Accept => (Operation::Accept { listener: ListenerId(1), timeout_ms: None }, 0),
        Called::Send(bytes) => (Operation::Send { flags: vec![], timeout_ms: None }, *bytes),
        Called::Recv(max) => (Operation::Recv { max: u64::from(*max), flags: vec![], timeout_ms: None }, 0),
        Called::Shutdown => (Operation::Shutdown { how: How::Write }, 0),
        Called::Close => (Operation::Close, 0),
    }
}

fn result(outcome: &Outcome) -> Result<Return, Failure> {
    match outcome {
        Outcome::Socket => Ok(Return::Socket),
        Outcome::Send(sent) => Ok(Return::Send { sent: u64::from(*sent) }),
        Outcome::Recv(eof) => Ok(Return::Recv { eof: *eof }),
        Outcome::Shutdown => Ok(Return::Shutdown),
        Outcome::Close => Ok(Return::Close),
        Outcome::Failed => Err(Failure::new(Name::EIO, "call", "failed")),
    }
}

fn frame(message: &Message) -> String {
    serde_json::to_string(message).expect("a message is JSON")
}

/// Any text: nothing is known of it but that what it settles is settled in the model too.
fn text(conversation: &mut Conversation, model: &mut Model, text: &str) {
    match conversation.text(text) {
        Ok(Arrival::Answer(id, result)) => assert!(model.answer(Some(id), &result), "{text}"),
        Ok(Arrival::BareSend(Ok(sent))) => assert!(model.answer(None, &Ok(Return::Send { sent })), "{text}"),
        Ok(Arrival::BareSend(Err(failure))) => assert!(model.answer(None, &Err(failure)), "{text}"),
        Ok(Arrival::Event(_)) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fuzz_target!(|steps: Vec<Step>| {
    let (mut conversation, mut model) = (Conversation::new(), Model::default());
    for step in &steps {
        match step {
            Step::Call(called) => {
                let (operation, sends) = operation(called);
                let max = if let Operation::Recv { max, .. } = operation { max } else { 0 };
                let call = conversation.call(operation, usize::from(sends));
                model.waiting.push(Waiting { id: call.id, name: call.operation.name(), sends: u64::from(sends), max });
            }
            Step::Withdraw(whose) => {
                let id = model.id(whose);
                conversation.withdraw(id);
                model.settle(id);
            }
            Step::BareSend(bytes) => {
                // A frame holds at least one byte.
                let bytes = (*bytes).max(1);
                conversation.bare_send(usize::from(bytes));
                model.bare.push_back(u64::from(bytes));
            }
            Step::Answer(whose, outcome) => {
                let (id, result) = (whose.as_ref().map(|whose| model.id(whose)), result(outcome));
                let arrived = conversation.text(&frame(&Message::Answer(Answer::new(id, result.clone()))));
                assert_eq!(arrived.is_ok(), model.answer(id, &result), "{step:?}: {arrived:?}");
            }
            Step::Binary(len) => {
                let arrived = conversation.binary(usize::from(*len));
                assert_eq!(arrived.as_ref().ok().copied(), model.binary(u64::from(*len)), "{step:?}: {arrived:?}");
                assert_eq!(*len == 0, arrived == Err(Unexpected::Empty));
            }
            Step::Ended => {
                let event = Event::Ended { cause: EndCause::Protocol, text: String::new() };
                assert_eq!(conversation.text(&frame(&Message::Event(event.clone()))), Ok(Arrival::Event(event)));
            }
            Step::Text(any) => text(&mut conversation, &mut model, any),
        }
        assert!(conversation.waiting().eq(model.waiting.iter().map(|waiting| waiting.id)), "{step:?}");
        assert_eq!(conversation.unacknowledged_bytes(), model.unacknowledged(), "{step:?}");
    }
});
