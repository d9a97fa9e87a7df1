//! What happens on a socket because time passes: deadlines, pings, the end of what is half-closed.

use std::time::Instant;

use protocol::EndCause;

use super::{End, Task};

/// After how many ping intervals of silence a page is taken for dead: one that is stopped for a minute and goes on loses nothing.
const PATIENCE: u32 = 6;

impl<S> Task<S> {
    /// Sets the timer to the first of what it is for, or before: a call's deadline, the next ping. A timer that is too early costs less than one that is set anew at each frame.
    pub(super) fn set_timer(&mut self) {
        let setup = self.setup.as_ref().and_then(|setup| setup.deadline);
        let patience = if self.pinged { PATIENCE } else { 1 } * self.relay.ping_interval;
        let ping = self.heard_at + patience;
        let half_closed = self.half_closed.then(|| self.progress_at + self.relay.half_closed_limit);
        let next = [setup, self.lanes.next_deadline(), self.next_side_deadline(), half_closed, self.outbox.held_until()]
            .into_iter()
            .flatten()
            .fold(ping, Instant::min);
        if self.timer.is_elapsed() || self.timer.deadline() > next.into() {
            self.timer.as_mut().reset(next.into());
        }
    }

    pub(super) fn on_timer(&mut self) -> Option<End> {
        let now = Instant::now();
        self.expire(now);
        if self.outbox.held_until().is_some_and(|until| now >= until) {
            self.outbox.release();
        }
        if self.half_closed && now >= self.progress_at + self.relay.half_closed_limit {
            let text = format!("half-closed, and nothing moved for {:?}", self.relay.half_closed_limit);
            return Some(End::Ended(EndCause::HalfClosed, text));
        }
        if now < self.heard_at + self.relay.ping_interval {
            return None;
        }
        if !self.reads_page() {
            // Nobody listens to the page just now, so that its silence means nothing; but a ping finds out whether it is gone.
            self.heard_at = now;
            if self.outbox.has_room() {
                self.outbox.ping();
            }
            return None;
        }
        if !self.pinged {
            self.outbox.ping();
            self.pinged = true;
        } else if now >= self.heard_at + PATIENCE * self.relay.ping_interval {
            return Some(End::Ended(EndCause::Silence, "the page answered no ping".to_owned()));
        }
        None
    }
}
