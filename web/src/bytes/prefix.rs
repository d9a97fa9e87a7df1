//! Messages that follow their length, as an unsigned integer in either byte order.

use super::overlay::{Progress, Rest, What};

/// The shape of the length.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    /// How many bytes it has, at most 8.
    pub(super) bytes: u8,
    /// Whether the highest byte comes first.
    pub(super) high_first: bool,
}

impl Prefix {
    pub(super) fn step(&self, rest: &mut Rest<'_>) -> Progress {
        let size = u64::from(self.bytes);
        if rest.len() == 0 {
            return Progress::Waits;
        }
        let mut prefix = rest.ruler.copy(rest.at, rest.at + size);
        if !self.high_first {
            prefix.reverse();
        }
        let length = prefix.iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        if !rest.piece(What::Prefix(length), 0, size) {
            return Progress::Waits;
        }
        if length > 0 && !rest.piece(What::Prefixed, size, length) {
            return Progress::Waits;
        }
        Progress::Took(size + length)
    }
}
