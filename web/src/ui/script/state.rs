//! How a script stands, in words and as a mark at its line.

use leptos::prelude::*;

use super::codemirror::Place;
use super::studio::Studio;
use crate::script::{How, ScriptState};
use crate::session::now_ms;
use crate::texts::script as text;
use crate::trace::decimal;
use crate::ui::prose::prose;

/// A call that returned within this time is not shown as one that waits, in milliseconds.
const WAITS_MS: f64 = 400.0;

/// What the panel shows of the chosen script now. A call that returns at once is part of running.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Standing {
    Idle,
    Fetching(u64, Option<u64>),
    Booting,
    Running(Option<u32>),
    Waiting { call: String, line: Option<u32>, seconds: u64 },
    Paused(Option<u32>),
    Asks,
    Ended(How),
    Unavailable { text: String, remedy: String },
}

impl Standing {
    fn of(state: ScriptState, line: Option<u32>, now_ms: f64) -> Self {
        match state {
            ScriptState::Idle => Self::Idle,
            ScriptState::Fetching { done_bytes, total_bytes } => Self::Fetching(done_bytes, total_bytes),
            ScriptState::Booting => Self::Booting,
            ScriptState::Running => Self::Running(line),
            ScriptState::Blocked { call, line, since_ms } if now_ms - since_ms >= WAITS_MS => {
                Self::Waiting { call, line, seconds: ((now_ms - since_ms) / 1000.0) as u64 }
            }
            ScriptState::Blocked { line: at, .. } => Self::Running(at.or(line)),
            ScriptState::Paused { line } => Self::Paused(line),
            ScriptState::AsksInput { .. } => Self::Asks,
            ScriptState::Ended { how } => Self::Ended(how),
            ScriptState::Unavailable { text, remedy } => Self::Unavailable { text, remedy },
        }
    }

    /// Whether it runs.
    pub(super) fn is_active(&self) -> bool {
        matches!(self, Self::Running(_) | Self::Waiting { .. } | Self::Paused(_) | Self::Asks)
    }

    /// In words, without what changes every second.
    fn words(&self) -> String {
        let at = |line: Option<u32>, without: &str, with: fn(&dyn std::fmt::Display) -> String| {
            line.map_or_else(|| without.to_owned(), |line| with(&line))
        };
        match self {
            Self::Idle => text::idle().to_owned(),
            Self::Fetching(..) => text::fetching().to_owned(),
            Self::Booting => text::booting().to_owned(),
            // Which line it is at stands at that line: it changes too often to be read out.
            Self::Running(_) => text::running().to_owned(),
            Self::Waiting { call, line: Some(line), .. } => text::waiting_at(call, line),
            Self::Waiting { call, line: None, .. } => text::waiting(call),
            Self::Paused(line) => at(*line, text::paused(), text::paused_at),
            Self::Asks => text::asks().to_owned(),
            Self::Ended(How::Finished) => text::finished().to_owned(),
            Self::Ended(How::Raised { line }) => at(*line, text::raised(), text::raised_at),
            Self::Ended(How::Stopped) => text::stopped().to_owned(),
            Self::Unavailable { .. } => text::unavailable().to_owned(),
        }
    }

    /// What changes every second.
    fn time(&self) -> Option<String> {
        match self {
            Self::Waiting { seconds, .. } => Some(duration(*seconds)),
            Self::Fetching(done, Some(total)) => Some(text::fetched_of(&megabytes(*done), &megabytes(*total))),
            Self::Fetching(done, None) => Some(megabytes(*done)),
            _ => None,
        }
    }

    /// Which colour it has.
    fn tone(&self) -> &'static str {
        match self {
            Self::Idle | Self::Ended(How::Finished | How::Stopped) => "rest",
            Self::Running(_) | Self::Booting | Self::Fetching(..) => "up",
            Self::Waiting { .. } | Self::Paused(_) | Self::Asks => "wait",
            Self::Ended(How::Raised { .. }) | Self::Unavailable { .. } => "bad",
        }
    }

    /// Where the editor marks it.
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Running(Some(line)) => Place { line: *line, kind: "running", note: String::new() },
            Self::Waiting { call, line: Some(line), seconds } => {
                Place { line: *line, kind: "waiting", note: text::note_waiting(call, &duration(*seconds)) }
            }
            Self::Paused(Some(line)) => Place { line: *line, kind: "paused", note: text::note_paused().to_owned() },
            _ => Place::default(),
        }
    }
}

/// The relay's words, which begin small on a command line, as a sentence.
fn sentence(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain((!words.ends_with(['.', ':'])).then_some('.')).collect()
}

fn duration(seconds: u64) -> String {
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", decimal(bytes as f64 / 1e6, 1))
}

/// How the chosen script stands. To be called inside the panel, which lets its clock run while it is seen.
pub(super) fn standing(studio: Studio) -> Memo<Standing> {
    let clock = RwSignal::new(now_ms());
    if let Ok(interval) = set_interval_with_handle(move || clock.set(now_ms()), std::time::Duration::from_millis(250)) {
        on_cleanup(move || interval.clear());
    }
    Memo::new(move |_| {
        let line = studio.chosen.get().and_then(|id| studio.scripts().line(id).get());
        let state = studio.state();
        // Only what waits grows older.
        let now = if matches!(state, ScriptState::Blocked { .. }) { clock.get() } else { 0.0 };
        Standing::of(state, line, now)
    })
}

/// The line that says it, and what to do where there is no Python.
#[component]
pub(super) fn StateLine(standing: Memo<Standing>) -> impl IntoView {
    let words = Memo::new(move |_| standing.with(Standing::words));
    let progress = Memo::new(move |_| match standing.get() {
        Standing::Fetching(done, total) => Some(total.map(|total| done as f64 / (total as f64).max(1.0))),
        _ => None,
    });
    let problem = Memo::new(move |_| match standing.get() {
        Standing::Unavailable { text, remedy } => Some((text, remedy)),
        _ => None,
    });
    view! {
        <div class="script-state" data-tone=move || standing.with(Standing::tone)>
            <span class="lamp" aria-hidden="true"></span>
            <p role="status" aria-label=text::state()>{move || words.get()}</p>
            <span class="time" aria-hidden="true">{move || standing.with(Standing::time)}</span>
            {move || progress.get().map(|done| view! { <progress aria-label=text::fetching_bar() max="1" value=done.map(|done| done.to_string())></progress> })}
        </div>
        {move || {
            problem.get().map(|(text, remedy)| {
                view! {
                    <div class="script-problem" role="alert">
                        <p>{prose(&sentence(&text))}</p>
                        <p>{prose(&sentence(&remedy))}</p>
                    </div>
                }
            })
        }}
    }
}
