//! Real programs at the other end: Python, nc, curl, socat. Each is killed when dropped.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;

use crate::{relay_process, within};

/// A running program, whose output is kept. Killed when dropped.
pub(crate) struct Peer {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    output: watch::Receiver<Vec<u8>>,
    errors: watch::Receiver<Vec<u8>>,
}

impl Peer {
    /// Starts a program from the PATH.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let name = format!("{program} {}", arguments.join(" "));
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start ({error}); `cargo run -p tests` installs what is missing"));
        let input = child.stdin.take();
        let output = gather(child.stdout.take().expect("its output is piped"));
        let errors = gather(child.stderr.take().expect("its errors are piped"));
        Self { name, child, input, output, errors }
    }

    /// Starts one of the scripts of `tests/peers` with Python.
    pub(crate) fn python(script: &str, arguments: &[&str]) -> Self {
        let path: PathBuf = relay_process::root().join("tests/peers").join(script);
        let path = path.to_str().expect("the path is text");
        Self::start("python3", &[&["-u", path], arguments].concat())
    }

    /// Python's own web server on a free port, serving `directory`, and that port.
    pub(crate) async fn http_server(directory: &str) -> (Self, u16) {
        let mut server = Self::start("python3", &["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", directory]);
        // "Serving HTTP on 127.0.0.1 port 41234 (http://127.0.0.1:41234/) ..."
        let line = server.line_with("Serving HTTP on").await;
        let port = line.split(" port ").nth(1).and_then(|rest| rest.split(' ').next()).and_then(|port| port.parse().ok());
        (server, port.unwrap_or_else(|| panic!("no port in {line:?}")))
    }

    /// The port on which socat listens, which it tells among its messages (`-d -d`).
    pub(crate) async fn listening_port(&mut self) -> u16 {
        let port = |errors: &Vec<u8>| {
            let errors = String::from_utf8_lossy(errors).into_owned();
            let (_, rest) = errors.split_once("listening on ")?;
            rest.lines().next()?.rsplit(':').next()?.trim().parse().ok()
        };
        let found = match within("port of socat", self.errors.wait_for(|errors| port(errors).is_some())).await {
            Ok(errors) => port(&errors),
            Err(_) => None,
        };
        found.unwrap_or_else(|| panic!("{} ended: {}", self.name, lossy(&self.errors)))
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Waits for a whole line of output that contains `text`.
    pub(crate) async fn line_with(&mut self, text: &str) -> String {
        let find = |output: &Vec<u8>| {
            let output = String::from_utf8_lossy(output).into_owned();
            output.split_inclusive('\n').find(|line| line.ends_with('\n') && line.contains(text)).map(|line| line.trim_end().to_owned())
        };
        let line = match within(&format!("{text:?} from {}", self.name), self.output.wait_for(|output| find(output).is_some())).await {
            Ok(output) => find(&output),
            Err(_) => None,
        };
        line.unwrap_or_else(|| panic!("{} ended without {text:?}: {} {}", self.name, lossy(&self.output), lossy(&self.errors)))
    }

    /// Waits for the line `key value` and returns the value.
    pub(crate) async fn value<T: std::str::FromStr>(&mut self, key: &str) -> T {
        let line = self.line_with(&format!("{key} ")).await;
        let value = line.strip_prefix(key).and_then(|value| value.trim().parse().ok());
        value.unwrap_or_else(|| panic!("{}: no value in {line:?}", self.name))
    }

    /// Waits until `flood.py` has stalled once more than it has moved, after it moved.
    pub(crate) async fn stalls_again(&mut self) {
        let stalled = |output: &Vec<u8>| {
            String::from_utf8_lossy(output).trim_end().rsplit('\n').next().is_some_and(|line| line.starts_with("stalled"))
        };
        let again = within("stalled sender", self.output.wait_for(|output| stalled(output))).await.is_ok();
        assert!(again, "{} ended", self.name);
    }

    /// Waits until the output is, or begins with, `bytes`.
    pub(crate) async fn printed(&mut self, bytes: &[u8]) {
        let what = format!("{:?} from {}", String::from_utf8_lossy(bytes), self.name);
        let found = within(&what, self.output.wait_for(|output| output.starts_with(bytes))).await.is_ok();
        assert!(found, "{} ended without {what}: {} {}", self.name, lossy(&self.output), lossy(&self.errors));
    }

    /// Writes to its standard input.
    pub(crate) async fn type_in(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("its input is open");
        input.write_all(bytes).await.expect("it reads its input");
        input.flush().await.expect("it reads its input");
    }

    /// Closes its standard input.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Waits for its end; how it ended, and all that it printed.
    pub(crate) async fn finish(mut self) -> (ExitStatus, Vec<u8>) {
        let status = within(&format!("end of {}", self.name), self.child.wait()).await.expect("it can be waited for");
        // The pipe is read by a task of its own, which lets go of the channel when all is in.
        within("end of its output", async { while self.output.changed().await.is_ok() {} }).await;
        let output = self.output.borrow().clone();
        (status, output)
    }
}

fn lossy(output: &watch::Receiver<Vec<u8>>) -> String {
    String::from_utf8_lossy(&output.borrow()).into_owned()
}

/// Keeps what a program prints. What these print fits in memory many times.
fn gather(mut output: impl AsyncRead + Unpin + Send + 'static) -> watch::Receiver<Vec<u8>> {
    let (sender, receiver) = watch::channel(Vec::new());
    tokio::spawn(async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = output.read(&mut buffer).await {
            sender.send_modify(|bytes| bytes.extend_from_slice(&buffer[..count]));
        }
    });
    receiver
}

/// `len` bytes that no pattern fits, the same for the same seed (xorshift64, Marsaglia 2003).
pub(crate) fn random_bytes(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}
