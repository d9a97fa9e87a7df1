//! The rows of a ladder, added entry by entry and never worked out again.

use std::collections::{BTreeMap, VecDeque};

use protocol::{Call, CallId, ListenerId, Operation};

use super::wire::{Passage, Wire};
use super::{Act, Arrow, Bars, Carries, Ending, Ends, Row, Side};
use crate::net::SocketId;
use crate::trace::{Entry, Fact, Journal, Sockets, State, Trace, as_written};

/// How long nothing happens before that has a row of its own, in milliseconds.
const PAUSE_MS: f64 = 2000.0;

/// A return that comes so soon after its call, with nothing between, stands in the row of the call, in milliseconds.
const AT_ONCE_MS: f64 = 120.0;

/// How many calls of one end can be under way side by side; more share the last lane.
const LANES: u32 = 4;

/// A call that did not return yet.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) side: Side,
    /// A `send` has none before its bytes go out.
    pub(super) row: Option<u64>,
    pub(super) lane: u8,
    pub(super) since_ms: f64,
    pub(super) operation: Operation,
}

/// A call that waits, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Whose it is.
    pub side: Side,
    /// The name of the call.
    pub name: &'static str,
    /// The call.
    pub call: String,
    /// Since when, in milliseconds since the page was opened.
    pub since_ms: f64,
}

/// The rows.
#[derive(Debug)]
pub struct Ladder {
    pub(super) ends: [Option<SocketId>; 2],
    listener: Option<ListenerId>,
    /// Whether the positions in the stream are known, so that bytes are followed from `send` to `recv`.
    pub(super) is_followed: bool,
    rows: VecDeque<Row>,
    /// The number of the first row in `rows`.
    first_row: u64,
    next_entry: u64,
    pub(super) open: BTreeMap<(SocketId, CallId), Open>,
    lanes: [u8; 2],
    pub(super) wire: Wire,
    /// Rows of bare sends, and how many bytes of each were not taken yet.
    pub(super) bare: [VecDeque<(u64, u64)>; 2],
    /// The FIN or the RST that was drawn last from that end.
    pub(super) ended: [Option<&'static str>; 2],
    pub(super) read_is_shut: [bool; 2],
    gone: [bool; 2],
    pub(super) sockets: Sockets,
    states: [Option<State>; 2],
    last_ms: Option<f64>,
}

impl Ladder {
    /// The rows of the connection, or of the listener, before anything is read from `journal`.
    pub fn new(ends: &Ends, journal: &Journal) -> Self {
        let other = ends.other.as_ref().filter(|_| !ends.listens());
        let ids = [Some(ends.own.id), other.map(|other| other.id)];
        let before = journal.before();
        // Of a recording whose beginning was dropped nobody knows what was before.
        let is_known = journal.trace().dropped() == 0 || before.all().next().is_some();
        let is_new = |id: &SocketId| is_known && before.get(*id).is_none_or(|socket| !socket.was_connected);
        Self {
            ends: ids,
            listener: ends.own.listener,
            is_followed: other.is_some() && ids.iter().flatten().all(is_new),
            rows: VecDeque::new(),
            first_row: 0,
            next_entry: 0,
            open: BTreeMap::new(),
            lanes: [0; 2],
            wire: Wire::default(),
            bare: [VecDeque::new(), VecDeque::new()],
            ended: [None; 2],
            read_is_shut: [false; 2],
            gone: [false; 2],
            sockets: before.clone(),
            states: ids.map(|id| before.get(id?).map(|socket| socket.state)),
            last_ms: None,
        }
    }

    /// Takes what was added to the trace since the last time, and lets go of what it dropped. Returns whether anything changed.
    pub fn read(&mut self, trace: &Trace) -> bool {
        let before = (self.end(), self.first_row);
        let mut changed = false;
        for entry in trace.since(self.next_entry) {
            changed |= self.take(entry);
        }
        self.next_entry = trace.next_number();
        while self.rows.front().is_some_and(|row| row.last < trace.dropped()) {
            self.rows.pop_front();
            self.first_row += 1;
        }
        self.wire.forget_before(self.first_row);
        changed || before != (self.end(), self.first_row)
    }

    /// How many rows there are.
    pub fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The number of the oldest row; higher than 0 where the trace dropped earlier ones.
    pub fn first_row(&self) -> u64 {
        self.first_row
    }

