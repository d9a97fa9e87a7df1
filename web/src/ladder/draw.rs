//! Rows as SVG: a pure function of what the ladder holds, of the width, and of the event that is looked at.

use super::svg::{Anchor, Dress, Ink, Svg};
use super::words::{self, fit};
use super::{Act, Arrow, Carries, Ends, Ladder, Layout, Row, Side, Waiting};
use crate::texts::ladder as texts;

/// The height of a row in CSS pixels.
pub const ROW_PX: i32 = 38;

/// The height of what stands above the rows.
pub(super) const HEADS_PX: i32 = 40;

/// Where a call and its text stand in a row, what is said of it, and where arrows begin and end.
const CALL_Y: i32 = 15;
const SAID_Y: i32 = 30;
const WIRE_Y: i32 = 22;

/// The rows from `from` to before `to`, the first of them at the top; `cursor` is the event that is looked at, if it is not the end.
pub fn draw_rows(ladder: &Ladder, layout: Layout, cursor: Option<u64>, from: u64, to: u64, dress: Dress) -> String {
    let mut svg = Svg::new(dress);
    // Below the rows, so that no line crosses a text.
    draw_passages(&mut svg, ladder, layout, cursor, from, to);
    let at = cursor.map(|event| ladder.row_at(event));
    for index in from..to.min(ladder.len()) {
        let Some(row) = ladder.row(index) else { break };
        let is_at = at == Some(Some(index));
        Drawing { svg: &mut svg, layout, cursor }.row(ladder, row, index, from, is_at);
    }
    svg.out
}

/// What each line is, above it.
pub fn draw_heads(ends: &Ends, layout: Layout, dress: Dress) -> String {
    let mut svg = Svg::new(dress);
    for side in Side::BOTH {
        let (name, address) = words::end(ends, side);
        let (x, anchor, columns) = match (side, layout.has_both_ends) {
            (Side::Left, _) => (layout.left + 24, Anchor::End, layout.call_columns()),
            (Side::Right, true) => (layout.right - 24, Anchor::Start, layout.call_columns()),
            (Side::Right, false) => (layout.width - 8, Anchor::End, layout.label_columns().saturating_sub(4)),
        };
        svg.text(Ink::Head, anchor, (x, CALL_Y), &fit(&name, layout.head_columns(side)));
        svg.text(Ink::Address, anchor, (x, SAID_Y), &fit(&address, columns));
    }
    svg.out
}

/// The calls that wait, below the last row, as of `now_ms`, each with whether it can be cancelled.
pub fn draw_waiting(waiting: &[(Waiting, bool)], layout: Layout, now_ms: f64) -> String {
    let mut svg = Svg::new(Dress::Page);
    for (position, (call, may_cancel)) in waiting.iter().enumerate() {
        svg.open(position as i32 * ROW_PX, " class=\"rung live\"");
        let mut drawing = Drawing { svg: &mut svg, layout, cursor: None };
        drawing.lives(false);
        let x = drawing.place(call.side);
        drawing.svg.rect(Ink::OpenBar, (x - 3, 0), (6, WIRE_Y));
        let (x, anchor) = drawing.beside(call.side);
        drawing.svg.text(Ink::Call, anchor, (x, CALL_Y), &fit(&words::shown(&call.call), layout.call_columns()));
        let waits = words::waits(now_ms - call.since_ms);
        drawing.svg.text(Ink::Said, anchor, (x, SAID_Y), &waits);
        if *may_cancel {
            let (x, anchor) = match call.side {
                Side::Left => (layout.left + 14, Anchor::Start),
                Side::Right => (layout.right - 14, Anchor::End),
            };
            let attributes = format!(" data-cancel=\"{}\" data-side=\"{}\"", call.name, call.side.index());
            drawing.svg.text_with(Ink::Press, anchor, (x, CALL_Y + 8), &attributes, texts::cancel());
        }
        svg.close();
    }
    svg.out
}

