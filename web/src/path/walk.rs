//! Reads the path of one socket off a trace, entry by entry.

use std::collections::BTreeMap;

use protocol::{Call, CallId, How, Operation, Return, TcpState};

use super::step::{Cause, Place, Step, on_the_way};
use crate::net::SocketId;
use crate::trace::{Entry, Fact, Journal, Sockets, State};

/// The path of one socket, as long as the trace tells it.
#[derive(Debug)]
pub struct Path {
    socket: SocketId,
    sockets: Sockets,
    next: u64,
    calls: BTreeMap<CallId, String>,
    steps: Vec<Step>,
    /// How long TIME_WAIT, or another state that ends by itself, goes on: each time that the kernel said so, the event, when, and for how many milliseconds.
    ends: Vec<(u64, f64, u64)>,
    /// The event after which there was no descriptor any more.
    gone: Option<u64>,
}

impl Path {
    /// The path of `socket` before anything is read from the journal.
    pub fn new(socket: SocketId, journal: &Journal) -> Self {
        let mut path = Self {
            socket,
            sockets: journal.before().clone(),
            next: journal.trace().dropped(),
            calls: BTreeMap::new(),
            steps: vec![],
            ends: vec![],
            gone: None,
        };
        let before = path.sockets.get(socket).filter(|socket| !socket.gone).map(|socket| socket.state);
        if let Some(place) = before.and_then(place_of) {
            let (event, cause) = (path.next, Cause::Forgotten);
            path.steps.push(Step { place, refined: None, event, time_us: 0, said: None, cause });
        }
        path
    }

    /// Which socket's path it is.
    pub fn socket(&self) -> SocketId {
        self.socket
    }

    /// Takes what was added to the trace since the last time. Returns whether anything changed.
    pub fn read(&mut self, journal: &Journal) -> bool {
        let before = (self.steps.clone(), self.ends.len());
        let socket = self.socket;
        for entry in journal.trace().since(self.next).filter(|entry| entry.socket == socket) {
            self.take(entry);
        }
        self.next = journal.trace().next_number();
        before != (self.steps.clone(), self.ends.len())
    }

    /// All steps, the first one first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many of the steps were done after `event`; all of them, without one.
    pub fn done_at(&self, event: Option<u64>) -> usize {
        event.map_or(self.steps.len(), |event| self.steps.partition_point(|step| step.event <= event))
    }

    /// Whether there was a descriptor without a connection after `event`, on which `connect` may be called.
    pub fn may_connect_at(&self, event: Option<u64>) -> bool {
        let is_gone = self.gone.is_some_and(|gone| event.is_none_or(|event| gone <= event));
        let unconnected = |step: &Step| matches!(step.place, Place::At(TcpState::CLOSED | TcpState::SYN_SENT));
        !is_gone && self.steps[..self.done_at(event)].iter().all(unconnected)
    }

    /// When the state of the last step done at `event` ends by itself, in milliseconds since the page was opened.
    pub fn ends_at_ms(&self, event: Option<u64>) -> Option<f64> {
        let step = self.done_at(event).checked_sub(1).and_then(|last| self.steps.get(last))?;
        let (_, at_ms, rest_ms) = self.ends.iter().rev().find(|(at, ..)| *at >= step.event && event.is_none_or(|event| *at <= event))?;
        Some(at_ms + *rest_ms as f64)
    }

    fn take(&mut self, entry: &Entry) {
        let state = |sockets: &Sockets| sockets.get(self.socket).map(|socket| (socket.state, socket.gone));
        let before = state(&self.sockets);
        self.sockets.apply(entry);
        let after = state(&self.sockets);
        if let Fact::Called(call) = &entry.fact {
            self.calls.insert(call.id, as_written(call));
        }
        if let Fact::Told { id, info } = &entry.fact {
            if let Some(state) = info.state {
                self.said(entry, state, *id == Fact::TABLE);
            }
            self.ends.extend(info.ends_in_ms.map(|rest| (entry.number, entry.time_ms, rest)));
        } else if before != after
            && let Some((state, is_gone)) = after
        {
            let cause = self.cause(&entry.fact);
            self.gone = self.gone.or(is_gone.then_some(entry.number));
            self.infer(entry, state, is_gone, cause);
        }
        if let Fact::Returned { id: Some(id), .. } | Fact::Failed { id: Some(id), .. } | Fact::Received { id, .. } = &entry.fact {
            self.calls.remove(id);
        }
    }

    fn cause(&self, fact: &Fact) -> Cause {
        let call = |id: &Option<CallId>| id.and_then(|id| self.calls.get(&id)).cloned().unwrap_or_else(|| "send".to_owned());
        match fact {
            Fact::Called(call) => Cause::Called(as_written(call)),
            Fact::Returned { value: Return::Recv { eof: true }, .. } => Cause::End,
            Fact::Returned { id, .. } => Cause::Returned(call(id)),
            Fact::Failed { id, failure } => Cause::Failed(call(id), failure.name.to_string()),
            _ => Cause::Dropped,
        }
    }

