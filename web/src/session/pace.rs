//! How often the page draws what goes on: at each frame what somebody does by hand, and no more often than the thread can bear what flows.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;

use super::now_ms;

/// How many frames in a row are drawn at once. What somebody does by hand never makes as many.
const FRAMES_AT_ONCE: u32 = 12;

/// How long the next frame waits in a flow that goes on after these, in milliseconds: nobody reads more than 20 a second, and drawing them would leave the flow no time.
const FLOW_MS: f64 = 50.0;

/// How long nothing is drawn after a flow is over, in milliseconds.
const PAUSE_MS: f64 = 100.0;

/// How much of the thread's time a flow that lasts leaves to others, as a multiple of what drawing takes: the messages of the sockets come to the same thread.
const LEFT_TO_OTHERS: f64 = 3.0;

/// The longest that a frame waits because drawing is dear, in milliseconds: what is shown is never older.
const LONGEST_MS: f64 = 500.0;

/// One thing that is drawn again and again.
#[derive(Debug, Default)]
pub(super) struct Pace {
    is_due: Cell<bool>,
    drawn_at_ms: Cell<f64>,
    /// How long the last frame took: the views, and what the browser makes of them.
    took_ms: Cell<f64>,
    /// How long the next one waits.
    waits_ms: Cell<f64>,
    /// How many were drawn without a pause.
    drawn: Cell<u32>,
}

impl Pace {
    /// Has it drawn, unless that is due already.
    pub(super) fn request(self: &Rc<Self>, draw: impl FnOnce() + 'static) {
        if self.is_due.replace(true) {
            return;
        }
        let pace = self.clone();
        let draw = move || request_animation_frame(move || pace.draw(draw));
        let since_ms = now_ms() - self.drawn_at_ms.get();
        let waits_ms = wait_ms(self.drawn.get(), self.took_ms.get());
        self.waits_ms.set(waits_ms);
        if since_ms < waits_ms {
            set_timeout(draw, Duration::from_secs_f64((waits_ms - since_ms) / 1000.0));
        } else {
            draw();
        }
    }

    fn draw(self: &Rc<Self>, draw: impl FnOnce()) {
        self.is_due.set(false);
        let now = now_ms();
        let is_flow = now - self.drawn_at_ms.replace(now) < PAUSE_MS + self.waits_ms.get();
        self.drawn.set(if is_flow { self.drawn.get().saturating_add(1) } else { 0 });
        draw();
        // A task of its own comes after the views, which are drawn behind this one, and after style, layout and paint.
        let pace = self.clone();
        set_timeout(move || pace.took_ms.set(now_ms() - now), Duration::ZERO);
    }
}

/// How long after the one before it the next frame is drawn at the earliest, in milliseconds: after so many without a pause, the last of which took so long.
fn wait_ms(drawn: u32, took_ms: f64) -> f64 {
    match drawn {
        // What somebody did by hand is seen at once.
        0 | 1 => 0.0,
        2..FRAMES_AT_ONCE if took_ms < FLOW_MS / LEFT_TO_OTHERS => 0.0,
        _ => (LEFT_TO_OTHERS * took_ms).clamp(FLOW_MS, LONGEST_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_leaves_the_thread_to_others_for_most_of_the_time() {
        assert_eq!(wait_ms(0, 1000.0), 0.0, "what comes after a pause is seen at once");
        assert_eq!(wait_ms(5, 10.0), 0.0);
        assert_eq!(wait_ms(5, 20.0), 60.0, "but where drawing takes long");
        assert_eq!(wait_ms(FRAMES_AT_ONCE, 1.0), FLOW_MS);
        assert_eq!(wait_ms(FRAMES_AT_ONCE, 100.0), 300.0);
        assert_eq!(wait_ms(FRAMES_AT_ONCE, 10_000.0), LONGEST_MS);
    }
}