/// The grounds of those rows that belong to what somebody points at, by their places below the first one drawn. To stand below the rows.
pub fn draw_lit(places: impl Iterator<Item = u64>, layout: Layout) -> String {
    let mut svg = Svg::new(Dress::Page);
    for place in places {
        svg.rect(Ink::Lit, (0, i32::try_from(place).unwrap_or_default() * ROW_PX), (layout.width, ROW_PX));
    }
    svg.out
}

/// Bytes that one row sent and another one got.
fn draw_passages(svg: &mut Svg, ladder: &Ladder, layout: Layout, cursor: Option<u64>, first: u64, end: u64) {
    for side in Side::BOTH {
        let (line, head, x, to_x) = match side {
            Side::Left => (Ink::Right, Ink::RightHead, layout.left + 4, layout.right - 4),
            Side::Right => (Ink::Left, Ink::LeftHead, layout.right - 4, layout.left + 4),
        };
        for (from, to) in ladder.passages(side, first, end) {
            let row = u64::try_from(to).ok().and_then(|to| ladder.row(to));
            svg.is_later = row.is_some_and(|row| cursor.is_some_and(|cursor| row.last > cursor));
            let y = |row: i64| i32::try_from((row - first as i64) * i64::from(ROW_PX)).unwrap_or_default() + WIRE_Y;
            let (start, stop) = ((x, y(from)), (to_x, y(to)));
            svg.line(line, start, stop);
            svg.head(head, start, stop);
        }
    }
    svg.is_later = false;
}

struct Drawing<'a> {
    svg: &'a mut Svg,
    layout: Layout,
    cursor: Option<u64>,
}

