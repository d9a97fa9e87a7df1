//! The structure that a protocol sees in the bytes: fields, found as the bytes come. What is not whole yet, or not what the protocol asks for, is a
//! field too, and says so.

use std::collections::VecDeque;

use super::Ruler;
use super::http::Http;
use super::prefix::Prefix;
use super::resp::Resp;
use super::smtp::Smtp;

/// How many fields are kept. A hostile peer could make one of every other byte.
const MOST_FIELDS: usize = 100_000;

/// The longest line that is looked at as one, in bytes: servers take no longer ones either.
const MOST_LINE: u64 = 64 << 10;

/// How often a grammar may change its mind without taking a byte.
const MOST_IDLE: u32 = 8;

/// What the bytes are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1 (RFC 9112).
    Http,
    /// Redis' protocol, versions 2 and 3.
    Resp,
    /// SMTP (RFC 5321).
    Smtp,
    /// Messages that follow their length: how many bytes the length has, and whether its highest byte comes first.
    Prefix(u8, bool),
}

impl Protocol {
    /// All of them, in the order in which they are offered, with a name for each in the document.
    pub const ALL: [(&'static str, Self); 7] = [
        ("http", Self::Http),
        ("resp", Self::Resp),
        ("smtp", Self::Smtp),
        ("u16be", Self::Prefix(2, true)),
        ("u16le", Self::Prefix(2, false)),
        ("u32be", Self::Prefix(4, true)),
        ("u32le", Self::Prefix(4, false)),
    ];
}

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// HTTP: the method of a request.
    Method,
    /// HTTP: what is asked for.
    Target,
    /// HTTP: the version.
    Version,
    /// HTTP: the status of a response.
    Status,
    /// HTTP: the words beside the status.
    Reason,
    /// HTTP: the name of a header.
    Name,
    /// HTTP: the value of a header.
    Value,
    /// HTTP: the empty line after the headers.
    EndOfHead,
    /// HTTP: a body of a length that the head tells.
    Body,
    /// HTTP: a body that goes on until the connection ends.
    BodyToEnd,
    /// HTTP: the size of a chunk.
    ChunkSize,
    /// HTTP: a chunk.
    Chunk,
    /// HTTP: the end of a body in chunks.
    EndOfChunks,
    /// HTTP: what follows a change of the protocol.
    Upgraded,
    /// RESP: the byte that says of which type the next value is.
    Type(u8),
    /// RESP: how many bytes or elements follow; −1 for none at all.
    Length,
    /// RESP: a value.
    Content,
    /// RESP: a command as people type it.
    Inline,
    /// SMTP: a command.
    Verb,
    /// SMTP: its argument.
    Argument,
    /// SMTP: the code of a reply.
    Code,
    /// SMTP: the mark that another line of the reply follows.
    More,
    /// SMTP: the words of a reply.
    Text,
    /// SMTP: a message.
    Message,
    /// SMTP: the line that ends a message.
    EndOfMessage,
    /// The length before a message, and what it says.
    Prefix(u64),
    /// The message after its length.
    Prefixed,
    /// An empty line where one may be.
    EmptyLine,
    /// A line that ends with `\n` alone.
    BareLineFeed,
    /// A line that has not ended yet.
    Unfinished,
    /// A line that the protocol does not know.
    Strange,
    /// Everything from here on: it cannot be read as this protocol.
    Unread(Why),
}

/// Why bytes cannot be read as the protocol that they were taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// They do not begin as the protocol does.
    NotThis,
    /// A length is no number, or is told twice and not the same.
    NoLength,
    /// The end of a piece is not where its length puts it.
    NoEnd,
    /// A line is longer than any that servers take.
    LongLine,
    /// Values are nested deeper than 64 times.
    Deep,
}

/// A stretch of the ruler that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The offset of its first byte.
    pub start: u64,
    /// The offset after its last byte that is there.
    pub end: u64,
    /// What it is.
    pub what: What,
    /// How many bytes it will have, where not all are there yet.
    pub of: Option<u64>,
    /// In how many others it lies.
    pub depth: u8,
}

impl Field {
    pub(super) fn new(what: What, start: u64, end: u64) -> Self {
        Self { start, end, what, of: None, depth: 0 }
    }
}

/// What a grammar made of the bytes at its position.
pub(super) enum Progress {
    /// It took so many; the fields are final.
    Took(u64),
    /// It needs more; the fields tell how it looks so far.
    Waits,
}

/// A line without its end, and how many bytes it takes with it.
pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    pub(super) len: u64,
    start: u64,
}

impl Line {
    /// The offset after what it says.
    pub(super) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Its end as a field, where that is not what the protocols ask for.
    pub(super) fn bare_end(&self) -> Option<Field> {
        (self.len == self.bytes.len() as u64 + 1).then(|| Field::new(What::BareLineFeed, self.end(), self.end() + 1))
    }
}

/// The bytes that are not read yet.
pub(super) struct Rest<'a> {
    pub(super) ruler: &'a Ruler,
    /// The offset of the first of them.
    pub(super) at: u64,
    pub(super) fields: &'a mut Vec<Field>,
}

