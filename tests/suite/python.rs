//! A Python that makes one system call after another: a peer that does what it is told, and what the relay is compared with.

use std::path::PathBuf;

use std::path::Path;

use crate::peers::Peer;
#[cfg(target_os = "linux")]
use crate::{kernel, until};

/// Reads `number source` a line, and prints `=number= ` and the value's `repr`, or `! ` and the error's name.
const CONSOLE: &str = r#"
import errno, os, select, socket, struct, sys

for line in sys.stdin:
    number, _, source = line.strip().partition(" ")
    try:
        try:
            code = compile(source, "<line>", "eval")
        except SyntaxError:
            exec(source, globals())
            value = None
        else:
            value = eval(code, globals())
        print("=%s=" % number, repr(value), flush=True)
    except OSError as error:
        print("=%s=" % number, "!", errno.errorcode.get(error.errno, type(error).__name__), flush=True)
"#;

/// Where `cargo run -p tests` puts packages of Python.
pub(crate) fn packages() -> PathBuf {
    // target/debug/deps/suite-0123 stands three levels below the target directory.
    let own = std::env::current_exe().expect("this binary has a path");
    own.ancestors().nth(3).expect("it lies in target").join("python")
}

/// Starts Python with the package `websockets`, which `cargo run -p tests` puts into `target/python`, under `program`.
fn with_packages(program: &[&str], arguments: &[&str]) -> Peer {
    let packages = packages();
    assert!(
        packages.join("websockets").is_dir(),
        "Python's websockets is not in {}; `cargo run -p tests` puts it there",
        packages.display()
    );
    let path = format!("PYTHONPATH={}", packages.display());
    Peer::start("env", &[&[path.as_str()], program, &["python3"], arguments].concat())
}

/// A program for the Python that has the package `websockets`.
pub(crate) fn with_websockets(arguments: &[&str]) -> Peer {
    with_packages(&[], arguments)
}

/// The same, which trusts the certificates of a file.
pub(crate) fn with_websockets_trusting(certificates: &Path, arguments: &[&str]) -> Peer {
    with_packages(&["env", &format!("SSL_CERT_FILE={}", certificates.display())], arguments)
}

/// A running console.
pub(crate) struct Python {
    peer: Peer,
    lines: u32,
}

impl Python {
    /// Starts one, with `errno`, `os`, `select`, `socket` and `struct` imported.
    pub(crate) fn start() -> Self {
        Self { peer: Peer::start("python3", &["-u", "-c", CONSOLE]), lines: 0 }
    }

    /// Starts one under another program (`unshare`), with the package `websockets`.
    pub(crate) fn start_under(program: &[&str]) -> Self {
        Self { peer: with_packages(program, &["-u", "-c", CONSOLE]), lines: 0 }
    }

    /// Starts a line, without waiting for it.
    pub(crate) async fn begin(&mut self, source: &str) -> u32 {
        self.lines += 1;
        self.peer.type_in(format!("{} {source}\n", self.lines).as_bytes()).await;
        self.lines
    }

    /// The value of a line that was begun.
    pub(crate) async fn value_of(&mut self, line: u32) -> String {
        let mark = format!("={line}= ");
        let line = self.peer.line_with(&mark).await;
        line.strip_prefix(&mark).unwrap_or_else(|| panic!("an odd line: {line}")).to_owned()
    }

    /// Runs a line; its value as `repr` has it, or `! ECONNRESET` and the like.
    pub(crate) async fn run(&mut self, source: &str) -> String {
        let line = self.begin(source).await;
        self.value_of(line).await
    }

    /// Runs lines that must succeed.
    pub(crate) async fn all(&mut self, sources: &[&str]) {
        for source in sources {
            let value = self.run(source).await;
            assert!(!value.starts_with("! "), "{source}: {value}");
        }
    }

    /// A number.
    pub(crate) async fn number<T: std::str::FromStr>(&mut self, source: &str) -> T {
        let value = self.run(source).await;
        value.parse().unwrap_or_else(|_| panic!("{source}: {value}"))
    }

    /// Listens on a free port of 127.0.0.1 as `s`, and returns the port.
    pub(crate) async fn listen(&mut self) -> u16 {
        self.all(&["s = socket.create_server(('127.0.0.1', 0))"]).await;
        self.number("s.getsockname()[1]").await
    }

    /// Leaves a port of 127.0.0.1 to a connection in TIME_WAIT, and returns the port.
    #[cfg(target_os = "linux")]
    pub(crate) async fn port_in_time_wait(&mut self) -> u16 {
        let port = self.listen().await;
        // Whoever closes first has to wait.
        self.all(&[
            "x = socket.create_connection(s.getsockname())",
            "c, _ = s.accept()",
            "s.close()",
            "c.close()",
            "x.recv(1)",
            "x.close()",
        ])
        .await;
        let is_waiting = || kernel::sockets().iter().any(|entry| entry.local_port == port && entry.state == kernel::TIME_WAIT);
        until("TIME_WAIT", async || is_waiting()).await;
        port
    }
}
