//! `cargo bench -p tests --bench cpython`: the TCP parts of CPython's own tests, run by Python in the page over real sockets, and counted.
//!
//! The tests are not in this tree: [`debian`] fetches those of Python 3.14, or the variable `TCP_PLAYGROUND_CPYTHON_LIB` names the `Lib` of another. Words after `--` choose the
//! tests whose names hold one of them. It ends with a failure where fewer than [`GOAL_PERCENT`] pass.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../../suite/acts.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod acts;
mod applies;
#[path = "../../suite/browser.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod browser;
#[path = "../../suite/certificate.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod certificate;
mod debian;
#[path = "../../suite/keyboard.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod keyboard;
#[path = "../../suite/locator.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod locator;
#[path = "../../suite/page.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod page;
#[path = "../../suite/peers.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod peers;
#[path = "../../suite/python_cache.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod python_cache;
#[path = "../../suite/python_window.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod python_window;
#[path = "../../suite/relay_process.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod relay_process;
mod runs;
#[path = "../../suite/scripts.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod scripts;
#[path = "../../suite/waiting.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod waiting;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use browser::in_window_for;
use python_cache::relay_with_python;
use runs::{Ending, Runs};
pub(crate) use waiting::{DEADLINE, LOOK_AGAIN, until, within};

/// How many of those that apply are to pass.
const GOAL_PERCENT: f64 = 95.0;

/// The longest that all of it takes.
const LONGEST: Duration = Duration::from_secs(3600);

fn main() -> ExitCode {
    // `cargo test --benches` builds and starts benchmarks too; measuring is not what it wants.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let words: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let tests = debian::tests();
    println!("CPython's own tests, of {}\n", tests.of);
    let mut share = 0.0;
    in_window_for(LONGEST, "bench_cpython", async |page| {
        let relay = relay_with_python(&[]).await;
        let mut runs = Runs::new(&tests, words);
        runs.all(page, &relay).await;
        share = print(&runs.endings);
    });
    if share < GOAL_PERCENT { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints what came out; returns how many percent pass.
fn print(endings: &BTreeMap<String, Ending>) -> f64 {
    let mut modules: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (test, ending) in endings {
        let counts = modules.entry(runs::module_of(test)).or_default();
        counts[ending.place()] += 1;
    }
    println!("| tests | pass | fail | skipped | others |\n|---|---|---|---|---|");
    for (module, [passed, failed, skipped, others]) in &modules {
        println!("| `{module}` | {passed} | {failed} | {skipped} | {others} |");
    }
    let sum = |place: usize| modules.values().map(|counts| counts[place]).sum::<usize>();
    let (passed, failed, skipped) = (sum(0), sum(1), sum(2));
    let share = 100.0 * passed as f64 / (passed + failed).max(1) as f64;
    println!("\n{passed} of {} pass, {share:.1} %; {skipped} are skipped by themselves, {} are not of TCP.", passed + failed, sum(3));
    for (test, ending) in endings {
        if let Ending::Failed(why) = ending {
            println!("\n{test}\n{}", indented(why));
        }
    }
    share
}

/// The last lines of a traceback, under the name of the test.
fn indented(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let last = lines.iter().skip(lines.len().saturating_sub(8));
    last.map(|line| format!("    {line}\n")).collect()
}
