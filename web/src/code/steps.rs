//! The steps of a program: calls in an order for one thread, runs of the same call as one, sockets with the names of variables.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use protocol::{Family, Operation, Return, limits};

use super::calls::{Call, Calls, Outcome};
use super::order::schedule;
use super::{Choice, Program};
use crate::net::SocketId;

/// The most steps that a program has. What comes after is counted.
const MAX_STEPS: usize = 2000;

/// The most bytes of one `send` that stand in the program itself, and of all of them. What is beyond is read from files.
const MAX_INLINE_BYTES: usize = 16 << 10;
const MAX_INLINE_BYTES_OF_ALL: usize = 256 << 10;

/// What fits into the kernel's buffers without anybody receiving, with room to spare.
const SURELY_BUFFERED_BYTES: usize = 64 << 10;

/// A socket of the program.
#[derive(Debug)]
pub(super) struct Socket {
    /// The variable.
    pub(super) name: String,
    pub(super) family: Family,
    pub(super) kind: Kind,
    /// Whether the session left it open.
    pub(super) is_open: bool,
}

/// The part that a socket plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Client,
    Server,
    Accepted,
}

/// Where the bytes of a `send` are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Payload {
    Here(Rc<[u8]>),
    /// The index of a file.
    File(usize),
}

/// One call of the program, or a run of the same.
#[derive(Debug)]
pub(super) struct Step {
    /// The index of the socket; for `accept` of the listener.
    pub(super) socket: usize,
    pub(super) operation: Operation,
    pub(super) outcome: Outcome,
    /// What a `send` sends; how often is `times`.
    pub(super) payload: Option<Payload>,
    pub(super) times: u64,
    /// The socket that `accept` makes.
    pub(super) accepted: Option<usize>,
    /// The listener of this program that `connect` reaches on a port that the system chose.
    pub(super) server: Option<usize>,
    /// Whether one thread may wait here for itself.
    pub(super) may_wait_forever: bool,
}

impl Program {
    /// The session of a trace, or of a part of it, as the steps of a program.
    pub fn new(trace: &crate::trace::Trace, choice: Choice) -> Self {
        let calls = Calls::of(trace);
        let chosen = choose(&calls, choice);
        let mut program = Self { is_headless: calls.is_headless && choice == Choice::Page, ..Self::default() };
        let mut builder = Builder { calls: &calls, program: &mut program, numbers: BTreeMap::new(), inline_bytes: 0 };
        for placed in schedule(&calls, &chosen) {
            builder.add(&calls.all[placed.call], placed.is_early);
        }
        program.name_sockets();
        program
    }

    fn name_sockets(&mut self) {
        let stems = |kind| match kind {
            Kind::Client => "client",
            Kind::Server => "server",
            Kind::Accepted => "conn",
        };
        for kind in [Kind::Client, Kind::Server, Kind::Accepted] {
            let is_one = self.sockets.iter().filter(|socket| socket.kind == kind).count() == 1;
            for (index, socket) in self.sockets.iter_mut().filter(|socket| socket.kind == kind).enumerate() {
                socket.name = if is_one { stems(kind).to_owned() } else { [stems(kind), &(index + 1).to_string()].concat() };
            }
        }
    }
}

/// The chosen sockets: a listener goes with everything that was accepted from it.
fn choose(calls: &Calls, choice: Choice) -> BTreeSet<SocketId> {
    let Choice::Socket(id) = choice else { return calls.sockets.keys().copied().collect() };
    let root = calls.sockets.get(&id).and_then(|socket| socket.parent).unwrap_or(id);
    let belongs = |(id, known): &(&SocketId, &super::calls::Known)| **id == root || known.parent == Some(root);
    calls.sockets.iter().filter(belongs).map(|(id, _)| *id).collect()
}

struct Builder<'a> {
    calls: &'a Calls,
    program: &'a mut Program,
    numbers: BTreeMap<SocketId, usize>,
    inline_bytes: usize,
}