impl Drawing<'_> {
    fn row(&mut self, ladder: &Ladder, row: &Row, index: u64, from: u64, is_at: bool) {
        let y = i32::try_from(index - from).unwrap_or_default() * ROW_PX;
        let class = if is_at { "rung at" } else { "rung" };
        let attributes = if self.svg.is_file() { String::new() } else { format!(" class=\"{class}\" data-event=\"{}\"", row.last) };
        self.svg.open(y, &attributes);
        if !self.svg.is_file() {
            self.svg.rect(Ink::Ground, (0, 0), (self.layout.width, ROW_PX));
        }
        self.later(row.first);
        self.lives(matches!(row.act, Act::Pause(_)));
        self.bars(row);
        if let Act::Pause(milliseconds) = row.act {
            self.svg.text(Ink::Guess, Anchor::Middle, (self.layout.middle(), WIRE_Y + 2), &words::pause(milliseconds));
        }
        if let Some(arrow) = &row.arrow {
            self.later(arrow.event);
            self.arrow(arrow, ladder, index);
        }
        self.call(row);
        self.later(row.last);
        self.states(row);
        self.svg.is_later = false;
        self.svg.close();
    }

    fn later(&mut self, event: u64) {
        self.svg.is_later = self.cursor.is_some_and(|cursor| event > cursor);
    }

    fn place(&self, side: Side) -> i32 {
        match side {
            Side::Left => self.layout.left,
            Side::Right => self.layout.right,
        }
    }

    /// Where the text of an end stands: outside, beside its line.
    fn beside(&self, side: Side) -> (i32, Anchor) {
        match side {
            Side::Left => (self.layout.left - 14, Anchor::End),
            Side::Right => (self.layout.right + 14, Anchor::Start),
        }
    }

    fn lives(&mut self, is_pause: bool) {
        for side in Side::BOTH {
            let is_far = is_pause || (side == Side::Right && !self.layout.has_both_ends);
            let x = self.place(side);
            self.svg.line(if is_far { Ink::Far } else { Ink::Life }, (x, 0), (x, ROW_PX));
        }
    }

    fn bars(&mut self, row: &Row) {
        for side in Side::BOTH {
            let bars = row.bars[side.index()];
            for lane in 0..8 {
                let is_in = |mask: u8| mask & (1 << lane) != 0;
                let (top, bottom) = match (is_in(bars.through), is_in(bars.begin), is_in(bars.end)) {
                    (true, _, _) | (_, true, true) => (0, ROW_PX),
                    (_, true, _) => (WIRE_Y, ROW_PX),
                    (_, _, true) => (0, WIRE_Y),
                    _ => continue,
                };
                let outwards = if side == Side::Left { -1 } else { 1 };
                self.svg.rect(Ink::Bar, (self.place(side) - 3 + outwards * 5 * lane, top), (6, bottom - top));
            }
        }
    }

    fn call(&mut self, row: &Row) {
        let text = words::call(row);
        if !text.is_empty() {
            self.later(row.first);
            let (x, anchor) = self.beside(row.side);
            let is_over = matches!(row.act, Act::Over(_));
            let (ink, columns) = if is_over { (Ink::Bad, self.layout.said_columns()) } else { (Ink::Call, self.layout.call_columns()) };
            self.svg.dot(Ink::Dot, (self.place(row.side), WIRE_Y), 3);
            self.svg.text(ink, anchor, (x, CALL_Y), &fit(&text, columns));
            if let Some((text, is_bad)) = words::ending(row) {
                self.later(row.last);
                let ink = if is_bad { Ink::Bad } else { Ink::Said };
                self.svg.text(ink, anchor, (x, SAID_Y), &fit(&text, self.layout.said_columns()));
            }
        }
        if self.layout.times > 0 {
            self.later(row.first);
            self.svg.text(Ink::Time, Anchor::Start, (8, CALL_Y), &words::seconds(row.time_ms));
            if let Some(since) = words::since(row) {
                self.svg.text(Ink::Time, Anchor::Start, (8, SAID_Y), &since);
            }
        }
    }

    fn states(&mut self, row: &Row) {
        for side in Side::BOTH {
            if let Some(state) = row.states[side.index()] {
                let (x, anchor) = match side {
                    Side::Left => (self.layout.left + 7, Anchor::Start),
                    Side::Right => (self.layout.right - 7, Anchor::End),
                };
                self.svg.text(Ink::State, anchor, (x, SAID_Y + 5), &state.to_string());
            }
        }
    }

    fn arrow(&mut self, arrow: &Arrow, ladder: &Ladder, index: u64) {
        let (x, to_x) = match arrow.from {
            Side::Left => (self.layout.left + 4, self.layout.right - 4),
            Side::Right => (self.layout.right - 4, self.layout.left + 4),
        };
        let (line, head) = match (&arrow.carries, arrow.from) {
            (Carries::Inferred("RST"), _) => (Ink::Reset, Ink::ResetHead),
            (Carries::Inferred(_), _) => (Ink::Inferred, Ink::InferredHead),
            (_, Side::Left) => (Ink::Right, Ink::RightHead),
            (_, Side::Right) => (Ink::Left, Ink::LeftHead),
        };
        let label = words::arrow(&arrow.carries, self.layout.label_columns());
        let (at, ink) =
            ((self.layout.middle(), CALL_Y), if matches!(arrow.carries, Carries::Inferred(_)) { Ink::Guess } else { Ink::Label });
        if matches!(arrow.carries, Carries::Bytes(_)) && ladder.is_followed {
            // Those that were received are drawn to where that was.
            if ladder.unread_of(arrow.from, index) > 0 {
                let stop = x + (to_x - x) * 4 / 5;
                self.svg.line(line, (x, WIRE_Y), (stop, WIRE_Y));
                self.svg.dot(head, (stop, WIRE_Y), 3);
                self.svg.text(Ink::Guess, Anchor::Middle, (self.layout.middle(), SAID_Y + 5), texts::unread());
            }
            return self.svg.text(ink, Anchor::Middle, at, &label);
        }
        self.svg.line(line, (x, WIRE_Y), (to_x, WIRE_Y));
        self.svg.head(head, (x, WIRE_Y), (to_x, WIRE_Y));
        match &arrow.carries {
            Carries::Connection(_, socket) if !self.svg.is_file() => {
                let attributes = format!(" data-choose=\"{}\"", socket.0);
                self.svg.text_with(Ink::Press, Anchor::Middle, at, &attributes, &label);
            }
            _ => self.svg.text(ink, Anchor::Middle, at, &label),
        }
    }
}
