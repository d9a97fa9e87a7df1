//! Where things stand across a row of a given width.

use super::Side;

/// How wide a character is, in tenths of a pixel: of the typewriter face of calls, and of the small face beside them, on average.
const CALL_TENTHS: i32 = 73;
const SMALL_TENTHS: i32 = 61;

/// The places of one width, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The whole width.
    pub width: i32,
    /// Where the times end; 0 where there is no room for them.
    pub times: i32,
    /// The line of the chosen socket.
    pub left: i32,
    /// The line of the other end.
    pub right: i32,
    /// Whether the other end has calls, too.
    pub has_both_ends: bool,
}

impl Layout {
    /// The places in `width` pixels.
    pub fn new(width: u32, has_both_ends: bool) -> Self {
        let width = i32::try_from(width).unwrap_or(i32::MAX).clamp(280, 4000);
        let times = if width >= 520 { 68 } else { 0 };
        let room = width - times;
        // Calls need their room first; the wire takes the rest, and never less than a fifth.
        let calls = if has_both_ends { (room * 37 / 100).min(300) } else { (room / 2).min(320) };
        let left = times + calls;
        let right = if has_both_ends { width - calls } else { width - 36 };
        Self { width, times, left, right, has_both_ends }
    }

    /// How many characters a call may have beside its line.
    pub(super) fn call_columns(&self) -> usize {
        columns(self.left - self.times - 22, CALL_TENTHS)
    }

    /// How many characters what is said below it may have.
    pub(super) fn said_columns(&self) -> usize {
        columns(self.left - self.times - 22, SMALL_TENTHS)
    }

    /// How many characters the label of an arrow may have.
    pub(super) fn label_columns(&self) -> usize {
        columns(self.right - self.left - 20, SMALL_TENTHS)
    }

    /// How many characters the name above a line may have. Above that of an end outside of the page it ends at the edge, and the other one's is beside it.
    pub(super) fn head_columns(&self, side: Side) -> usize {
        match side {
            Side::Right if !self.has_both_ends => columns(self.width - self.left - 44, CALL_TENTHS),
            _ => columns(self.left + 24, CALL_TENTHS),
        }
    }

    /// The middle of the wire.
    pub(super) fn middle(&self) -> i32 {
        i32::midpoint(self.left, self.right)
    }
}

fn columns(pixels: i32, tenths: i32) -> usize {
    usize::try_from(pixels * 10 / tenths).unwrap_or_default()
}
