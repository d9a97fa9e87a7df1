//! `cargo run -p tests [-- FILTER…]`: installs what the tests talk to, runs every test of the workspace, ends with the count.
//!
//! What is tested lives in `tests/suite` and beside the code. This program needs std alone, so that it starts in a second.
#![allow(clippy::print_stdout, reason = "standard output is where a test run reports")]

mod count;
mod python;
mod setup;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use count::Count;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// Sets up, builds, tests.
fn run() -> Result<ExitCode, String> {
    let filter: Vec<String> = std::env::args().skip(1).collect();
    setup::ensure_programs()?;
    python::ensure_packages()?;

    say("Building the relay and the page");
    let status = cargo(&["build", "-p", "relay"]).status().map_err(|error| format!("cargo does not start: {error}"))?;
    if !status.success() {
        return Err("The relay does not build, so nothing was tested.".to_owned());
    }

    say("Running every test of the workspace");
    let (mut count, succeeded) = test_workspace(&filter)?;
    if !succeeded && count.failed == 0 {
        eprintln!("cargo test failed outside of a test; see above.");
        count.failed = 1;
    }
    if count.passed + count.failed == 0 {
        eprintln!("No test has a name that fits {filter:?}.");
    }
    let good = succeeded && count.failed == 0 && count.passed > 0;
    println!("{count}");
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs `cargo test --workspace`, shows its output as it comes and counts; also whether cargo was content.
fn test_workspace(filter: &[String]) -> Result<(Count, bool), String> {
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast", "--"]);
    let mut child = command
        .args(filter)
        .env(RELAY_IS_BUILT, "1")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    let mut count = Count::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(|error| format!("the output of cargo test cannot be read: {error}"))?;
            let line = String::from_utf8_lossy(&line);
            count.add(&line);
            say(&line);
        }
    }
    let status = child.wait().map_err(|error| format!("cargo test cannot be waited for: {error}"))?;
    Ok((count, status.success()))
}

/// Tells the suite that it need not build the relay again.
const RELAY_IS_BUILT: &str = "TCP_PLAYGROUND_RELAY_IS_BUILT";

/// The cargo that runs us, in the root of the workspace.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    if let Some(root) = Path::new(env!("CARGO_MANIFEST_DIR")).parent() {
        command.current_dir(root);
    }
    command
}

/// Prints a line at once. Whoever closed our output (`| head`) does not want it.
fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    if writeln!(output, "{line}").and_then(|()| output.flush()).is_err() {
        std::process::exit(1);
    }
}
