//! The ladder as a picture in a file of its own.

use super::draw::{HEADS_PX, ROW_PX, draw_heads, draw_rows};
use super::svg::{Anchor, Dress, Ink, Svg, escape, put};
use super::words;
use super::{Ends, Ladder, Layout, Side};
use crate::texts::ladder as texts;
use crate::trace::number_in_words;

/// At most so many rows are in a picture; of more, those around the event that is looked at.
pub const MOST_ROWS: u64 = 2000;

/// How wide a picture is.
const WIDTH: u32 = 900;

/// What is above the heads, and below the rows.
const TITLE_PX: i32 = 44;
const FOOT_PX: i32 = 34;

/// A picture, and how large it is in CSS pixels.
#[derive(Clone, Debug)]
pub struct Picture {
    /// One whole SVG file.
    pub svg: String,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

/// A picture of at most `most` rows.
pub fn export(ladder: &Ladder, ends: &Ends, cursor: Option<u64>, most: u64) -> Picture {
    let (from, to) = part(ladder, cursor, most);
    let layout = Layout::new(WIDTH, ladder.has_both_ends());
    let rows_px = i32::try_from(to - from).unwrap_or_default() * ROW_PX;
    let height = TITLE_PX + HEADS_PX + rows_px + FOOT_PX;
    let title = Side::BOTH.map(|side| {
        let (name, address) = words::end(ends, side);
        format!("{name} {address}").trim_end().to_owned()
    });
    let title = texts::title(&title[0], &title[1]);
    let mut svg = Svg::new(Dress::File);
    put(
        &mut svg.out,
        format_args!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\"><title>"
        ),
    );
    escape(&mut svg.out, &title);
    svg.out.push_str("</title><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>");
    svg.text(Ink::Head, Anchor::Start, (8, 20), &title);
    if to - from < ladder.len() {
        let of = number_in_words(ladder.len());
        svg.text(Ink::Said, Anchor::Start, (8, 36), &texts::part(&number_in_words(from + 1), &number_in_words(to), &of));
    }
    svg.open(TITLE_PX, "");
    svg.out.push_str(&draw_heads(ends, layout, Dress::File));
    svg.close();
    svg.open(TITLE_PX + HEADS_PX, "");
    // Those that cross the edge are cut there.
    put(&mut svg.out, format_args!("<svg width=\"{WIDTH}\" height=\"{rows_px}\">"));
    svg.out.push_str(&draw_rows(ladder, layout, cursor, from, to, Dress::File));
    svg.out.push_str("</svg>");
    svg.close();
    svg.text(Ink::Said, Anchor::Start, (8, height - 12), texts::legend());
    svg.out.push_str("</svg>\n");
    Picture { svg: svg.out, width: WIDTH, height: height.unsigned_abs() }
}

/// Which rows: all, or those around the event that is looked at.
fn part(ladder: &Ladder, cursor: Option<u64>, most: u64) -> (u64, u64) {
    let rows = ladder.len();
    let middle = cursor.map_or(rows, |event| ladder.row_at(event).unwrap_or_default());
    let from = middle.saturating_sub(most / 2).min(rows.saturating_sub(most));
    (from, rows.min(from + most))
}
