//! Which part of the page's own asking becomes part of the trace.
//!
//! The page asks the kernel about the chosen socket several times a second while somebody looks at the answers. That is no call that a person made, so
//! neither the `info` call nor its `cancel` is in the trace; and what the kernel told is in it only where it is news. A trace keeps a bounded number of
//! entries: the more of them are samples, the farther apart are further ones, so that hours of looking do not push the calls out.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Call, CallId, Info, Operation, Return};

use super::Fact;
use crate::net::SocketId;

/// From so many samples in the trace on, further ones of a socket are so many milliseconds apart. A change of its state is always told.
const SPACING: [(usize, f64); 3] = [(20_000, 10_000.0), (10_000, 1000.0), (0, 0.0)];

/// How many sockets are remembered with what was last told of them. Of one that is forgotten the next sample is news again.
const MAX_REMEMBERED: usize = 64;

/// By how many milliseconds a countdown may be off and is still the same one.
const COUNTDOWN_TOLERANCE_MS: f64 = 1500.0;

/// The asking that goes on, and what was told last.
#[derive(Debug, Default)]
pub struct Looking {
    asked: BTreeSet<(SocketId, CallId)>,
    last: BTreeMap<SocketId, (f64, Info)>,
}

impl Looking {
    /// What of `fact` belongs into a trace that keeps `samples` samples.
    pub fn admit(&mut self, time_ms: f64, socket: SocketId, fact: Fact, samples: usize) -> Option<Fact> {
        let fact = match fact {
            Fact::Called(Call { id, operation: Operation::Info { .. } }) => {
                self.asked.insert((socket, id));
                return None;
            }
            Fact::Called(Call { id, operation: Operation::Cancel { target } }) if self.asked.contains(&(socket, target)) => {
                self.asked.insert((socket, id));
                return None;
            }
            Fact::Returned { id: Some(id), value } if self.asked.remove(&(socket, id)) => match value {
                Return::Info { info } => Fact::Told { id, info },
                _ => return None,
            },
            Fact::Failed { id: Some(id), .. } if self.asked.remove(&(socket, id)) => return None,
            Fact::Ended { .. } | Fact::Lost { .. } | Fact::Closed => {
                self.asked.retain(|(of, _)| *of != socket);
                fact
            }
            fact => fact,
        };
        let Fact::Told { info, .. } = &fact else { return Some(fact) };
        self.is_news(time_ms, socket, info, samples).then_some(fact)
    }

    fn is_news(&mut self, time_ms: f64, socket: SocketId, info: &Info, samples: usize) -> bool {
        if let Some((last_ms, last)) = self.last.get(&socket) {
            let spacing = SPACING.iter().find(|(from, _)| samples >= *from).map_or(0.0, |(_, spacing)| *spacing);
            let is_due = info.state != last.state || time_ms - last_ms >= spacing;
            if !is_due || is_same(last, info, time_ms - last_ms) {
                return false;
            }
        }
        self.last.insert(socket, (time_ms, info.clone()));
        if self.last.len() > MAX_REMEMBERED {
            self.last.pop_first();
        }
        true
    }
}

/// Whether `info` says nothing that could not be said after `last`; a countdown that went on does not.
fn is_same(last: &Info, info: &Info, elapsed_ms: f64) -> bool {
    if let (Some(before), Some(after)) = (last.ends_in_ms, info.ends_in_ms) {
        let expected = before as f64 - elapsed_ms;
        let same_but_for_that = Info { ends_in_ms: Some(before), ..info.clone() } == *last;
        return same_but_for_that && (after as f64 - expected).abs() <= COUNTDOWN_TOLERANCE_MS;
    }
    last == info
}

#[cfg(test)]
mod tests {
    use protocol::{Failure, Name, TcpState};

    use super::*;

    const ONE: SocketId = SocketId(1);

