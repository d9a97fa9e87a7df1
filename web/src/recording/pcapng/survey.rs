//! What has to be known before the first packet is made: who talks to whom, and how much of each `send` the kernel took.

use std::net::SocketAddr;

use protocol::{Call, CallId, How, Operation, RecvFlag, Return};

use super::conversation::End;
use crate::net::SocketId;
use crate::trace::{Entry, Fact};

/// Where a socket belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) conversation: usize,
    pub(super) end: End,
}

/// What happens while a call waits that matters for the packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// A `recv` that leaves the stream as it is.
    Aside,
    Shutdown(How),
}

/// One socket of the page.
#[derive(Debug)]
pub(super) struct Own {
    id: SocketId,
    /// Nowhere where it never was connected.
    pub(super) place: Option<Place>,
    /// The call that connected it.
    pub(super) connected_by: Option<CallId>,
    /// Whether it has shut down receiving: the end of the stream that it sees then is its own.
    pub(super) is_deaf: bool,
    waiting: Vec<(CallId, Waiting)>,
    /// The `send`s that have not returned, in order.
    sends: Vec<Send>,
    sent_bytes: usize,
    received_bytes: usize,
}

/// A `send` that has not returned; a bare one where there is no id.
#[derive(Clone, Copy, Debug)]
struct Send {
    id: Option<CallId>,
    entry: u64,
    /// How much of it is not answered for.
    left: usize,
}

/// A conversation: the addresses of its ends, that of the connecting one first, and which sockets of the page they are.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) addresses: [SocketAddr; 2],
    pub(super) sockets: [Option<SocketId>; 2],
}

/// What was found out. One list of sockets, sorted, instead of a map for each thing to be known of them: maps are large in Wasm.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) pairs: Vec<Pair>,
    sockets: Vec<Own>,
    first_entry: u64,
    /// Of each entry, how many bytes of the `send` that it is the kernel took.
    taken: Vec<u32>,
}

