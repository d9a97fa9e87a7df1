//! Bytes as lines that can be read: everything that is no visible character is shown as what it is, and no byte is swallowed.

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub kind: SpanKind,
    /// How it is shown.
    pub text: String,
}

/// What a piece of a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// The characters themselves.
    Plain,
    /// A control character, shown as its picture: `␍`, `␊`, `␀`.
    Control,
    /// A byte that is no UTF-8 or a character that cannot be seen, shown as an escape: `\xff`, `\u{200b}`.
    Escape,
}

/// How many lines there are between two marks of a [`Lines`].
const LINES_PER_MARK: usize = 64;

/// Where the lines of one piece of data begin. A line ends after each `\n` and where `columns` are full.
///
/// Only every 64th beginning is remembered, so a megabyte of line breaks costs no multiple of itself.
#[derive(Debug)]
pub(super) struct Lines {
    count: usize,
    columns: usize,
    marks: Vec<usize>,
}

impl Lines {
    /// Finds the lines of `bytes`, each at most `columns` wide.
    pub(super) fn new(bytes: &[u8], columns: usize) -> Self {
        let columns = columns.max(8);
        let (mut count, mut at, mut marks) = (0, 0, Vec::new());
        while at < bytes.len() {
            if count % LINES_PER_MARK == 0 {
                marks.push(at);
            }
            at = end_of_line(bytes, at, columns);
            count += 1;
        }
        Self { count, columns, marks }
    }

    /// How many lines there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The lines of the same `bytes` in which what `find` finds begins, in order; `find` is given the bytes from the beginning of a line on.
    pub(super) fn holding(&self, bytes: &[u8], find: &dyn Fn(&[u8]) -> Option<usize>) -> Vec<usize> {
        let (mut found, mut start, mut index) = (vec![], 0, 0);
        while let Some(position) = bytes.get(start..).and_then(find).map(|position| start + position) {
            // No line before the last mark has to be looked at.
            let mark = self.marks.partition_point(|mark| *mark <= position).saturating_sub(1);
            if let Some(&at) = self.marks.get(mark).filter(|_| mark * LINES_PER_MARK > index) {
                (start, index) = (at, mark * LINES_PER_MARK);
            }
            while start <= position {
                start = end_of_line(bytes, start, self.columns);
                index += 1;
            }
            found.push(index - 1);
        }
        found
    }

    /// Line `index` of the same `bytes`.
    pub(super) fn line(&self, bytes: &[u8], index: usize) -> Vec<Span> {
        let Some(&mark) = self.marks.get(index / LINES_PER_MARK) else { return vec![] };
        let start = (0..index % LINES_PER_MARK).fold(mark, |at, _| end_of_line(bytes, at, self.columns));
        visible(&bytes[start..end_of_line(bytes, start, self.columns)])
    }
}

/// What stands at the beginning of some bytes.
enum Glyph {
    Plain(char),
    Control(u8),
    Hidden(char),
    Stray(u8),
}

impl Glyph {
    fn at(bytes: &[u8]) -> Option<(Self, usize)> {
        let &first = bytes.first()?;
        if first < 0x20 || first == 0x7f {
            return Some((Self::Control(first), 1));
        }
        let len = match first {
            0x20..=0x7e => return Some((Self::Plain(char::from(first)), 1)),
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return Some((Self::Stray(first), 1)),
        };
        let c = bytes.get(..len).and_then(|bytes| str::from_utf8(bytes).ok()).and_then(|text| text.chars().next());
        Some(match c {
            Some(c) if is_hidden(c) => (Self::Hidden(c), len),
            Some(c) => (Self::Plain(c), len),
            None => (Self::Stray(first), 1),
        })
    }

    fn kind(&self) -> SpanKind {
        match self {
            Self::Plain(_) => SpanKind::Plain,
            Self::Control(_) => SpanKind::Control,
            Self::Hidden(_) | Self::Stray(_) => SpanKind::Escape,
        }
    }

    fn push_to(&self, text: &mut String) {
        match self {
            Self::Plain(c) => text.push(*c),
            Self::Control(0x7f) => text.push('␡'),
            // The pictures of the control characters stand in their order from U+2400 on.
            Self::Control(byte) => text.push(char::from_u32(0x2400 + u32::from(*byte)).unwrap_or('␦')),
            Self::Hidden(c) => text.extend(c.escape_unicode()),
            Self::Stray(byte) => text.push_str(&format!("\\x{byte:02x}")),
        }
    }

    /// How many columns it takes. Wide characters are taken for two.
    fn columns(&self) -> usize {
        match self {
            Self::Plain(c) if *c >= '\u{1100}' => 2,
            Self::Plain(_) => 1,
            // Drawn as its small name.
            Self::Control(b'\r' | b'\n' | b'\t') => 2,
            Self::Control(_) => 3,
            Self::Hidden(c) => c.escape_unicode().len(),
            Self::Stray(_) => 4,
        }
    }
}

