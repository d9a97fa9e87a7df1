//! A relay behind a reverse proxy: nginx with the configuration that `docs/operating.md` has, word for word but for addresses and paths.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tokio::net::UnixStream;

use crate::certificate::{Files, directory, text};
use crate::peers::Peer;
use crate::relay_process::{RelayProcess, root};
use crate::transcript::blocks;
use crate::{python, run, until};

/// What the documented command gives the relay, and what the document calls things.
const NAME: &str = "playground.example";

/// nginx with a relay behind it. It listens on a socket of the file system, as it takes no free port by itself.
struct Proxy {
    _nginx: Peer,
    relay: RelayProcess,
    certificate: PathBuf,
    socket: PathBuf,
    /// Where the socket is: its path must be short.
    directory: PathBuf,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.directory).ok();
    }
}

impl Proxy {
    async fn start(name: &str) -> Self {
        let document = std::fs::read_to_string(root().join("docs/operating.md")).expect("the document is there");
        let commands = blocks(&document, "sh");
        let command = commands.iter().find(|command| command.text.contains("--allow-host")).expect("the document has the command");
        let arguments: Vec<&str> = command.text.split_whitespace().skip(1).collect();
        let relay = RelayProcess::start_with(&arguments).await;
        let [configuration] = &blocks(&document, "nginx")[..] else { panic!("the document has one configuration") };
        let files = Files::make(&directory(name), &format!("DNS:{NAME}")).await;
        let directory = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&directory).ok();
        std::fs::create_dir_all(&directory).expect("a temporary directory");
        let socket = directory.join("socket");
        let mut server = configuration.text.clone();
        for (documented, ours) in [
            ("listen 443 ssl", format!("listen unix:{} ssl", socket.display())),
            ("/etc/ssl/playground.pem", files.certificate.display().to_string()),
            ("/etc/ssl/playground.key", files.key.display().to_string()),
            ("127.0.0.1:7077", format!("127.0.0.1:{}", relay.port)),
        ] {
            assert!(server.contains(documented), "{documented}");
            server = server.replace(documented, &ours);
        }
        let path = directory.join("nginx.conf");
        std::fs::write(&path, whole(&server, &directory)).expect("it can be written");
        let nginx = Peer::start(nginx(), &["-e", "stderr", "-p", text(&directory), "-c", text(&path)]);
        until("nginx", async || UnixStream::connect(&socket).await.is_ok()).await;
        Self { _nginx: nginx, relay, certificate: files.certificate, socket, directory }
    }

    /// The status of a request through the proxy.
    async fn status(&self, path: &str, arguments: &[&str]) -> String {
        let url = format!("https://{NAME}{path}");
        let own = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "15"];
        let there = ["--unix-socket", text(&self.socket), "--cacert", text(&self.certificate)];
        let (_, output) = Peer::start("curl", &[&own[..], &there, arguments, &[&url]].concat()).finish().await;
        String::from_utf8_lossy(&output).into_owned()
    }

    /// What a Python prints that opens a WebSocket through the proxy as a page of `origin` does, and a socket.
    async fn opens_socket(&self, origin: &str) -> String {
        let uri = format!("wss://{NAME}/socket");
        let arguments = ["-u", "-c", OPENS_SOCKET, text(&self.socket), &uri, &self.relay.token, origin];
        let (_, output) = python::with_websockets_trusting(&self.certificate, &arguments).finish().await;
        String::from_utf8_lossy(&output).into_owned()
    }
}

const OPENS_SOCKET: &str = r#"
import sys
from websockets.exceptions import InvalidStatus
from websockets.sync.client import unix_connect

path, uri, token, origin = sys.argv[1:]
try:
    page = unix_connect(path, uri, subprotocols=["tcp-playground.v1", "token." + token], origin=origin)
except InvalidStatus as refused:
    print("refused", refused.response.status_code)
else:
    print(page.recv())
    page.send('{"id":1,"call":"socket","family":"inet"}')
    print(page.recv())
"#;

/// A whole configuration: one process, in the foreground, that writes nowhere but into `directory`.
fn whole(server: &str, directory: &Path) -> String {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", directory.display()))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{server}}}\n",
        directory.display()
    )
}

/// nginx, which Debian keeps where only root looks.
fn nginx() -> &'static str {
    let elsewhere = Path::new("/usr/sbin/nginx");
    let is_there = elsewhere.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0);
    if is_there { "/usr/sbin/nginx" } else { "nginx" }
}

#[test]
fn the_documented_proxy_serves_the_page_and_its_sockets() {
    run(async {
        let proxy = Proxy::start("proxied").await;
        assert_eq!(proxy.status("/healthz", &[]).await, "200");
        let opened = proxy.opens_socket(&format!("https://{NAME}")).await;
        assert!(opened.contains("\"hello\"") && opened.contains("\"id\":1"), "{opened}");
    });
}

#[test]
fn through_a_proxy_nobody_else_gets_in() {
    run(async {
        let proxy = Proxy::start("proxied-others").await;
        for origin in ["https://evil.example", "http://evil.example", "https://playground.example.evil.example", "null"] {
            assert_eq!(proxy.opens_socket(origin).await, "refused 403\n", "{origin}");
        }
        assert_eq!(proxy.status("/", &["-H", "Host: rebound.example"]).await, "421");
        let claims =
            ["-H", "Host: rebound.example", "-H", "X-Forwarded-Host: playground.example", "-H", "Forwarded: host=playground.example"];
        assert_eq!(proxy.status("/", &claims).await, "421", "what is forwarded is not believed");
    });
}
