//! What was written where a port belongs and is none that a call could carry.

use super::Explanation;
use crate::texts::errors as text;

/// Explains why `written` is no port, as `EINVAL` is explained where the relay says it.
pub fn no_port(written: &str) -> Explanation {
    let digits = written.strip_prefix(['-', '+']).unwrap_or(written);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    Explanation {
        title: "EINVAL",
        address: None,
        cause: match written {
            "" => text::port_missing().to_owned(),
            _ => text::no_port(&written),
        },
        remedy: text::no_port_remedy().to_owned(),
        remedies: vec![],
        // Python takes every whole number, and then looks at its size.
        python: if is_whole { "OverflowError" } else { "TypeError" },
        text: text::not_called().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_named_as_it_was_written() {
        for (written, python) in [
            ("-1", "OverflowError"),
            ("99999999999999999999", "OverflowError"),
            ("1e9", "TypeError"),
            ("3.5", "TypeError"),
            ("-", "TypeError"),
        ] {
            let explanation = no_port(written);
            assert_eq!((explanation.title, explanation.python), ("EINVAL", python), "{written}");
            assert_eq!(explanation.cause, format!("{written} is no port: ports go from 0 to 65535."));
        }
    }

    #[test]
    fn nothing_is_said_to_be_missing() {
        assert!(no_port("").cause.starts_with("A port is missing"));
    }
}