    /// The row at `index`, counted from the oldest that is there.
    pub fn row(&self, index: u64) -> Option<&Row> {
        self.rows.get(usize::try_from(index).ok()?)
    }

    /// Where the row is that tells of `event`, or the last one before it.
    pub fn row_at(&self, event: u64) -> Option<u64> {
        (self.rows.partition_point(|row| row.first <= event) as u64).checked_sub(1)
    }

    /// Whether both ends are sockets of the page.
    pub fn has_both_ends(&self) -> bool {
        self.ends[1].is_some()
    }

    /// The calls that wait, the one that waits longest first.
    pub fn waiting(&self) -> Vec<Waiting> {
        let mut waiting: Vec<Waiting> = self.open.values().filter(|open| open.row.is_some()).map(Open::waits).collect();
        waiting.sort_by(|one, other| one.since_ms.total_cmp(&other.since_ms));
        waiting
    }

    /// The bytes from `side` on their way across the rows from `from` to before `to`, whose rows are counted as [`row`](Self::row) does; from further up
    /// they come from a negative one.
    pub(super) fn passages(&self, side: Side, from: u64, to: u64) -> impl Iterator<Item = (i64, i64)> {
        let position = |row: u64| row as i64 - self.first_row as i64;
        let passages = self.wire.across(side, self.first_row + from, self.first_row + to);
        passages.map(move |Passage { from, to, .. }| (position(*from), position(*to)))
    }

    /// How many bytes of the `send` at `index` nobody got yet.
    pub(super) fn unread_of(&self, side: Side, index: u64) -> u64 {
        if self.is_followed { self.wire.unread_of(side, self.first_row + index) } else { 0 }
    }

    fn take(&mut self, entry: &Entry) -> bool {
        let Some(side) = self.side_of(entry) else { return false };
        let row = match &entry.fact {
            Fact::Called(call) => self.called(entry, side, call),
            Fact::Sending { id, bytes } => Some(self.sending(entry, side, *id, bytes)),
            Fact::Received { id, bytes } => self.received(entry, *id, bytes),
            Fact::Returned { id: Some(id), value } => self.returned(entry, *id, value),
            Fact::Failed { id: Some(id), failure } => self.failed(entry, *id, failure),
            Fact::Returned { id: None, value } => self.bare_returned(entry, side, value),
            Fact::Failed { id: None, failure } => self.bare_failed(entry, side, failure),
            Fact::Ended { text, .. } | Fact::Lost { text } => self.over(entry, side, Some(text)),
            Fact::Closed => self.over(entry, side, None),
            Fact::Made(_) | Fact::Told { .. } | Fact::Line { .. } => None,
        };
        self.sockets.apply(entry);
        self.note_state(side, row);
        row.is_some()
    }

    fn side_of(&self, entry: &Entry) -> Option<Side> {
        if let Some(side) = Side::BOTH.into_iter().find(|side| self.ends[side.index()] == Some(entry.socket)) {
            return Some(side);
        }
        // An `accept` of a listener happens on the WebSocket of the connection that it will return.
        let accepts = match &entry.fact {
            Fact::Called(Call { operation: Operation::Accept { listener, .. }, .. }) => self.listener == Some(*listener) && !self.gone[0],
            Fact::Returned { id: Some(id), .. } | Fact::Failed { id: Some(id), .. } => self.open.contains_key(&(entry.socket, *id)),
            _ => false,
        };
        accepts.then_some(Side::Left)
    }

    /// The state that the end came to is told in the row of what brought it there.
    fn note_state(&mut self, side: Side, row: Option<u64>) {
        let index = side.index();
        let Some(socket) = self.ends[index].and_then(|id| self.sockets.get(id)) else { return };
        let is_new = socket.state == State::Closed && !socket.was_connected && !socket.gone;
        let state = Some(socket.state);
        if self.states[index] != state && !(is_new && self.states[index].is_none()) {
            self.states[index] = state;
            if let Some(row) = row.and_then(|row| self.row_mut(row)) {
                row.states[index] = state;
            }
        }
    }

    fn over(&mut self, entry: &Entry, side: Side, text: Option<&String>) -> Option<u64> {
        let ended_before = std::mem::replace(&mut self.gone[side.index()], true);
        self.open.retain(|_, open| open.side != side);
        let lanes = std::mem::take(&mut self.lanes[side.index()]);
        let text = text.filter(|_| !ended_before)?;
        let row = self.push(entry, side, Act::Over(text.clone()));
        self.row_mut(row)?.bars[side.index()].end = lanes;
        Some(row)
    }

