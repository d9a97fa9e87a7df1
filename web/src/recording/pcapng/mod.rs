//! A recording as a file for Wireshark: pcapng, with packets that are made from what the sockets did.
//!
//! Nothing was captured. Where a connection has one end in the page, its packets are those that this end's calls imply; where both ends are, they are one
//! conversation. What no call tells (acknowledgements, segments that got lost, when exactly something was on the wire) is made up in the plainest way, and the
//! file says so in a comment. Sockets that never were connected are left out, and so is a socket that is connected to itself, which no capture can show.

mod block;
mod conversation;
mod packet;
mod survey;

use protocol::{How, Name, Operation, Return};

use super::Moment;
use crate::trace::{Entry, Fact, Trace};
use conversation::Conversation;
use survey::{Place, Survey, Waiting};

/// The media type of the file (<https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>; not registered yet).
pub const PCAPNG_MEDIA_TYPE: &str = "application/x-pcapng";

/// How the file's name ends.
pub const PCAPNG_FILE_EXTENSION: &str = ".pcapng";

const COMMENT: &str = "Made by TCP Playground from the calls of sockets. These packets were not captured: handshakes, acknowledgements, segment \
                       boundaries and sequence numbers are made up around the bytes that were sent and received.";

/// The file, in pieces: an iterator over its blocks. One item is what one entry of the trace gives, at most the bytes of that entry and their packets' heads.
#[derive(Debug)]
pub struct Pcapng<I> {
    entries: I,
    survey: Survey,
    conversations: Vec<Conversation>,
    opened: Moment,
    head: Option<Vec<u8>>,
}

/// The conversations of `trace`, whose page was opened at `opened`.
pub fn pcapng(opened: Moment, trace: &Trace) -> Pcapng<impl Iterator<Item = &Entry>> {
    let survey = Survey::of(trace.since(0));
    let conversations = survey.pairs.iter().enumerate().map(|(index, pair)| Conversation::new(pair.addresses, index)).collect();
    let head = Some(block::head(COMMENT));
    let entries = trace.since(0);
    Pcapng { entries, survey, conversations, opened, head }
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
        let taken = self.survey.taken(entry.number);
        let Some(place) = self.survey.socket(entry.socket).place else { return file };
        let other = Place { conversation: place.conversation, end: place.end.other() };
        let is_other_here = self.survey.is_here(other);
        let own = self.survey.socket(entry.socket);
        let (end, other) = (place.end, other.end);
        let micros = (self.opened.unix_ms() * 1000).saturating_add(super::line::micros(entry.time_ms));
        let Some(talk) = self.conversations.get_mut(place.conversation) else { return file };
        match &entry.fact {
            Fact::Called(call) => {
                if own.connected_by == Some(call.id) && matches!(call.operation, Operation::Connect { .. }) {
                    talk.ask(micros, &mut file);
                }
                own.called(call);
            }
            Fact::Sending { bytes, .. } => {
                talk.send(end, &bytes[..taken.min(bytes.len())], micros, &mut file);
            }
            Fact::Received { id, bytes } => {
                if own.answered(*id) != Some(Waiting::Aside) {
                    if !is_other_here {
                        talk.send(other, bytes, micros, &mut file);
                    }
                    talk.took(end, bytes.len() as u64);
                }
            }
            Fact::Returned { id, value } => {
                let call = id.and_then(|id| own.answered(id));
                match (value, call) {
                    (Return::Connect { .. } | Return::Accept { .. }, _) => talk.establish(micros, &mut file),
                    (Return::Recv { eof: true }, _) if !own.is_deaf => {
                        talk.finish(other, micros, &mut file);
                    }
                    (Return::Shutdown, Some(Waiting::Shutdown(how))) => {
                        if how != How::Write {
                            own.is_deaf = true;
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
                id.and_then(|id| own.answered(id));
                // After its own end EPIPE is no news of the other one.
                if failure.name == Name::ECONNRESET || failure.name == Name::EPIPE && !talk.has_finished(end) {
                    talk.reset(other, micros, &mut file);
                }
            }
            // Closed without a call: the page let go of it, and the relay closed it.
            Fact::Closed => talk.close(end, is_other_here, micros, &mut file),
            // What the relay's machine told the other end is not known; if that is in the page, its own calls tell.
            Fact::Made(_) | Fact::Line { .. } | Fact::Told { .. } | Fact::Ended { .. } | Fact::Lost { .. } => {}
        }
        file
    }
}

#[cfg(test)]
mod tests;
