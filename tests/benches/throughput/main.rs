//! `cargo bench -p tests`: what the relay costs, as ratios to raw loopback TCP, side by side with a bare TCP copy and with other programs of its kind.
//!
//! All but the clients and servers, which live in this process, are processes of their own. Every figure is the median of rounds in which all take turns, so that
//! whatever else the machine does hits all of them. Only figures of one run can be compared. It prints tables in Markdown, and takes some minutes with all peers.
//!
//! `cargo bench -p tests -- WORD` measures only the rows that contain a word, and with `TCP_PLAYGROUND_BENCH_ONLY=relay,wstunnel` only these contestants.
//! `TCP_PLAYGROUND_BENCH_ALSO=PATH` measures another relay's binary beside the one that is built.
//!
//! | file | what it holds |
//! |---|---|
//! | `client` | a client of the wire and of WebSockets, framed by hand, so that not the client is measured |
//! | `route` | the ways from a client to a server, and the servers |
//! | `measure` | throughput, round trips, connections |
//! | `memory` | idle sockets, and stalled ones |
//! | `processes` | processes, and what they cost |
//! | `peers` | programs to compare with; `peers.sh` installs those that it can |
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod client;
mod measure;
mod memory;
mod peers;
mod processes;
mod route;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use measure::{Figure, Row, Unit};
use peers::Peer;
use processes::{Process, build_relay, copy_process, relay_process};
use route::{Route, Servers};

/// Set where the limit of open files was raised already.
const RAISED: &str = "TCP_PLAYGROUND_BENCH_RAISED";

/// Set to other relays' binaries, as a PATH is, to compare with: each goes by the name of its file.
const ALSO: &str = "TCP_PLAYGROUND_BENCH_ALSO";

/// Set to the names of those that are to be compared, with commas between them; raw TCP always is.
const ONLY: &str = "TCP_PLAYGROUND_BENCH_ONLY";

/// How many rounds the median is taken of.
const ROUNDS: usize = 5;

/// How often the start is measured.
const STARTS: usize = 9;

/// How many idle sockets, as far as the limit of open files allows: each takes two files here and two in the one in the middle.
const IDLE: usize = 1_000;

/// How many more the relay and the copy are given; some of the others take gigabytes for so many.
const MANY_IDLE: usize = 9_500;

/// How long a sample may take; most take a second.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long opening the idle sockets may take.
const IDLE_PATIENCE: Duration = Duration::from_secs(30);

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
    runtime.block_on(compare(Servers::start()));
    ExitCode::SUCCESS
}

/// Runs this program again with as many open files as the system permits.
fn run_with_many_files() -> ExitCode {
    let own = std::env::current_exe().expect("this binary has a path");
    let script = r#"ulimit -n "$(ulimit -Hn)" 2>/dev/null; exec "$@""#;
    let arguments = std::env::args_os().skip(1);
    let status = Command::new("sh").args(["-c", script, "sh"]).arg(own).args(arguments).env(RAISED, "1").status().expect("sh runs");
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether a row is asked for.
fn is_wanted(name: &str) -> bool {
    let mut words = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    words.peek().is_none() || words.any(|word| name.contains(&word))
}

/// Measures everything that is wanted, and prints it.
async fn compare(servers: Servers) {
    let binary = build_relay();
    let contestants = contestants(&binary);
    let names: Vec<&str> = contestants.iter().map(|contestant| contestant.name.as_str()).collect();
    // It decides much of what follows: BBR paces what it sends, on the loopback interface too.
    if let Ok(control) = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control") {
        println!("TCP congestion control: {}\n", control.trim());
    }
    println!("| | goal | {} |", names.join(" | "));
    println!("|---|---|{}", "---|".repeat(names.len()));
    for figure in measure::FIGURES.iter().filter(|figure| figure.rows.iter().any(|row| is_wanted(row.name))) {
        let mut samples = vec![vec![]; contestants.len()];
        for _ in 0..ROUNDS {
            for (samples, contestant) in samples.iter_mut().zip(&contestants) {
                samples.push(contestant.measure(figure, &servers).await);
            }
        }
        for (index, row) in figure.rows.iter().enumerate() {
            print_row(row, samples.iter().map(|samples| median(samples.iter().map(|sample| sample[index]).collect())).collect());
        }
    }
    for (count, contestants) in [(IDLE, &contestants[..]), (MANY_IDLE, &contestants[..contestants.len().min(3)])] {
        if is_wanted("idle") {
            print_idle(contestants, count.min(most_sockets()), &servers).await;
        }
    }
    println!();
    println!("| | goal | relay |");
    println!("|---|---|---|");
    print_stalled(&binary, &servers).await;
    if is_wanted("start") {
        println!("| start to listening | < 50 ms | {:.1} ms |", 1e3 * median((0..STARTS).map(|_| start_seconds(&binary)).collect()));
    }
    if is_wanted("binary") {
        let bytes = std::fs::metadata(&binary).expect("it was just built").len();
        println!("| release binary | ≤ 12 MiB | {:.1} MiB |", bytes as f64 / f64::from(1 << 20));
    }
}

/// Prints what a socket that waits takes of each of these.
async fn print_idle(contestants: &[Contestant], count: usize, servers: &Servers) {
    let mut cells = vec![];
    for contestant in contestants {
        cells.push(match contestant.idle(count, servers).await {
            Ok(Some(kib)) => format!("{kib:.1} KiB"),
            Ok(None) => "–".to_owned(),
            Err(error) => {
                eprintln!("{}, {count} idle sockets: {error}", contestant.name);
                "–".to_owned()
            }
        });
    }
    println!("| an idle socket, of {count} | ≤ 4 KiB | {} |", cells.join(" | "));
}

