//! A PostgreSQL server of its own, on a free port of 127.0.0.1; gone when dropped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::ports::free_port;
use crate::within;

/// The one user, and its password.
pub(crate) const USER: &str = "learner";
pub(crate) const PASSWORD: &str = "open sesame";

/// A running server.
pub(crate) struct Postgres {
    _server: Child,
    folder: PathBuf,
    /// Where it listens.
    pub(crate) port: u16,
}

impl Postgres {
    /// Starts one with an empty database.
    pub(crate) async fn start() -> Self {
        // Outside of target, which the user that the server runs as may not be able to reach.
        let folder = std::env::temp_dir().join(format!("tcp-playground-postgres-{}", std::process::id()));
        let data = folder.join("data");
        std::fs::create_dir_all(&folder).expect("the system's temporary directory can be written to");
        std::fs::write(folder.join("password"), PASSWORD).expect("it was just made");
        if is_root() {
            let given = Command::new("chown").args(["-R", "postgres"]).arg(&folder).status().expect("chown runs");
            assert!(given.success(), "there is a user postgres, as it comes with the package");
        }
        let mut initdb = as_no_root(&program("initdb"));
        initdb.args(["--no-sync", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "-U", USER]);
        initdb.arg("--pwfile").arg(folder.join("password")).arg("-D").arg(&data);
        let made = initdb.output().expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        // It can be given no listener and chooses no port by itself, so another program may be quicker: then it ends, and gets another.
        loop {
            let port = free_port();
            if let Some(server) = serve(&data, port).await {
                return Self { _server: server, folder, port };
            }
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It is killed without a word, and leaves its files; what cannot be removed stays for the system to tidy up.
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// A server on `port` that is ready, or `None` where it cannot have the port.
async fn serve(data: &Path, port: u16) -> Option<Child> {
    let mut command = tokio::process::Command::from(as_no_root(&program("postgres")));
    command.arg("-D").arg(data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
    command.args(["-c", "fsync=off", "-c", "lc_messages=C"]);
    let mut server =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn().expect("it starts");
    let mut lines = BufReader::new(server.stderr.take().expect("it is piped")).lines();
    let mut printed = String::new();
    let is_ready = within("database", async {
        while let Ok(Some(line)) = lines.next_line().await {
            if line.contains("ready to accept connections") {
                return true;
            }
            printed += &(line + "\n");
        }
        false
    });
    if is_ready.await {
        // It goes on printing, and would end if nobody read that.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        return Some(server);
    }
    assert!(printed.contains("Address already in use"), "the database does not start: {printed}");
    None
}

/// The path of one of its programs: on the PATH, or in the newest of Debian's folders.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file());
    on_path.unwrap_or_else(|| {
        let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let files = folders.map(|folder| folder.path().join("bin").join(name)).filter(|file| file.is_file());
        files.max().unwrap_or_else(|| panic!("there is no {name}; `cargo run -p tests` installs PostgreSQL, or says how"))
    })
}

/// A command that does not run as root, which PostgreSQL refuses: as the user of its package then.
fn as_no_root(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(std::env::temp_dir());
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
