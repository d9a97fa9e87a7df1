//! A Chromium that nobody drives by its DevTools, as a person's is: attached to a page, they make each message of each WebSocket take milliseconds.
//!
//! The page asks this process what to evaluate next, over a WebSocket of its own that is silent while something is measured.

use std::path::PathBuf;
use std::process::Child;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::browser::launch;
use crate::peers::Peer;
use crate::relay_process::RelayProcess;
use crate::{trials, within};

/// The page of the trials in such a browser, with the relay that it may open sockets at.
pub(crate) struct Undriven {
    control: WebSocketStream<TcpStream>,
    relay: RelayProcess,
    _server: Peer,
    /// Ends the browser when it is dropped.
    _browser: Child,
}

const PAGE: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>Benchmark</title><link rel="icon" href="data:,">
<script type="module">
import init, * as trials from "./trials.js";
await init({ module_or_path: new URL("./trials_bg.wasm", import.meta.url) });
window.trials = trials;
const control = new WebSocket(`ws://127.0.0.1:${location.hash.slice(1)}/`);
control.onmessage = async ({ data }) => control.send(JSON.stringify(await (0, eval)(data).catch(error => String(error))));
</script></html>
"#;

impl Undriven {
    /// Starts it.
    pub(crate) async fn start() -> Self {
        let folder = trials::folder();
        std::fs::write(folder.join("benchmark.html"), PAGE).expect("target can be written to");
        let (server, port) = Peer::http_server(folder.to_str().expect("the path is text")).await;
        let origin = format!("http://127.0.0.1:{port}");
        let relay = RelayProcess::start_with(&["--allow-origin", &origin]).await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let control = listener.local_addr().expect("it is bound").port();
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("undriven-{}", std::process::id()));
        let browser = launch(&profile, &[&format!("{origin}/benchmark.html#{control}")]);
        let (stream, _) = within("the page", listener.accept()).await.expect("the page comes");
        let control = tokio_tungstenite::accept_async(stream).await.expect("a browser speaks the protocol");
        Self { control, relay, _server: server, _browser: browser }
    }

    /// The value of an expression in which `trials`, `relay` and `token` stand for what they are.
    pub(crate) async fn evaluate(&mut self, expression: &str) -> Value {
        let RelayProcess { port, token, .. } = &self.relay;
        let names = format!("const relay = 'ws://127.0.0.1:{port}/socket', token = '{token}';");
        let program = format!("(async () => {{ {names} return await ({expression}); }})()");
        self.control.send(Message::text(program)).await.expect("the page listens");
        let answer = within("the page's answer", self.control.next()).await.expect("the page is there").expect("and well");
        serde_json::from_str(answer.to_text().expect("it is text")).expect("it is JSON")
    }
}
