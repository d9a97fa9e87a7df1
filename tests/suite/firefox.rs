//! Firefox, driven over WebDriver BiDi (<https://w3c.github.io/webdriver-bidi/>), which it speaks itself: a process with a fresh profile for each test in it.
//!
//! Its settings are its own, but for those of every Firefox that is driven (no first-run pages, no updates) and those that a test names.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::browser::{PLACES, find, guarded, screenshots};
use crate::locator::{HITS, SEEN};
use crate::{run, until, within};

/// The first version in which WebAssembly can wait (JSPI) without a setting, so that Python runs.
const OLDEST: u32 = 153;

/// A window of a Firefox of its own.
pub(crate) struct Firefox {
    bidi: Mutex<Bidi>,
    /// The window, as BiDi names it.
    context: String,
}

/// The WebSocket to it.
struct Bidi {
    socket: WebSocketStream<TcpStream>,
    last_id: u64,
    /// Errors and warnings in the console, and exceptions that nobody caught.
    trouble: Vec<String>,
    /// A part of messages that a test brings about on purpose.
    expected: Option<&'static str>,
}

/// Runs a test in a Firefox with these preferences beside its own. Afterwards nothing may have gone wrong in the console. A test that fails leaves a screenshot in
/// `target/screenshots`.
pub(crate) fn in_firefox(name: &str, preferences: &[(&str, bool)], test: impl AsyncFnOnce(&Firefox)) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    run(async {
        let _place = PLACES.acquire().await.expect("it is never closed");
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("firefox-{}-{number}", std::process::id()));
        let mut process = launch(&profile, preferences);
        let firefox = Firefox::meet(&profile).await;
        let outcome = AssertUnwindSafe(async {
            test(&firefox).await;
            firefox.assert_no_trouble().await;
        });
        let outcome = outcome.catch_unwind().await;
        if outcome.is_err() {
            firefox.save_evidence(name).await;
        }
        drop(process.stdin.take());
        let ended = tokio::task::spawn_blocking(move || process.wait());
        within("end of Firefox", ended).await.expect("no panic").expect("it can be waited for");
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
}

fn launch(profile: &Path, preferences: &[(&str, bool)]) -> Child {
    let names = ["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"];
    let program = find("FIREFOX", &names).unwrap_or_else(|| {
        panic!("there is no Firefox here; `cargo run -p tests` installs it, or says how. Another one is named by the variable FIREFOX")
    });
    let mut command = guarded(profile, &program);
    let lines: Vec<String> = preferences.iter().map(|(name, value)| format!("user_pref({name:?}, {value});\n")).collect();
    std::fs::write(profile.join("user.js"), lines.concat()).expect("target can be written to");
    command.args(["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile"]).arg(profile);
    // Root's Firefox starts in a home of root's own only; what it keeps beside its profile goes with that.
    command.env("HOME", profile).env_remove("XDG_CACHE_HOME").env_remove("XDG_CONFIG_HOME").env("MOZ_CRASHREPORTER_DISABLE", "1");
    command.stderr(Stdio::null()).spawn().expect("sh runs")
}

/// Firefox writes its port into the profile when it is ready.
async fn port_in(profile: &Path) -> u16 {
    let port = || {
        let text = std::fs::read_to_string(profile.join("WebDriverBiDiServer.json")).ok()?;
        serde_json::from_str::<Value>(&text).ok()?["ws_port"].as_u64()?.try_into().ok()
    };
    let started = AssertUnwindSafe(until("Firefox", async || port().is_some())).catch_unwind().await;
    let log = || std::fs::read_to_string(profile.join("log")).unwrap_or_default();
    assert!(started.is_ok(), "Firefox does not start:\n{}", log());
    port().expect("it was just there")
}

