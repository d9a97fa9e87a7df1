//! A recording that somebody made up opens, or is refused; what opens is drawn in every view. None of it panics, whatever numbers and orders stand there.

use std::panic::catch_unwind;

use serde_json::Value;

use super::{Reader, Recording, Replay, pcapng, session_fragment};
use crate::buffers::{self, End};
use crate::bytes::{self, Overlay, Protocol, Ruler, Selection};
use crate::code::{self, Choice, Program};
use crate::ladder::{Dress, Ends, Ladder, Layout, draw_heads, draw_rows, draw_waiting, export, table_rows};
use crate::path::{self, Path};
use crate::tcp_info::{self, History};
use crate::trace::{Bounds, Direction, Filter, Journal, Show, Socket, Stream, caption};

/// The example of `docs/recording.md`.
fn example() -> Vec<Value> {
    let document = include_str!("../../../docs/recording.md");
    let (_, rest) = document.split_once("```jsonl\n").expect("an example");
    let (lines, _) = rest.split_once("```").expect("it ends");
    let mut lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    // The kernel tells more of a socket than the example shows.
    let told = &mut lines[26]["told"]["info"];
    *told = serde_json::json!({ "state": "ESTABLISHED", "recv_queue_bytes": 3, "send_queue_bytes": 4, "unsent_bytes": 2, "waiting": 1, "backlog": 5,
        "ends_in_ms": 9, "tcp": { "rtt_us": 5, "send_window_bytes": 7, "recv_window_bytes": 8, "send_mss_bytes": 9, "cwnd_segments": 3,
        "unacked_segments": 2, "delivery_rate_bytes": 6 } });
    lines
}

fn written(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn open(text: &str) -> Option<Recording> {
    let mut reader = Reader::new(Bounds::default());
    reader.feed(text.as_bytes()).ok()?;
    reader.finish().ok()
}

/// Draws everything that the page would.
fn draw(recording: Recording) {
    let mut replay = Replay::new(&recording.trace);
    replay.play(0.0);
    replay.next_number(1e9);
    drop(session_fragment(recording.header.clone(), &recording.trace));
    pcapng(recording.header.opened, &recording.trace).for_each(drop);
    let mut journal = Journal::of(recording.trace);
    let sockets: Vec<Socket> = journal.sockets().tree().cloned().collect();
    for choice in sockets.iter().map(|socket| Choice::Socket(socket.id)).chain([Choice::Page]) {
        let program = Program::new(journal.trace(), choice);
        for write in [code::python, code::rust, code::c, code::shell] {
            write(&program);
        }
    }
    for entry in journal.trace().since(0) {
        caption(entry, journal.trace(), journal.sockets());
    }
    for socket in &sockets {
        draw_socket(&mut journal, socket);
    }
}

fn draw_socket(journal: &mut Journal, socket: &Socket) {
    for show in [Show::Text, Show::Hex] {
        let mut stream = Stream::new(socket, show, 40);
        stream.read(journal.trace());
        (0..stream.len()).for_each(|row| drop(stream.row(row)));
        stream.filter(&Filter { text: "P".to_owned(), ..Filter::default() });
    }
    let ends = Ends::of(journal.sockets(), socket);
    let mut ladder = Ladder::new(&ends, journal);
    ladder.read(journal.trace());
    let layout = Layout::new(800, ladder.has_both_ends());
    draw_heads(&ends, layout, Dress::Page);
    draw_rows(&ladder, layout, None, 0, ladder.len(), Dress::Page);
    draw_waiting(&ladder.waiting().into_iter().map(|waiting| (waiting, true)).collect::<Vec<_>>(), layout, 1e9);
    table_rows(&ladder, &ends, None, 0, ladder.len());
    export(&ladder, &ends, None, 1000);
    let mut path = Path::new(socket.id, journal);
    path.read(journal);
    for event in [None, Some(journal.trace().next_number() / 2)] {
        path::drawing(&path, event);
        path::now(&path, event);
        path::list(&path, event);
        let socket = journal.sockets_at(event).get(socket.id).cloned();
        let end = socket.map(|socket| End::new(socket, false, journal, event));
        end.iter().for_each(|end| drop(buffers::markup(end, Some(end))));
    }
    let history = History::of(journal, socket.id, None);
    tcp_info::plots(&history);
    tcp_info::values(history.last());
    for (direction, total) in [(Direction::Sent, socket.sent_bytes), (Direction::Received, socket.received_bytes)] {
        let mut ruler = Ruler::new(socket.id, direction);
        ruler.read(journal.trace(), total);
        for (_, protocol) in Protocol::ALL {
            let mut overlay = Overlay::new(protocol);
            overlay.read(&ruler, None);
            bytes::list(&ruler, &overlay, None, 0, overlay.len());
        }
        if !ruler.is_empty() {
            bytes::inspect(&ruler, Selection::one(ruler.first()));
        }
    }
}

/// Draws a recording where it opens; what it was is told where that panics.
fn hold(text: &str) -> bool {
    let drawn = catch_unwind(|| open(text).map(draw).is_some());
    drawn.unwrap_or_else(|_| panic!("this recording panicked:\n{text}"))
}

/// Where each number stands in a line.
fn numbers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(at.to_owned()),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| numbers(value, &format!("{at}/{name}"), found)),
        Value::Array(values) => values.iter().enumerate().for_each(|(index, value)| numbers(value, &format!("{at}/{index}"), found)),
        _ => {}
    }
}

