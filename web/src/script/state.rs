//! How a script stands.

/// Tells the scripts of a page apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScriptId(pub u64);

/// How a script stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ScriptState {
    /// It never ran.
    #[default]
    Idle,
    /// The relay fetches Python from where packages come from.
    Fetching {
        /// How many bytes it has.
        done_bytes: u64,
        /// How many there are, where that is known.
        total_bytes: Option<u64>,
    },
    /// Python starts in this browser.
    Booting,
    /// It computes.
    Running,
    /// It waits in a call.
    Blocked {
        /// The call, as Python names it: `accept`, `recv`, `sleep`.
        call: String,
        /// The line of the script that made it, where the script did.
        line: Option<u32>,
        /// Since when, in milliseconds since the page was opened.
        since_ms: f64,
    },
    /// Somebody paused it; it stands before a call.
    Paused {
        /// The line that makes the call.
        line: Option<u32>,
    },
    /// It waits for a line in the console.
    AsksInput {
        /// What `input` was given; the output shows it already.
        prompt: String,
    },
    /// It is over, and its sockets are closed.
    Ended {
        /// In which way.
        how: How,
    },
    /// There is no Python here.
    Unavailable {
        /// Why, in a sentence.
        text: String,
        /// What can be done about it.
        remedy: String,
    },
}

impl ScriptState {
    /// Whether there is something to stop.
    pub fn is_active(&self) -> bool {
        !matches!(self, Self::Idle | Self::Ended { .. } | Self::Unavailable { .. })
    }
}

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Its last line was reached, or it called `sys.exit`.
    Finished,
    /// An exception that nothing caught; the output has the traceback.
    Raised {
        /// The innermost line of the script in it.
        line: Option<u32>,
    },
    /// Somebody stopped it.
    Stopped,
}