impl Bidi {
    async fn command(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.last_id += 1;
        let id = self.last_id;
        let command = json!({ "id": id, "method": method, "params": params });
        self.socket.send(Message::text(command.to_string())).await.map_err(|error| error.to_string())?;
        loop {
            let message = self.socket.next().await.ok_or("Firefox has ended")?.map_err(|error| error.to_string())?;
            let Message::Text(text) = message else { continue };
            let said: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            match said["type"].as_str() {
                Some("success") if said["id"] == id => return Ok(said["result"].clone()),
                Some("error") if said["id"] == id => return Err(format!("{}: {}", said["error"], said["message"])),
                Some("event") if said["params"]["level"] == "error" || said["params"]["level"] == "warn" => {
                    self.trouble.push(said["params"]["text"].to_string());
                }
                // An answer that nobody waits for any more.
                _ => {}
            }
        }
    }
}

impl Firefox {
    async fn meet(profile: &Path) -> Self {
        let address = format!("127.0.0.1:{}", port_in(profile).await);
        let stream = within("Firefox", TcpStream::connect(&address)).await.expect("it listens");
        // Whoever names an Origin is refused; this client names none.
        let (socket, _) =
            within("WebSocket of Firefox", client_async(format!("ws://{address}/session"), stream)).await.expect("it can be driven");
        let mut firefox = Self { bidi: Mutex::new(Bidi { socket, last_id: 0, trouble: vec![], expected: None }), context: String::new() };
        let session = firefox.command("session.new", json!({ "capabilities": {} })).await;
        let version = session["capabilities"]["browserVersion"].as_str().unwrap_or_default().to_owned();
        let is_new = version.split('.').next().and_then(|major| major.parse().ok()).is_some_and(|major: u32| major >= OLDEST);
        assert!(
            is_new,
            "this is Firefox {version}; Python in the page needs {OLDEST} or newer. Another one is named by the variable FIREFOX"
        );
        firefox.command("session.subscribe", json!({ "events": ["log.entryAdded"] })).await;
        let tree = firefox.command("browsingContext.getTree", json!({})).await;
        firefox.context = tree["contexts"][0]["context"].as_str().expect("it has a window").to_owned();
        let viewport = json!({ "context": firefox.context, "viewport": { "width": 1366, "height": 768 } });
        firefox.command("browsingContext.setViewport", viewport).await;
        firefox
    }

    /// Loads an address and waits until the page is connected to its relay.
    pub(crate) async fn open(&self, url: &str) {
        self.command("browsingContext.navigate", json!({ "context": self.context, "url": url, "wait": "complete" })).await;
        self.get("status", "Relay").wait_text(|text| text.contains("Relay ready")).await;
    }