#[test]
fn no_number_in_a_recording_makes_a_view_panic() {
    let extremes = [0, 1, 3, 65_535, u64::from(u32::MAX), (1 << 53) - 1, i64::MAX as u64, u64::MAX];
    let extremes = extremes.into_iter().map(Value::from).chain([Value::from(-1), Value::from(i64::MIN), Value::from(1e300)]);
    let lines = example();
    assert!(hold(&written(&lines)), "the example opens");
    let mut opened = 0;
    for extreme in extremes {
        for index in 0..lines.len() {
            let mut places = vec![];
            numbers(&lines[index], "", &mut places);
            for place in places {
                let mut changed = lines.clone();
                *changed[index].pointer_mut(&place).expect("it was there") = extreme.clone();
                opened += usize::from(hold(&written(&changed)));
            }
        }
    }
    assert!(opened > 100, "only {opened} opened");
}

#[test]
fn a_recording_that_begins_late_may_claim_any_number_of_bytes() {
    let mut lines = example();
    lines[0]["dropped"] = 5.into();
    for (number, line) in lines.iter_mut().skip(1).enumerate() {
        line["number"] = (number + 5).into();
        if let Some(sent) = line.pointer_mut("/returned/sent") {
            *sent = u64::MAX.into();
        }
    }
    assert!(hold(&written(&lines)));
}

#[test]
fn no_order_of_events_makes_a_view_panic() {
    let lines = example();
    let (header, entries) = lines.split_first().expect("a header");
    let renumbered = |order: Vec<usize>| {
        let mut file = vec![header.clone()];
        for (number, at) in order.into_iter().enumerate() {
            let mut line = entries[at].clone();
            (line["number"], line["time_ms"]) = (number.into(), number.into());
            file.push(line);
        }
        assert!(hold(&written(&file)));
    };
    let all = || (0..entries.len()).collect::<Vec<_>>();
    renumbered(all().into_iter().rev().collect());
    for at in 0..entries.len() {
        let mut without = all();
        without.remove(at);
        renumbered(without);
        let mut twice = all();
        twice.insert(at, at);
        renumbered(twice);
        let mut late = all();
        late.remove(at);
        late.push(at);
        renumbered(late);
        let mut early = all();
        early.remove(at);
        early.insert(0, at);
        renumbered(early);
    }
}
