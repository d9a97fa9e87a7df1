//! A moment in time as a recording writes it: ISO 8601, UTC.

use std::fmt;

const DAY_MS: u64 = 86_400_000;

/// The first millisecond of the year 10000, which four digits cannot name.
const TOO_LATE_MS: u64 = 253_402_300_800_000;

/// A moment between the years 1970 and 9999, in UTC, to the millisecond. It is read from nowhere: whoever has a clock hands it in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// From milliseconds since 1970, as JavaScript's `Date.now()` has them. What no four-digit year holds counts as the nearest that one does.
    pub fn from_unix_ms(ms: f64) -> Self {
        // Rust's conversion takes what is negative, or no number, for 0.
        Self((ms as u64).min(TOO_LATE_MS - 1))
    }

    /// Milliseconds since 1970.
    pub const fn unix_ms(self) -> u64 {
        self.0
    }

    /// Reads `2026-11-25T22:30:31.123Z`; the fraction may be absent, or have up to nine digits, of which three count.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_suffix('Z')?.as_bytes();
        let (seconds, fraction) = rest.split_at_checked(19)?;
        let number = |from: usize, to: usize| {
            let digits = &seconds[from..to];
            digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
        };
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if separators.iter().any(|(at, separator)| seconds[*at] != *separator) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let fits = year >= 1970 && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        if !fits || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_before_year(year) + (1..month).map(|month| days_in(year, month)).sum::<u64>() + day - 1;
        Some(Self(days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds(fraction)?))
    }
}

fn milliseconds(fraction: &[u8]) -> Option<u64> {
    let Some((point, digits)) = fraction.split_first() else { return Some(0) };
    if *point != b'.' || digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = digits.iter().chain(b"00").take(3);
    Some(padded.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// From 1970 to the beginning of `year`, which is no earlier.
const fn days_before_year(year: u64) -> u64 {
    let before = year - 1;
    let leap_years = before / 4 - before / 100 + before / 400;
    // 477 leap years came before 1970.
    (year - 1970) * 365 + leap_years - 477
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.0 / DAY_MS, self.0 % DAY_MS);
        // A year is at most 366 days long, so this is the year or one too early.
        let mut year = 1970 + days / 366;
        while days_before_year(year + 1) <= days {
            year += 1;
        }
        let (mut day, mut month) = (days - days_before_year(year), 1);
        while day >= days_in(year, month) {
            day -= days_in(year, month);
            month += 1;
        }
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        write!(f, "{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", day + 1, ms % 1000)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_moments() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_785_542_400_000, "2026-08-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (TOO_LATE_MS - 1, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Moment(ms).to_string(), text);
            assert_eq!(Moment::parse(text), Some(Moment(ms)));
        }
        assert_eq!(Moment::parse("1970-01-01T00:00:01Z"), Some(Moment(1000)));
        assert_eq!(Moment::parse("1970-01-01T00:00:01.25Z"), Some(Moment(1250)));
        assert_eq!(Moment::parse("1970-01-01T00:00:01.123456789Z"), Some(Moment(1123)));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "Z",
            "2026-11-25",
            "2026-11-25T22:30:31",
            "2026-11-25T22:30:31+01:00",
            "2026-13-25T22:30:31Z",
            "2026-02-29T22:30:31Z",
            "2026-11-25T24:30:31Z",
            "2026-11-25T22:30:31.Z",
            "2026-11-25T22:30:31.1234567890Z",
            "1969-11-25T22:30:31Z",
            "+026-11-25T22:30:31Z",
            "2026-11-25t22:30:31Z",
            "ünüünüünüünüünüZ",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn no_number_is_too_strange_for_a_clock() {
        for (ms, moment) in [(f64::NAN, 0), (-1.0, 0), (f64::INFINITY, TOO_LATE_MS - 1), (1.9, 1)] {
            assert_eq!(Moment::from_unix_ms(ms).unix_ms(), moment, "{ms}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_is_read_as_it_was_written(ms in 0..TOO_LATE_MS) {
            prop_assert_eq!(Moment::parse(&Moment(ms).to_string()), Some(Moment(ms)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            if let Some(moment) = Moment::parse(&text) {
                prop_assert!(moment.0 < TOO_LATE_MS);
            }
        }
    }
}
