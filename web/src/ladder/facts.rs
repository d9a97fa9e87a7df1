//! What each fact of the trace adds to a ladder, and which segments it lets infer.

use std::rc::Rc;

use protocol::{Call, CallId, Failure, How, Name, Operation, RecvFlag, Return};

use super::build::Open;
use super::{Act, Arrow, Carries, Ending, Ladder, Side};
use crate::trace::{Entry, as_written};

const SYN: &str = "SYN";
const SYN_ACK: &str = "SYN-ACK";
const ACK: &str = "ACK";
const FIN: &str = "FIN";
const RST: &str = "RST";

impl Ladder {
    pub(super) fn called(&mut self, entry: &Entry, side: Side, call: &Call) -> Option<u64> {
        let row = match &call.operation {
            // The page looks, and nothing happens to the socket.
            Operation::Info { .. } | Operation::Cancel { .. } => return None,
            // Drawn when its bytes go out.
            Operation::Send { .. } => None,
            operation => Some(self.push(entry, side, Act::Call(as_written(operation)))),
        };
        if matches!(call.operation, Operation::Connect { .. }) {
            self.point(row, entry, side, Carries::Inferred(SYN));
        }
        self.begin(entry, side, row, call.id, call.operation.clone());
        row
    }

    pub(super) fn sending(&mut self, entry: &Entry, side: Side, id: Option<CallId>, bytes: &Rc<[u8]>) -> u64 {
        let row = self.push(entry, side, Act::Call("send()".to_owned()));
        self.point(Some(row), entry, side, Carries::Bytes(bytes.clone()));
        let announced = id.and_then(|id| Some((id, self.close_call(entry, id)?.operation)));
        match (announced, id) {
            (Some((id, operation)), _) => self.begin(entry, side, Some(row), id, operation),
            (None, Some(id)) => self.begin(entry, side, Some(row), id, Operation::Send { flags: vec![], timeout_ms: None }),
            (None, None) => self.bare[side.index()].push_back((row, bytes.len() as u64)),
        }
        if self.is_followed {
            self.wire.sends(side, row, bytes.len() as u64);
        }
        row
    }

    pub(super) fn received(&mut self, entry: &Entry, id: CallId, bytes: &Rc<[u8]>) -> Option<u64> {
        let open = self.close_call(entry, id)?;
        let from = open.side.other();
        let len = bytes.len() as u64;
        let takes = match &open.operation {
            Operation::Recv { flags, .. } => !flags.iter().any(|flag| matches!(flag, RecvFlag::Peek | RecvFlag::Oob)),
            _ => false,
        };
        let arrow = (!self.is_followed).then(|| (from, Carries::Bytes(bytes.clone())));
        let row = self.end_call(entry, &open, Ending::Bytes(len), arrow);
        if self.is_followed && takes {
            self.wire.gets(from, row, len);
        }
        Some(row)
    }

    pub(super) fn returned(&mut self, entry: &Entry, id: CallId, value: &Return) -> Option<u64> {
        let open = self.close_call(entry, id)?;
        let (side, other) = (open.side, open.side.other());
        let arrow = match value {
            Return::Connect { .. } => {
                self.infer(entry, other, SYN_ACK);
                Some((side, Carries::Inferred(ACK)))
            }
            Return::Accept { peer, .. } if self.ends[side.index()] != Some(entry.socket) => {
                Some((other, Carries::Connection(*peer, entry.socket)))
            }
            Return::Accept { .. } if !self.has_both_ends() => {
                self.infer(entry, other, SYN);
                self.infer(entry, side, SYN_ACK);
                Some((other, Carries::Inferred(ACK)))
            }
            Return::Shutdown => self.shut(side, &open.operation),
            Return::Close if self.state(side).is_some_and(|state| state.is_connected()) => {
                // What is not read when its socket is closed makes the kernel reset the connection (RFC 1122 section 4.2.2.13).
                let has_unread = self.wire.unread(other) > 0 || !self.is_followed && self.sockets.unread_bytes(entry.socket) > 0;
                let segment = if has_unread { RST } else { FIN };
                self.ends_with(side, segment)
            }
            Return::Abort => self.ends_with(side, RST),
            Return::Recv { eof: true } if !self.read_is_shut[side.index()] => self.ends_with(other, FIN),
            Return::Send { sent } => {
                self.settle_sent(&open, *sent);
                None
            }
            _ => None,
        };
        Some(self.end_call(entry, &open, Ending::Returned(value.clone()), arrow))
    }

