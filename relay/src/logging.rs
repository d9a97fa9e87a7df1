//! The relay's log: one line for each event, on standard error, as text or as JSON.

use std::{
    env,
    io::{self, IsTerminal as _},
};

use clap::ValueEnum;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// The variable that says what is logged, where `--log` does not.
const VARIABLE: &str = "RELAY_LOG";

/// How many lines may wait to be written; those beyond are dropped.
const MAX_WAITING_LINES: usize = 10_000;

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Begins to log. What waits is written when the returned guard is dropped, or given up where nobody reads it.
///
/// Lines are written by a thread of their own: a disk that is full, a pipe that nobody reads or a closed terminal costs lines of the log, and nothing else.
///
/// # Errors
///
/// The variable RELAY_LOG holds no filter.
pub(crate) fn start(filter: Option<&str>, format: Format) -> io::Result<WorkerGuard> {
    let from_variable = env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    let text = filter.or(from_variable.as_deref()).unwrap_or("warn");
    let filter =
        EnvFilter::try_new(text).map_err(|error| io::Error::other(format!("{VARIABLE} is {text:?}, which is no filter: {error}")))?;
    let (writer, guard) = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(MAX_WAITING_LINES).finish(io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(io::stderr().is_terminal());
    // It would be told on standard error, and that where nothing can be written is a panic.
    let log = log.log_internal_errors(false);
    match format {
        Format::Text => log.init(),
        Format::Json => log.json().with_span_list(false).init(),
    }
    Ok(guard)
}
