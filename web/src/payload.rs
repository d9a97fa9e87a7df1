//! What a person wrote in the composer, as bytes: text with escapes, or hexadecimal. Pure; a mistake is an error, never a guess.

use std::fmt;

/// What is put after each line of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnding {
    /// Nothing: the text is sent as it stands.
    #[default]
    None,
    /// `\n`, as Unix ends lines.
    Lf,
    /// `\r\n`, as HTTP, SMTP and RESP end lines.
    CrLf,
}

impl LineEnding {
    /// Every choice, in the order in which it is offered.
    pub const ALL: [Self; 3] = [Self::None, Self::Lf, Self::CrLf];

    /// What it is called in the composer.
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lf => r"\n",
            Self::CrLf => r"\r\n",
        }
    }

    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
        }
    }
}

/// Why a text is not bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// A backslash that is followed by something without a meaning.
    Escape(String),
    /// `\x` without two hexadecimal digits after it.
    ShortEscape,
    /// A backslash at the very end.
    LoneBackslash,
    /// A character that is no hexadecimal digit.
    Digit(char),
    /// Half a byte at the end, or before a space.
    HalfByte(char),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Escape(escape) => write!(f, r"{escape} is no escape. Known are \r \n \t \0 \\ and \xNN; a backslash itself is \\."),
            Self::ShortEscape => f.write_str(r"\x needs two hexadecimal digits, such as \x0d."),
            Self::LoneBackslash => f.write_str(r"The text ends in a single backslash. A backslash itself is \\."),
            Self::Digit(digit) => write!(f, "“{digit}” is no hexadecimal digit (0–9, a–f)."),
            Self::HalfByte(digit) => write!(f, "“{digit}” stands alone: a byte is two hexadecimal digits."),
        }
    }
}

/// The bytes of a text with escapes. Line breaks that were typed become `ending`, and `ending` follows the last line too;
/// with [`LineEnding::None`] a typed line break stays the `\n` that it is and nothing is added.
///
/// # Errors
///
/// An escape has no meaning.
pub fn text(written: &str, ending: LineEnding) -> Result<Vec<u8>, Mistake> {
    let mut bytes = Vec::with_capacity(written.len() + 2);
    let mut rest = written.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => bytes.push(escape(&mut rest)?),
            '\n' if ending != LineEnding::None => bytes.extend_from_slice(ending.bytes()),
            _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes.extend_from_slice(ending.bytes());
    Ok(bytes)
}

fn escape(rest: &mut std::str::Chars<'_>) -> Result<u8, Mistake> {
    match rest.next() {
        Some('r') => Ok(b'\r'),
        Some('n') => Ok(b'\n'),
        Some('t') => Ok(b'\t'),
        Some('0') => Ok(0),
        Some('\\') => Ok(b'\\'),
        Some('x') => {
            let mut digit = || rest.next().and_then(|c| c.to_digit(16)).ok_or(Mistake::ShortEscape);
            let (high, low) = (digit()?, digit()?);
            u8::try_from(high << 4 | low).map_err(|_| Mistake::ShortEscape)
        }
        Some(other) => Err(Mistake::Escape(format!("\\{other}"))),
        None => Err(Mistake::LoneBackslash),
    }
}

/// The bytes of hexadecimal digits, two for a byte. Spaces, line breaks, commas and colons between bytes and `0x` before one are skipped.
///
/// # Errors
///
/// Something is no digit, or a byte has only one.
pub fn hex(written: &str) -> Result<Vec<u8>, Mistake> {
    let mut bytes = Vec::with_capacity(written.len() / 2);
    for word in written.split(|c: char| c.is_whitespace() || matches!(c, ',' | ':')) {
        let word = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        let mut digits = word.chars();
        while let Some(high) = digits.next() {
            let value = |c: char| c.to_digit(16).ok_or(Mistake::Digit(c));
            let high_value = value(high)?;
            let low_value = value(digits.next().ok_or(Mistake::HalfByte(high))?)?;
            bytes.push(u8::try_from(high_value << 4 | low_value).map_err(|_| Mistake::Digit(high))?);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_sent_as_it_stands() {
        assert_eq!(text("GET / HTTP/1.1\\r\\n\\r\\n", LineEnding::None), Ok(b"GET / HTTP/1.1\r\n\r\n".to_vec()));
        assert_eq!(text(r"\t\0\\\x7F\xff", LineEnding::None), Ok(vec![9, 0, b'\\', 0x7f, 0xff]));
        assert_eq!(text("é\nb", LineEnding::None), Ok("é\nb".as_bytes().to_vec()));
        assert_eq!(text("", LineEnding::None), Ok(vec![]));
    }

    #[test]
    fn each_line_gets_its_ending() {
        assert_eq!(text("PING", LineEnding::CrLf), Ok(b"PING\r\n".to_vec()));
        assert_eq!(text("GET / HTTP/1.1\nHost: x\n", LineEnding::CrLf), Ok(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()));
        assert_eq!(text("a", LineEnding::Lf), Ok(b"a\n".to_vec()));
    }

    #[test]
    fn a_wrong_escape_is_not_guessed() {
        assert_eq!(text(r"\q", LineEnding::None), Err(Mistake::Escape(r"\q".to_owned())));
        assert_eq!(text(r"\x4", LineEnding::None), Err(Mistake::ShortEscape));
        assert_eq!(text(r"\xzz", LineEnding::None), Err(Mistake::ShortEscape));
        assert_eq!(text("a\\", LineEnding::None), Err(Mistake::LoneBackslash));
    }

    #[test]
    fn hexadecimal_in_the_usual_spellings() {
        for written in ["48656C6c6f", "48 65 6c 6c 6f", "0x48, 0x65,0x6c 6c\n6f", "48:65:6c:6c:6f"] {
            assert_eq!(hex(written), Ok(b"Hello".to_vec()), "{written}");
        }
        assert_eq!(hex(" "), Ok(vec![]));
        assert_eq!(hex("4"), Err(Mistake::HalfByte('4')));
        assert_eq!(hex("486"), Err(Mistake::HalfByte('6')));
        assert_eq!(hex("4g"), Err(Mistake::Digit('g')));
    }
}
