//! A window that nobody drives while it is measured: attached, the browser's DevTools make each message of each WebSocket take milliseconds.

use std::path::PathBuf;
use std::process::Child;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::browser::{debugger_address, launch};
use crate::{until, within};

/// A browser with one window.
pub(crate) struct Alone {
    address: String,
    /// Ends the browser when it is dropped.
    _browser: Child,
}

/// Somebody attached to the window, until this is dropped.
pub(crate) struct Attached {
    connection: WebSocketStream<TcpStream>,
    session: Option<String>,
    commands: u64,
}

impl Alone {
    /// Opens `url`.
    pub(crate) async fn open(url: &str) -> Self {
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("alone-{}", std::process::id()));
        let browser = launch(&profile, &["--remote-debugging-port=0", "--window-size=1366,768", url]);
        Self { address: debugger_address(&profile).await, _browser: browser }
    }

    /// Attaches to the window.
    pub(crate) async fn attach(&self) -> Attached {
        let host = self.address.trim_start_matches("ws://").split('/').next().expect("there is a first part");
        let stream = TcpStream::connect(host).await.expect("the browser listens");
        let (connection, _) = client_async(&self.address, stream).await.expect("the browser can be driven");
        let mut attached = Attached { connection, session: None, commands: 0 };
        let mut target = None;
        until("window", async || {
            let targets = attached.command("Target.getTargets", json!({})).await;
            let targets = targets["targetInfos"].as_array().map(Vec::as_slice).unwrap_or_default();
            target = targets.iter().find(|target| target["type"] == "page").map(|target| target["targetId"].clone());
            target.is_some()
        })
        .await;
        let session = attached.command("Target.attachToTarget", json!({ "targetId": target, "flatten": true })).await;
        attached.session = session["sessionId"].as_str().map(str::to_owned);
        attached
    }
}

impl Attached {
    /// What a command of the DevTools answers; nothing where it failed.
    async fn command(&mut self, method: &str, params: Value) -> Value {
        self.commands += 1;
        let mut command = json!({ "id": self.commands, "method": method, "params": params });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.connection.send(Message::text(command.to_string())).await.expect("the browser listens");
        loop {
            let message = within("answer", self.connection.next()).await.expect("the browser is there").expect("and well");
            let message: Value = serde_json::from_slice(&message.into_data()).unwrap_or_default();
            if message["id"] == self.commands {
                return message["result"].clone();
            }
        }
    }

    /// The value of a JavaScript expression, awaited where it is a promise.
    pub(crate) async fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.command("Runtime.evaluate", params).await;
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        // Nothing, while one page gives way to another.
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) async fn until(&mut self, expression: &str) {
        until(expression, async || self.evaluate(expression).await == true).await;
    }
}
