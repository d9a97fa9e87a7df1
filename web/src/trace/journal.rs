//! A trace and the sockets that it tells of, now and at any event that is kept.

use super::{Bounds, Entry, Fact, Sockets, Trace};
use crate::net::SocketId;

/// Everything that happened, and what can be read off it at once.
#[derive(Debug, Default)]
pub struct Journal {
    trace: Trace,
    sockets: Sockets,
    /// As the sockets were before the oldest entry that the trace keeps.
    before: Sockets,
    /// As they were when the entries below this number had happened: whoever steps forward goes on from here.
    then: Option<(u64, Sockets)>,
}

impl Journal {
    /// An empty journal that keeps as much as `bounds` say.
    pub fn with(bounds: Bounds) -> Self {
        Self { trace: Trace::new(bounds), ..Self::default() }
    }

    /// A journal of what a recording holds. What its sockets were before the oldest entry is not known.
    pub fn of(trace: Trace) -> Self {
        let mut sockets = Sockets::default();
        trace.since(0).for_each(|entry| sockets.apply(entry));
        Self { trace, sockets, ..Self::default() }
    }

    /// Writes down what happened to `socket` at `time_ms`, in milliseconds since the page was opened.
    pub fn record(&mut self, time_ms: f64, socket: SocketId, fact: Fact) {
        let before = &mut self.before;
        self.sockets.apply(self.trace.push_and(time_ms, socket, fact, |dropped| before.apply(dropped)));
    }

    /// The trace.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The sockets as they were before the oldest entry that the trace keeps.
    pub fn before(&self) -> &Sockets {
        &self.before
    }

    /// The sockets as they are.
    pub fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// The sockets as they were after the event of that number; as they are, without one.
    pub fn sockets_at(&mut self, event: Option<u64>) -> &Sockets {
        let Some(event) = event.filter(|event| event + 1 < self.trace.next_number()) else {
            self.then = None;
            return &self.sockets;
        };
        let end = event + 1;
        let (mut at, mut sockets) = match self.then.take() {
            Some((at, sockets)) if at <= end && at >= self.trace.dropped() => (at, sockets),
            _ => (self.trace.dropped(), self.before.clone()),
        };
        for entry in self.trace.since(at).take_while(|entry| entry.number < end) {
            sockets.apply(entry);
        }
        at = at.max(end);
        &self.then.insert((at, sockets)).1
    }

    /// The event next to `event` that `takes_part`, later or earlier. Samples of what the kernel knows are no steps, and neither are the lines of scripts.
    pub fn next_event(&self, event: Option<u64>, later: bool, takes_part: impl Fn(&Entry) -> bool) -> Option<u64> {
        let mut entries = self.trace.since(0).filter(|entry| !entry.is_aside() && takes_part(entry)).map(|entry| entry.number);
        match (event, later) {
            (Some(event), true) => entries.find(|number| *number > event),
            (Some(event), false) => entries.take_while(|number| *number < event).last(),
            (None, true) => None,
            (None, false) => entries.last(),
        }
    }

    /// Takes the sockets that are over out of the list. The trace keeps what they did.
    pub fn forget_gone(&mut self) {
        self.sockets.forget_gone();
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Call, CallId, Family, Operation, Return};

    use super::*;
    use crate::trace::State;

    fn connected(journal: &mut Journal, socket: u64) {
        let id = SocketId(socket);
        let connect = Operation::Connect { host: "127.0.0.1".to_owned(), port: 80, timeout_ms: None };
        let (local, peer) = ("127.0.0.1:1024".parse().unwrap(), "127.0.0.1:80".parse().unwrap());
        for (call, operation, value) in
            [(1, Operation::Socket { family: Family::Inet }, Return::Socket), (2, connect, Return::Connect { local, peer })]
        {
            journal.record(0.0, id, Fact::Called(Call { id: CallId(call), operation }));
            journal.record(0.0, id, Fact::Returned { id: Some(CallId(call)), value });
        }
    }

    fn state(sockets: &Sockets, socket: u64) -> Option<State> {
        sockets.get(SocketId(socket)).map(|socket| socket.state)
    }

    #[test]
    fn each_event_has_its_sockets_in_any_order() {
        let mut journal = Journal::default();
        connected(&mut journal, 1);
        for (event, expected) in [
            (1, Some(State::Closed)),
            (2, Some(State::SynSent)),
            (3, Some(State::Established)),
            (0, Some(State::Closed)),
            (2, Some(State::SynSent)),
        ] {
            assert_eq!(state(journal.sockets_at(Some(event)), 1), expected, "after event {event}");
        }
        assert_eq!(state(journal.sockets_at(None), 1), Some(State::Established));
        assert_eq!(state(journal.sockets_at(Some(99)), 1), Some(State::Established));
    }

    #[test]
    fn what_the_trace_dropped_is_not_forgotten() {
        let mut journal = Journal::with(Bounds { entries: 3, bytes: 1000 });
        connected(&mut journal, 1);
        connected(&mut journal, 2);
        assert_eq!(journal.trace().dropped(), 5);
        let sockets = journal.sockets_at(Some(5));
        assert_eq!((state(sockets, 1), state(sockets, 2)), (Some(State::Established), Some(State::Closed)));
        assert_eq!(state(journal.sockets_at(Some(6)), 2), Some(State::SynSent));
        assert_eq!(state(journal.sockets_at(Some(1)), 1), Some(State::Established), "the oldest that is known");
    }

    #[test]
    fn steps_go_from_event_to_event_of_the_sockets_that_are_meant() {
        let mut journal = Journal::default();
        connected(&mut journal, 1);
        connected(&mut journal, 2);
        let of_two = |entry: &Entry| entry.socket == SocketId(2);
        assert_eq!(journal.next_event(None, false, of_two), Some(7));
        assert_eq!(journal.next_event(Some(7), false, of_two), Some(6));
        assert_eq!(journal.next_event(Some(4), false, of_two), None);
        assert_eq!(journal.next_event(Some(4), true, of_two), Some(5));
        assert_eq!(journal.next_event(Some(7), true, of_two), None);
        assert_eq!(journal.next_event(None, true, of_two), None, "now is the end");
    }
}
