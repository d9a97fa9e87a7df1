//! `relay fetch-python`: what the relay would do when a page first wants Python, done now, and told on standard output.

use std::io::{self, Write as _};

use relay::{FetchError, Python, PythonState, Runtime};
use tokio::sync::watch;

use crate::arguments::FetchPython;

/// How much more of the package is here when it is told again, in bytes.
const STEP_BYTES: u64 = 1 << 20;

/// Fetches Python, or takes it from a file, and says where it is.
///
/// # Errors
///
/// In one line, why not and what to do.
pub(crate) async fn run(arguments: &FetchPython) -> io::Result<()> {
    let python = Python::new(arguments.python.options());
    if let Some(file) = &arguments.from {
        let taken = python.take(file).await;
        return say_end(taken.map_err(|error| format!("{}: {}", file.display(), advice(&error))), "is now");
    }
    if let PythonState::Ready(runtime) = python.look().await {
        return say_end(Ok(runtime), "is already");
    }
    let origin = python.origin().map_err(|error| io::Error::other(advice(&error)))?;
    say(&format!("Fetching Python (Pyodide {}) from {origin}", Python::version()))?;
    let mut states = python.watch();
    let fetched = async {
        let fetched = python.fetch().await;
        // Nobody else holds it, so this ends who watches.
        drop(python);
        fetched
    };
    let (fetched, told) = tokio::join!(fetched, tell(&mut states));
    told?;
    say_end(fetched.map_err(|error| advice(&error)), "is now")
}

/// Tells how far it is, until it is done.
async fn tell(states: &mut watch::Receiver<PythonState>) -> io::Result<()> {
    let mut next_bytes = STEP_BYTES;
    while states.changed().await.is_ok() {
        let state = states.borrow_and_update().clone();
        match state {
            PythonState::Fetching { done_bytes: 0, .. } => next_bytes = STEP_BYTES,
            PythonState::Fetching { done_bytes, total_bytes } if done_bytes >= next_bytes || Some(done_bytes) == total_bytes => {
                next_bytes = done_bytes + STEP_BYTES;
                let of = total_bytes.map_or_else(String::new, |total| format!(" of {}", megabytes(total)));
                say(&format!("  {}{of} MB", megabytes(done_bytes)))?;
            }
            // Said whole, as states that follow each other quickly are passed over.
            PythonState::Unpacking { total_bytes } => say(&format!("  {} MB are here: unpacking and compressing", megabytes(total_bytes)))?,
            _ => {}
        }
    }
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10)
}

/// What went wrong and what to do, in one line.
fn advice(error: &FetchError) -> String {
    format!("{error}; {}", error.remedy())
}

fn say_end(fetched: Result<Runtime, String>, is: &str) -> io::Result<()> {
    let runtime = fetched.map_err(io::Error::other)?;
    let directory = runtime.directory().display();
    say(&format!("Python {} {is} in {directory}\nScripts in the page run without internet.", Python::version()))
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