    pub(super) fn failed(&mut self, entry: &Entry, id: CallId, failure: &Failure) -> Option<u64> {
        let open = self.close_call(entry, id)?;
        let other = open.side.other();
        let arrow = match (&open.operation, failure.name) {
            (Operation::Connect { .. }, Name::ECONNREFUSED) => Some((other, Carries::Inferred(RST))),
            (Operation::Connect { .. }, Name::ETIMEDOUT | Name::EHOSTUNREACH | Name::EHOSTDOWN | Name::ECANCELED) => None,
            (Operation::Connect { .. }, name) => {
                // It failed before anything was sent.
                if name != Name::ECONNRESET
                    && let Some(row) = open.row.and_then(|row| self.row_mut(row))
                {
                    row.arrow = None;
                }
                None
            }
            (_, Name::ECONNRESET) => self.ends_with(other, RST),
            _ => None,
        };
        self.settle_sent(&open, 0);
        Some(self.end_call(entry, &open, Ending::Failed(failure.name), arrow))
    }

    pub(super) fn bare_returned(&mut self, entry: &Entry, side: Side, value: &Return) -> Option<u64> {
        let Return::Send { sent } = value else { return None };
        let (mut left, mut settled) = (*sent, None);
        while let Some((row, untaken)) = self.bare[side.index()].front_mut() {
            if *untaken > left {
                *untaken -= left;
                break;
            }
            left -= *untaken;
            settled = Some(*row);
            self.bare[side.index()].pop_front();
            self.settle_bare(entry, settled, Ending::Returned(Return::Send { sent: *sent }));
        }
        settled
    }

    pub(super) fn bare_failed(&mut self, entry: &Entry, side: Side, failure: &Failure) -> Option<u64> {
        let failed = std::mem::take(&mut self.bare[side.index()]);
        for (row, untaken) in &failed {
            self.wire.keeps(side, *row, *untaken);
            self.settle_bare(entry, Some(*row), Ending::Failed(failure.name));
        }
        failed.back().map(|(row, _)| *row)
    }

    fn settle_bare(&mut self, entry: &Entry, row: Option<u64>, ending: Ending) {
        let Some(row) = row else { return };
        let is_last = self.is_last(row);
        if let Some(row) = self.row_mut(row) {
            row.ending = Some(ending);
            if is_last {
                row.last = entry.number;
            }
        }
    }

    /// What the kernel did not take of a `send` is nobody's to get.
    fn settle_sent(&mut self, open: &Open, sent: u64) {
        let Some(number) = open.row else { return };
        if let Some(Arrow { from, carries: Carries::Bytes(bytes), .. }) = self.get(number).and_then(|row| row.arrow.clone()) {
            self.wire.keeps(from, number, (bytes.len() as u64).saturating_sub(sent));
        }
    }

    fn shut(&mut self, side: Side, operation: &Operation) -> Option<(Side, Carries)> {
        let Operation::Shutdown { how } = operation else { return None };
        self.read_is_shut[side.index()] |= *how != How::Write;
        if *how == How::Read { None } else { self.ends_with(side, FIN) }
    }

    /// The last segment from `side`, unless it was drawn already. After a FIN a RST may follow.
    fn ends_with(&mut self, side: Side, segment: &'static str) -> Option<(Side, Carries)> {
        let drawn = &mut self.ended[side.index()];
        if drawn.is_some_and(|drawn| drawn == RST || drawn == segment) {
            return None;
        }
        *drawn = Some(segment);
        Some((side, Carries::Inferred(segment)))
    }

    fn point(&mut self, row: Option<u64>, entry: &Entry, from: Side, carries: Carries) {
        if let Some(row) = row.and_then(|row| self.row_mut(row)) {
            row.arrow = Some(Arrow { from, event: entry.number, carries });
        }
    }
}
