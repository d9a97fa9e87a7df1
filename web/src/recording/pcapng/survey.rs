//! What has to be known before the first packet is made: who talks to whom, and how much of each `send` the kernel took.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use protocol::{Call, CallId, Operation, RecvFlag, Return};

use super::conversation::End;
use crate::net::SocketId;
use crate::trace::{Entry, Fact};

/// Where a socket belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) conversation: usize,
    pub(super) end: End,
}

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The addresses of each conversation, that of the connecting end first.
    pub(super) ends: Vec<[SocketAddr; 2]>,
    places: BTreeMap<SocketId, Place>,
    here: Vec<[Option<SocketId>; 2]>,
    /// The `connect`s that were to succeed.
    succeeding: BTreeSet<(SocketId, CallId)>,
    /// By the number of the entry: how many bytes of a `send` the kernel took.
    taken: BTreeMap<u64, usize>,
}

/// The `send`s of a socket that have not returned yet, and what it received.
#[derive(Debug, Default)]
struct Transfers {
    announced: BTreeMap<CallId, (u64, usize)>,
    bare: VecDeque<(u64, usize)>,
    sent_bytes: usize,
    received_bytes: usize,
    aside: BTreeSet<CallId>,
}

impl Survey {
    pub(super) fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut survey = Self::default();
        let mut transfers: BTreeMap<SocketId, Transfers> = BTreeMap::new();
        for entry in entries {
            if let Fact::Returned { id, value } = &entry.fact {
                survey.place(entry.socket, *id, value);
            }
            transfers.entry(entry.socket).or_default().apply(entry, &mut survey.taken);
        }
        survey.settle_unreturned(&transfers);
        survey
    }

    /// Where `socket` belongs; nowhere where it never was connected.
    pub(super) fn place_of(&self, socket: SocketId) -> Option<Place> {
        self.places.get(&socket).copied()
    }

    /// Whether an end of a conversation is a socket of the page.
    pub(super) fn is_here(&self, place: Place) -> bool {
        self.here[place.conversation][place.end as usize].is_some()
    }

    /// Whether that is the call that connected the socket.
    pub(super) fn succeeds(&self, socket: SocketId, connect: CallId) -> bool {
        self.succeeding.contains(&(socket, connect))
    }

    /// How many bytes of the `send` whose bytes are this entry's the kernel took, as far as that is known.
    pub(super) fn taken(&self, entry: u64) -> usize {
        self.taken.get(&entry).copied().unwrap_or_default()
    }

    fn place(&mut self, socket: SocketId, id: Option<CallId>, value: &Return) {
        let (end, local, peer) = match *value {
            Return::Connect { local, peer } => (End::Connecting, local, peer),
            Return::Accept { local, peer } => (End::Listening, local, peer),
            _ => return,
        };
        let (local, peer) = (plain(local), plain(peer));
        if local == peer || local.is_ipv4() != peer.is_ipv4() || self.places.contains_key(&socket) {
            return;
        }
        if let (End::Connecting, Some(id)) = (end, id) {
            self.succeeding.insert((socket, id));
        }
        let ends = if end == End::Connecting { [local, peer] } else { [peer, local] };
        // Addresses come again after a while: the newest conversation is meant.
        let newest = self.ends.iter().rposition(|of| *of == ends).filter(|index| self.here[*index][end as usize].is_none());
        let conversation = newest.unwrap_or_else(|| {
            self.ends.push(ends);
            self.here.push([None; 2]);
            self.ends.len() - 1
        });
        self.here[conversation][end as usize] = Some(socket);
        self.places.insert(socket, Place { conversation, end });
    }

    /// A `send` that has not returned has sent what the other end received beyond all that did, where that end is in the page; else nothing is known of it.
    fn settle_unreturned(&mut self, transfers: &BTreeMap<SocketId, Transfers>) {
        for (socket, own) in transfers {
            let Some(Place { conversation, end }) = self.place_of(*socket) else { continue };
            let other = self.here[conversation][end.other() as usize].and_then(|other| transfers.get(&other));
            let mut left = other.map_or(0, |other| other.received_bytes.saturating_sub(own.sent_bytes));
            let mut unreturned: Vec<_> = own.announced.values().chain(&own.bare).copied().collect();
            unreturned.sort_unstable();
            for (number, len) in unreturned {
                let part = len.min(left);
                left -= part;
                *self.taken.entry(number).or_default() += part;
            }
        }
    }
}

impl Transfers {
    fn apply(&mut self, entry: &Entry, taken: &mut BTreeMap<u64, usize>) {
        match &entry.fact {
            Fact::Called(Call { id, operation: Operation::Recv { flags, .. } }) if is_aside(flags) => {
                self.aside.insert(*id);
            }
            Fact::Sending { id: Some(id), bytes } => {
                self.announced.insert(*id, (entry.number, bytes.len()));
            }
            Fact::Sending { id: None, bytes } => self.bare.push_back((entry.number, bytes.len())),
            Fact::Returned { id: Some(id), value: Return::Send { sent } } => {
                if let Some((number, len)) = self.announced.remove(id) {
                    self.took(number, at_most(*sent, len), taken);
                }
            }
            // One return may answer several, and its sum is all of theirs.
            Fact::Returned { id: None, value: Return::Send { sent } } => {
                let mut left = *sent;
                while let Some((number, len)) = self.bare.front_mut().filter(|_| left > 0) {
                    let (number, part) = (*number, at_most(left, *len));
                    *len -= part;
                    left -= part as u64;
                    if *len == 0 {
                        self.bare.pop_front();
                    }
                    self.took(number, part, taken);
                }
            }
            Fact::Failed { id: Some(id), .. } => {
                self.announced.remove(id);
                self.aside.remove(id);
            }
            Fact::Failed { id: None, .. } => self.bare.clear(),
            Fact::Received { id, bytes } if !self.aside.remove(id) => self.received_bytes += bytes.len(),
            _ => {}
        }
    }

    fn took(&mut self, number: u64, bytes: usize, taken: &mut BTreeMap<u64, usize>) {
        self.sent_bytes += bytes;
        *taken.entry(number).or_default() += bytes;
    }
}

/// Whether a `recv` leaves the stream as it is: it peeks, or takes the urgent byte that stands beside it.
pub(super) fn is_aside(flags: &[RecvFlag]) -> bool {
    flags.iter().any(|flag| matches!(flag, RecvFlag::Peek | RecvFlag::Oob))
}

fn at_most(sent: u64, len: usize) -> usize {
    usize::try_from(sent).map_or(len, |sent| sent.min(len))
}

/// A packet knows neither zones nor IPv4 addresses in IPv6's clothes.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
