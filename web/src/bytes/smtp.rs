//! SMTP (RFC 5321), either side: commands, replies of several lines, and messages. A line tells by itself which of them it is.

use super::overlay::{Line, Progress, Rest, What, Why};

#[derive(Clone, Debug, Default)]
enum State {
    /// A command or a line of a reply comes.
    #[default]
    Line,
    /// A message comes, after DATA: the offset of the line that is looked at, and how far it was searched for its end.
    Message { line: Option<u64>, searched: u64 },
    /// So many bytes of a message come, after BDAT (RFC 3030).
    Chunk(u64),
    /// Nothing more can be read.
    Lost(Why),
}

/// Where one direction of a conversation is.
#[derive(Clone, Debug, Default)]
pub(super) struct Smtp {
    state: State,
}

impl Smtp {
    pub(super) fn step(&mut self, rest: &mut Rest<'_>) -> Progress {
        if rest.len() == 0 {
            return Progress::Waits;
        }
        match self.state {
            State::Line => match rest.line() {
                Ok(line) => self.line(rest, &line),
                Err(Some(why)) => self.lose(why),
                Err(None) => Progress::Waits,
            },
            State::Message { line, searched } => self.message(rest, line.unwrap_or(rest.at), searched.max(rest.at)),
            State::Chunk(len) if rest.piece(What::Message, 0, len) => {
                self.state = State::Line;
                Progress::Took(len)
            }
            State::Chunk(_) => Progress::Waits,
            State::Lost(why) => rest.unread(why),
        }
    }

    fn lose(&mut self, why: Why) -> Progress {
        self.state = State::Lost(why);
        Progress::Took(0)
    }

    fn line(&mut self, rest: &mut Rest<'_>, line: &Line) -> Progress {
        let (bytes, len) = (&line.bytes, line.bytes.len() as u64);
        if bytes.iter().any(|byte| *byte < b' ' && *byte != b'\t') {
            // After STARTTLS, for example.
            return self.lose(Why::NotThis);
        }
        let word = bytes.iter().position(|byte| *byte == b' ').unwrap_or(bytes.len());
        let verb = bytes.get(..word).unwrap_or_default();
        let argument = bytes.get(word..).unwrap_or_default().trim_ascii();
        if is_reply(bytes) {
            rest.put(What::Code, 0, 3);
            rest.put(What::More, 3, if bytes.get(3) == Some(&b'-') { 4 } else { 3 });
            rest.put(What::Text, 4, len);
        } else if !verb.is_empty() && verb.iter().all(u8::is_ascii_alphanumeric) {
            rest.put(What::Verb, 0, word as u64);
            rest.put(What::Argument, word as u64 + 1, len);
            self.state = after(verb, argument);
        } else if bytes.is_empty() {
            rest.put(What::EmptyLine, 0, line.len);
            return Progress::Took(line.len);
        } else {
            rest.put(What::Strange, 0, len);
        }
        rest.fields.extend(line.bare_end());
        Progress::Took(line.len)
    }

    /// A message ends with a line that holds a single dot.
    fn message(&mut self, rest: &mut Rest<'_>, mut line: u64, mut searched: u64) -> Progress {
        while let Some(feed) = rest.ruler.find(b'\n', searched, rest.ruler.end()) {
            let is_short = feed - line <= 2;
            if is_short && matches!(rest.ruler.copy(line, feed).as_slice(), b"." | b".\r") {
                let (from, to) = (line - rest.at, feed + 1 - rest.at);
                rest.put(What::Message, 0, from);
                rest.put(What::EndOfMessage, from, to);
                self.state = State::Line;
                return Progress::Took(to);
            }
            (line, searched) = (feed + 1, feed + 1);
        }
        self.state = State::Message { line: Some(line), searched: rest.ruler.end() };
        rest.put(What::Message, 0, rest.len());
        Progress::Waits
    }
}

/// Three digits, then a space, a hyphen or nothing.
fn is_reply(line: &[u8]) -> bool {
    line.len() >= 3 && line.iter().take(3).all(u8::is_ascii_digit) && line.get(3).is_none_or(|byte| matches!(byte, b' ' | b'-'))
}

fn after(verb: &[u8], argument: &[u8]) -> State {
    if verb.eq_ignore_ascii_case(b"DATA") && argument.is_empty() {
        return State::Message { line: None, searched: 0 };
    }
    let size = argument.split(|byte| *byte == b' ').next().and_then(|size| str::from_utf8(size).ok()?.parse().ok());
    match size {
        Some(size @ 1..) if verb.eq_ignore_ascii_case(b"BDAT") => State::Chunk(size),
        _ => State::Line,
    }
}
