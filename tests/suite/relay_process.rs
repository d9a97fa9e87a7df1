//! The relay's own binary, as a process with a port of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::sync::watch;

use crate::within;

/// A running relay. Killed when dropped.
pub(crate) struct RelayProcess {
    child: Child,
    printed: watch::Receiver<String>,
    scheme: &'static str,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
    /// The token of this run, as it is printed.
    pub(crate) token: String,
}

impl RelayProcess {
    /// A relay with its defaults, on a free port.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A relay with these arguments beside `--port 0`.
    pub(crate) async fn start_with(arguments: &[&str]) -> Self {
        let mut command = command();
        command.args(["--port", "0"]).args(arguments);
        Self::run(command).await
    }

    /// Another run where this one was, which has ended: on the same port, with a token of its own.
    pub(crate) async fn start_again(&self) -> Self {
        let mut command = command();
        command.args(["--port", &self.port.to_string()]);
        Self::run(command).await
    }

    /// What a [`command`] starts.
    pub(crate) async fn run(mut command: tokio::process::Command) -> Self {
        let mut child = command.spawn().expect("the relay starts");
        let (sender, mut printed) = watch::channel(String::new());
        gather(child.stdout.take().expect("its output is piped"), sender.clone());
        // Not where a test has another place for them.
        if let Some(errors) = child.stderr.take() {
            gather(errors, sender);
        }
        let found = within("address printed by the relay", printed.wait_for(|text| address_in(text).is_some())).await;
        let found = found.ok().and_then(|text| address_in(&text));
        let (scheme, port, token) = found.unwrap_or_else(|| panic!("the relay ended without printing an address: {}", *printed.borrow()));
        Self { child, printed, scheme, port, token }
    }

    /// The address of the page, as it is printed.
    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}/#token={}", self.scheme, self.port, self.token)
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// What it has printed so far.
    pub(crate) fn printed(&self) -> String {
        self.printed.borrow().clone()
    }

    /// Sends a signal by its name, `INT` for example.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([format!("-{name}"), self.pid().to_string()]).status().expect("kill runs");
        assert!(status.success(), "kill -{name}: {status}");
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        within("end of the relay", self.child.wait()).await.expect("it can be waited for")
    }
}

/// The relay's command without arguments, to be run from a directory that has nothing to do with the sources. What it starts is killed when dropped.
pub(crate) fn command() -> tokio::process::Command {
    let mut command = tokio::process::Command::new(binary());
    command.current_dir(std::env::temp_dir()).env_remove("RELAY_LOG").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Keeps what a process prints. What a test prints is little, so all of it is kept.
fn gather(output: impl AsyncRead + Unpin + Send + 'static, printed: watch::Sender<String>) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            printed.send_modify(|text| *text += &(line + "\n"));
        }
    });
}

/// The scheme, the port and the token out of `http://127.0.0.1:7077/#token=0123…`.
fn address_in(printed: &str) -> Option<(&'static str, u16, String)> {
    let (before, rest) = printed.split_once("://127.0.0.1:")?;
    let scheme = if before.ends_with("https") { "https" } else { "http" };
    let (port, rest) = rest.split_once("/#token=")?;
    let token: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    Some((scheme, port.parse().ok()?, token)).filter(|(.., token)| token.len() == 32)
}

/// The relay's binary, beside this one.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if std::env::var_os("TCP_PLAYGROUND_RELAY_IS_BUILT").is_none() {
            build(is_release());
        }
        profile_directory().join(format!("relay{}", std::env::consts::EXE_SUFFIX))
    })
}

/// Where the binaries of the profile lie that this one was built with: target/debug/deps/suite-0123 stands two levels below.
fn profile_directory() -> PathBuf {
    let own = std::env::current_exe().expect("this binary has a path");
    own.ancestors().nth(2).expect("it lies in target").to_owned()
}

/// Whether this binary is a release build, as benchmarks are.
pub(crate) fn is_release() -> bool {
    profile_directory().ends_with("release")
}

/// Builds the relay as its users do. Where nothing changed this takes half a second.
fn build(release: bool) {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "-q", "-p", "relay"]).current_dir(root());
    if release {
        cargo.arg("--release");
    }
    assert!(cargo.status().expect("cargo runs").success(), "the relay does not build");
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace")
}
