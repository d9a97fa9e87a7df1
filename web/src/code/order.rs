//! The order in which one thread can make the calls of a session.
//!
//! Calls stand where they returned. That is not always an order for one thread: where both ends are in the page their answers travel on two WebSockets, and
//! what a `recv` returned may arrive before the return of the `send` that it came from.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::{Operation, Return};

use super::calls::{Call, Calls, Outcome};
use crate::net::SocketId;

/// The place of a call.
pub(super) struct Placed {
    /// Its index.
    pub(super) call: usize,
    /// Whether it stands before something that returned earlier and needed it.
    pub(super) is_early: bool,
}

/// What is known of a socket so far.
#[derive(Default)]
struct Lane {
    /// Its calls from which something reaches the other end.
    feeding: VecDeque<usize>,
    /// Its calls that received.
    receiving: VecDeque<usize>,
    given: u64,
    taken: u64,
    has_ended: bool,
}

struct Scheduler<'a> {
    calls: &'a Calls,
    others: BTreeMap<SocketId, SocketId>,
    lanes: BTreeMap<SocketId, Lane>,
    is_placed: Vec<bool>,
    placed: Vec<Placed>,
}

/// The calls of the `chosen` sockets in an order for one thread. What never returned comes last.
pub(super) fn schedule(calls: &Calls, chosen: &BTreeSet<SocketId>) -> Vec<Placed> {
    let is_chosen = |index: &usize| chosen.contains(&calls.all[*index].socket) && calls.all[*index].outcome != Outcome::Cancelled;
    let never = (0..calls.all.len()).filter(|index| calls.all[*index].returned == u64::MAX);
    let order: Vec<usize> = calls.order.iter().copied().chain(never).filter(is_chosen).collect();
    let others = chosen.iter().filter_map(|socket| Some((*socket, calls.other_end(*socket)?))).collect();
    let mut scheduler = Scheduler {
        calls,
        others,
        lanes: BTreeMap::new(),
        is_placed: vec![false; calls.all.len()],
        placed: Vec::with_capacity(order.len()),
    };
    for &index in &order {
        let call = &calls.all[index];
        let lane = scheduler.lanes.entry(call.socket).or_default();
        if call.feeds() {
            lane.feeding.push_back(index);
        } else if matches!(call.outcome, Outcome::Received { .. }) {
            lane.receiving.push_back(index);
        }
    }
    for index in order {
        if !scheduler.is_placed[index] {
            scheduler.visit(index);
        }
    }
    scheduler.placed
}

impl Scheduler<'_> {
    fn visit(&mut self, index: usize) {
        let call = &self.calls.all[index];
        match (&call.operation, &call.outcome) {
            (Operation::Accept { .. }, Outcome::Returned(Return::Accept { .. })) => {
                let other = call.accepted.and_then(|accepted| self.calls.other_end(accepted));
                self.pull(call, other, |_, next| matches!(next.operation, Operation::Connect { .. }));
            }
            (Operation::Recv { .. }, Outcome::Received { bytes, ended, .. }) => {
                let needed = self.lanes.get(&call.socket).map_or(0, |lane| lane.taken) + bytes;
                let other = self.others.get(&call.socket).copied();
                self.pull(call, other, |lane, _| if *ended { !lane.has_ended } else { lane.given < needed });
            }
            (Operation::Send { .. }, Outcome::Returned(_)) => self.receive_first(call),
            _ => {}
        }
        self.place(index, false);
    }

    /// Places calls of the `other` end before `call`, in their order, while they are `needed`.
    fn pull(&mut self, call: &Call, other: Option<SocketId>, needed: impl Fn(&Lane, &Call) -> bool) {
        let Some(other) = other else { return };
        let calls = self.calls;
        while let Some((lane, index)) = self.next(other, |lane| &mut lane.feeding) {
            let next = &calls.all[index];
            if next.called > call.returned || !needed(lane, next) {
                return;
            }
            self.place(index, true);
        }
    }

    /// A `recv` that got less than it asked for took everything there was, so what is sent after that must not be there yet.
    fn receive_first(&mut self, send: &Call) {
        let Some(given) = self.lanes.get(&send.socket).map(|lane| lane.given) else { return };
        let Some(other) = self.others.get(&send.socket).copied() else { return };
        let calls = self.calls;
        while let Some((lane, index)) = self.next(other, |lane| &mut lane.receiving) {
            let recv = &calls.all[index];
            let (Operation::Recv { max, .. }, Outcome::Received { bytes, ended: false, .. }) = (&recv.operation, &recv.outcome) else {
                return;
            };
            if bytes >= max || recv.called > send.returned || lane.taken.saturating_add(*bytes) > given {
                return;
            }
            self.place(index, false);
        }
    }

    /// The next call of one of a socket's queues that has no place yet.
    fn next(&mut self, socket: SocketId, queue: impl Fn(&mut Lane) -> &mut VecDeque<usize>) -> Option<(&Lane, usize)> {
        let lane = self.lanes.get_mut(&socket)?;
        let calls = queue(lane);
        while calls.front().is_some_and(|index| self.is_placed[*index]) {
            calls.pop_front();
        }
        let index = *calls.front()?;
        Some((lane, index))
    }

    fn place(&mut self, index: usize, is_early: bool) {
        let call = &self.calls.all[index];
        let lane = self.lanes.entry(call.socket).or_default();
        lane.given = lane.given.saturating_add(call.given());
        lane.taken = lane.taken.saturating_add(call.taken());
        let ends = call.feeds() && !matches!(call.operation, Operation::Connect { .. } | Operation::Send { .. });
        lane.has_ended |= ends && !matches!(call.outcome, Outcome::Failed(_));
        self.is_placed[index] = true;
        self.placed.push(Placed { call: index, is_early });
    }
}
