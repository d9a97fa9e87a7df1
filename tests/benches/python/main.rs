//! `cargo bench -p tests --bench python`: Python in the page, beside the machine's own CPython, which runs the same programs against the same peers in the same run.
//!
//! A minute is enough for all of it but the last row, which takes ten; the variable `TCP_PLAYGROUND_BENCH_MINUTES` names another time, 0 leaves it out.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../../suite/acts.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod acts;
#[path = "../page/alone.rs"]
#[allow(dead_code, reason = "the benchmark of the page uses the rest")]
mod alone;
#[path = "../../suite/browser.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod browser;
#[path = "../../suite/certificate.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod certificate;
#[path = "../../suite/keyboard.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod keyboard;
#[path = "../../suite/locator.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod locator;
mod memory;
#[path = "../../suite/page.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod page;
#[path = "../../suite/peers.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod peers;
mod programs;
#[path = "../../suite/python_cache.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod python_cache;
#[path = "../../suite/python_window.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod python_window;
#[path = "../../suite/relay_process.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod relay_process;
#[path = "../page/renderers.rs"]
mod renderers;
#[path = "../../suite/scripts.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod scripts;
mod servers;
mod undriven;
#[path = "../../suite/waiting.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod waiting;

use std::process::ExitCode;
use std::time::Duration;

use browser::in_window_for;
use page::Page;
use peers::Peer;
use python_cache::relay_with_python;
use relay_process::RelayProcess;
use undriven::Undriven;
pub(crate) use waiting::{DEADLINE, LOOK_AGAIN, until, within};

/// How often each is measured; the median is printed.
const ROUNDS: usize = 3;

/// For how long round trips are made.
const SAMPLE_S: f64 = 3.0;

/// The longest that one program takes.
const PROGRAM: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    // `cargo test --benches` builds and starts benchmarks too; measuring is not what it wants.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let minutes = std::env::var("TCP_PLAYGROUND_BENCH_MINUTES").ok().and_then(|minutes| minutes.parse().ok()).unwrap_or(10);
    let longest = Duration::from_secs(1800 + 60 * minutes);
    println!("| | in the page | CPython | ratio | goal |\n|---|---|---|---|---|");
    in_window_for(longest, "bench_python", async |page| {
        let relay = relay_with_python(&[]).await;
        boot(page, &relay).await;
        let window = Undriven::open(&relay).await;
        beside_cpython(&window).await;
        if minutes > 0 {
            memory::chatty(&window, minutes).await;
        }
    });
    ExitCode::SUCCESS
}

fn print_row(name: &str, page: &str, native: &str, ratio: &str, goal: &str) {
    println!("| {name} | {page} | {native} | {ratio} | {goal} |");
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// From the click on Run until its text stands there, in milliseconds.
const SHOWN: &str = "(async () => {
    const run = [...document.querySelectorAll('button')].find((one) => one.textContent === 'Run');
    const begun = performance.now();
    run.click();
    while (!document.querySelector('[role=log]')?.textContent.includes('here it is')) {
        await new Promise((resolve) => new MutationObserver((_, observer) => { observer.disconnect(); resolve(); })
            .observe(document.body, { subtree: true, childList: true, characterData: true }));
    }
    return performance.now() - begun;
})()";

async fn shown(page: &Page) -> f64 {
    if !page.button("Clear").all().await.is_empty() {
        page.button("Clear").click().await;
        page.output().wait_text(|text| !text.contains("here it is")).await;
    }
    page.write_script("print('here it', 'is')\n").await;
    let taken = page.evaluate(SHOWN).await.as_f64().expect("a number");
    page.script_is("Finished").await;
    taken
}

/// The first program of a page, whose interpreter is not there yet, and those after it.
async fn boot(page: &Page, relay: &RelayProcess) {
    page.open(&relay.url()).await;
    let (mut first, mut later) = (vec![], vec![]);
    for _ in 0..=ROUNDS {
        page.reload().await;
        page.act_by_script().await;
        first.push(shown(page).await);
        later.push(shown(page).await);
    }
    // The first of all fills the browser's cache.
    let cold = first.remove(0);
    print_row("Run to text seen, interpreter not in the browser's cache", &format!("{cold:.0} ms"), "", "", "");
    print_row("the same, from the cache", &format!("{:.0} ms", median(first)), "", "", "");
    print_row("`print` after Run, interpreter there", &format!("{:.0} ms", median(later)), "", "", "");
}

/// How a figure is printed.
type Shown = fn(f64) -> String;

async fn beside_cpython(window: &Undriven) {
    let (echo, source, sink) = (servers::echo().await, servers::source().await, servers::sink().await);
    let trips: Shown = |value| format!("{value:.0}/s");
    let bytes: Shown = |value| format!("{:.1} MB/s", value / 1e6);
    let seconds: Shown = |value| format!("{:.0} ms", value * 1e3);
    let rows = [
        ("round trips of 1 byte, `send` and `recv`", programs::round_trips(echo, SAMPLE_S), trips),
        ("down, `recv(65536)`", programs::down(source), bytes),
        ("up, `sendall` of 64 KiB", programs::up(sink), bytes),
        ("200 sockets, until all are connected", programs::many(echo), seconds),
    ];
    for (name, program, shown) in rows {
        let (mut ours, mut native) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            native.push(by_cpython(&program).await);
            ours.push(in_page(window, &program).await);
        }
        let (ours, native) = (median(ours), median(native));
        print_row(name, &shown(ours), &shown(native), &format!("{:.4}", ours / native), "");
    }
}

/// The number behind `FIGURE`.
fn figure(printed: &str) -> Option<f64> {
    let (_, rest) = printed.split_once("FIGURE ")?;
    rest.split_once(" .")?.0.trim().parse().ok()
}

async fn by_cpython(program: &str) -> f64 {
    let (status, printed) = Peer::start("python3", &["-c", program]).finish().await;
    let printed = String::from_utf8_lossy(&printed);
    figure(&printed).unwrap_or_else(|| panic!("{status}: {printed}"))
}

async fn in_page(window: &Undriven, program: &str) -> f64 {
    window.run(program).await;
    let printed = window.printed(PROGRAM, |printed| figure(printed).is_some()).await;
    window.is_over().await;
    figure(&printed).unwrap_or_else(|| panic!("it printed {printed}"))
}