impl Survey {
    pub(super) fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut survey = Self::default();
        for entry in entries {
            if survey.taken.is_empty() {
                survey.first_entry = entry.number;
            }
            survey.taken.push(0);
            if let Fact::Returned { id, value } = &entry.fact {
                survey.place(entry.socket, *id, value);
            }
            survey.count(entry);
        }
        survey.settle_unreturned();
        for own in &mut survey.sockets {
            own.waiting.clear();
        }
        survey
    }

    /// What is known of `socket`.
    pub(super) fn socket(&mut self, socket: SocketId) -> &mut Own {
        let index = self.sockets.partition_point(|own| own.id < socket);
        if self.sockets.get(index).is_none_or(|own| own.id != socket) {
            self.sockets.insert(index, Own::new(socket));
        }
        &mut self.sockets[index]
    }

    /// Whether an end of a conversation is a socket of the page.
    pub(super) fn is_here(&self, place: Place) -> bool {
        self.pairs[place.conversation].sockets[place.end as usize].is_some()
    }

    /// How many bytes of the `send` whose bytes are this entry's the kernel took, as far as that is known.
    pub(super) fn taken(&self, entry: u64) -> usize {
        self.taken.get((entry - self.first_entry) as usize).map_or(0, |bytes| *bytes as usize)
    }

    fn place(&mut self, socket: SocketId, id: Option<CallId>, value: &Return) {
        let (end, local, peer) = match *value {
            Return::Connect { local, peer } => (End::Connecting, local, peer),
            Return::Accept { local, peer } => (End::Listening, local, peer),
            _ => return,
        };
        let (local, peer) = (plain(local), plain(peer));
        if local == peer || local.is_ipv4() != peer.is_ipv4() || self.socket(socket).place.is_some() {
            return;
        }
        let addresses = if end == End::Connecting { [local, peer] } else { [peer, local] };
        // Addresses come again after a while: the newest conversation is meant.
        let newest = self.pairs.iter().rposition(|pair| pair.addresses == addresses);
        let newest = newest.filter(|index| self.pairs[*index].sockets[end as usize].is_none());
        let conversation = newest.unwrap_or(self.pairs.len());
        if newest.is_none() {
            self.pairs.push(Pair { addresses, sockets: [None; 2] });
        }
        self.pairs[conversation].sockets[end as usize] = Some(socket);
        let own = self.socket(socket);
        (own.place, own.connected_by) = (Some(Place { conversation, end }), id);
    }

    fn count(&mut self, entry: &Entry) {
        let own = self.socket(entry.socket);
        let parts = match &entry.fact {
            Fact::Called(call) => return own.called(call),
            Fact::Sending { id, bytes } => return own.sends.push(Send { id: *id, entry: entry.number, left: bytes.len() }),
            Fact::Received { id, bytes } => {
                if own.answered(*id) != Some(Waiting::Aside) {
                    own.received_bytes += bytes.len();
                }
                return;
            }
            // What a call returned is all that there is; one return without an id may leave later bare sends unanswered.
            Fact::Returned { id, value: Return::Send { sent } } => {
                own.sent(*id, usize::try_from(*sent).unwrap_or(usize::MAX), id.is_some())
            }
            Fact::Failed { id, .. } => {
                id.and_then(|id| own.answered(id));
                own.sent(*id, 0, true)
            }
            Fact::Returned { id: Some(id), .. } => {
                own.answered(*id);
                return;
            }
            _ => return,
        };
        for (entry, bytes) in parts {
            self.took(entry, bytes);
        }
    }

    /// A `send` that has not returned has sent what the other end received beyond all that did, where that end is in the page; else nothing is known of it.
    fn settle_unreturned(&mut self) {
        for index in 0..self.sockets.len() {
            let Some(Place { conversation, end }) = self.sockets[index].place else { continue };
            let other = self.pairs[conversation].sockets[end.other() as usize];
            let received = other.map_or(0, |other| self.socket(other).received_bytes);
            let own = &mut self.sockets[index];
            let mut left = received.saturating_sub(own.sent_bytes);
            for send in std::mem::take(&mut own.sends) {
                let part = send.left.min(left);
                left -= part;
                self.took(send.entry, part);
            }
        }
    }

    fn took(&mut self, entry: u64, bytes: usize) {
        if let Some(taken) = self.taken.get_mut((entry - self.first_entry) as usize) {
            *taken = taken.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
    }
}

impl Own {
    fn new(id: SocketId) -> Self {
        let (waiting, sends) = (vec![], vec![]);
        Self { id, place: None, connected_by: None, is_deaf: false, waiting, sends, sent_bytes: 0, received_bytes: 0 }
    }

    /// Takes note of a call, where it matters.
    pub(super) fn called(&mut self, call: &Call) {
        let waiting = match &call.operation {
            Operation::Recv { flags, .. } if flags.iter().any(|flag| matches!(flag, RecvFlag::Peek | RecvFlag::Oob)) => Waiting::Aside,
            Operation::Shutdown { how } => Waiting::Shutdown(*how),
            _ => return,
        };
        self.waiting.push((call.id, waiting));
    }

    /// What there was to know of a call that has returned, or failed.
    pub(super) fn answered(&mut self, id: CallId) -> Option<Waiting> {
        let index = self.waiting.iter().position(|(waiting, _)| *waiting == id)?;
        Some(self.waiting.swap_remove(index).1)
    }

    /// The `send`s of that id have sent so many bytes, and nothing more where that `is_all`. Returns which entry sent how much.
    fn sent(&mut self, id: Option<CallId>, mut bytes: usize, is_all: bool) -> Vec<(u64, usize)> {
        let mut parts = vec![];
        self.sends.retain_mut(|send| {
            if send.id != id {
                return true;
            }
            let part = bytes.min(send.left);
            (bytes, send.left) = (bytes - part, send.left - part);
            parts.push((send.entry, part));
            !is_all && send.left > 0
        });
        self.sent_bytes += parts.iter().map(|(_, part)| part).sum::<usize>();
        parts
    }
}

/// A packet knows neither zones nor IPv4 addresses in IPv6's clothes.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