    fn told(state: TcpState, recv_queue_bytes: u64, ends_in_ms: Option<u64>) -> Fact {
        let info = Info { state: Some(state), recv_queue_bytes: Some(recv_queue_bytes), ends_in_ms, ..Info::default() };
        Fact::Told { id: CallId(5), info: Box::new(info) }
    }

    #[test]
    fn asking_is_no_event_and_other_calls_are() {
        let mut looking = Looking::default();
        let called = |id, operation| Fact::Called(Call { id: CallId(id), operation });
        let cancelled = |id| Fact::Failed { id: Some(CallId(id)), failure: Failure::new(Name::ECANCELED, "info", "cancelled") };
        let mut admits = |socket, fact| looking.admit(0.0, socket, fact, 0).is_some();
        let info = Operation::Info { interval_ms: Some(200), local: None, peer: None };
        assert!(!admits(ONE, called(1, info.clone())));
        assert!(admits(ONE, called(2, Operation::Close)));
        assert!(admits(SocketId(2), called(3, Operation::Cancel { target: CallId(1) })), "of another socket");
        assert!(!admits(ONE, called(3, Operation::Cancel { target: CallId(1) })));
        assert!(!admits(ONE, cancelled(1)));
        assert!(!admits(ONE, Fact::Returned { id: Some(CallId(3)), value: Return::Cancel { cancelled: true } }));
        assert!(admits(ONE, Fact::Returned { id: Some(CallId(2)), value: Return::Close }));
        assert!(!admits(ONE, called(4, info)));
        assert!(admits(ONE, Fact::Closed));
        assert!(admits(ONE, cancelled(4)), "its ids are forgotten with the socket");
    }

    #[test]
    fn an_info_that_returned_tells() {
        let mut looking = Looking::default();
        let operation = Operation::Info { interval_ms: None, local: None, peer: None };
        assert!(looking.admit(0.0, ONE, Fact::Called(Call { id: CallId(1), operation }), 0).is_none());
        let returned = Fact::Returned { id: Some(CallId(1)), value: Return::Info { info: Box::default() } };
        assert!(matches!(looking.admit(0.0, ONE, returned, 0), Some(Fact::Told { id: CallId(1), .. })));
    }

    #[test]
    fn what_is_no_news_is_not_kept() {
        let mut looking = Looking::default();
        let mut admits = |time_ms, fact| looking.admit(time_ms, ONE, fact, 0).is_some();
        assert!(admits(0.0, told(TcpState::ESTABLISHED, 0, None)));
        assert!(!admits(200.0, told(TcpState::ESTABLISHED, 0, None)));
        assert!(admits(400.0, told(TcpState::ESTABLISHED, 7, None)));
        assert!(admits(600.0, told(TcpState::TIME_WAIT, 0, Some(60_000))));
        assert!(!admits(10_600.0, told(TcpState::TIME_WAIT, 0, Some(50_000))), "a countdown goes on by itself");
        assert!(admits(11_600.0, told(TcpState::TIME_WAIT, 0, Some(60_000))), "it began again");
    }

    #[test]
    fn many_samples_are_farther_apart_and_states_are_not() {
        let mut looking = Looking::default();
        let mut admits = |time_ms, bytes, samples| looking.admit(time_ms, ONE, told(TcpState::ESTABLISHED, bytes, None), samples).is_some();
        assert!(admits(0.0, 0, 0) && admits(200.0, 1, 9_999));
        assert!(!admits(400.0, 2, 10_000) && admits(1200.0, 3, 10_000));
        assert!(!admits(2400.0, 4, 20_000) && admits(11_200.0, 5, 20_000));
        assert!(looking.admit(11_400.0, ONE, told(TcpState::CLOSE_WAIT, 5, None), 20_000).is_some());
    }

    #[test]
    fn sockets_are_remembered_up_to_a_bound() {
        let mut looking = Looking::default();
        for socket in 0..200 {
            assert!(looking.admit(0.0, SocketId(socket), told(TcpState::LISTEN, 0, None), 0).is_some());
        }
        assert_eq!(looking.last.len(), MAX_REMEMBERED);
    }
}
