//! One line of a recording: the header, or an entry, as text. `read_line.rs` is the way back.

use std::fmt::Write as _;

use protocol::limits::MAX_TEXT_FRAME_BYTES;
use protocol::{Answer, Call, CallId, Event, Failure, Hello, Operation, OptionValue, Return};
use serde::Serialize;

use super::base64::{self, Kind};
use super::moment::Moment;
use crate::trace::{Entry, Fact, Role};

/// What a recording says of itself, in its first line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// When the page was opened: the moment that all times of the entries count from.
    pub opened: Moment,
    /// What the relay said of itself, where that is known.
    pub relay: Option<Hello>,
    /// How many entries came before the first one and were dropped ([`Trace::dropped`](crate::trace::Trace::dropped)).
    pub dropped: u64,
}

/// The key by which a recording is known, and what stands there.
pub(super) const SIGN: (&str, &str) = ("tcp-playground", "recording");

/// The version that is written, and the only one that is read.
pub(super) const VERSION: u64 = 1;

/// How many characters are kept of a name that is too long for a frame.
const KEPT_CHARS: usize = 1000;

/// Appends the header, with its line end.
pub(super) fn write_header(header: &Header, out: &mut String) {
    out.push_str(&format!("{{\"{}\":\"{}\",\"version\":{VERSION},\"opened\":\"{}\"", SIGN.0, SIGN.1, header.opened));
    if let Some(relay) = &header.relay {
        out.push_str(",\"relay\":");
        push_json(relay, out);
    }
    out.push_str(&format!(",\"dropped\":{}}}\n", header.dropped));
}

/// Appends an entry, with its line end.
pub(super) fn write_entry(entry: &Entry, out: &mut String) {
    let micros = micros(entry.time_ms);
    // Writing into a string cannot fail.
    write!(out, "{{\"number\":{},\"time_ms\":{}", entry.number, micros / 1000).ok();
    if !micros.is_multiple_of(1000) {
        let fraction = format!(".{:03}", micros % 1000);
        out.push_str(fraction.trim_end_matches('0'));
    }
    write!(out, ",\"socket\":{},\"{}\":", entry.socket.0, name(&entry.fact)).ok();
    write_fact(&entry.fact, out);
    out.push_str("}\n");
}

/// Milliseconds as whole microseconds. What is before the page was opened, or no number, counts as 0.
pub(super) fn micros(time_ms: f64) -> u64 {
    (time_ms * 1000.0).round() as u64
}

/// The key that a fact stands under.
pub(super) const fn name(fact: &Fact) -> &'static str {
    match fact {
        Fact::Made(_) => "made",
        Fact::Called(_) => "called",
        Fact::Line { .. } => "line",
        Fact::Sending { .. } => "sending",
        Fact::Returned { .. } => "returned",
        Fact::Received { .. } => "received",
        Fact::Failed { .. } => "failed",
        Fact::Told { .. } => "told",
        Fact::Ended { .. } => "ended",
        Fact::Lost { .. } => "lost",
        Fact::Closed => "closed",
    }
}

/// What a role is called.
pub(super) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Client => "client",
        Role::Server => "server",
    }
}

fn write_fact(fact: &Fact, out: &mut String) {
    let answer = |id: &Option<CallId>, result: Result<&Return, &Failure>, out: &mut String| {
        push_json(&Answer::new(*id, result.cloned().map_err(Failure::clone)), out);
    };
    match fact {
        Fact::Made(role) => push_json(role_name(*role), out),
        Fact::Called(call) => write_call(call, out),
        Fact::Line { id, place } => {
            write!(out, "{{\"id\":{id},\"file\":").ok();
            push_json(&*place.file, out);
            write!(out, ",\"line\":{}}}", place.line).ok();
        }
        Fact::Sending { id, bytes } => write_bytes(*id, bytes, out),
        Fact::Returned { id, value } => answer(id, Ok(value), out),
        Fact::Received { id, bytes } => write_bytes(Some(*id), bytes, out),
        Fact::Failed { id, failure } => answer(id, Err(failure), out),
        Fact::Told { id, info } => push_json(&Event::Info { id: *id, info: info.clone() }, out),
        Fact::Ended { cause, text } => push_json(&Event::Ended { cause: *cause, text: text.clone() }, out),
        Fact::Lost { text } => {
            out.push_str("{\"text\":");
            push_json(text.as_str(), out);
            out.push('}');
        }
        Fact::Closed => out.push_str("true"),
    }
}

