//! Base64 (RFC 4648), strict: one text for each sequence of bytes, so that nothing is hidden in what a decoder skips.
//!
//! By hand, because it is short, and the crates for it bring every alphabet and every leniency into the page.

/// The alphabet, and whether the last group is filled up with `=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Section 4, padded: what `base64 -d` reads.
    Standard,
    /// Section 5, unpadded: it can stand in an address.
    Url,
}

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Kind {
    const fn last_two(self) -> [u8; 2] {
        match self {
            Self::Standard => *b"+/",
            Self::Url => *b"-_",
        }
    }

    fn letter(self, value: u32) -> char {
        let value = (value & 63) as usize;
        char::from(LETTERS.get(value).copied().unwrap_or_else(|| self.last_two()[value & 1]))
    }

    fn value(self, letter: u8) -> Option<u32> {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            _ => 62 + u8::try_from(self.last_two().iter().position(|last| *last == letter)?).ok()?,
        };
        Some(value.into())
    }
}

/// Appends `bytes` as text.
pub(super) fn encode(bytes: &[u8], kind: Kind, text: &mut String) {
    text.reserve(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |index: usize| group.get(index).map_or(0, |byte| u32::from(*byte));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            if index <= group.len() {
                text.push(kind.letter(bits >> (18 - 6 * index)));
            } else if kind == Kind::Standard {
                text.push('=');
            }
        }
    }
}

/// The bytes of `text`; nothing where [`encode`] would not have written it so.
pub(super) fn decode(text: &str, kind: Kind) -> Option<Vec<u8>> {
    let mut text = text.as_bytes();
    if kind == Kind::Standard {
        if !text.len().is_multiple_of(4) {
            return None;
        }
        text = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut bits = 0;
        for index in 0..4 {
            bits = bits << 6 | group.get(index).map_or(Some(0), |letter| kind.value(*letter))?;
        }
        let count = group.len() - 1;
        let [_, ref three @ ..] = bits.to_be_bytes();
        let is_exact = count > 0 && three[count..].iter().all(|byte| *byte == 0);
        if !is_exact {
            return None;
        }
        bytes.extend_from_slice(&three[..count]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(bytes: &[u8], kind: Kind) -> String {
        let mut text = String::new();
        encode(bytes, kind, &mut text);
        text
    }

    /// The test vectors of RFC 4648 section 10, and the two letters that differ.
    #[test]
    fn as_the_rfc_has_it() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")] {
            assert_eq!(encoded(bytes.as_bytes(), Kind::Standard), text);
            assert_eq!(encoded(bytes.as_bytes(), Kind::Url), text.trim_end_matches('='));
        }
        assert_eq!(encoded(&[0xfb, 0xff], Kind::Standard), "+/8=");
        assert_eq!(encoded(&[0xfb, 0xff], Kind::Url), "-_8");
    }

    #[test]
    fn what_is_not_exactly_that_is_refused() {
        for text in ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v=", "=", "====", "Zm 9", "Zm9v\n", "-_8=", "Zm9é"] {
            assert_eq!(decode(text, Kind::Standard), None, "{text}");
        }
        for text in ["Z", "Zg==", "Zh", "+/8", "Zm9vA"] {
            assert_eq!(decode(text, Kind::Url), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            for kind in [Kind::Standard, Kind::Url] {
                prop_assert_eq!(decode(&encoded(&bytes, kind), kind), Some(bytes.clone()));
            }
        }

        #[test]
        fn each_text_is_the_only_one(text in "[A-D+/=_-]{0,9}") {
            for kind in [Kind::Standard, Kind::Url] {
                if let Some(bytes) = decode(&text, kind) {
                    prop_assert_eq!(encoded(&bytes, kind), text.as_str());
                }
            }
        }
    }
}