async fn print_stalled(binary: &Path, servers: &Servers) {
    if is_wanted("stalled") {
        let page = memory::page_stalls(binary, servers).await.expect("the page reads on");
        let peer = memory::peer_stalls(binary).await.expect("the peer reads on");
        for (side, growth) in [("page", page), ("peer", peer)] {
            println!("| growth by a stalled {side} | ≤ 1 MiB | {:.2} MiB; {:.2} after it caught up |", growth.stalled, growth.recovered);
        }
    }
}

/// How many sockets the limit of open files allows.
fn most_sockets() -> usize {
    let output = Command::new("sh").args(["-c", "ulimit -n"]).output().expect("sh runs");
    String::from_utf8_lossy(&output.stdout).trim().parse().map_or(usize::MAX, |files: usize| (files - 200) / 2)
}

/// How long the relay takes until it says where it listens.
fn start_seconds(binary: &Path) -> f64 {
    let started = Instant::now();
    let _relay = relay_process(binary);
    started.elapsed().as_secs_f64()
}

/// One of those that are compared.
struct Contestant {
    name: String,
    program: Program,
}

enum Program {
    /// Nobody is in the middle.
    None,
    Copy,
    Relay(PathBuf),
    Peer(&'static Peer, PathBuf),
}

/// All that are there and wanted.
fn contestants(binary: &Path) -> Vec<Contestant> {
    let mut contestants = vec![("raw TCP".to_owned(), Program::None), ("bare copy".to_owned(), Program::Copy)];
    contestants.push(("relay".to_owned(), Program::Relay(binary.to_owned())));
    let others = std::env::var_os(ALSO).unwrap_or_default();
    // Nothing splits into one empty path.
    for other in std::env::split_paths(&others).filter(|path| !path.as_os_str().is_empty()) {
        contestants.push((other.file_name().unwrap_or_default().to_string_lossy().into_owned(), Program::Relay(other)));
    }
    for peer in peers::PEERS {
        contestants.extend(peer.find().map(|binary| (peer.name.to_owned(), Program::Peer(peer, binary))));
    }
    let only = std::env::var(ONLY).ok();
    let is_wanted = |name: &str| name == "raw TCP" || only.as_ref().is_none_or(|only| only.split(',').any(|wanted| wanted == name));
    contestants.into_iter().filter(|(name, _)| is_wanted(name)).map(|(name, program)| Contestant { name, program }).collect()
}

impl Contestant {
    /// A sample; of nothing where a peer fails.
    async fn measure(&self, figure: &Figure, servers: &Servers) -> Vec<f64> {
        match self.try_measure(figure, servers).await {
            Ok(sample) => sample,
            Err(error) => {
                eprintln!("{}, {}: {error}", self.name, figure.rows[0].name);
                vec![f64::NAN; figure.rows.len()]
            }
        }
    }

    /// Its process lives for the sample alone: some of them are busy long after it, with what they have queued.
    async fn try_measure(&self, figure: &Figure, servers: &Servers) -> io::Result<Vec<f64>> {
        let (process, route) = self.start(figure.server(servers))?;
        tokio::time::timeout(PATIENCE, figure.measure(&route, process.as_ref(), servers)).await?
    }

    /// The memory of one of `count` idle sockets in KiB; of nothing where nobody is in the middle.
    async fn idle(&self, count: usize, servers: &Servers) -> io::Result<Option<f64>> {
        let (process, route) = self.start(servers.echo)?;
        let Some(process) = process else { return Ok(None) };
        // Some take a number of connections, and let those beyond wait.
        tokio::time::timeout(IDLE_PATIENCE, memory::growth(&process, &route, servers.echo, count)).await?.map(Some)
    }

    /// A process of its own, and the way through it to `target`.
    fn start(&self, target: u16) -> io::Result<(Option<Process>, Route)> {
        let (process, route) = match &self.program {
            Program::None => return Ok((None, Route::Raw)),
            Program::Copy => {
                let copy = copy_process(target);
                let route = Route::Copy(copy.port);
                (copy, route)
            }
            Program::Relay(binary) => {
                let relay = relay_process(binary);
                let route = Route::relay(&relay);
                (relay, route)
            }
            Program::Peer(peer, binary) => peer.start(binary, target).ok_or_else(|| io::Error::other("it does not come up"))?,
        };
        Ok((Some(process), route))
    }
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// Prints ratios to the first, which is raw TCP, and what they are of.
fn print_row(row: &Row, values: Vec<f64>) {
    let cells = values.iter().enumerate().map(|(index, value)| match index {
        _ if value.is_nan() => "–".to_owned(),
        0 => row.unit.show(*value),
        _ if row.unit == Unit::CpuSecondsPerGib => row.unit.show(*value),
        _ => format!("{:.2} ({})", value / values[0], row.unit.show(*value)),
    });
    println!("| {} | {} | {} |", row.name, row.goal, cells.collect::<Vec<_>>().join(" | "));
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::BytesPerSecond => format!("{:.2} GB/s", value / 1e9),
            Self::Seconds => format!("{:.0} µs", value * 1e6),
            Self::PerSecond => format!("{value:.0}/s"),
            Self::CpuSecondsPerGib => format!("{value:.2} s/GiB"),
        }
    }
}
