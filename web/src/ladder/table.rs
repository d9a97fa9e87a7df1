//! The same rows as a table, for whoever hears them or prefers to read. Its roles are written out, so that the style sheet may lay it out as it likes.

use super::svg::{escape, escape_with, put};
use super::words;
use super::{Act, Ends, Ladder, Side};
use crate::texts::ladder as texts;
use crate::trace::{control_name, number_in_words};

/// The rows from `from` to before `to`, and above them the names of the columns; `cursor` is the event that is looked at, if it is not the end.
pub fn table_rows(ladder: &Ladder, ends: &Ends, cursor: Option<u64>, from: u64, to: u64) -> String {
    let mut out = String::from("<div role=\"row\" class=\"table-head\" aria-rowindex=\"1\">");
    for name in [texts::time(), texts::socket(), texts::event(), texts::bytes()] {
        out.push_str("<span role=\"columnheader\">");
        escape(&mut out, name);
        out.push_str("</span>");
    }
    out.push_str("</div>");
    let names = Side::BOTH.map(|side| {
        let (name, address) = words::end(ends, side);
        format!("{name} {address}").trim_end().to_owned()
    });
    let at = cursor.map(|event| ladder.row_at(event));
    for index in from..to.min(ladder.len()) {
        let Some(row) = ladder.row(index) else { break };
        let class = if cursor.is_some_and(|cursor| row.first > cursor) { "table-row later" } else { "table-row" };
        let current = if at == Some(Some(index)) { " aria-current=\"true\"" } else { "" };
        put(
            &mut out,
            format_args!("<div role=\"row\" class=\"{class}\" aria-rowindex=\"{}\"{current} data-event=\"{}\">", index + 2, row.last),
        );
        let side = if matches!(row.act, Act::Wire | Act::Pause(_)) { "" } else { names[row.side.index()].as_str() };
        let bytes = words::bytes(row).map(number_in_words).unwrap_or_default();
        for (class, text) in [
            ("time", words::seconds(row.time_ms).as_str()),
            ("socket", side),
            ("event", words::event(row).as_str()),
            ("bytes", bytes.as_str()),
        ] {
            put(&mut out, format_args!("<span role=\"cell\" class=\"{class}\">"));
            escape_with(&mut out, text, |out, picture| {
                put(out, format_args!("<span class=\"control\" data-name=\"{}\">{picture}</span>", control_name(picture)));
            });
            out.push_str("</span>");
        }
        out.push_str("</div>");
    }
    out
}
