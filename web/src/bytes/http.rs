//! HTTP/1 (RFC 9112), either side: start lines, headers, and bodies by their length, in chunks or until the end.

use std::collections::BTreeSet;

use super::overlay::{Line, Progress, Rest, What, Why};

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Start,
    Headers,
    Body(u64),
    BodyToEnd,
    ChunkSize,
    /// A chunk of that size, and the end of its line.
    Chunk(u64),
    ChunkEnd,
    Trailers,
    Upgraded,
    Lost(Why),
}

/// What the head has told so far of what follows it.
#[derive(Clone, Debug, Default)]
struct Head {
    /// The status of a response.
    status: Option<u16>,
    length: Option<u64>,
    /// A length is no number, or there are two that differ.
    has_bad_length: bool,
    is_chunked: bool,
}

/// Where one direction of a connection is.
#[derive(Clone, Debug, Default)]
pub(super) struct Http {
    state: State,
    head: Head,
    /// How many requests were read, and which of them were HEAD: their answers have no body, whatever their length says.
    requests: u64,
    heads: BTreeSet<u64>,
    /// The same of the other direction.
    asked_heads: BTreeSet<u64>,
    answers: u64,
}

impl Http {
    /// Takes over what the other direction asked for.
    pub(super) fn learn(&mut self, requests: &Self) {
        if self.asked_heads.len() != requests.heads.len() {
            self.asked_heads.clone_from(&requests.heads);
        }
    }

    pub(super) fn step(&mut self, rest: &mut Rest<'_>) -> Progress {
        if rest.len() == 0 {
            return Progress::Waits;
        }
        match self.state {
            State::Start => self.with_line(rest, Self::start),
            State::Headers => self.with_line(rest, Self::header),
            State::Trailers => self.with_line(rest, Self::header),
            State::ChunkSize => self.with_line(rest, Self::chunk_size),
            State::ChunkEnd => self.with_line(rest, Self::chunk_end),
            State::Body(len) => self.piece(rest, What::Body, len, State::Start),
            State::Chunk(len) => self.piece(rest, What::Chunk, len, State::ChunkEnd),
            State::BodyToEnd => to_end(rest, What::BodyToEnd),
            State::Upgraded => to_end(rest, What::Upgraded),
            State::Lost(why) => rest.unread(why),
        }
    }

