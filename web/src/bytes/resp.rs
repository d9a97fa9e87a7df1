//! Redis' protocol (RESP2 and RESP3): a type, a length where the type has one, and values that may lie in one another.

use super::overlay::{Line, Progress, Rest, What, Why};

/// Servers nest a few times; whoever nests deeper wants to exhaust somebody's memory.
const MOST_DEPTH: usize = 64;

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Value,
    /// So many bytes come, and the end of a line.
    Bulk(u64),
    Lost(Why),
}

/// An array or its like that is open.
#[derive(Clone, Debug)]
struct Open {
    /// How many of its elements are to come.
    left: u64,
    /// Whether it is a value itself: the attributes before a value are none.
    counts: bool,
}

/// Where one direction is.
#[derive(Clone, Debug, Default)]
pub(super) struct Resp {
    state: State,
    open: Vec<Open>,
}

impl Resp {
    pub(super) fn step(&mut self, rest: &mut Rest<'_>) -> Progress {
        if rest.len() == 0 {
            return Progress::Waits;
        }
        let depth = u8::try_from(self.open.len()).unwrap_or(u8::MAX);
        let progress = match self.state {
            State::Value => self.value(rest),
            State::Bulk(len) => self.bulk(rest, len),
            State::Lost(why) => return rest.unread(why),
        };
        rest.fields.iter_mut().for_each(|field| field.depth = depth);
        progress
    }

    fn lose(&mut self, rest: &mut Rest<'_>, why: Why) -> Progress {
        rest.fields.clear();
        self.state = State::Lost(why);
        Progress::Took(0)
    }

    fn value(&mut self, rest: &mut Rest<'_>) -> Progress {
        let first = rest.ruler.byte(rest.at).unwrap_or_default();
        let line = match rest.line() {
            Ok(line) => line,
            Err(Some(why)) => return self.lose(rest, why),
            Err(None) => return Progress::Waits,
        };
        let len = line.bytes.len() as u64;
        match first {
            b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => {
                rest.put(What::Type(first), 0, 1);
                rest.put(What::Content, 1, len);
                self.close();
            }
            b'$' | b'!' | b'=' | b'*' | b'%' | b'~' | b'>' | b'|' => {
                let Some(length) = length(&line) else { return self.lose(rest, Why::NoLength) };
                rest.put(What::Type(first), 0, 1);
                rest.put(What::Length, 1, len);
                if let Err(why) = self.opened(first, length) {
                    return self.lose(rest, why);
                }
            }
            // As people type commands into a server.
            b' '..=b'~' | b'\r' | b'\n' if self.open.is_empty() => {
                rest.put(if len == 0 { What::EmptyLine } else { What::Inline }, 0, len.max(u64::from(len == 0) * line.len));
            }
            _ => return self.lose(rest, Why::NotThis),
        }
        if len > 0 {
            rest.fields.extend(line.bare_end());
        }
        Progress::Took(line.len)
    }

    fn bulk(&mut self, rest: &mut Rest<'_>, len: u64) -> Progress {
        let end = rest.ruler.copy(rest.at.saturating_add(len), rest.at.saturating_add(len).saturating_add(2));
        if !end.is_empty() && !b"\r\n".starts_with(&end) {
            rest.put(What::Content, 0, len);
            self.state = State::Lost(Why::NoEnd);
            return Progress::Took(len);
        }
        let is_whole = len == 0 || rest.piece(What::Content, 0, len);
        if !is_whole || end.len() < 2 {
            return Progress::Waits;
        }
        self.state = State::Value;
        self.close();
        Progress::Took(len + 2)
    }

    /// After the first line of a value that has a length, which is nothing for a null.
    fn opened(&mut self, first: u8, length: Option<u64>) -> Result<(), Why> {
        match (first, length) {
            (b'$' | b'!' | b'=', Some(length)) => self.state = State::Bulk(length),
            (b'|', Some(0) | None) => {}
            (_, Some(0) | None) => self.close(),
            _ if self.open.len() >= MOST_DEPTH => return Err(Why::Deep),
            (b'%' | b'|', Some(pairs)) => self.open.push(Open { left: pairs.saturating_mul(2), counts: first == b'%' }),
            (_, Some(left)) => self.open.push(Open { left, counts: true }),
        }
        Ok(())
    }

    /// A value is whole, and with it perhaps those that it lies in.
    fn close(&mut self) {
        while let Some(open) = self.open.last_mut() {
            open.left = open.left.saturating_sub(1);
            if open.left > 0 {
                return;
            }
            if !self.open.pop().is_some_and(|open| open.counts) {
                return;
            }
        }
    }
}

/// The number after the type: nothing at all where it is none, no length where it is the −1 of a null.
fn length(line: &Line) -> Option<Option<u64>> {
    match line.bytes.get(1..)? {
        b"-1" => Some(None),
        digits if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => str::from_utf8(digits).ok()?.parse().ok().map(Some),
        _ => None,
    }
}
