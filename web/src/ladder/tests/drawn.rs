//! Tests of what is drawn of a ladder.

use super::*;

#[test]
fn ten_thousand_events_cost_as_much_as_what_is_seen() {
    let mut world = World::default();
    world.both();
    for _ in 0..2000 {
        world.sent(CLIENT, &[b'x'; 100]);
        world.receives(SERVER, &[b'x'; 100]);
    }
    assert!(world.journal.trace().next_number() >= 10_000);
    let ladder = world.ladder(CLIENT);
    assert!(ladder.len() >= 4000);
    let drawn = draw_rows(&ladder, Layout::new(640, true), None, 2000, 2040, Dress::Page);
    assert_eq!(drawn.matches("class=\"rung\"").count(), 40);
    assert!(drawn.len() < 40 * 2000, "{} bytes of markup", drawn.len());
    let picture = export(&ladder, &world.ends(CLIENT), Some(3000), MOST_ROWS);
    assert!(picture.svg.contains("Rows ") && picture.svg.len() < 4 << 20, "{} bytes", picture.svg.len());
    assert_eq!(picture.svg.matches("<g transform").count() as u64, MOST_ROWS + 2);
}

#[test]
fn what_is_later_is_faded_and_what_is_looked_at_is_marked() {
    let mut world = World::default();
    world.connects();
    world.sent(CLIENT, b"x");
    let ladder = world.ladder(CLIENT);
    let called = ladder.row(1).unwrap().first;
    let drawn = draw_rows(&ladder, Layout::new(640, false), Some(called), 0, 99, Dress::Page);
    let rows: Vec<&str> = drawn.split("<g ").skip(1).collect();
    let is_faded = |row: &str| row.contains(" later\"");
    assert_eq!(rows.iter().map(|row| is_faded(row)).collect::<Vec<_>>(), [false, false, true, true, true]);
    assert_eq!(rows.iter().map(|row| row.contains("class=\"rung at\"")).collect::<Vec<_>>(), [false, true, false, false, false]);
    assert!(!draw_rows(&ladder, Layout::new(640, false), None, 0, 99, Dress::Page).contains("later"));
    let table = table_rows(&ladder, &world.ends(CLIENT), Some(called), 0, 99);
    assert_eq!((table.matches("table-row later").count(), table.matches("aria-current").count()), (3, 1));
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let mut world = World::default();
    world.makes_client();
    let host = "<script>\"&\u{0}\u{202e}".to_owned();
    let id = world.calls(CLIENT, Operation::Connect { host, port: 1, timeout_ms: None });
    world.returns(CLIENT, id, Return::Connect { local: address(51022), peer: address(8080) });
    world.receives(CLIENT, b"</text><script>alert(1)</script>\x00\xff");
    let (ladder, ends) = (world.ladder(CLIENT), world.ends(CLIENT));
    let rows = draw_rows(&ladder, Layout::new(3000, false), None, 0, 99, Dress::Page);
    for markup in [rows, table_rows(&ladder, &ends, None, 0, 99), export(&ladder, &ends, None, 10).svg] {
        assert!(!markup.contains("<script") && markup.contains("&lt;script&gt;"), "{markup}");
        assert!(!markup.contains(['\0', '\u{202e}']), "{markup}");
        assert!(markup.contains("NUL"), "{markup}");
    }
}

#[test]
fn a_file_needs_no_style_sheet() {
    let mut world = World::default();
    world.both();
    world.sent(CLIENT, b"x");
    let picture = export(&world.ladder(CLIENT), &world.ends(CLIENT), None, MOST_ROWS);
    assert!(picture.svg.starts_with("<?xml") && picture.svg.trim_end().ends_with("</svg>"));
    assert!(!picture.svg.contains("class=") && !picture.svg.contains("data-") && !picture.svg.contains("<style"), "{}", picture.svg);
    assert!(picture.svg.contains("<title>client 127.0.0.1:51022 and accepted 127.0.0.1:8080</title>"));
    for (opened, closed) in [("<g ", "</g>"), ("<text ", "</text>"), ("<svg ", "</svg>")] {
        assert_eq!(picture.svg.matches(opened).count(), picture.svg.matches(closed).count(), "{opened}");
    }
}

#[test]
fn the_places_fit_every_width() {
    for (width, both) in [(280, true), (280, false), (360, true), (646, true), (646, false), (1900, true)] {
        let layout = Layout::new(width, both);
        assert!(layout.times < layout.left && layout.left + 50 < layout.right && layout.right < layout.width, "{layout:?}");
        assert!(layout.call_columns() >= 8 && layout.label_columns() >= 5, "{layout:?}");
    }
    assert_eq!(words::fit("abcdefgh", 5), "abcd…");
    assert_eq!(words::fit("abcde", 5), "abcde");
}
