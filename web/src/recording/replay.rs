//! Playing a recording: how many of its entries are shown, as a function of what the person did and of the time that has passed since.
//!
//! There is no clock in here. Times that are called `now_ms` are of one that the caller has, in milliseconds, which never goes back.

use crate::trace::Trace;

/// The longest pause that is left where pauses are cut, in milliseconds.
pub const LONGEST_PAUSE_MS: f64 = 2000.0;

/// How fast a recording is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as it happened; between [`Speed::SLOWEST`] and [`Speed::FASTEST`], and taken for the nearest where it is not.
    Times(f64),
    /// Everything at once.
    AtOnce,
}

impl Speed {
    /// A quarter of the original's.
    pub const SLOWEST: f64 = 0.25;
    /// Sixteen times the original's.
    pub const FASTEST: f64 = 16.0;

    fn factor(self) -> f64 {
        match self {
            // What is no number is the original speed.
            Self::Times(times) if times.is_nan() => 1.0,
            Self::Times(times) => times.clamp(Self::SLOWEST, Self::FASTEST),
            Self::AtOnce => f64::INFINITY,
        }
    }
}

/// A recording that is played, or waits to be. It begins before its first entry, and waits.
#[derive(Clone, Debug)]
pub struct Replay {
    /// When each entry happened, in milliseconds since the page was opened; never falling.
    times_ms: Vec<f64>,
    /// Where each stands in the replay, in milliseconds since its beginning; never falling.
    positions_ms: Vec<f64>,
    first_number: u64,
    cuts_pauses: bool,
    speed: Speed,
    /// Where it stood when it was last told something.
    position_ms: f64,
    /// How many entries were shown then. Several may stand at one position, and steps tell them apart.
    shown: usize,
    /// Since when it plays, on the caller's clock.
    playing_since_ms: Option<f64>,
}

impl Replay {
    /// Of all that `trace` keeps.
    pub fn new(trace: &Trace) -> Self {
        let times_ms: Vec<f64> = trace.since(0).map(|entry| entry.time_ms).collect();
        Self {
            positions_ms: positions(&times_ms, false),
            times_ms,
            first_number: trace.dropped(),
            cuts_pauses: false,
            speed: Speed::Times(1.0),
            position_ms: 0.0,
            shown: 0,
            playing_since_ms: None,
        }
    }

    /// How many entries are shown, the oldest first.
    pub fn shown(&self, now_ms: f64) -> usize {
        if self.playing_since_ms.is_none() {
            return self.shown;
        }
        let position = self.position_ms(now_ms);
        self.shown.max(self.positions_ms.partition_point(|at| *at <= position))
    }

    /// The number that the next entry has: those before it are shown.
    pub fn next_number(&self, now_ms: f64) -> u64 {
        self.first_number + self.shown(now_ms) as u64
    }

    /// Where it stands, in milliseconds since its beginning.
    pub fn position_ms(&self, now_ms: f64) -> f64 {
        let Some(since) = self.playing_since_ms else { return self.position_ms };
        let (elapsed, factor) = ((now_ms - since).max(0.0), self.speed.factor());
        if factor.is_infinite() {
            return self.duration_ms();
        }
        (self.position_ms + elapsed * factor).min(self.duration_ms())
    }

    /// From the first entry to the last, in milliseconds.
    pub fn duration_ms(&self) -> f64 {
        self.positions_ms.last().copied().unwrap_or_default()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.times_ms.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.times_ms.is_empty()
    }

    /// Whether it plays: it was told to, and there is something left.
    pub fn is_playing(&self, now_ms: f64) -> bool {
        self.playing_since_ms.is_some() && self.shown(now_ms) < self.len()
    }

    /// After how many milliseconds the next entry is to be shown; nothing where none will be.
    pub fn next_in_ms(&self, now_ms: f64) -> Option<f64> {
        let at = self.positions_ms.get(self.shown(now_ms)).filter(|_| self.playing_since_ms.is_some())?;
        Some((at - self.position_ms(now_ms)).max(0.0) / self.speed.factor())
    }

    /// Plays on; from the beginning where all of it is shown.
    pub fn play(&mut self, now_ms: f64) {
        self.settle(now_ms);
        if self.shown == self.len() {
            self.stand_at(0);
        }
        self.playing_since_ms = Some(now_ms);
    }

