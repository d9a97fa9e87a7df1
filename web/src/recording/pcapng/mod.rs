//! A recording as a file for Wireshark: pcapng, with packets that are made from what the sockets did.
//!
//! Nothing was captured. Where a connection has one end in the page, its packets are those that this end's calls imply; where both ends are, they are one
//! conversation. What no call tells (acknowledgements, segments that got lost, when exactly something was on the wire) is made up in the plainest way, and the
//! file says so in a comment. Sockets that never were connected are left out, and so is a socket that is connected to itself, which no capture can show.

mod block;
mod conversation;
mod packet;
mod survey;

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Call, CallId, How, Name, Operation, Return};

use super::Moment;
use crate::net::SocketId;
use crate::trace::{Entry, Fact, Trace};
use conversation::Conversation;
use survey::{Place, Survey, is_aside};

/// The media type of the file (<https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>; not registered yet).
pub const PCAPNG_MEDIA_TYPE: &str = "application/x-pcapng";

/// How the file's name ends.
pub const PCAPNG_FILE_EXTENSION: &str = ".pcapng";

const COMMENT: &str = "Made by TCP Playground from the calls of sockets. These packets were not captured: handshakes, acknowledgements, segment \
                       boundaries and sequence numbers are made up around the bytes that were sent and received.";

/// What happens while a call waits that matters for the packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    /// A `recv` that takes nothing out of the stream.
    Aside,
    Shutdown(How),
}

/// The file, in pieces: an iterator over its blocks. One item is what one entry of the trace gives, at most the bytes of that entry and their packets' heads.
#[derive(Debug)]
pub struct Pcapng<I> {
    entries: I,
    survey: Survey,
    conversations: Vec<Conversation>,
    waiting: BTreeMap<(SocketId, CallId), Waiting>,
    opened: Moment,
    head: Option<Vec<u8>>,
    /// Sockets that shut down receiving: the end of the stream that they see is their own.
    deaf: BTreeSet<SocketId>,
}

/// The conversations of `trace`, whose page was opened at `opened`.
pub fn pcapng(opened: Moment, trace: &Trace) -> Pcapng<impl Iterator<Item = &Entry>> {
    let survey = Survey::of(trace.since(0));
    let conversations = survey.ends.iter().enumerate().map(|(index, ends)| Conversation::new(*ends, index)).collect();
    let head = Some(block::head(COMMENT));
    let entries = trace.since(0);
    Pcapng { entries, survey, conversations, waiting: BTreeMap::new(), opened, head, deaf: BTreeSet::new() }
}

impl<'a, I: Iterator<Item = &'a Entry>> Iterator for Pcapng<I> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if let Some(head) = self.head.take() {
            return Some(head);
        }
        loop {
            let entry = self.entries.next()?;
            let blocks = self.entry(entry);
            if !blocks.is_empty() {
                return Some(blocks);
            }
        }
    }
}

impl<I> Pcapng<I> {
    /// The packets that an entry gives.
    fn entry(&mut self, entry: &Entry) -> Vec<u8> {
        let mut file = vec![];
        let Some(place) = self.survey.place_of(entry.socket) else { return file };
        let Place { conversation, end } = place;
        let other = Place { conversation, end: end.other() };
        let (is_other_here, socket) = (self.survey.is_here(other), entry.socket);
        let micros = self.opened.unix_ms() * 1000 + super::line::micros(entry.time_ms);
        let Some(talk) = self.conversations.get_mut(conversation) else { return file };
        match &entry.fact {
            Fact::Called(call) => {
                if self.survey.succeeds(socket, call.id) {
                    talk.ask(micros, &mut file);
                }
                self.waiting.extend(waiting(call).map(|waiting| ((socket, call.id), waiting)));
            }
            Fact::Sending { bytes, .. } => {
                let taken = self.survey.taken(entry.number).min(bytes.len());
                talk.send(end, &bytes[..taken], micros, &mut file);
            }
            Fact::Received { id, bytes } => {
                if self.waiting.remove(&(socket, *id)) != Some(Waiting::Aside) {
                    if !is_other_here {
                        talk.send(other.end, bytes, micros, &mut file);
                    }
                    talk.took(end, bytes.len() as u64);
                }
            }
            Fact::Returned { id, value } => {
                let call = id.and_then(|id| self.waiting.remove(&(socket, id)));
                match (value, call) {
                    (Return::Connect { .. } | Return::Accept { .. }, _) => talk.establish(micros, &mut file),
                    (Return::Recv { eof: true }, _) if !self.deaf.contains(&socket) => {
                        talk.finish(other.end, micros, &mut file);
                    }
                    (Return::Shutdown, Some(Waiting::Shutdown(how))) => {
                        if how != How::Write {
                            self.deaf.insert(socket);
                        }
                        if how != How::Read {
                            talk.finish(end, micros, &mut file);
                        }
                    }
                    (Return::Close, _) => talk.close(end, is_other_here, micros, &mut file),
                    (Return::Abort, _) => talk.reset(end, micros, &mut file),
                    _ => {}
                }
            }
            Fact::Failed { id, failure } => {
                id.and_then(|id| self.waiting.remove(&(socket, id)));
                // After its own end EPIPE is no news of the other one.
                if failure.name == Name::ECONNRESET || failure.name == Name::EPIPE && !talk.has_finished(end) {
                    talk.reset(other.end, micros, &mut file);
                }
            }
            // Closed without a call: the page let go of it, and the relay closed it.
            Fact::Closed => talk.close(end, is_other_here, micros, &mut file),
            // What the relay's machine told the other end is not known; if that is in the page, its own calls tell.
            Fact::Made(_) | Fact::Told { .. } | Fact::Ended { .. } | Fact::Lost { .. } => {}
        }
        file
    }
}

fn waiting(call: &Call) -> Option<Waiting> {
    match &call.operation {
        Operation::Recv { flags, .. } if is_aside(flags) => Some(Waiting::Aside),
        Operation::Shutdown { how } => Some(Waiting::Shutdown(*how)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
