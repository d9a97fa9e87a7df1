//! How a script stands, made of what its threads wait for.

use std::collections::BTreeMap;

use super::{How, ScriptState};

/// The main thread of a program.
pub const MAIN_THREAD: u64 = 1;

/// How far a script is, as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// It never ran.
    #[default]
    Idle,
    /// Somebody wants to run it; the relay fetches the interpreter.
    Fetching {
        /// How many bytes it has.
        done_bytes: u64,
        /// How many there are, where that is known.
        total_bytes: Option<u64>,
    },
    /// Somebody wants to run it; the interpreter starts.
    Booting,
    /// It runs.
    Runs,
    /// It is over.
    Ended(How),
    /// There is no interpreter.
    Unavailable {
        /// Why.
        text: String,
        /// What can be done about it.
        remedy: String,
    },
}

/// What a thread waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// Which thread.
    pub thread: u64,
    /// The call, as Python names it.
    pub call: String,
    /// The line that made it.
    pub line: Option<u32>,
    /// Since when, in milliseconds since the page was opened.
    pub since_ms: f64,
    /// In which way.
    pub kind: Waiting,
}

/// In which way a thread waits.
#[derive(Clone, Debug, PartialEq)]
pub enum Waiting {
    /// In its call.
    Call,
    /// Before its call, as somebody paused it.
    Held,
    /// For a line in the console.
    Input(String),
}

/// The phase, and what each thread waits for. Keys are the numbers that the worker gave.
#[derive(Debug, Default)]
pub struct Standing {
    /// How far it is.
    pub phase: Phase,
    /// What its threads wait for.
    pub waits: BTreeMap<u64, Wait>,
}

impl Standing {
    /// The same in the words of [`ScriptState`]: a question first, as somebody has to answer it, then a pause, then what the main thread waits for.
    pub fn state(&self) -> ScriptState {
        match &self.phase {
            Phase::Idle => ScriptState::Idle,
            Phase::Fetching { done_bytes, total_bytes } => ScriptState::Fetching { done_bytes: *done_bytes, total_bytes: *total_bytes },
            Phase::Booting => ScriptState::Booting,
            Phase::Ended(how) => ScriptState::Ended { how: *how },
            Phase::Unavailable { text, remedy } => ScriptState::Unavailable { text: text.clone(), remedy: remedy.clone() },
            Phase::Runs => self.running(),
        }
    }

    fn running(&self) -> ScriptState {
        let waits = || self.waits.values();
        let question = waits().find_map(|wait| match &wait.kind {
            Waiting::Input(prompt) => Some(prompt.clone()),
            Waiting::Call | Waiting::Held => None,
        });
        if let Some(prompt) = question {
            return ScriptState::AsksInput { prompt };
        }
        if let Some(held) = waits().find(|wait| wait.kind == Waiting::Held) {
            return ScriptState::Paused { line: held.line };
        }
        match waits().find(|wait| wait.thread == MAIN_THREAD) {
            Some(Wait { call, line, since_ms, .. }) => ScriptState::Blocked { call: call.clone(), line: *line, since_ms: *since_ms },
            None => ScriptState::Running,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(thread: u64, call: &str, kind: Waiting) -> Wait {
        Wait { thread, call: call.to_owned(), line: Some(3), since_ms: 7.0, kind }
    }

    #[test]
    fn what_the_main_thread_waits_for_is_what_the_script_waits_for() {
        let mut standing = Standing { phase: Phase::Runs, ..Standing::default() };
        assert_eq!(standing.state(), ScriptState::Running);
        standing.waits.insert(1, wait(2, "recv", Waiting::Call));
        assert_eq!(standing.state(), ScriptState::Running, "only another thread waits");
        standing.waits.insert(2, wait(1, "accept", Waiting::Call));
        assert_eq!(standing.state(), ScriptState::Blocked { call: "accept".to_owned(), line: Some(3), since_ms: 7.0 });
        standing.waits.insert(3, wait(2, "send", Waiting::Held));
        assert_eq!(standing.state(), ScriptState::Paused { line: Some(3) });
        standing.waits.insert(4, wait(3, "input", Waiting::Input("? ".to_owned())));
        assert_eq!(standing.state(), ScriptState::AsksInput { prompt: "? ".to_owned() });
        standing.phase = Phase::Ended(How::Stopped);
        assert_eq!(standing.state(), ScriptState::Ended { how: How::Stopped });
    }
}
