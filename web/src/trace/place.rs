//! Which line of which script made a call, and the other way round.

use std::sync::Arc;

use protocol::CallId;

use super::{Fact, Trace};
use crate::net::SocketId;

/// A line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of the file, as its tab has it.
    pub file: Arc<str>,
    /// Which line; the first is 1.
    pub line: u32,
}

impl Trace {
    /// The line of the script that made the call which the event of that number is part of: the call itself, its bytes, its return. Nothing where a person made it.
    pub fn place(&self, event: u64) -> Option<&Place> {
        let entry = self.get(event)?;
        let call = match &entry.fact {
            Fact::Called(call) => return self.place_after(event, entry.socket, call.id),
            Fact::Line { place, .. } => return Some(place),
            Fact::Sending { id: Some(id), .. } | Fact::Returned { id: Some(id), .. } | Fact::Failed { id: Some(id), .. } => *id,
            Fact::Received { id, .. } => *id,
            _ => return None,
        };
        self.before(event).filter(|earlier| earlier.socket == entry.socket).find_map(|earlier| match &earlier.fact {
            Fact::Line { id, place } if *id == call => Some(Some(place)),
            // Nobody noted a line between the call and this.
            Fact::Called(called) if called.id == call => Some(None),
            _ => None,
        })?
    }

    /// A line is noted right after its call.
    fn place_after(&self, event: u64, socket: SocketId, call: CallId) -> Option<&Place> {
        match self.get(event + 1) {
            Some(next) if next.socket == socket => match &next.fact {
                Fact::Line { id, place } if *id == call => Some(place),
                _ => None,
            },
            _ => None,
        }
    }

    /// The events of the calls that a line made, the latest first: each is a [`Fact::Called`].
    pub fn calls_of<'a>(&'a self, file: &'a str, line: u32) -> impl Iterator<Item = u64> + 'a {
        let noted = self.before(self.next_number()).filter(move |entry| match &entry.fact {
            Fact::Line { place, .. } => place.line == line && &*place.file == file,
            _ => false,
        });
        noted.map(|entry| entry.number.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Call, Operation, Return};

    use super::*;

    #[test]
    fn a_call_has_its_line_and_a_line_its_calls() {
        let mut trace = Trace::default();
        let (one, two) = (SocketId(1), SocketId(2));
        let recv = |id| Fact::Called(Call { id: CallId(id), operation: Operation::Recv { max: 10, flags: vec![], timeout_ms: None } });
        let line = |id, line| Fact::Line { id: CallId(id), place: Place { file: "main.py".into(), line } };
        let facts = [
            (one, recv(1)),
            (one, line(1, 7)),
            (two, recv(1)),
            (one, Fact::Received { id: CallId(1), bytes: b"x".as_slice().into() }),
            (two, Fact::Returned { id: Some(CallId(1)), value: Return::Recv { eof: true } }),
            (one, recv(2)),
            (one, line(2, 7)),
        ];
        for (socket, fact) in facts {
            trace.push(0.0, socket, fact);
        }
        let lines: Vec<Option<u32>> = (0..8).map(|event| trace.place(event).map(|place| place.line)).collect();
        assert_eq!(lines, [Some(7), Some(7), None, Some(7), None, Some(7), Some(7), None]);
        assert_eq!(trace.calls_of("main.py", 7).collect::<Vec<_>>(), [5, 0]);
        assert_eq!(trace.calls_of("main.py", 8).chain(trace.calls_of("other.py", 7)).count(), 0);
    }
}