/// The name of the control character that `picture` shows (RFC 20 section 4.1): `CR` for `␍`.
pub fn control_name(picture: char) -> &'static str {
    const NAMES: [&str; 32] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI", "DLE", "DC1", "DC2", "DC3",
        "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
    ];
    let position = u32::from(picture).checked_sub(0x2400).and_then(|position| usize::try_from(position).ok());
    position.and_then(|position| NAMES.get(position)).copied().unwrap_or("DEL")
}

/// Whether `c` would show nothing, or change how its neighbours are shown: C1 controls, zero-width, bidirectional, separators, private use.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\u{a0}' | '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{61c}' | '\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..)
}

fn end_of_line(bytes: &[u8], start: usize, columns: usize) -> usize {
    let (mut at, mut used) = (start, 0);
    while let Some((glyph, len)) = bytes.get(at..).and_then(Glyph::at) {
        used += glyph.columns();
        if used > columns && at > start {
            // The end of a line stays on it, as in every editor.
            if !matches!(glyph, Glyph::Control(b'\r' | b'\n')) {
                break;
            }
        }
        at += len;
        if matches!(glyph, Glyph::Control(b'\n')) {
            break;
        }
    }
    at
}

/// `bytes` as they are shown on one line.
pub fn visible(bytes: &[u8]) -> Vec<Span> {
    let mut spans: Vec<Span> = vec![];
    let mut at = 0;
    while let Some((glyph, len)) = bytes.get(at..).and_then(Glyph::at) {
        match spans.last_mut() {
            Some(last) if last.kind == glyph.kind() => glyph.push_to(&mut last.text),
            _ => {
                let mut text = String::new();
                glyph.push_to(&mut text);
                spans.push(Span { kind: glyph.kind(), text });
            }
        }
        at += len;
    }
    spans
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(bytes: &[u8]) -> String {
        visible(bytes).into_iter().map(|span| span.text).collect()
    }

    #[test]
    fn everything_invisible_is_shown() {
        assert_eq!(shown(b"GET / HTTP/1.1\r\n"), "GET / HTTP/1.1␍␊");
        assert_eq!(shown(b"\0\t\x1b\x7f"), "␀␉␛␡");
        assert_eq!(shown("Grüße 世界".as_bytes()), "Grüße 世界");
        assert_eq!(shown(b"\xff\xc3"), r"\xff\xc3");
        assert_eq!(shown("a\u{200b}\u{202e}b".as_bytes()), r"a\u{200b}\u{202e}b");
        assert_eq!("␀␍␊␟␡".chars().map(control_name).collect::<Vec<_>>(), ["NUL", "CR", "LF", "US", "DEL"]);
        assert_eq!(visible(b"a\r\n")[1], Span { kind: SpanKind::Control, text: "␍␊".to_owned() });
    }

    #[test]
    fn lines_end_after_their_line_feed() {
        let bytes = b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\nbody";
        let lines = Lines::new(bytes, 80);
        let shown: Vec<String> =
            (0..lines.count()).map(|index| lines.line(bytes, index).iter().map(|span| span.text.as_str()).collect()).collect();
        assert_eq!(shown, ["HTTP/1.0 200 OK␍␊", "Server: x␍␊", "␍␊", "body"]);
    }

    #[test]
    fn a_full_line_keeps_its_end() {
        let bytes = b"0123456789\r\nab";
        let lines = Lines::new(bytes, 10);
        assert_eq!(lines.count(), 2);
        assert_eq!(Lines::new(&[b'x'; 25], 10).count(), 3);
    }

    proptest! {
        #[test]
        fn lines_that_hold_a_byte_are_found(bytes in proptest::collection::vec(prop_oneof![3 => Just(b'\n'), 9 => Just(b'a'), 1 => Just(b'x')], 0..3000)) {
            let lines = Lines::new(&bytes, 8);
            let found = lines.holding(&bytes, &|bytes| bytes.iter().position(|byte| *byte == b'x'));
            let expected: Vec<usize> = (0..lines.count()).filter(|index| lines.line(&bytes, *index).iter().any(|span| span.text.contains('x'))).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn lines_together_show_everything(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..2000), columns in 8_usize..100) {
            let lines = Lines::new(&bytes, columns);
            let together: String = (0..lines.count()).flat_map(|index| lines.line(&bytes, index)).map(|span| span.text).collect();
            prop_assert_eq!(together, shown(&bytes));
            prop_assert!(lines.line(&bytes, lines.count()).is_empty());
        }
    }
}
