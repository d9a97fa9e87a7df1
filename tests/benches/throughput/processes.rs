//! Processes that are measured: the relay, the bare copy and the peers, and what they cost.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};

/// Set where this program is to be a copy, to the port that it leads to.
pub(crate) const COPY_TO: &str = "TCP_PLAYGROUND_BENCH_COPY_TO";

/// How much the copy moves at a time, in bytes.
const COPY_BYTES: usize = 64 << 10;

/// How long a peer may take until it listens.
const START: Duration = Duration::from_secs(10);

/// A running process that serves on a port; killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// Where it serves, on 127.0.0.1.
    pub(crate) port: u16,
    /// The token of its run, where it is a relay.
    pub(crate) token: String,
}

impl Process {
    /// Its resident memory in KiB, with that of its children.
    pub(crate) fn resident_kib(&self) -> f64 {
        self.family().iter().filter_map(|pid| field(&format!("/proc/{pid}/status"), "VmRSS:")).sum()
    }

    /// The processor time that it has taken, with that of its children, in seconds; counted in hundredths (`proc(5)`).
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let ticks = |pid: &u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let fields: Vec<f64> = stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(4).flat_map(str::parse).collect();
            Some(fields.iter().sum::<f64>())
        };
        self.family().iter().filter_map(ticks).sum::<f64>() / 100.0
    }

    /// The process and what it started.
    fn family(&self) -> Vec<u32> {
        let children = |pid: &u32| {
            let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
            let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
            lists.flat_map(|list| list.split_whitespace().flat_map(str::parse).collect::<Vec<u32>>()).collect::<Vec<_>>()
        };
        let mut family = vec![self.child.id()];
        let mut next = 0;
        while next < family.len() {
            family.extend(children(&family[next]));
            next += 1;
        }
        family
    }
}

/// The number after `name` in a file of `/proc`.
fn field(path: &str, name: &str) -> Option<f64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its children first: a forking server leaves them behind.
        let children: Vec<String> = self.family()[1..].iter().map(u32::to_string).collect();
        if !children.is_empty() {
            // Those that ended meanwhile are none to end.
            Command::new("kill").args(&children).stderr(Stdio::null()).status().ok();
        }
        // It may have ended by itself.
        let killed = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = killed {
            eprintln!("a process cannot be ended: {error}");
        }
    }
}

/// Builds the relay as it is released. Returns the binary.
pub(crate) fn build_relay() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo).args(["build", "-q", "--release", "-p", "relay"]).current_dir(root).status().expect("cargo runs");
    assert!(built.success(), "the relay does not build");
    // target/release/deps/throughput-0123 stands two levels below the directory of its profile.
    let own = std::env::current_exe().expect("this binary has a path");
    own.ancestors().nth(2).expect("it lies in target").join("relay")
}

/// Starts a relay on a free port.
pub(crate) fn relay_process(binary: &Path) -> Process {
    start(Command::new(binary).args(["--port", "0"]))
}

/// Starts a copy that leads to `target`.
pub(crate) fn copy_process(target: u16) -> Process {
    start(Command::new(std::env::current_exe().expect("this binary has a path")).env(COPY_TO, target.to_string()))
}

/// Starts a process and waits for the address that it prints.
fn start(command: &mut Command) -> Process {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut output = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    let line = output.by_ref().map_while(Result::ok).find(|line| line.contains("http://127.0.0.1:")).expect("it prints an address");
    // Its pipe is kept open and emptied, or it would fail to print more.
    std::thread::spawn(move || output.map_while(Result::ok).for_each(drop));
    let (_, rest) = line.split_once("http://127.0.0.1:").expect("it was just there");
    let (port, rest) = rest.split_once('/').expect("the port ends");
    let token = rest.trim_start_matches("#token=").chars().take_while(char::is_ascii_hexdigit).collect();
    Process { child, port: port.parse().expect("a port"), token }
}

/// Starts a process that is told its port, and waits until it listens there. `None` where it doesn't.
pub(crate) fn start_on(command: impl FnOnce(u16) -> Command) -> Option<Process> {
    // None of the peers can be asked which port it got. Nobody else takes ports here, so a free one stays free.
    let port = StdListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("port 0 is free").port();
    let child = command(port).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    let process = Process { child, port, token: String::new() };
    let started = Instant::now();
    while started.elapsed() < START {
        if StdStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_ok() {
            return Some(process);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

/// What this program does as a copy: every connection is led to `target`, both ways, 64 KiB at a time.
pub(crate) fn be_a_copy(target: &str) -> ExitCode {
    let target: u16 = target.parse().expect("a port");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("the runtime starts");
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        println!("http://127.0.0.1:{}/", listener.local_addr().expect("it is bound").port());
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", target)).await else { return };
                if near.set_nodelay(true).is_ok() && far.set_nodelay(true).is_ok() {
                    // Ends with an error where the measuring side has had enough.
                    let _either = copy_bidirectional_with_sizes(&mut near, &mut far, COPY_BYTES, COPY_BYTES).await;
                }
            });
        }
    });
    ExitCode::SUCCESS
}