/// A call that no frame holds never left the page (`EINVAL`); of its names enough is kept to recognise them by.
fn write_call(call: &Call, out: &mut String) {
    let json = serde_json::to_string(call).unwrap_or_default();
    if json.len() <= MAX_TEXT_FRAME_BYTES {
        return out.push_str(&json);
    }
    let mut call = call.clone();
    let name = match &mut call.operation {
        Operation::Bind { address: name, .. }
        | Operation::Connect { host: name, .. }
        | Operation::Resolve { host: name, .. }
        | Operation::Setsockopt { value: OptionValue::Text(name), .. } => name,
        _ => return push_json(&call, out),
    };
    if let Some((end, _)) = name.char_indices().nth(KEPT_CHARS) {
        name.truncate(end);
        name.push('…');
    }
    push_json(&call, out);
}

fn write_bytes(id: Option<CallId>, bytes: &[u8], out: &mut String) {
    out.push('{');
    if let Some(id) = id {
        write!(out, "\"id\":{id},").ok();
    }
    match readable(bytes) {
        Some(text) => {
            out.push_str("\"text\":");
            push_json(text, out);
        }
        None => {
            out.push_str("\"base64\":\"");
            base64::encode(bytes, Kind::Standard, out);
            out.push('"');
        }
    }
    out.push('}');
}

/// The bytes as text, where every character of it shows in an editor and none of it is taken for a line end by programs that read lines.
fn readable(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_hidden = |c: char| {
        let is_invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        c.is_control() && !matches!(c, '\n' | '\r' | '\t') || is_invisible
    };
    (!text.chars().any(is_hidden)).then_some(text)
}

/// Nothing that is written here can fail: no map in it has a key that is not a string.
fn push_json<T: Serialize + ?Sized>(value: &T, out: &mut String) {
    out.push_str(&serde_json::to_string(value).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::SocketId;

    fn line(time_ms: f64, fact: Fact) -> String {
        let mut out = String::new();
        write_entry(&Entry { number: 7, time_ms, socket: SocketId(3), fact }, &mut out);
        out
    }

    fn received(bytes: &[u8]) -> String {
        let line = line(0.0, Fact::Received { id: CallId(1), bytes: bytes.into() });
        line.trim_end().strip_prefix(r#"{"number":7,"time_ms":0,"socket":3,"received":{"id":1,"#).unwrap().to_owned()
    }

    #[test]
    fn times_are_written_to_the_microsecond() {
        for (time_ms, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (12.5, "12.5"),
            (12.0005, "12.001"),
            (0.1 + 0.2, "0.3"),
            (1234.005, "1234.005"),
            (-3.0, "0"),
            (f64::NAN, "0"),
        ] {
            assert_eq!(line(time_ms, Fact::Closed), format!("{{\"number\":7,\"time_ms\":{text},\"socket\":3,\"closed\":true}}\n"));
        }
    }

    #[test]
    fn bytes_are_text_where_that_shows_all_of_them() {
        for text in ["", "PING\r\n", "\tgrüße \"\\", "日本 🎉"] {
            assert_eq!(received(text.as_bytes()), format!("\"text\":{}}}}}", serde_json::to_string(text).unwrap()));
        }
        for bytes in [&b"\xff"[..], b"\0", b"\x1b[31m", "\u{85}".as_bytes(), "a\u{2028}b".as_bytes(), "\u{202e}abc".as_bytes(), b"\xc3"] {
            assert!(received(bytes).starts_with("\"base64\":"), "{bytes:?}");
        }
    }

    #[test]
    fn a_name_that_no_frame_holds_is_cut() {
        let connect = |chars| Operation::Connect { host: "ü".repeat(chars), port: 1, timeout_ms: None };
        let called = |chars| line(0.0, Fact::Called(Call { id: CallId(1), operation: connect(chars) }));
        assert!(called(8000).contains(&"ü".repeat(8000)));
        assert!(called(9000).contains(&format!("\"{}…\"", "ü".repeat(KEPT_CHARS))));
    }

    #[test]
    fn a_line_is_one_line() {
        let text = "a\nb\r\nc".to_owned();
        assert_eq!(line(1.0, Fact::Lost { text }).lines().count(), 1);
    }
}
