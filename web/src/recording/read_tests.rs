//! Recordings are read as they were written; what is none is refused, with the line and the reason.

use proptest::prelude::*;

use super::*;
use crate::recording::any_entry;
use crate::recording::write::{Gap, Writer};
use crate::trace::Entry;

const HEADER: &str = r#"{"tcp-playground":"recording","version":1,"opened":"2026-11-25T22:30:31.123Z","dropped":0}"#;

fn read(file: &[u8]) -> Result<Recording, Mistake> {
    read_within(Bounds::default(), file)
}

fn read_within(bounds: Bounds, file: &[u8]) -> Result<Recording, Mistake> {
    let mut reader = Reader::new(bounds);
    reader.feed(file)?;
    reader.finish()
}

fn entries(trace: &Trace) -> Vec<Entry> {
    trace.since(0).cloned().collect()
}

/// What is wrong with a recording whose second line this is.
fn refused(line: &str) -> String {
    let mistake = read(format!("{HEADER}\n{line}\n").as_bytes()).map(drop).expect_err(line);
    assert_eq!(mistake.line, 2, "{line}: {mistake}");
    mistake.text
}

fn entry(fact: &str) -> String {
    format!(r#"{{"number":0,"time_ms":1,"socket":1,{fact}}}"#)
}

fn written(header: Header, trace: &Trace) -> String {
    let mut file = String::new();
    assert_eq!(Writer::new(header).write(trace, &mut file, usize::MAX), Ok(false));
    file
}

#[test]
fn a_recording_is_opened() {
    let lines = [
        r#"{"number":0,"time_ms":1.5,"socket":1,"called":{"id":1,"call":"socket","family":"inet"},"later":[1,{"a":2}]}"#,
        r#"{"number":1,"time_ms":1.5,"socket":1,"returned":{"id":1,"return":"socket","new":true}}"#,
        "",
        r#"{"received":{"base64":"/w==","id":2},"socket":1,"time_ms":2,"number":2,"closed":null}"#,
    ];
    for end in ["\n", "\r\n"] {
        for last in ["", end] {
            let file = format!("\u{feff}{HEADER}{end}{}{last}", lines.join(end));
            let recording = read(file.as_bytes()).unwrap();
            assert_eq!(recording.header.opened.to_string(), "2026-11-25T22:30:31.123Z");
            assert_eq!(recording.trace.next_number(), 3);
            assert!(recording.trace.received(SocketId(1)).eq([[0xff]]));
        }
    }
}

#[test]
fn more_open_sockets_than_a_page_can_hold_are_refused() {
    let socket = |number: u64, fact: &str| format!(r#"{{"number":{number},"time_ms":1,"socket":{number},{fact}}}"#);
    let opened = |number| socket(number, r#""called":{"id":1,"call":"socket","family":"inet"}"#);
    let file = |lines: Vec<String>| format!("{HEADER}\n{}\n", lines.join("\n"));
    assert!(read(file((0..1000).map(opened).collect()).as_bytes()).is_ok());
    let mistake = read(file((0..1001).map(opened).collect()).as_bytes()).unwrap_err();
    assert_eq!((mistake.line, mistake.text.contains("sockets are open")), (1002, true), "{mistake}");
    // One after the other there may be any number.
    let one_by_one = (0..4000_u64).map(|number| {
        let fact = if number % 2 == 0 { r#""called":{"id":1,"call":"socket","family":"inet"}"# } else { r#""closed":true"# };
        format!(r#"{{"number":{number},"time_ms":1,"socket":{},{fact}}}"#, number / 2)
    });
    assert!(read(file(one_by_one.collect()).as_bytes()).is_ok());
}

#[test]
fn what_is_no_recording_is_refused() {
    let header = |from: &str, to: &str| HEADER.replace(from, to);
    let (no_recording, no_moment) = ("no recording of TCP Playground", "must be a moment in UTC");
    for (file, reason) in [
        (String::new(), "the file is empty"),
        ("\n\n \n".to_owned(), "the file is empty"),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), no_recording),
        ("\u{feff}".to_owned(), "the file is empty"),
        ("{}".to_owned(), no_recording),
        ("[]".to_owned(), no_recording),
        (format!("[{HEADER}]"), no_recording),
        (HEADER[..40].to_owned(), no_recording),
        (header("recording", "something"), no_recording),
        (header("\"recording\"", "{\"recording\":1}"), no_recording),
        (header("\"dropped\":0", &format!("\"note\":\"{}\"", "a".repeat(100_000))), no_recording),
        (header(":1,", ":2,"), "this recording has version 2, and this page reads version 1"),
        (header(":1,", ":18446744073709551615,"), "this recording has version 18446744073709551615"),
        (header(":1,", ":\"1\","), "does not say which version it has"),
        (header(":1,", ":-1,"), "does not say which version it has"),
        (header("Z\"", "\""), no_moment),
        (header("\"opened\"", "\"closed\""), no_moment),
        (header("\"dropped\":0", "\"dropped\":-1"), "\"dropped\" must be a whole number"),
        (header("\"dropped\":0", "\"dropped\":18446744073709551615"), "\"dropped\" must be a whole number"),
        (header("\"dropped\":0", "\"relay\":{\"version\":1}"), "\"relay\": invalid type: integer `1`, expected a string"),
    ] {
        let mistake = read(file.as_bytes()).map(drop).expect_err(&file);
        assert!(mistake.text.contains(reason), "{file}: {mistake}");
        assert!(mistake.line <= 3 && mistake.to_string().starts_with("line "), "{mistake}");
    }
}

/// Hostile, broken and future lines, and why each is refused.
#[test]
fn bad_lines_are_refused() {
    for (line, reason) in [
        ("{", "the line ends in the middle"),
        (r#"{"number":0,"time_ms":1,"socket":1,"lost":{"text":"abc"#, "the line ends in the middle"),
        ("{not JSON}", "key must be a string, at column 2"),
        ("not JSON", "an entry is a JSON object"),
        ("[0,1,1,{\"text\":\"a\"},null,null,null,null,null,null,null,null,null]", "an entry is a JSON object"),
        ("7", "an entry is a JSON object"),
        (HEADER, "missing field `number`"),
        (r#"{"number":0,"time_ms":1,"socket":1}"#, "here are 0"),
        (&entry(r#""teleported":{}"#), "an entry holds one fact that this page knows, and here are 0"),
        (&entry(r#""closed":true,"lost":{"text":""}"#), "here are 2"),
        (&entry(r#""closed":true,"received":{"id":1,"text":""}"#), "here are 2"),
        (&entry(r#""closed":true,"closed":true"#), "duplicate field `closed`"),
        (&entry(r#""closed":true,"number":0"#), "duplicate field `number`"),
        (&entry(r#""closed":false"#), "\"closed\" is true"),
        (r#"{"number":-1,"time_ms":1,"socket":1,"closed":true}"#, "invalid value: integer `-1`, expected u64"),
        (r#"{"number":0.5,"time_ms":1,"socket":1,"closed":true}"#, "invalid type: floating point"),
        (r#"{"number":9007199254740992,"time_ms":1,"socket":1,"closed":true}"#, "too large"),
        (r#"{"number":0,"time_ms":1,"socket":18446744073709551615,"closed":true}"#, "too large"),
        (r#"{"number":0,"time_ms":1,"socket":18446744073709551616,"closed":true}"#, "expected u64"),
        (r#"{"number":0,"time_ms":-1,"socket":1,"closed":true}"#, "\"time_ms\" must be 0 or more"),
        (r#"{"number":0,"time_ms":1e300,"socket":1,"closed":true}"#, "\"time_ms\" must be 0 or more"),
        (r#"{"number":0,"time_ms":1e999,"socket":1,"closed":true}"#, "number out of range"),
        (r#"{"number":0,"time_ms":NaN,"socket":1,"closed":true}"#, "expected"),
        (r#"{"number":1,"time_ms":1,"socket":1,"closed":true}"#, "entry 1 stands where 0 must follow"),
        (&entry(r#""made":"guest""#), "\"client\" or as \"server\""),
        (&entry(r#""called":{"call":"close"}"#), "the call's \"id\" is missing"),
        (&entry(r#""called":"close""#), "a call is a JSON object"),
        (&entry(r#""called":{"id":1,"call":"fork"}"#), "this page knows no call \"fork\""),
        (&entry(r#""called":{"id":1,"call":"connect","host":"a"}"#), "the call's \"port\" is missing"),
        (&entry(r#""returned":{"id":1,"return":"fork"}"#), "\"returned\" holds nothing of that kind"),
        (&entry(r#""returned":{"event":"hello","version":"","system":"","reach":""}"#), "\"returned\" holds nothing of that kind"),
        (&entry(r#""failed":{"id":1,"return":"socket"}"#), "\"failed\" holds nothing of that kind"),
        (&entry(r#""failed":{"id":1,"error":"EWHATEVER","call":"send","text":""}"#), "\"failed\" holds nothing of that kind"),
        (&entry(r#""told":{"id":1,"return":"info","info":{}}"#), "\"told\" holds nothing of that kind"),
        (&entry(r#""ended":{"event":"ended","cause":"boredom","text":""}"#), "\"ended\" holds nothing of that kind"),
        (&entry(r#""lost":"gone""#), "\"lost\" needs a \"text\""),
        (&entry(r#""received":{"text":"a"}"#), "needs the \"id\" of its call"),
        (&entry(r#""received":{"id":1}"#), "\"text\" or \"base64\", one of them"),
        (&entry(r#""sending":{"text":"a","base64":"YQ=="}"#), "\"text\" or \"base64\", one of them"),
        (&entry(r#""sending":{"base64":"YQ"}"#), "is not Base64"),
        (&entry(r#""sending":{"base64":"YR=="}"#), "is not Base64"),
        (&entry(r#""sending":{"text":"\ud800"}"#), "hex escape"),
        (&entry(r#""sending":{"id":"1","text":""}"#), "invalid type: string"),
        (&entry(&format!(r#""lost":{{"text":"{}"}}"#, "a".repeat(70_000))), "no call and no return is that long"),
        (&entry(&format!(r#""x":{}{},"closed":true"#, "[".repeat(30_000), "]".repeat(30_000))), "recursion limit exceeded"),
        (&entry(&format!(r#""called":{}1{}"#, "{\"a\":".repeat(10_000), "}".repeat(10_000))), "recursion limit exceeded"),
        (&"{\"a\":".repeat(1 << 19), "the line ends in the middle"),
        (&" ".repeat(5 << 20), "it is longer than 4 MiB"),
        (&entry(&format!(r#""sending":{{"text":"{}"}}"#, "a".repeat(4 << 20))), "it is longer than 4 MiB"),
    ] {
        let text = refused(line);
        assert!(text.contains(reason), "{}: {text}", &line[..line.len().min(200)]);
    }
}

#[test]
fn the_reason_is_short_and_plain_whatever_it_quotes() {
    let text = refused(&entry(&format!(r#""called":{{"id":1,"call":"\u001b[31m\u202e{}"}}"#, "x".repeat(10_000))));
    assert!(text.starts_with("this page knows no call \"[31mxxx") && text.ends_with("x…"), "{text}");
    assert!(text.chars().count() <= 301);
}

#[test]
fn the_line_is_counted_wherever_it_is() {
    let good = |number: u32| format!(r#"{{"number":{number},"time_ms":{number},"socket":1,"closed":true}}"#);
    let lines = |last: &str| format!("{HEADER}\n\n{}\n{}\n{last}", good(0), good(1));
    for (last, reason) in [
        (good(2).replace("\"time_ms\":2", "\"time_ms\":0.5"), "line 5: it is earlier than the line before it"),
        (good(3), "line 5: entry 3 stands where 2 must follow"),
        (good(1), "line 5: entry 1 stands where 2 must follow"),
        (good(2)[..20].to_owned(), "line 5: the line ends in the middle"),
    ] {
        assert_eq!(read(lines(&last).as_bytes()).map(drop).expect_err(&last).to_string(), reason);
    }
    let mut file = lines(&good(2)).into_bytes();
    file.extend_from_slice(b"\nab\xff\n");
    assert_eq!(read(&file).map(drop).unwrap_err().to_string(), "line 6: it is no text: byte 2 is not UTF-8");
}

#[test]
fn a_mistake_stays_one() {
    let mut reader = Reader::new(Bounds::default());
    let mistake = reader.feed(b"nothing\n").unwrap_err();
    assert_eq!(reader.feed(HEADER.as_bytes()), Err(mistake.clone()));
    assert_eq!(reader.finish().map(drop), Err(mistake));
}

#[test]
fn no_more_is_opened_than_a_trace_keeps() {
    let bounds = Bounds { entries: 3, bytes: 100 };
    let line = |number: u32, text: &str| format!(r#"{{"number":{number},"time_ms":0,"socket":1,"received":{{"id":1,"text":"{text}"}}}}"#);
    let file = |lines: &[String]| format!("{HEADER}\n{}\n", lines.join("\n"));
    let ok = file(&[line(0, &"a".repeat(50)), line(1, &"a".repeat(50)), line(2, "")]);
    assert_eq!(read_within(bounds, ok.as_bytes()).unwrap().trace.dropped(), 0);
    let many = ok + &line(3, "");
    assert_eq!(read_within(bounds, many.as_bytes()).map(drop).unwrap_err().to_string(), "line 5: more than 3 entries are not opened");
    let large = file(&[line(0, &"a".repeat(50)), line(1, &"a".repeat(51))]);
    let mistake = read_within(bounds, large.as_bytes()).map(drop).unwrap_err();
    assert_eq!(mistake.to_string(), "line 3: more than 100 bytes of payload are not opened");
    let blank = "\n".repeat(10 << 20);
    assert_eq!(read_within(bounds, blank.as_bytes()).map(drop).unwrap_err().text, "the file is too large to be opened");
}

#[test]
fn what_left_the_trace_before_it_was_written_is_missed() {
    let mut trace = Trace::new(Bounds { entries: 2, bytes: 10 });
    for _ in 0..3 {
        trace.push(0.0, SocketId(1), Fact::Closed);
    }
    let mut out = String::new();
    assert_eq!(Writer::new(Header::default()).write(&trace, &mut out, 100), Err(Gap { entries: 1 }));
    assert_eq!(Writer::resume(0).write(&trace, &mut out, 100), Err(Gap { entries: 1 }));
    assert_eq!(out, "");
    assert_eq!(Writer::new(Header { dropped: 1, ..Header::default() }).write(&trace, &mut out, 1000), Ok(false));
    assert_eq!(out.lines().count(), 3);
}

proptest! {
    /// Written and read in pieces of any size, a trace is what it was.
    #[test]
    fn every_trace_comes_back(
        trace in any_entry::trace(),
        header in any_entry::header(),
        enough in 1..2000_usize,
        piece in 1..500_usize,
    ) {
        let header = Header { dropped: trace.dropped(), ..header };
        let mut writer = Writer::new(header.clone());
        let mut file = String::new();
        loop {
            let mut out = String::new();
            let is_more = writer.write(&trace, &mut out, enough).unwrap();
            file.push_str(&out);
            if !is_more {
                break;
            }
            // As a page does that goes on with what it kept.
            writer = Writer::resume(writer.next_number());
        }
        prop_assert_eq!(&file, &written(header.clone(), &trace));
        let mut reader = Reader::new(Bounds::default());
        for piece in file.as_bytes().chunks(piece) {
            reader.feed(piece).map_err(|mistake| TestCaseError::fail(format!("{mistake}\n{file}")))?;
        }
        let recording = reader.finish().map_err(|mistake| TestCaseError::fail(mistake.to_string()))?;
        prop_assert_eq!(recording.header, header);
        prop_assert_eq!(entries(&recording.trace), entries(&trace));
        prop_assert_eq!((recording.trace.dropped(), recording.trace.next_number()), (trace.dropped(), trace.next_number()));
    }

    #[test]
    fn arbitrary_bytes_are_an_answer(file in prop::collection::vec(any::<u8>(), 0..300), has_header: bool) {
        let mut whole = if has_header { format!("{HEADER}\n").into_bytes() } else { vec![] };
        whole.extend(file);
        read(&whole).map(drop).ok();
    }

    /// A good file with some bytes changed, or an end cut off.
    #[test]
    fn damaged_files_are_an_answer(
        trace in any_entry::trace(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        end in any::<prop::sample::Index>(),
    ) {
        let mut file = written(Header { dropped: trace.dropped(), ..Header::default() }, &trace).into_bytes();
        for (index, byte) in damage {
            let index = index.index(file.len());
            file[index] = byte;
        }
        file.truncate(end.index(file.len()) + 1);
        if let Err(mistake) = read(&file) {
            prop_assert!(mistake.line >= 1 && mistake.line <= 22, "{}", mistake);
        }
    }
}