impl Builder<'_> {
    fn add(&mut self, call: &Call, is_early: bool) {
        if self.program.steps.len() >= MAX_STEPS {
            self.program.left_out += 1;
            return;
        }
        let Some(socket) = self.number(call.socket) else { return };
        let ends =
            matches!(call.operation, Operation::Close | Operation::Abort) && !matches!(call.outcome, Outcome::Failed(_) | Outcome::Waiting);
        self.program.sockets[socket].is_open &= !ends;
        let operation = bounded(call.operation.clone());
        let bytes = match operation {
            Operation::Send { .. } => Some(call.bytes.clone().unwrap_or_default()),
            _ => None,
        };
        if self.joins(socket, &operation, bytes.as_ref(), &call.outcome) {
            return;
        }
        // A send that waits is only a remark, unless something that was received came from it.
        let is_sent = is_early && call.outcome == Outcome::Waiting;
        let sent = call.given();
        let step = Step {
            socket,
            accepted: match call.outcome {
                Outcome::Returned(Return::Accept { .. }) => call.accepted.and_then(|accepted| self.number(accepted)),
                _ => None,
            },
            server: self.server_of(call),
            outcome: if is_sent { Outcome::Returned(Return::Send { sent }) } else { call.outcome.clone() },
            may_wait_forever: is_early && bytes.as_ref().is_some_and(|bytes| bytes.len() > SURELY_BUFFERED_BYTES),
            payload: bytes.map(|bytes| self.payload(bytes)),
            operation,
            times: 1,
        };
        self.program.steps.push(step);
    }

    /// Whether the step before was the same call, so that this one is one more of it.
    fn joins(&mut self, socket: usize, operation: &Operation, bytes: Option<&Rc<[u8]>>, outcome: &Outcome) -> bool {
        let Some(last) = self.program.steps.last_mut().filter(|last| last.socket == socket && last.operation == *operation) else {
            return false;
        };
        match (operation, &mut last.outcome, outcome) {
            (
                Operation::Recv { flags, .. },
                Outcome::Received { calls, bytes: total, ended: already @ false },
                Outcome::Received { bytes, ended, .. },
            ) if flags.is_empty() => {
                (*calls, *total, *already) = (*calls + 1, *total + *bytes, *ended);
                true
            }
            (Operation::Send { .. }, Outcome::Returned(_), Outcome::Returned(_)) => {
                let is_same = match (&last.payload, bytes) {
                    (Some(Payload::Here(before)), Some(bytes)) => before == bytes,
                    (Some(Payload::File(index)), Some(bytes)) => self.program.files.get(*index) == Some(bytes),
                    _ => false,
                };
                last.times += u64::from(is_same);
                is_same
            }
            _ => false,
        }
    }

    fn payload(&mut self, bytes: Rc<[u8]>) -> Payload {
        if bytes.len() <= MAX_INLINE_BYTES && self.inline_bytes + bytes.len() <= MAX_INLINE_BYTES_OF_ALL {
            self.inline_bytes += bytes.len();
            return Payload::Here(bytes);
        }
        let files = &mut self.program.files;
        let known = files.iter().position(|file| *file == bytes);
        Payload::File(known.unwrap_or_else(|| {
            files.push(bytes);
            files.len() - 1
        }))
    }

    /// The index of a socket, which gets one when it first appears.
    fn number(&mut self, id: SocketId) -> Option<usize> {
        let known = self.calls.sockets.get(&id)?;
        let sockets = &mut self.program.sockets;
        Some(*self.numbers.entry(id).or_insert_with(|| {
            let kind = match known.parent {
                Some(_) => Kind::Accepted,
                None if known.is_server => Kind::Server,
                None => Kind::Client,
            };
            sockets.push(Socket { name: String::new(), family: known.family, kind, is_open: true });
            sockets.len() - 1
        }))
    }

    fn server_of(&self, call: &Call) -> Option<usize> {
        let Operation::Connect { port, .. } = call.operation else { return None };
        let is_there = |(id, _): &(&SocketId, &usize)| {
            let chosen = self.calls.sockets.get(id).and_then(|known| known.chosen_port);
            chosen.is_some_and(|chosen| u64::from(chosen) == port)
        };
        self.numbers.iter().filter(is_there).map(|(_, index)| *index).rfind(|index| self.program.sockets[*index].is_open)
    }
}

/// A call with numbers that no language has to wonder at: these are also the most that the relay takes.
fn bounded(mut operation: Operation) -> Operation {
    if let Operation::Recv { max, .. } = &mut operation {
        *max = (*max).min(limits::MAX_BINARY_FRAME_BYTES as u64);
    }
    if let Operation::Accept { timeout_ms: Some(timeout), .. }
    | Operation::Connect { timeout_ms: Some(timeout), .. }
    | Operation::Recv { timeout_ms: Some(timeout), .. }
    | Operation::Send { timeout_ms: Some(timeout), .. }
    | Operation::Poll { timeout_ms: Some(timeout), .. } = &mut operation
    {
        *timeout = (*timeout).min(limits::MAX_TIMEOUT_MS);
    }
    operation
}