    /// Stops where it is.
    pub fn pause(&mut self, now_ms: f64) {
        self.settle(now_ms);
        self.playing_since_ms = None;
    }

    /// How fast it plays.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Plays at another speed from now on.
    pub fn set_speed(&mut self, speed: Speed, now_ms: f64) {
        self.settle(now_ms);
        self.speed = speed;
    }

    /// Whether pauses are cut to [`LONGEST_PAUSE_MS`].
    pub fn cuts_pauses(&self) -> bool {
        self.cuts_pauses
    }

    /// Cuts pauses, or plays them in full. What is shown stays.
    pub fn set_cuts_pauses(&mut self, cuts: bool, now_ms: f64) {
        self.settle(now_ms);
        let since_last = self.position_ms - self.position_of(self.shown);
        self.cuts_pauses = cuts;
        self.positions_ms = positions(&self.times_ms, cuts);
        let next = self.positions_ms.get(self.shown).copied().unwrap_or(f64::INFINITY);
        self.position_ms = (self.position_of(self.shown) + since_last).min(next).min(self.duration_ms());
    }

    /// Pauses, and shows one entry more.
    pub fn step_forward(&mut self, now_ms: f64) {
        self.pause(now_ms);
        self.stand_at(self.shown + 1);
    }

    /// Pauses, and shows one entry less.
    pub fn step_back(&mut self, now_ms: f64) {
        self.pause(now_ms);
        self.stand_at(self.shown.saturating_sub(1));
    }

    /// Goes to a position, in milliseconds since the beginning of the replay, and plays on from there if it played.
    pub fn seek_to_position(&mut self, position_ms: f64, now_ms: f64) {
        self.settle(now_ms);
        // What is no number is the beginning.
        self.position_ms = position_ms.max(0.0).min(self.duration_ms());
        self.shown = self.positions_ms.partition_point(|at| *at <= self.position_ms);
    }

    /// Goes to a time of the recording, in milliseconds since its page was opened. Within a pause that is cut, to the pause's end at the latest.
    pub fn seek_to_time(&mut self, time_ms: f64, now_ms: f64) {
        let shown = self.times_ms.partition_point(|at| *at <= time_ms);
        let Some(last) = shown.checked_sub(1).and_then(|index| self.times_ms.get(index)) else {
            self.settle(now_ms);
            return self.stand_at(0);
        };
        let next = self.positions_ms.get(shown).copied().unwrap_or(f64::INFINITY);
        self.seek_to_position((self.position_of(shown) + time_ms - last).min(next), now_ms);
        self.shown = shown;
    }

    /// Goes to where the entry of that number is the last that is shown; before the first one to the beginning, after the last one to the end.
    pub fn seek_to_number(&mut self, number: u64, now_ms: f64) {
        self.settle(now_ms);
        let shown = number.saturating_add(1).saturating_sub(self.first_number);
        self.stand_at(usize::try_from(shown).unwrap_or(usize::MAX));
    }

    /// From here on counts what is shown now.
    fn settle(&mut self, now_ms: f64) {
        (self.shown, self.position_ms) = (self.shown(now_ms), self.position_ms(now_ms));
        if self.playing_since_ms.is_some() {
            self.playing_since_ms = Some(now_ms);
        }
    }

    fn stand_at(&mut self, shown: usize) {
        self.shown = shown.min(self.len());
        self.position_ms = self.position_of(self.shown);
    }

    /// The position of the last of so many entries.
    fn position_of(&self, shown: usize) -> f64 {
        shown.checked_sub(1).and_then(|index| self.positions_ms.get(index)).copied().unwrap_or_default()
    }
}

fn positions(times_ms: &[f64], cuts_pauses: bool) -> Vec<f64> {
    let longest = if cuts_pauses { LONGEST_PAUSE_MS } else { f64::INFINITY };
    let mut before = times_ms.first().copied().unwrap_or_default();
    let mut position = 0.0;
    let at = |time: &f64| {
        position += (time - before).clamp(0.0, longest);
        before = *time;
        position
    };
    times_ms.iter().map(at).collect()
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
