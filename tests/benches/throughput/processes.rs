//! The relay and the bare copy as processes of their own, and how much memory they take.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};

/// Set where this program is to be a copy, to the port that it leads to.
pub(crate) const COPY_TO: &str = "TCP_PLAYGROUND_BENCH_COPY_TO";

/// How much the copy moves at a time, in bytes.
const COPY_BYTES: usize = 64 << 10;

/// A running process that serves on a port; killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// Where it serves.
    pub(crate) port: u16,
    token: String,
}

/// How a relay is reached.
pub(crate) struct RelayAddress {
    /// On 127.0.0.1.
    pub(crate) port: u16,
    /// The token of its run.
    pub(crate) token: String,
}

impl Process {
    /// How it is reached, where it is a relay.
    pub(crate) fn clone_address(&self) -> RelayAddress {
        RelayAddress { port: self.port, token: self.token.clone() }
    }

    /// Its resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> f64 {
        let output = Command::new("ps").args(["-o", "rss=", "-p", &self.child.id().to_string()]).output().expect("ps runs");
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("ps prints a number")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let killed = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = killed {
            eprintln!("a process cannot be ended: {error}");
        }
    }
}

/// Builds the relay as it is released, and starts it.
pub(crate) fn relay_process() -> Process {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo).args(["build", "-q", "--release", "-p", "relay"]).current_dir(root).status().expect("cargo runs");
    assert!(built.success(), "the relay does not build");
    // target/release/deps/throughput-0123 stands two levels below the directory of its profile.
    let own = std::env::current_exe().expect("this binary has a path");
    let binary = own.ancestors().nth(2).expect("it lies in target").join("relay");
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
