//! What a row says, in the language of the page. What comes from outside is made visible: nothing in it can hide, turn or end a text.

use protocol::{Name, Return};

use super::{Act, Carries, Ending, Ends, Row, Side};
use crate::texts::ladder;
use crate::trace::{Kind, bytes_in_words, decimal, seconds_in_words, visible};

/// How much of what was sent is shown beside its length, in bytes.
const PREVIEW_BYTES: usize = 96;

/// Calls that took longer say so, in milliseconds.
const LONG_MS: f64 = 10.0;

/// How a call ended, and whether that is a failure; nothing where there is nothing to say.
pub(super) fn ending(row: &Row) -> Option<(String, bool)> {
    let (text, is_bad) = match row.ending.as_ref()? {
        Ending::Bytes(bytes) => (format!("→ {}", bytes_in_words(*bytes)), false),
        Ending::Returned(value) => (returned(value, row), false),
        Ending::Failed(Name::ECANCELED) => (ladder::cancelled().to_owned(), false),
        Ending::Failed(Name::FORBIDDEN) => (ladder::forbidden().to_owned(), true),
        Ending::Failed(name) => (name.to_string(), true),
        Ending::NoAnswer => (ladder::no_answer().to_owned(), true),
    };
    let text = match (text.is_empty(), row.took_ms >= LONG_MS) {
        (false, true) => ladder::after(&text, &seconds_in_words(row.took_ms)),
        (true, true) if matches!(row.act, Act::Return(_)) => ladder::returned_after(&seconds_in_words(row.took_ms)),
        (true, false) if matches!(row.act, Act::Return(_)) => ladder::returned().to_owned(),
        (_, _) => text,
    };
    (!text.is_empty()).then_some((text, is_bad))
}

fn returned(value: &Return, row: &Row) -> String {
    match value {
        Return::Bind { local } | Return::Listen { local, .. } | Return::Getsockname { local } => format!("→ {local}"),
        Return::Connect { .. } => ladder::connected().to_owned(),
        Return::Accept { peer, .. } => ladder::connection_from(peer),
        Return::Getpeername { peer } => format!("→ {peer}"),
        Return::Setsockopt { value } | Return::Getsockopt { value } => format!("→ {}", shown(&value.to_string())),
        Return::Resolve { addresses } => format!("→ {}", addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        Return::Recv { eof: true } => ladder::end_of_stream().to_owned(),
        Return::Recv { eof: false } => "→ b''".to_owned(),
        Return::Send { sent } => match &row.arrow {
            Some(arrow) if matches!(&arrow.carries, Carries::Bytes(bytes) if bytes.len() as u64 <= *sent) => String::new(),
            _ => ladder::took(&bytes_in_words(*sent)),
        },
        _ => String::new(),
    }
}

/// What the row says of its call; nothing where there is none.
pub(super) fn call(row: &Row) -> String {
    match &row.act {
        Act::Call(call) => shown(call),
        Act::Return(call) => format!("↳ {}", shown(call)),
        Act::Over(text) => ladder::relay(&shown(text)),
        Act::Pause(_) | Act::Wire => String::new(),
    }
}

/// How long nothing happened.
pub(super) fn pause(milliseconds: u64) -> String {
    ladder::later(&seconds_in_words(milliseconds as f64))
}

/// What the arrow stands for, in at most so many columns.
pub(super) fn arrow(carries: &Carries, columns: usize) -> String {
    match carries {
        Carries::Bytes(bytes) => {
            let counted = bytes_in_words(bytes.len() as u64);
            let room = columns.saturating_sub(counted.chars().count() + 3);
            if room < 6 { fit(&counted, columns) } else { format!("{counted} “{}”", fit(&preview(bytes), room)) }
        }
        Carries::Inferred(name) if columns < 16 => (*name).to_owned(),
        Carries::Inferred(name) => ladder::inferred(name),
        Carries::Connection(peer, _) => fit(&peer.to_string(), columns),
    }
}

/// The row in one sentence for each thing in it, for the table.
pub(super) fn event(row: &Row) -> String {
    let mut parts = vec![];
    match &row.act {
        Act::Pause(milliseconds) => return pause(*milliseconds),
        Act::Wire => {}
        _ => parts.push(call(row)),
    }
    parts.extend(ending(row).map(|(text, _)| text));
    if let Some(arrow) = &row.arrow {
        parts.push(match (&arrow.carries, arrow.from) {
            (Carries::Inferred(name), Side::Left) => ladder::inferred_to(name),
            (Carries::Inferred(name), Side::Right) => ladder::inferred_from(name),
            (Carries::Bytes(bytes), _) => format!("“{}”", preview(bytes)),
            (Carries::Connection(..), _) => String::new(),
        });
    }
    parts.extend(row.states.iter().flatten().map(ToString::to_string));
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

/// How many bytes the row moves, if it moves any.
pub(super) fn bytes(row: &Row) -> Option<u64> {
    match (&row.arrow, &row.ending) {
        (_, Some(Ending::Bytes(bytes))) => Some(*bytes),
        (Some(arrow), _) => match &arrow.carries {
            Carries::Bytes(bytes) => Some(bytes.len() as u64),
            _ => None,
        },
        _ => None,
    }
}

/// What an end is, and where.
pub(super) fn end(ends: &Ends, side: Side) -> (String, String) {
    let address = |address: Option<std::net::SocketAddr>| address.map(|address| address.to_string()).unwrap_or_default();
    match (side, &ends.other) {
        (Side::Left, _) => (kind(ends.own.kind).to_owned(), address(ends.own.local)),
        (Side::Right, _) if ends.listens() => (ladder::clients().to_owned(), String::new()),
        (Side::Right, Some(other)) => (kind(other.kind).to_owned(), address(other.local)),
        (Side::Right, None) => {
            let target = ends.own.target.as_deref().map(shown);
            (ladder::other_end().to_owned(), ends.own.peer.map(|peer| peer.to_string()).or(target).unwrap_or_default())
        }
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Client => ladder::client(),
        Kind::Listener => ladder::listener(),
        Kind::Accepted(_) => ladder::accepted(),
    }
}

/// For how long a call waits.
pub(super) fn waits(milliseconds: f64) -> String {
    let seconds = (milliseconds / 1000.0).floor().max(0.0);
    ladder::waiting(&if seconds < 60.0 { format!("{seconds} s") } else { seconds_in_words(seconds * 1000.0) })
}

/// The time of a row in seconds since the page was opened.
pub(super) fn seconds(milliseconds: f64) -> String {
    decimal(milliseconds / 1000.0, 3)
}

/// How long after what happened before; nothing where that is at once.
pub(super) fn since(row: &Row) -> Option<String> {
    row.since_ms.filter(|since| *since >= 1.0).map(|since| format!("+{}", seconds_in_words(since)))
}

/// `text` in so many columns, cut with an ellipsis. Wide characters are taken for two.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let width = |c: char| if c >= '\u{1100}' { 2 } else { 1 };
    if text.chars().map(width).sum::<usize>() <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let kept = text.chars().take_while(|c| {
        used += width(*c);
        used <= columns
    });
    kept.chain(['…']).collect()
}

/// `text` with everything in it that cannot be seen as what it is.
pub(super) fn shown(text: &str) -> String {
    visible(text.as_bytes()).into_iter().map(|span| span.text).collect()
}

fn preview(bytes: &[u8]) -> String {
    let mut text: String = visible(&bytes[..bytes.len().min(PREVIEW_BYTES)]).into_iter().map(|span| span.text).collect();
    if bytes.len() > PREVIEW_BYTES {
        text.push('…');
    }
    text
}