    fn infer(&mut self, entry: &Entry, state: State, is_gone: bool, cause: Cause) {
        let last = self.steps.last().map(|step| step.place_at(None));
        let Some(place) = last else {
            if state == State::Established {
                // What is accepted was a connection before it was a descriptor.
                self.push(entry, Place::At(TcpState::LISTEN), false, Cause::OnTheWay);
                self.push(entry, Place::At(TcpState::SYN_RECEIVED), false, Cause::OnTheWay);
            }
            return self.push(entry, place_of(state).unwrap_or(Place::At(TcpState::CLOSED)), false, cause);
        };
        let next = match state {
            State::Closed if is_gone => self.after_close(entry, place),
            State::Closed => Place::At(TcpState::CLOSED),
            State::Listen => Place::At(TcpState::LISTEN),
            State::SynSent => Place::At(TcpState::SYN_SENT),
            // The kernel may have said more by now than a `connect` that returns.
            State::Established if matches!(place, Place::At(TcpState::CLOSED | TcpState::SYN_SENT | TcpState::SYN_RECEIVED)) => {
                Place::At(TcpState::ESTABLISHED)
            }
            State::FinWait | State::LastAck => place.after_our_end(),
            State::CloseWait | State::TimeWait => place.after_their_end(),
            // What becomes of a connection whose relay is gone is not known here.
            State::Established | State::RelayLost | State::EndedByRelay => place,
        };
        if next != place {
            self.push(entry, next, false, cause);
        }
    }

    /// Where `close` leads: a FIN where there was none yet, a reset where bytes were left unread, and an end at once where there was no connection.
    fn after_close(&self, entry: &Entry, place: Place) -> Place {
        let is_abort = matches!(entry.fact, Fact::Returned { value: Return::Abort, .. });
        match place {
            _ if is_abort => Place::At(TcpState::CLOSED),
            Place::At(TcpState::ESTABLISHED | TcpState::CLOSE_WAIT) if self.sockets.unread_bytes(self.socket) > 0 => {
                Place::At(TcpState::CLOSED)
            }
            Place::At(TcpState::ESTABLISHED | TcpState::SYN_RECEIVED | TcpState::CLOSE_WAIT) => place.after_our_end(),
            Place::At(TcpState::LISTEN | TcpState::SYN_SENT) => Place::At(TcpState::CLOSED),
            goes_on => goes_on,
        }
    }

    fn said(&mut self, entry: &Entry, state: TcpState, by_table: bool) {
        let Some(last) = self.steps.last_mut() else {
            return self.push(entry, Place::At(state), true, Cause::Kernel);
        };
        let place = last.place_at(None);
        if place == Place::FinWait && (state == TcpState::FIN_WAIT_1 || place.states().contains(&state) || place_follows(state)) {
            last.refined = Some((entry.number, TcpState::FIN_WAIT_1));
        }
        let place = last.place_at(None);
        if place == Place::At(state) {
            last.said.get_or_insert(entry.number);
            return;
        }
        let Place::At(from) = place else { return };
        if state == TcpState::CLOSED && !by_table {
            // A name is still looked up, and the kernel's `connect` comes after that.
            if from == TcpState::SYN_SENT {
                return;
            }
            // TIME_WAIT is no socket's any more: of that only the system's table tells.
            if place.has_finished_first() {
                if from != TcpState::TIME_WAIT {
                    self.push(entry, Place::At(TcpState::TIME_WAIT), false, Cause::Kernel);
                }
                return;
            }
        }
        for passed in on_the_way(from, state) {
            self.push(entry, Place::At(*passed), false, Cause::OnTheWay);
        }
        self.push(entry, Place::At(state), true, Cause::Kernel);
    }

    fn push(&mut self, entry: &Entry, place: Place, is_said: bool, cause: Cause) {
        let said = is_said.then_some(entry.number);
        let time_us = (entry.time_ms * 1000.0) as u64;
        self.steps.push(Step { place, refined: None, event: entry.number, time_us, said, cause });
    }
}

/// States that come after FIN_WAIT_1 at the latest, so that it was passed.
const fn place_follows(state: TcpState) -> bool {
    matches!(state, TcpState::CLOSING | TcpState::TIME_WAIT | TcpState::CLOSED)
}

fn place_of(state: State) -> Option<Place> {
    Some(match state {
        State::Closed => Place::At(TcpState::CLOSED),
        State::Listen => Place::At(TcpState::LISTEN),
        State::SynSent => Place::At(TcpState::SYN_SENT),
        State::Established => Place::At(TcpState::ESTABLISHED),
        State::FinWait => Place::FinWait,
        State::CloseWait => Place::At(TcpState::CLOSE_WAIT),
        State::LastAck => Place::At(TcpState::LAST_ACK),
        State::TimeWait => Place::At(TcpState::TIME_WAIT),
        State::RelayLost | State::EndedByRelay => return None,
    })
}

fn as_written(call: &Call) -> String {
    match &call.operation {
        Operation::Shutdown { how: How::Read } => "shutdown(SHUT_RD)".to_owned(),
        Operation::Shutdown { how: How::Write } => "shutdown(SHUT_WR)".to_owned(),
        Operation::Shutdown { how: How::Both } => "shutdown(SHUT_RDWR)".to_owned(),
        other => format!("{}()", other.name()),
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
