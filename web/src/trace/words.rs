//! Numbers as people read them, in the language of the page.

use crate::texts::{Language, language, numbers};

/// `1234567` as `1,234,567`, in German as `1.234.567`.
pub fn number_in_words(number: u64) -> String {
    let separator = if language() == Language::De { '.' } else { ',' };
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 byte`, `18 bytes`, `1,048,576 bytes`: always exact, because whoever counts a length prefix needs the number.
pub fn bytes_in_words(bytes: u64) -> String {
    numbers::bytes(bytes)
}

/// A number with so many digits after the point, which in German is a comma.
pub fn decimal(number: f64, digits: usize) -> String {
    let written = format!("{number:.digits$}");
    if language() == Language::De { written.replace('.', ",") } else { written }
}

/// Milliseconds as `0.4 ms`, `12 ms`, `3.25 s` or `2 min 5 s`.
pub fn seconds_in_words(milliseconds: f64) -> String {
    let milliseconds = milliseconds.max(0.0);
    if milliseconds < 10.0 {
        format!("{} ms", decimal(milliseconds, 1))
    } else if milliseconds < 1000.0 {
        format!("{milliseconds:.0} ms")
    } else if milliseconds < 60_000.0 {
        format!("{} s", decimal(milliseconds / 1000.0, 2))
    } else {
        let seconds = milliseconds / 1000.0;
        format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), (seconds % 60.0).floor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 12, 999, 1000, 1_048_576].map(number_in_words), ["0", "12", "999", "1,000", "1,048,576"]);
        assert_eq!(bytes_in_words(1), "1 byte");
        assert_eq!(bytes_in_words(18), "18 bytes");
    }

    #[test]
    fn german_has_its_own_marks() {
        crate::texts::set_language(Language::De);
        assert_eq!(number_in_words(1_048_576), "1.048.576");
        assert_eq!([bytes_in_words(1), bytes_in_words(2000)], ["1 Byte", "2.000 Bytes"]);
        assert_eq!([seconds_in_words(0.42), seconds_in_words(3250.0)], ["0,4 ms", "3,25 s"]);
    }

    #[test]
    fn times_keep_three_figures() {
        assert_eq!([0.42, 12.3, 3250.0, 125_900.0].map(seconds_in_words), ["0.4 ms", "12 ms", "3.25 s", "2 min 5 s"]);
    }
}
