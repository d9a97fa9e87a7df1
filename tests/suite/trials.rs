//! A page that is not the product's: `tests/trials`, other people's crates over the page's `net`, served by Python and allowed in by `--allow-origin`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::browser::in_window;
use crate::page::Page;
use crate::peers::Peer;
use crate::relay_process::{RelayProcess, is_release, root};
use crate::until;

/// The page of the trials, with the relay that it may open sockets at.
pub(crate) struct Trials<'a> {
    page: &'a Page,
    relay: RelayProcess,
}

/// Runs a test in a window with the trials loaded; `folder/name` of `files` is served beside them.
pub(crate) fn in_trials(name: &str, files: &[(&str, &[u8])], test: impl AsyncFnOnce(&Trials<'_>)) {
    let folder = folder();
    in_window(name, async |page| {
        for (name, bytes) in files {
            std::fs::write(folder.join(name), bytes).expect("target can be written to");
        }
        let (_server, port) = Peer::http_server(folder.to_str().expect("the path is text")).await;
        let origin = format!("http://127.0.0.1:{port}");
        let relay = RelayProcess::start_with(&["--allow-origin", &origin]).await;
        // As a person's browser is: watched, it reports each frame of each WebSocket to whoever drives it.
        page.command("Network.disable", serde_json::json!({})).await;
        page.load(&format!("{origin}/")).await;
        until("loaded trials", async || page.evaluate("!!window.trials").await == true).await;
        test(&Trials { page, relay }).await;
    });
}

impl Trials<'_> {
    /// What the function `name` of the trials returns; it gets the relay's address and token, then `arguments`, which are JavaScript.
    pub(crate) async fn run(&self, name: &str, arguments: &str) -> Value {
        self.evaluate(&format!("trials.{name}(relay, token, {arguments})")).await
    }

    /// The value of an expression in which `trials`, `relay` and `token` stand for what they are.
    pub(crate) async fn evaluate(&self, expression: &str) -> Value {
        let RelayProcess { port, token, .. } = &self.relay;
        let names = format!("const relay = 'ws://127.0.0.1:{port}/socket', token = '{token}';");
        self.page.evaluate(&format!("(async () => {{ {names} return await ({expression}); }})()")).await
    }
}

/// Where the trials are served from; built at the first use.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trials");
        let bound = Bindgen::new()
            .input_path(compile())
            .out_name("trials")
            .web(true)
            .and_then(|bindgen| bindgen.typescript(false).generate(&folder));
        bound.expect("wasm-bindgen makes the glue");
        std::fs::write(folder.join("index.html"), PAGE).expect("target can be written to");
        folder
    })
}

const PAGE: &str = r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>Trials</title><link rel="icon" href="data:,">
<script type="module">
import init, * as trials from "./trials.js";
await init({ module_or_path: new URL("./trials_bg.wasm", import.meta.url) });
window.trials = trials;
</script></html>
"#;

/// Compiles the trials beside the page, whose dependencies they share; returns the path of the Wasm.
fn compile() -> PathBuf {
    let target = root().join("target/page");
    let profile = if is_release() { "page" } else { "page-dev" };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "-q", "--locked", "-p", "trials", "--target", "wasm32-unknown-unknown", "--profile", profile]);
    cargo.arg("--target-dir").arg(&target).current_dir(root());
    assert!(cargo.status().expect("cargo runs").success(), "the trials do not build");
    target.join("wasm32-unknown-unknown").join(profile).join("trials.wasm")
}
