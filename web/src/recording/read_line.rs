//! One line of a recording, read. Whatever stands there, it is an entry or a sentence that says what is wrong.

use protocol::{CallId, Event, Message, Outcome};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::base64::{self, Kind};
use super::line::{Header, SIGN, VERSION, micros, role_name};
use super::moment::Moment;
use super::read_call::read_call;
use crate::net::SocketId;
use crate::texts::mistakes as says;
use crate::trace::{Entry, Fact, Place, Role};

/// The longest line that holds no bytes. What a relay says is at most 16 KiB.
const MAX_PLAIN_LINE_BYTES: usize = 64 << 10;

/// Numbers that a JSON reader of any language keeps exactly.
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Thirty years: a page is not open longer, and a double still tells microseconds apart.
const MAX_TIME_MS: f64 = 1e12;

/// What every entry has, and the facts that hold bytes. Of the other facts only that they are there: a line that holds much besides bytes is read no further.
#[derive(Deserialize)]
struct Line {
    number: u64,
    time_ms: f64,
    socket: u64,
    sending: Option<Bytes>,
    received: Option<Bytes>,
    made: Option<IgnoredAny>,
    called: Option<IgnoredAny>,
    line: Option<IgnoredAny>,
    returned: Option<IgnoredAny>,
    failed: Option<IgnoredAny>,
    told: Option<IgnoredAny>,
    ended: Option<IgnoredAny>,
    lost: Option<IgnoredAny>,
    closed: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Bytes {
    id: Option<CallId>,
    text: Option<String>,
    base64: Option<String>,
}

/// Reads the first line.
pub(super) fn read_header(line: &str) -> Result<Header, String> {
    let no_recording = || says::no_recording().to_owned();
    if line.len() > MAX_PLAIN_LINE_BYTES {
        return Err(no_recording());
    }
    let header: Map<String, Value> = serde_json::from_str(line).map_err(|_| no_recording())?;
    if header.get(SIGN.0).and_then(Value::as_str) != Some(SIGN.1) {
        return Err(no_recording());
    }
    match header.get("version").and_then(Value::as_u64) {
        Some(VERSION) => {}
        Some(version) => return Err(says::other_version(&version, &VERSION)),
        None => return Err(says::no_version().to_owned()),
    }
    let opened = header.get("opened").and_then(Value::as_str).and_then(Moment::parse);
    let opened = opened.ok_or_else(says::opened)?;
    let relay = match header.get("relay") {
        None | Some(Value::Null) => None,
        Some(relay) => Some(Deserialize::deserialize(relay).map_err(|error| format!("\"relay\": {}", in_words(&error)))?),
    };
    let dropped = match header.get("dropped") {
        None => 0,
        Some(dropped) => dropped.as_u64().filter(|dropped| *dropped <= MAX_NUMBER).ok_or_else(says::dropped)?,
    };
    Ok(Header { opened, relay, dropped })
}

/// Reads any other line.
pub(super) fn read_entry(text: &str) -> Result<Entry, String> {
    // An array would do for a struct as well.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(says::no_object().to_owned());
    }
    let line: Line = serde_json::from_str(text).map_err(|error| in_words(&error))?;
    if line.number > MAX_NUMBER || line.socket > MAX_NUMBER {
        return Err(says::large_number().to_owned());
    }
    if !(0.0..=MAX_TIME_MS).contains(&line.time_ms) {
        return Err(says::time().to_owned());
    }
    let plain = [&line.made, &line.called, &line.line, &line.returned, &line.failed, &line.told, &line.ended, &line.lost, &line.closed];
    let count =
        plain.iter().filter(|fact| fact.is_some()).count() + usize::from(line.sending.is_some()) + usize::from(line.received.is_some());
    if count != 1 {
        return Err(says::one_fact(&count));
    }
    let fact = match (line.sending, line.received) {
        (Some(sending), _) => Fact::Sending { id: sending.id, bytes: exact(sending)?.into() },
        (_, Some(received)) => {
            let id = received.id.ok_or_else(says::received_id)?;
            Fact::Received { id, bytes: exact(received)?.into() }
        }
        _ if text.len() > MAX_PLAIN_LINE_BYTES => return Err(says::long_fact().to_owned()),
        _ => plain_fact(text)?,
    };
    // The decimal fraction names a double, and only this one, whichever way it was read.
    let time_ms = micros(line.time_ms) as f64 / 1000.0;
    Ok(Entry { number: line.number, time_ms, socket: SocketId(line.socket), fact })
}

fn exact(bytes: Bytes) -> Result<Vec<u8>, String> {
    match (bytes.text, bytes.base64) {
        (Some(text), None) => Ok(text.into_bytes()),
        (None, Some(text)) => base64::decode(&text, Kind::Standard).ok_or_else(|| says::base64().to_owned()),
        _ => Err(says::bytes().to_owned()),
    }
}

fn plain_fact(text: &str) -> Result<Fact, String> {
    let line: Map<String, Value> = serde_json::from_str(text).map_err(|error| in_words(&error))?;
    let mut facts = line.into_iter().filter(|(_, value)| !value.is_null());
    facts.find_map(|(name, value)| named(&name, value)).unwrap_or_else(|| Err(says::no_fact().to_owned()))
}

/// The fact of that name; nothing where it is another field of the line.
fn named(name: &str, value: Value) -> Option<Result<Fact, String>> {
    Some(match name {
        "made" => {
            let role = [Role::Client, Role::Server].into_iter().find(|role| value.as_str() == Some(role_name(*role)));
            role.map(Fact::Made).ok_or_else(|| says::made().to_owned())
        }
        "called" => read_call(&value).map(Fact::Called),
        "line" => read_place(&value).ok_or_else(|| says::script_line().to_owned()),
        "returned" | "failed" | "told" | "ended" => said(name, value),
        "lost" => {
            let text = value.get("text").and_then(Value::as_str);
            text.map(|text| Fact::Lost { text: text.to_owned() }).ok_or_else(|| says::lost().to_owned())
        }
        "closed" => (value == Value::Bool(true)).then_some(Fact::Closed).ok_or_else(|| says::closed().to_owned()),
        _ => return None,
    })
}

fn read_place(value: &Value) -> Option<Fact> {
    let id = CallId(value.get("id")?.as_u64()?);
    let file = value.get("file")?.as_str()?.into();
    let line = u32::try_from(value.get("line")?.as_u64()?).ok()?;
    Some(Fact::Line { id, place: Place { file, line } })
}

/// What a relay says.
fn said(name: &str, value: Value) -> Result<Fact, String> {
    let message = Message::deserialize(value).ok();
    match (name, message) {
        ("returned", Some(Message::Answer(answer))) => match answer.outcome {
            Outcome::Return(value) => Some(Fact::Returned { id: answer.id, value }),
            Outcome::Failure(_) => None,
        },
        ("failed", Some(Message::Answer(answer))) => match answer.outcome {
            Outcome::Failure(failure) => Some(Fact::Failed { id: answer.id, failure }),
            Outcome::Return(_) => None,
        },
        ("told", Some(Message::Event(Event::Info { id, info }))) => Some(Fact::Told { id, info }),
        ("ended", Some(Message::Event(Event::Ended { cause, text }))) => Some(Fact::Ended { cause, text }),
        _ => None,
    }
    .ok_or_else(|| says::not_said(&name))
}

/// serde_json's own words; the line that it counts is always the first.
fn in_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if error.is_eof() {
        return says::ends_in_middle().to_owned();
    }
    text.replace(" at line 1 column ", ", at column ")
}