impl Rest<'_> {
    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.ruler.end().saturating_sub(self.at)
    }

    /// The next line. Without one it says what there is of it.
    pub(super) fn line(&mut self) -> Result<Line, Option<Why>> {
        match self.ruler.find(b'\n', self.at, self.at + MOST_LINE) {
            Some(feed) => {
                let mut bytes = self.ruler.copy(self.at, feed);
                if bytes.last() == Some(&b'\r') {
                    bytes.pop();
                }
                Ok(Line { bytes, len: feed + 1 - self.at, start: self.at })
            }
            None if self.len() >= MOST_LINE => Err(Some(Why::LongLine)),
            None => {
                self.put(What::Unfinished, 0, self.len());
                Err(None)
            }
        }
    }

    /// Marks the bytes from `from` to `to`, counted from the position; not where there are none.
    pub(super) fn put(&mut self, what: What, from: u64, to: u64) {
        if from < to {
            self.fields.push(Field::new(what, self.at + from, self.at + to));
        }
    }

    /// Marks the next `len` bytes, as far as they are there, and tells whether all are.
    pub(super) fn piece(&mut self, what: What, from: u64, len: u64) -> bool {
        let there = self.len().saturating_sub(from);
        let (start, is_whole) = (self.at + from, there >= len);
        self.fields.push(Field { of: (!is_whole).then_some(len), ..Field::new(what, start, start + there.min(len)) });
        is_whole
    }

    /// Marks everything that is there, and waits for more of it.
    pub(super) fn unread(&mut self, why: Why) -> Progress {
        self.put(What::Unread(why), 0, self.len());
        Progress::Waits
    }
}

/// One protocol's way to read bytes. It keeps what it has learned between the steps.
#[derive(Clone, Debug)]
enum Grammar {
    Http(Http),
    Resp(Resp),
    Smtp(Smtp),
    Prefix(Prefix),
}

impl Grammar {
    fn new(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http => Self::Http(Http::default()),
            Protocol::Resp => Self::Resp(Resp::default()),
            Protocol::Smtp => Self::Smtp(Smtp::default()),
            Protocol::Prefix(bytes, high_first) => Self::Prefix(Prefix { bytes, high_first }),
        }
    }

    fn step(&mut self, rest: &mut Rest<'_>) -> Progress {
        match self {
            Self::Http(http) => http.step(rest),
            Self::Resp(resp) => resp.step(rest),
            Self::Smtp(smtp) => smtp.step(rest),
            Self::Prefix(prefix) => prefix.step(rest),
        }
    }
}

/// The fields of one direction, kept up to date as its bytes come.
#[derive(Debug)]
pub struct Overlay {
    protocol: Protocol,
    grammar: Grammar,
    /// The offset up to which the fields are final.
    at: u64,
    fields: VecDeque<Field>,
    tail: Vec<Field>,
    generation: Option<u64>,
}

impl Overlay {
    /// The fields before anything is read.
    pub fn new(protocol: Protocol) -> Self {
        Self { protocol, grammar: Grammar::new(protocol), at: 0, fields: VecDeque::new(), tail: vec![], generation: None }
    }

    /// What the bytes are taken for.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Takes what was added to `ruler` since the last time. `requests` is the other direction, where it is read as the same protocol: the answer to
    /// a request may depend on it.
    pub fn read(&mut self, ruler: &Ruler, requests: Option<&Self>) {
        if self.generation != Some(ruler.generation()) || self.at < ruler.first() {
            // From where bytes are: what came before is gone, and nobody knows in the middle of what this begins.
            *self = Self { generation: Some(ruler.generation()), at: ruler.first(), ..Self::new(self.protocol) };
        }
        if let (Grammar::Http(http), Some(Grammar::Http(requests))) = (&mut self.grammar, requests.map(|overlay| &overlay.grammar)) {
            http.learn(requests);
        }
        while self.fields.front().is_some_and(|field| field.end <= ruler.first()) {
            self.fields.pop_front();
        }
        let mut idle = 0;
        loop {
            self.tail.clear();
            if self.fields.len() >= MOST_FIELDS {
                break;
            }
            let mut rest = Rest { ruler, at: self.at, fields: &mut self.tail };
            let Progress::Took(bytes) = self.grammar.step(&mut rest) else { break };
            self.at += bytes;
            self.fields.extend(self.tail.drain(..));
            idle = if bytes == 0 { idle + 1 } else { 0 };
            if idle > MOST_IDLE {
                break;
            }
        }
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len() + self.tail.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there would be more fields than are kept.
    pub fn is_full(&self) -> bool {
        self.fields.len() >= MOST_FIELDS
    }

    /// The field at `index`, counted from the first.
    pub fn get(&self, index: usize) -> Option<&Field> {
        self.fields.get(index).or_else(|| self.tail.get(index.checked_sub(self.fields.len())?))
    }

    /// The field that the byte at `offset` belongs to, and its index.
    pub fn at(&self, offset: u64) -> Option<(usize, &Field)> {
        let before = |field: &Field| field.end <= offset;
        let index = match self.fields.partition_point(before) {
            all if all == self.fields.len() => all + self.tail.partition_point(before),
            index => index,
        };
        self.get(index).filter(|field| field.start <= offset).map(|field| (index, field))
    }
}

#[cfg(test)]
#[path = "overlay_tests.rs"]
mod tests;
