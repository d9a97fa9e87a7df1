//! Which `recv` got the bytes of which `send`, by their positions in the stream, where both ends are in the page.

use std::collections::VecDeque;

use super::Side;

/// Bytes of one `send` that one `recv` got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    /// The row of the `send`.
    pub from: u64,
    /// The row of the `recv`.
    pub to: u64,
    /// How many.
    pub bytes: u64,
}

/// One direction of the stream.
#[derive(Debug, Default)]
struct Direction {
    /// Rows of `send`s, and how many bytes of each nobody got yet.
    queue: VecDeque<(u64, u64)>,
    /// In the order of the stream, so that `from` and `to` never go back.
    passages: VecDeque<Passage>,
}

/// Both directions.
#[derive(Debug, Default)]
pub(super) struct Wire([Direction; 2]);

impl Wire {
    /// `row` sends `bytes` from `side`.
    pub(super) fn sends(&mut self, side: Side, row: u64, bytes: u64) {
        if bytes > 0 {
            self.0[side.index()].queue.push_back((row, bytes));
        }
    }

    /// So many bytes of what `row` was to send were not taken after all.
    pub(super) fn keeps(&mut self, side: Side, row: u64, bytes: u64) {
        let queue = &mut self.0[side.index()].queue;
        let Some(position) = queue.iter().rposition(|(of, _)| *of == row) else { return };
        queue[position].1 = queue[position].1.saturating_sub(bytes);
        if queue[position].1 == 0 {
            queue.remove(position);
        }
    }

    /// `row` gets `bytes` that came from `side`.
    pub(super) fn gets(&mut self, side: Side, row: u64, mut bytes: u64) {
        let direction = &mut self.0[side.index()];
        while let Some((from, left)) = direction.queue.front_mut() {
            let taken = bytes.min(*left);
            if taken > 0 {
                direction.passages.push_back(Passage { from: *from, to: row, bytes: taken });
            }
            *left -= taken;
            bytes -= taken;
            if *left > 0 {
                break;
            }
            direction.queue.pop_front();
        }
    }

    /// How many bytes from `side` nobody got yet.
    pub(super) fn unread(&self, side: Side) -> u64 {
        self.0[side.index()].queue.iter().map(|(_, left)| left).sum()
    }

    /// How many bytes that `row` sent from `side` nobody got yet.
    pub(super) fn unread_of(&self, side: Side, row: u64) -> u64 {
        let queue = &self.0[side.index()].queue;
        let position = queue.partition_point(|(of, _)| *of < row);
        queue.get(position).filter(|(of, _)| *of == row).map_or(0, |(_, left)| *left)
    }

    /// What came from `side` and crosses one of the rows from `first` to before `end`.
    pub(super) fn across(&self, side: Side, first: u64, end: u64) -> impl Iterator<Item = &Passage> {
        let passages = &self.0[side.index()].passages;
        let start = passages.partition_point(|passage| passage.to < first);
        passages.range(start..).take_while(move |passage| passage.from < end)
    }

    /// Lets go of what lies wholly before `row`.
    pub(super) fn forget_before(&mut self, row: u64) {
        for direction in &mut self.0 {
            while direction.passages.front().is_some_and(|passage| passage.to < row) {
                direction.passages.pop_front();
            }
        }
    }
}
