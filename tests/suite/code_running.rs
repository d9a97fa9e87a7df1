//! Programs that the page wrote, built and started, and what they print.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::process::Command;
use web::code::{self, Program};

use crate::peers::Peer;
use crate::within;

/// A language in which a session is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Rust,
    C,
}

impl Language {
    pub(crate) const ALL: [Self; 3] = [Self::Python, Self::Rust, Self::C];

    fn write(self, program: &Program) -> (&'static str, String) {
        match self {
            Self::Python => ("session.py", code::python(program)),
            Self::Rust => ("session.rs", code::rust(program)),
            Self::C => ("session.c", code::c(program)),
        }
    }

    /// How it is built, with warnings as errors.
    fn compiler(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Python => None,
            Self::Rust => Some(&["rustc", "--edition", "2024", "-D", "warnings", "-o", "session", "session.rs"]),
            Self::C => Some(&["cc", "-Wall", "-Wextra", "-Werror", "-o", "session", "session.c"]),
        }
    }
}

/// A directory of a program, which is removed when dropped.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("tcp-playground-code-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a directory can be made");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // One that stays harms nothing, and a panic here would hide why the test failed.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A program that runs.
pub(crate) struct Running {
    /// The program itself.
    pub(crate) peer: Peer,
    source: String,
    directory: Directory,
}

impl Running {
    /// Builds a program and starts it.
    pub(crate) async fn start(language: Language, program: &Program) -> Self {
        let directory = Directory::new();
        let (name, source) = language.write(program);
        fs::write(directory.0.join(name), &source).expect("a file can be written");
        for (name, bytes) in program.files() {
            fs::write(directory.0.join(name), bytes).expect("a file can be written");
        }
        let command: &[&str] = match language.compiler() {
            Some(compiler) => {
                build(compiler, &directory.0, &source).await;
                &["./session"]
            }
            None => &["python3", "-u", "session.py"],
        };
        Self { peer: start_in(&directory.0, command), source, directory }
    }

    /// Waits until it says where it listens, and returns the port.
    pub(crate) async fn port(&mut self) -> u16 {
        let line = self.peer.line_with("[*] Listening on 127.0.0.1:").await;
        line.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("no port in {line:?}"))
    }

    /// Waits for its end, which must be a success. What it received, and the other lines.
    pub(crate) async fn finish(self) -> (Vec<u8>, Vec<String>) {
        let Self { peer, source, directory } = self;
        let (status, output) = peer.finish().await;
        drop(directory);
        let output = String::from_utf8_lossy(&output).into_owned();
        assert!(status.success(), "{status}: {output}\n{source}");
        let (mut received, mut others) = (vec![], vec![]);
        for line in output.lines() {
            match line.strip_prefix("b'").or(line.strip_prefix("b\"")) {
                Some(literal) => received.extend(bytes_of(literal)),
                None => others.push(line.to_owned()),
            }
        }
        (received, others)
    }
}

/// Starts a program whose working directory is `directory`.
fn start_in(directory: &Path, command: &[&str]) -> Peer {
    let directory = directory.to_str().expect("the path is text");
    Peer::start("sh", &[&["-c", "cd \"$0\" && exec \"$@\"", directory], command].concat())
}

async fn build(compiler: &[&str], directory: &Path, source: &str) {
    let mut command = Command::new(compiler[0]);
    let output = within(compiler[0], command.args(&compiler[1..]).current_dir(directory).output())
        .await
        .unwrap_or_else(|error| panic!("{} does not start ({error}); `cargo run -p tests` installs what is missing", compiler[0]));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}\n{source}", compiler[0]);
}

/// The bytes of a Python literal, without what stands before them and with the quote after them.
fn bytes_of(literal: &str) -> Vec<u8> {
    let mut bytes = vec![];
    let mut rest = literal[..literal.len() - 1].chars();
    while let Some(c) = rest.next() {
        bytes.push(match (c, c == '\\') {
            (c, false) => u8::try_from(c).unwrap_or_else(|_| panic!("no byte in {literal:?}")),
            (_, true) => match rest.next() {
                Some('n') => b'\n',
                Some('r') => b'\r',
                Some('t') => b'\t',
                Some('x') => {
                    let digits: String = rest.by_ref().take(2).collect();
                    u8::from_str_radix(&digits, 16).unwrap_or_else(|_| panic!("no byte in {literal:?}"))
                }
                Some(quote @ ('\'' | '"' | '\\')) => quote as u8,
                other => panic!("an odd escape {other:?} in {literal:?}"),
            },
        });
    }
    bytes
}

/// What a shell makes of the commands for `nc` and `socat`: its standard output.
#[cfg(target_os = "linux")]
pub(crate) async fn shell_prints(program: &Program, play: impl AsyncFnOnce()) -> Vec<u8> {
    let directory = Directory::new();
    fs::write(directory.0.join("session.sh"), code::shell(program)).expect("a file can be written");
    let peer = start_in(&directory.0, &["sh", "session.sh"]);
    play().await;
    let (status, output) = peer.finish().await;
    assert!(status.success(), "{status}: {}", code::shell(program));
    output
}