    /// A call that was made in this row.
    pub(super) fn begin(&mut self, entry: &Entry, side: Side, row: Option<u64>, id: CallId, operation: Operation) {
        let lane = self.lanes[side.index()].trailing_ones().min(LANES - 1) as u8;
        if let Some(row) = row.and_then(|row| self.row_mut(row)) {
            row.bars[side.index()].begin |= 1 << lane;
            self.lanes[side.index()] |= 1 << lane;
        }
        self.open.insert((entry.socket, id), Open { side, row, lane, since_ms: entry.time_ms, operation });
    }

    /// A call ended: told in its own row, where that is the last one and not long ago, otherwise in one more.
    pub(super) fn end_call(&mut self, entry: &Entry, open: &Open, ending: Ending, arrow: Option<(Side, Carries)>) -> u64 {
        let index = open.side.index();
        self.lanes[index] &= !(1 << open.lane);
        let took_ms = (entry.time_ms - open.since_ms).max(0.0);
        let is_last = |row: &u64| self.is_last(*row) && took_ms < AT_ONCE_MS;
        let is_free = |ladder: &Self, row: u64| arrow.is_none() || ladder.get(row).is_some_and(|row| row.arrow.is_none());
        let number = match open.row.filter(is_last).filter(|row| is_free(self, *row)) {
            Some(row) => row,
            None => self.push(entry, open.side, Act::Return(as_written(&open.operation))),
        };
        let is_same = open.row == Some(number);
        if let Some(row) = self.row_mut(number) {
            (row.last, row.ending, row.took_ms) = (entry.number, Some(ending), took_ms);
            if is_same {
                row.bars[index].begin &= !(1 << open.lane);
            } else {
                row.bars[index].end |= 1 << open.lane;
            }
            if let Some((from, carries)) = arrow {
                row.arrow = Some(Arrow { from, event: entry.number, carries });
            }
        }
        number
    }

    /// A segment that must have crossed the wire.
    pub(super) fn infer(&mut self, entry: &Entry, from: Side, name: &'static str) {
        let row = self.push(entry, from, Act::Wire);
        if let Some(row) = self.row_mut(row) {
            row.arrow = Some(Arrow { from, event: entry.number, carries: Carries::Inferred(name) });
        }
    }

    pub(super) fn push(&mut self, entry: &Entry, side: Side, act: Act) -> u64 {
        let since_ms = self.last_ms.map(|last| (entry.time_ms - last).max(0.0));
        self.last_ms = Some(entry.time_ms);
        if let Some(pause) = since_ms.filter(|since| *since >= PAUSE_MS) {
            self.push_row(entry, side, Act::Pause(pause as u64), None);
        }
        self.push_row(entry, side, act, since_ms)
    }

    fn push_row(&mut self, entry: &Entry, side: Side, act: Act, since_ms: Option<f64>) -> u64 {
        let bars = self.lanes.map(|through| Bars { through, ..Bars::default() });
        let number = entry.number;
        self.rows.push_back(Row {
            first: number,
            last: number,
            time_ms: entry.time_ms,
            since_ms,
            side,
            act,
            ending: None,
            took_ms: 0.0,
            arrow: None,
            states: [None; 2],
            bars,
        });
        self.end() - 1
    }

    /// The state of an end, as far as the rows tell.
    pub(super) fn state(&self, side: Side) -> Option<State> {
        self.states[side.index()]
    }

    pub(super) fn get(&self, number: u64) -> Option<&Row> {
        self.row(number.checked_sub(self.first_row)?)
    }

    pub(super) fn row_mut(&mut self, number: u64) -> Option<&mut Row> {
        self.rows.get_mut(usize::try_from(number.checked_sub(self.first_row)?).ok()?)
    }

    pub(super) fn is_last(&self, number: u64) -> bool {
        number + 1 == self.end()
    }

    fn end(&self) -> u64 {
        self.first_row + self.rows.len() as u64
    }

    /// A failed call of this ladder: what it was, taken off the list of those that wait.
    pub(super) fn close_call(&mut self, entry: &Entry, id: CallId) -> Option<Open> {
        self.open.remove(&(entry.socket, id))
    }
}

impl Open {
    fn waits(&self) -> Waiting {
        Waiting { side: self.side, name: self.operation.name(), call: as_written(&self.operation), since_ms: self.since_ms }
    }
}
