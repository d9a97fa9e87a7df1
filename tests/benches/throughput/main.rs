//! `cargo bench -p tests`: what the relay costs, as ratios to raw loopback TCP and to a bare TCP copy, side by side in one run.
//!
//! The relay and the copy are processes of their own; clients and servers live in this one. Every figure is the median of rounds in which the three
//! take turns, so that whatever else the machine does hits all of them. Only figures of one run can be compared. Takes less than a minute.
//!
//! | file | what it holds |
//! |---|---|
//! | `client` | a client of the wire, framed by hand, so that not the client is measured |
//! | `route` | the three ways from a client to a server |
//! | `measure` | what is measured |
//! | `processes` | the relay and the copy as processes, and their memory |
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod client;
mod measure;
mod processes;
mod route;

use std::process::{Command, ExitCode};

use measure::{Figure, Unit};
use processes::{copy_process, relay_process};
use route::Route;

/// Set where the limit of open files was raised already.
const RAISED: &str = "TCP_PLAYGROUND_BENCH_RAISED";

/// How many rounds the median is taken of.
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    if let Some(target) = std::env::var_os(processes::COPY_TO) {
        return processes::be_a_copy(&target.to_string_lossy());
    }
    // `cargo test --benches` builds and starts benchmarks too; measuring is not what it wants.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    if std::env::var_os(RAISED).is_none() {
        return run_with_many_files();
    }
    // The client has a thread to itself and the servers have theirs: tasks that share a pool hand each other from thread to thread, which costs
    // more than the way that is measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
    runtime.block_on(compare(route::Servers::start()));
    ExitCode::SUCCESS
}

/// Runs this program again with as many open files as the system permits.
fn run_with_many_files() -> ExitCode {
    let own = std::env::current_exe().expect("this binary has a path");
    let script = r#"ulimit -n "$(ulimit -Hn)" 2>/dev/null; exec "$@""#;
    let status = Command::new("sh").args(["-c", script, "sh"]).arg(own).arg("--bench").env(RAISED, "1").status().expect("sh runs");
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Measures everything and prints the table.
async fn compare(servers: route::Servers) {
    let relay = relay_process();
    println!("{:<34} {:>14} {:>22} {:>22}", "", "raw TCP", "bare copy (× raw)", "relay (× raw)");
    for figure in measure::FIGURES {
        let mut samples = [vec![], vec![], vec![]];
        for _ in 0..ROUNDS {
            // A copy leads to one server only, so each figure has its own.
            let copy = copy_process(figure.server(&servers));
            let routes = [Route::Raw, Route::Copy(copy.port), Route::Relay(relay.clone_address())];
            for (samples, route) in samples.iter_mut().zip(&routes) {
                samples.push(figure.measure(route, &servers).await);
            }
        }
        print_row(figure, samples.map(median));
    }
    let (copied, relayed) = measure::idle_memory(&servers).await;
    let (copied, relayed) = (format!("{copied:.1} KiB"), format!("{relayed:.1} KiB"));
    println!("{:<34} {:>14} {copied:>22} {relayed:>22}", format!("memory of an idle socket ({})", measure::IDLE_SOCKETS), "–");
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn print_row(figure: &Figure, [raw, copy, relay]: [f64; 3]) {
    let with_ratio = |value: f64| format!("{} ({:.2})", figure.unit.show(value), value / raw);
    println!("{:<34} {:>14} {:>22} {:>22}", figure.name, figure.unit.show(raw), with_ratio(copy), with_ratio(relay));
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::BytesPerSecond => format!("{:.0} MB/s", value / 1e6),
            Self::Seconds => format!("{:.0} µs", value * 1e6),
            Self::PerSecond => format!("{value:.0}/s"),
        }
    }
}
