//! Bytes as something to paste elsewhere.

/// What bytes are copied as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The text that they are in UTF-8; with the composer's escapes where they are none, so that the composer makes the same bytes of it.
    Text,
    /// Two hexadecimal digits for each byte, sixteen bytes a line; the composer takes it as it is.
    Hex,
    /// An array in C.
    C,
    /// A bytes literal in Python.
    Python,
}

impl Format {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Text, Self::Hex, Self::C, Self::Python];

    /// What it is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Hex => "Hex",
            Self::C => "C",
            Self::Python => "Python",
        }
    }

    /// The bytes in this format.
    pub fn write(self, bytes: &[u8]) -> String {
        match self {
            Self::Text => match plain(bytes) {
                Some(text) => text.to_owned(),
                None => escapes(bytes, b'\\'),
            },
            Self::Hex => lines(bytes, 16, "", " "),
            Self::C => format!("static const unsigned char bytes[{}] = {{\n{}\n}};", bytes.len(), lines(bytes, 12, "0x", ", ")),
            Self::Python => format!("b'{}'", escapes(bytes, b'\'')),
        }
    }
}

/// The text that can be pasted as it is: UTF-8 whose control characters are those of lines.
fn plain(bytes: &[u8]) -> Option<&str> {
    let text = str::from_utf8(bytes).ok()?;
    text.chars().all(|c| !c.is_control() || matches!(c, '\t' | '\r' | '\n')).then_some(text)
}

/// `also` is written with a backslash before it, as the backslash itself is.
fn escapes(bytes: &[u8], also: u8) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            _ if byte == also => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text
}

fn lines(bytes: &[u8], width: usize, before: &str, between: &str) -> String {
    let byte = |byte: &u8| format!("{before}{byte:02x}");
    let line = |line: &[u8]| line.iter().map(byte).collect::<Vec<_>>().join(between);
    bytes.chunks(width).map(line).collect::<Vec<_>>().join(&format!("{}\n", between.trim_end()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::{self, LineEnding};

    #[test]
    fn each_format_is_the_one_of_its_language() {
        assert_eq!(Format::Text.write("Grüße\r\n".as_bytes()), "Grüße\r\n");
        assert_eq!(Format::Text.write(b"a\\b\0\xff"), r"a\\b\x00\xff");
        assert_eq!(Format::Hex.write(b"GET /"), "47 45 54 20 2f");
        assert_eq!(Format::Python.write(b"it's\r\n\x00\xff\\"), r"b'it\'s\r\n\x00\xff\\'");
        assert_eq!(Format::C.write(b"Hi"), "static const unsigned char bytes[2] = {\n0x48, 0x69\n};");
        assert_eq!(Format::C.write(&[1; 13]).lines().count(), 4);
        assert_eq!(Format::Hex.write(&[1; 17]).lines().count(), 2);
    }

    proptest! {
        #[test]
        fn the_composer_makes_the_same_bytes_of_it(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(payload::hex(&Format::Hex.write(&bytes)), Ok(bytes.clone()));
            if plain(&bytes).is_none() {
                prop_assert_eq!(payload::text(&Format::Text.write(&bytes), LineEnding::None), Ok(bytes));
            }
        }
    }
}
