//! Bytes and texts as literals. Whatever they hold, it stays inside of the quotes.

/// Whose literals.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Python,
    Rust,
    C,
    /// The first argument of `printf(1)`, in single quotes.
    Printf,
}

/// The longest that one line of a literal is, in characters.
const WIDTH: usize = 72;

/// `bytes` as what stands between quotes: one piece where that is short, or one for each line and each 72 characters.
pub(super) fn pieces(bytes: &[u8], syntax: Syntax) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut lines = vec![];
    for (position, &byte) in bytes.iter().enumerate() {
        let Some(piece) = pieces.last_mut() else { break };
        push(piece, byte, syntax);
        let is_last = position + 1 == bytes.len();
        if byte == b'\n' || piece.len() >= WIDTH {
            lines.push(piece.len());
            if !is_last {
                pieces.push(String::new());
            }
        }
    }
    let whole: usize = pieces.iter().map(String::len).sum();
    if whole <= WIDTH { vec![pieces.concat()] } else { pieces }
}

fn push(text: &mut String, byte: u8, syntax: Syntax) {
    let short = match (byte, syntax) {
        (b'\n', _) => r"\n",
        (b'\r', _) => r"\r",
        (b'\t', _) => r"\t",
        (b'\\', _) => r"\\",
        (b'"', Syntax::Python | Syntax::Rust | Syntax::C) => "\\\"",
        // Two question marks begin a trigraph.
        (b'?', Syntax::C) => r"\?",
        (b'%', Syntax::Printf) => "%%",
        (b'\'', Syntax::Printf) => r"\047",
        // It would begin an option.
        (b'-', Syntax::Printf) if text.is_empty() => r"\055",
        // A line that goes on swallows the blanks at the beginning of the next one.
        (b' ', Syntax::Rust) if text.is_empty() => r"\x20",
        (b' '..=b'~', _) => {
            text.push(char::from(byte));
            return;
        }
        _ => "",
    };
    if short.is_empty() {
        // Three octal digits end by themselves; hexadecimal ones in C go on as long as there are digits.
        let (mark, digits, base) = if matches!(syntax, Syntax::C | Syntax::Printf) { ("\\", 3, 8) } else { ("\\x", 2, 16) };
        text.push_str(mark);
        push_digits(text, u32::from(byte), digits, base);
    } else {
        text.push_str(short);
    }
}

fn push_digits(text: &mut String, number: u32, digits: u32, base: u32) {
    for position in (0..digits).rev() {
        text.push(char::from_digit(number / base.pow(position) % base, base).unwrap_or('0'));
    }
}

/// A text with its quotes.
pub(super) fn quoted(text: &str, syntax: Syntax) -> String {
    let mut literal = "\"".to_owned();
    for c in text.chars() {
        match c {
            '\0'..='\x7f' => push(&mut literal, c as u8, syntax),
            _ if syntax == Syntax::Python => {
                literal.push_str("\\U");
                push_digits(&mut literal, u32::from(c), 8, 16);
            }
            _ if syntax == Syntax::Rust => literal.extend(c.escape_unicode()),
            _ => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push(&mut literal, byte, syntax)),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_bytes_are_one_literal() {
        assert_eq!(pieces(b"Hello\r\n\r\n", Syntax::Python), [r"Hello\r\n\r\n"]);
        assert_eq!(pieces(b"", Syntax::C), [""]);
        assert_eq!(pieces(b"\"\\'\x00\xff", Syntax::Rust), [r#"\"\\'\x00\xff"#]);
    }

    #[test]
    fn long_bytes_break_after_their_lines_and_where_they_are_full() {
        let bytes = [&b"GET / HTTP/1.1\r\nHost: "[..], &[b'x'; 80], b"\r\n\r\n"].concat();
        let pieces = pieces(&bytes, Syntax::Python);
        assert_eq!(pieces[0], r"GET / HTTP/1.1\r\n");
        assert_eq!(pieces.len(), 4);
        assert!(pieces.iter().all(|piece| piece.len() <= WIDTH + 4), "{pieces:?}");
        assert_eq!(pieces.concat(), format!(r"GET / HTTP/1.1\r\nHost: {}\r\n\r\n", "x".repeat(80)));
    }

    #[test]
    fn each_syntax_has_its_traps() {
        assert_eq!(pieces(b"\x01f??/", Syntax::C), [r"\001f\?\?/"]);
        assert_eq!(pieces(b"-e 100% it's\x07", Syntax::Printf), [r"\055e 100%% it\047s\007"]);
        let lines = pieces(&[&[b'a'; 72][..], b" b"].concat(), Syntax::Rust);
        assert_eq!(lines[1], r"\x20b");
    }

    #[test]
    fn a_text_stays_in_its_quotes() {
        assert_eq!(quoted("a\"\n\\", Syntax::Python), r#""a\"\n\\""#);
        assert_eq!(quoted("é", Syntax::Python), r#""\U000000e9""#);
        assert_eq!(quoted("é", Syntax::Rust), r#""\u{e9}""#);
        assert_eq!(quoted("é", Syntax::C), r#""\303\251""#);
    }
}