    fn with_line(&mut self, rest: &mut Rest<'_>, read: impl FnOnce(&mut Self, &mut Rest<'_>, &Line) -> Option<Why>) -> Progress {
        let why = match rest.line() {
            Ok(line) => match read(self, rest, &line) {
                None => {
                    if !line.bytes.is_empty() {
                        rest.fields.extend(line.bare_end());
                    }
                    return Progress::Took(line.len);
                }
                Some(why) => why,
            },
            Err(Some(why)) => why,
            Err(None) => return Progress::Waits,
        };
        rest.fields.clear();
        self.state = State::Lost(why);
        Progress::Took(0)
    }

    fn piece(&mut self, rest: &mut Rest<'_>, what: What, len: u64, then: State) -> Progress {
        if !rest.piece(what, 0, len) {
            return Progress::Waits;
        }
        self.state = then;
        Progress::Took(len)
    }

    fn start(&mut self, rest: &mut Rest<'_>, line: &Line) -> Option<Why> {
        let (bytes, len) = (&line.bytes, line.bytes.len());
        if bytes.is_empty() {
            // Section 2.2: one before a request is to be ignored.
            rest.put(What::EmptyLine, 0, line.len);
            return None;
        }
        let spaces: Vec<usize> = bytes.iter().enumerate().filter(|(_, byte)| **byte == b' ').map(|(at, _)| at).collect();
        self.head = Head::default();
        if bytes.starts_with(b"HTTP/") {
            let first = spaces.first().copied().unwrap_or(len);
            let second = spaces.get(1).copied().unwrap_or(len);
            let status = bytes.get(first + 1..second).filter(|status| status.len() == 3).and_then(number);
            let Some(status) = status.and_then(|status| u16::try_from(status).ok()) else { return Some(Why::NotThis) };
            self.head.status = Some(status);
            rest.put(What::Version, 0, first as u64);
            rest.put(What::Status, first as u64 + 1, second as u64);
            rest.put(What::Reason, second as u64 + 1, len as u64);
        } else {
            let (Some(first), Some(last)) = (spaces.first(), spaces.last()) else { return Some(Why::NotThis) };
            if first == last || !bytes.get(last + 1..).unwrap_or_default().starts_with(b"HTTP/") {
                return Some(Why::NotThis);
            }
            if bytes.get(..*first) == Some(b"HEAD") {
                self.heads.insert(self.requests);
            }
            self.requests += 1;
            rest.put(What::Method, 0, *first as u64);
            rest.put(What::Target, *first as u64 + 1, *last as u64);
            rest.put(What::Version, *last as u64 + 1, len as u64);
        }
        self.state = State::Headers;
        None
    }

    fn header(&mut self, rest: &mut Rest<'_>, line: &Line) -> Option<Why> {
        let (bytes, len) = (&line.bytes, line.bytes.len());
        if bytes.is_empty() {
            let is_trailer = matches!(self.state, State::Trailers);
            rest.put(if is_trailer { What::EndOfChunks } else { What::EndOfHead }, 0, line.len);
            self.state = if is_trailer { State::Start } else { self.after_head() };
            return None;
        }
        let colon = bytes.iter().position(|byte| *byte == b':').filter(|colon| *colon > 0 && bytes.first() != Some(&b' '));
        let from = colon.map_or(0, |colon| colon + 1);
        let value = bytes.get(from..).unwrap_or_default();
        let start = from + value.len() - value.trim_ascii_start().len();
        let end = from + value.trim_ascii_end().len();
        match colon {
            Some(colon) => {
                rest.put(What::Name, 0, colon as u64);
                rest.put(What::Value, start as u64, end as u64);
                self.learn_header(bytes.get(..colon).unwrap_or_default(), value.trim_ascii());
            }
            // A header that goes on in the next line, as one did until RFC 7230.
            None if bytes.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) => rest.put(What::Value, start as u64, end as u64),
            None => rest.put(What::Strange, 0, len as u64),
        }
        None
    }

    fn learn_header(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = number(value);
            self.head.has_bad_length |= length.is_none() || self.head.length.is_some_and(|known| Some(known) != length);
            self.head.length = self.head.length.or(length);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let last = value.rsplit(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
            self.head.is_chunked = last.eq_ignore_ascii_case(b"chunked");
        }
    }

    /// Section 6.3.
    fn after_head(&mut self) -> State {
        let head = &self.head;
        if let Some(status) = head.status {
            if status == 101 {
                return State::Upgraded;
            }
            if status < 200 {
                return State::Start;
            }
            let was_head = self.asked_heads.contains(&self.answers);
            self.answers += 1;
            if was_head || matches!(status, 204 | 304) {
                return State::Start;
            }
        }
        match head.length {
            _ if head.is_chunked => State::ChunkSize,
            _ if head.has_bad_length => State::Lost(Why::NoLength),
            Some(0) => State::Start,
            Some(len) => State::Body(len),
            None if head.status.is_some() => State::BodyToEnd,
            None => State::Start,
        }
    }

    fn chunk_size(&mut self, rest: &mut Rest<'_>, line: &Line) -> Option<Why> {
        let digits = line.bytes.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
        let size = str::from_utf8(digits).ok().filter(|_| is_number).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        rest.put(What::ChunkSize, 0, line.bytes.len() as u64);
        match size {
            None => return Some(Why::NoLength),
            Some(0) => self.state = State::Trailers,
            Some(size) => self.state = State::Chunk(size),
        }
        None
    }

    fn chunk_end(&mut self, _: &mut Rest<'_>, line: &Line) -> Option<Why> {
        self.state = State::ChunkSize;
        (!line.bytes.is_empty()).then_some(Why::NoEnd)
    }
}

/// What goes on until the connection ends; the fields before it stay as they are.
fn to_end(rest: &mut Rest<'_>, what: What) -> Progress {
    rest.put(what, 0, rest.len());
    Progress::Waits
}

/// Digits and nothing else.
fn number(digits: &[u8]) -> Option<u64> {
    let digits = Some(digits).filter(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))?;
    str::from_utf8(digits).ok()?.parse().ok()
}