    /// What has this role and exactly this accessible name.
    pub(crate) fn get(&self, role: &'static str, name: &str) -> Spot<'_> {
        Spot { firefox: self, steps: vec![] }.get(role, name)
    }

    /// Presses a key, or several at once: `Enter`, `Control+a`.
    pub(crate) async fn press(&self, keys: &str) {
        let keys: Vec<String> = keys.split('+').map(code_of).collect();
        let down = keys.iter().map(|key| json!({ "type": "keyDown", "value": key }));
        let up = keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key }));
        self.act(json!({ "type": "key", "id": "keyboard", "actions": down.chain(up).collect::<Vec<_>>() })).await;
    }

    /// Types text, key by key.
    pub(crate) async fn type_text(&self, text: &str) {
        let strokes = text.chars().map(|character| if character == '\n' { code_of("Enter") } else { character.to_string() });
        let actions = strokes.flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        self.act(json!({ "type": "key", "id": "keyboard", "actions": actions.collect::<Vec<_>>() })).await;
    }

    /// Pastes a text where the cursor is. Without a window the clipboard is this process's own.
    pub(crate) async fn paste(&self, text: &str) {
        self.evaluate(&format!("navigator.clipboard.writeText({}).then(() => true)", json!(text))).await;
        self.press("Control+v").await;
    }

    /// The value of a JavaScript expression. For what a person cannot see only.
    pub(crate) async fn evaluate(&self, expression: &str) -> Value {
        let expression = format!("(async () => JSON.stringify(await ({expression})))()");
        let target = json!({ "context": self.context });
        let params = json!({ "expression": expression, "target": target, "awaitPromise": true, "userActivation": true });
        value_of(&self.command("script.evaluate", params).await)
    }

    /// Saves what the page looks like to `target/screenshots/NAME.png`.
    pub(crate) async fn screenshot(&self, name: &str) {
        let answer = self.command("browsingContext.captureScreenshot", json!({ "context": self.context })).await;
        let image = base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap_or_default());
        std::fs::write(screenshots().join(format!("{name}.png")), image.expect("a screenshot")).expect("target can be written to");
    }

    async fn act(&self, source: Value) {
        self.command("input.performActions", json!({ "context": self.context, "actions": [source] })).await;
    }

    async fn command(&self, method: &str, params: Value) -> Value {
        self.try_command(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// A command that may fail, because what it is about has gone meanwhile.
    async fn try_command(&self, method: &str, params: Value) -> Result<Value, String> {
        within(method, async { self.bidi.lock().await.command(method, params).await }).await
    }

    /// Messages in the console that hold `part` are brought about by this test, and no trouble.
    pub(crate) async fn expect_in_console(&self, part: &'static str) {
        self.bidi.lock().await.expected = Some(part);
    }

    async fn assert_no_trouble(&self) {
        // What was said before the answer to this has been heard then.
        self.command("session.status", json!({})).await;
        let bidi = self.bidi.lock().await;
        let is_expected = |line: &String| bidi.expected.is_some_and(|part| line.contains(part));
        let trouble: Vec<&String> = bidi.trouble.iter().filter(|line| !is_expected(line)).collect();
        assert!(trouble.is_empty(), "in the console of the page: {trouble:#?}");
    }

    /// Never fails: it is for tests that have failed.
    async fn save_evidence(&self, name: &str) {
        let saved = AssertUnwindSafe(self.screenshot(&format!("failed-{name}"))).catch_unwind().await;
        eprintln!("target/screenshots/failed-{name}.png {}", if saved.is_ok() { "shows the page" } else { "could not be saved" });
    }
}

/// A way to find one thing in the page, by role and accessible name. It is looked for anew at each use; Firefox asks each element in turn for that, so that a search
/// costs the page some time.
#[derive(Clone)]
pub(crate) struct Spot<'firefox> {
    firefox: &'firefox Firefox,
    /// From the outermost inwards: a role, and the name or parts of it.
    steps: Vec<(&'static str, Name)>,
}

#[derive(Clone, Debug)]
enum Name {
    Is(String),
    Holds(Vec<String>),
}

impl Spot<'_> {
    /// In this one, what has this role and exactly this name.
    pub(crate) fn get(&self, role: &'static str, name: &str) -> Self {
        self.step(role, Name::Is(name.to_owned()))
    }

    /// In this one, what has this role and a name, given by a label, that holds all of these.
    pub(crate) fn get_holding(&self, role: &'static str, parts: &[&str]) -> Self {
        self.step(role, Name::Holds(parts.iter().map(|part| (*part).to_owned()).collect()))
    }

    fn step(&self, role: &'static str, name: Name) -> Self {
        let mut found = self.clone();
        found.steps.push((role, name));
        found
    }

    /// Everything that fits now: nodes, as BiDi has them.
    pub(crate) async fn all(&self) -> Vec<Value> {
        let mut found: Option<Vec<Value>> = None;
        for (role, name) in &self.steps {
            let mut locator = json!({ "type": "accessibility", "value": { "role": role } });
            if let Name::Is(name) = name {
                locator["value"]["name"] = json!(name);
            }
            let mut params = json!({ "context": self.firefox.context, "locator": locator });
            if let Some(scopes) = found {
                if scopes.is_empty() {
                    return scopes;
                }
                params["startNodes"] = scopes.iter().map(|node| json!({ "sharedId": node["sharedId"] })).collect();
            }
            // What has gone meanwhile holds nothing.
            let answer = self.firefox.try_command("browsingContext.locateNodes", params).await.unwrap_or_default();
            let mut nodes = answer["nodes"].as_array().cloned().unwrap_or_default();
            if let Name::Holds(parts) = name {
                nodes.retain(|node| parts.iter().all(|part| label_of(node).contains(part.as_str())));
            }
            found = Some(nodes);
        }
        found.unwrap_or_default()
    }

    /// Waits until exactly one thing fits.
    pub(crate) async fn wait(&self) -> Value {
        self.wait_count(1).await.remove(0)
    }

    /// Waits until `count` things fit.
    pub(crate) async fn wait_count(&self, count: usize) -> Vec<Value> {
        let mut found = vec![];
        until(&format!("{count} of {:?}", self.steps), async || {
            found = self.all().await;
            found.len() == count
        })
        .await;
        found
    }

    /// Waits until its text is as it should be, and returns it.
    pub(crate) async fn wait_text(&self, fits: impl Fn(&str) -> bool) -> String {
        let mut last = String::new();
        let mut node = None;
        let waited = AssertUnwindSafe(until("such text", async || {
            let found = match node.take() {
                Some(found) => found,
                None => self.wait().await,
            };
            // What was replaced meanwhile is looked for again.
            if let Value::String(text) =
                self.call(&found, &format!("function () {{ return this.isConnected ? ({SEEN}).call(this) : null; }}")).await
            {
                node = Some(found);
                last = text;
            }
            fits(&last)
        }));
        assert!(waited.catch_unwind().await.is_ok(), "the text of {:?} stays {last:?}", self.steps);
        last
    }

    /// Clicks it in its middle, once it is there alone, enabled and not covered.
    pub(crate) async fn click(&self) {
        let enabled = format!("function () {{ return this.disabled || this.ariaDisabled === 'true' ? null : ({HITS}).call(this); }}");
        let mut point = Value::Null;
        until(&format!("place of {:?}", self.steps), async || {
            point = self.call(&self.wait().await, &enabled).await;
            !point.is_null()
        })
        .await;
        let [x, y] = [0, 1].map(|axis| point[axis].as_f64().expect("a number").round());
        let actions = json!([
            { "type": "pointerMove", "x": x as i64, "y": y as i64 },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ]);
        self.firefox.act(json!({ "type": "pointer", "id": "mouse", "actions": actions })).await;
    }

    /// Clicks into it and replaces what stands there, key by key.
    pub(crate) async fn fill(&self, text: &str) {
        self.click().await;
        self.firefox.press("Control+a").await;
        self.firefox.press("Backspace").await;
        self.firefox.type_text(text).await;
    }

    /// Gives it the keyboard's focus.
    pub(crate) async fn focus(&self) {
        self.call(&self.wait().await, "function () { this.focus(); }").await;
    }

    /// Calls a JavaScript function on a node; nothing where that has gone meanwhile.
    async fn call(&self, node: &Value, function: &str) -> Value {
        let function = format!("function () {{ return JSON.stringify(({function}).call(this)); }}");
        let target = json!({ "context": self.firefox.context });
        let this = json!({ "sharedId": node["sharedId"] });
        let params = json!({ "functionDeclaration": function, "target": target, "this": this, "awaitPromise": false });
        self.firefox.try_command("script.callFunction", params).await.map(|answer| value_of(&answer)).unwrap_or_default()
    }
}

/// The name that a label gives a node.
pub(crate) fn label_of(node: &Value) -> &str {
    node["value"]["attributes"]["aria-label"].as_str().unwrap_or_default()
}

/// The JSON that a script returned.
fn value_of(answer: &Value) -> Value {
    assert_eq!(answer["type"], "success", "{answer}");
    let text = answer["result"]["value"].as_str();
    text.map(|text| serde_json::from_str(text).expect("JSON")).unwrap_or_default()
}

/// A key as WebDriver has it (<https://www.w3.org/TR/webdriver2/#keyboard-actions>).
fn code_of(key: &str) -> String {
    let code = match key {
        "Backspace" => '\u{e003}',
        "Tab" => '\u{e004}',
        "Enter" => '\u{e006}',
        "Control" => '\u{e009}',
        "Escape" => '\u{e00c}',
        "End" => '\u{e010}',
        "Home" => '\u{e011}',
        "ArrowDown" => '\u{e015}',
        _ => return key.to_owned(),
    };
    code.to_string()
}
