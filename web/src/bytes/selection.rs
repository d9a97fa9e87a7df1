//! The bytes that are chosen, and how the keys move them.

use super::Ruler;

/// A stretch of at least one byte: from where it began to where it was drawn to, both offsets included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Where it began.
    pub anchor: u64,
    /// Where it is drawn to; may lie before.
    pub active: u64,
}

/// A way from one byte to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many bytes back or on.
    By(i64),
    /// To the first or the last byte of the row.
    RowStart,
    /// To its last.
    RowEnd,
    /// To the first byte of all.
    First,
    /// To the last.
    Last,
}

impl Selection {
    /// The byte at that offset alone.
    pub fn one(offset: u64) -> Self {
        Self { anchor: offset, active: offset }
    }

    /// The bytes from `start` up to `end`; nothing where there are none.
    pub fn of(start: u64, end: u64) -> Option<Self> {
        (start < end).then(|| Self { anchor: start, active: end - 1 })
    }

    /// The offset of its first byte, and the offset after its last.
    pub fn range(&self) -> (u64, u64) {
        (self.anchor.min(self.active), self.anchor.max(self.active).saturating_add(1))
    }

    /// Whether it holds the byte at `offset`.
    pub fn holds(&self, offset: u64) -> bool {
        let (start, end) = self.range();
        (start..end).contains(&offset)
    }

    /// What of it is on the ruler; nothing where that is nothing.
    pub fn within(&self, ruler: &Ruler) -> Option<Self> {
        let (first, last) = (ruler.first(), ruler.end().checked_sub(1)?);
        let (start, end) = self.range();
        (first <= last && start <= last && end > first)
            .then(|| Self { anchor: self.anchor.clamp(first, last), active: self.active.clamp(first, last) })
    }

    /// Where a step leads to in rows of `width` bytes, drawing the selection on or beginning another. From nothing, a step goes to the first byte.
    pub fn after(selection: Option<Self>, step: Step, draws_on: bool, width: u64, ruler: &Ruler) -> Option<Self> {
        let (first, last) = (ruler.first(), ruler.end().checked_sub(1).filter(|last| *last >= ruler.first())?);
        let width = width.max(1);
        let active = match (selection, step) {
            (_, Step::First) => first,
            (_, Step::Last) => last,
            (None, _) => first,
            (Some(from), Step::By(bytes)) => from.active.saturating_add_signed(bytes),
            (Some(from), Step::RowStart) => from.active / width * width,
            (Some(from), Step::RowEnd) => (from.active / width * width).saturating_add(width - 1),
        };
        let active = active.clamp(first, last);
        Some(Self { anchor: selection.filter(|_| draws_on).map_or(active, |from| from.anchor.clamp(first, last)), active })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ruler::tests::received;
    use super::*;

    fn walk(steps: &[(Step, bool)]) -> Option<(u64, u64)> {
        let ruler = received(&[&[0; 40]]);
        steps
            .iter()
            .fold(None, |at, (step, draws_on)| Selection::after(at, *step, *draws_on, 16, &ruler))
            .map(|selection| selection.range())
    }

    #[test]
    fn steps_stay_on_the_ruler_and_draw_with_shift() {
        assert_eq!(walk(&[(Step::By(1), false)]), Some((0, 1)), "the first step goes to the first byte");
        assert_eq!(walk(&[(Step::First, false), (Step::By(16), false), (Step::By(3), true)]), Some((16, 20)));
        assert_eq!(walk(&[(Step::Last, false), (Step::RowStart, true)]), Some((32, 40)));
        assert_eq!(walk(&[(Step::By(1), false), (Step::RowEnd, false), (Step::By(-4), true)]), Some((11, 16)), "backwards, too");
        assert_eq!(walk(&[(Step::By(1), false), (Step::By(-99), false)]), Some((0, 1)));
        assert_eq!(walk(&[(Step::First, false), (Step::Last, true)]), Some((0, 40)));
        assert_eq!(Selection::after(None, Step::First, false, 16, &received(&[])), None);
    }

    #[test]
    fn what_is_not_there_is_not_chosen() {
        let ruler = received(&[b"abc"]);
        assert_eq!(Selection::of(2, 9).and_then(|selection| selection.within(&ruler)), Selection::of(2, 3));
        assert_eq!(Selection::of(3, 9).and_then(|selection| selection.within(&ruler)), None);
        assert_eq!(Selection::of(4, 4), None);
        let all = Selection { anchor: u64::MAX, active: 0 };
        assert_eq!(all.range(), (0, u64::MAX));
    }
}
