//! A window with the page in it: what a person sees of the whole, and what went wrong in its console.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chromiumoxide::cdp::browser_protocol::browser::BrowserContextId;
use chromiumoxide::cdp::browser_protocol::log::EventEntryAdded;
use chromiumoxide::cdp::js_protocol::runtime::{EventConsoleApiCalled, EventExceptionThrown};
use chromiumoxide::page::ScreenshotParams;
use chromiumoxide::{Command, Method};
use futures::StreamExt;
use serde::Serialize;
use serde_json::{Value, json};

use crate::browser::{opened_by, screenshots};
use crate::locator::Locator;
use crate::relay_process::root;
use crate::{until, within};

/// A window of the browser.
pub(crate) struct Page {
    tab: chromiumoxide::Page,
    browser_context: BrowserContextId,
    trouble: Arc<Mutex<Vec<String>>>,
    /// Parts of messages that a test brings about on purpose.
    expected: Mutex<Vec<String>>,
}

/// A command of the DevTools protocol, whose answer is read as it stands: what a newer Chromium adds to an enumeration breaks nothing here.
#[derive(Clone, Debug)]
struct Raw {
    method: &'static str,
    params: Value,
}

impl Serialize for Raw {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.params.serialize(serializer)
    }
}

impl Method for Raw {
    fn identifier(&self) -> Cow<'static, str> {
        self.method.into()
    }
}

impl Command for Raw {
    type Response = Value;
}

/// The screenshots that are the README's pictures, and what they are called there.
const PICTURES: &[(&str, &str)] = &[
    ("main-1366x768", "client"),
    ("empty-1366x768", "empty"),
    ("server-accepted", "server"),
    ("ladder-both", "both-ends"),
    ("error-refused", "error"),
    ("buffers-closed", "slow-reader"),
    ("ladder-client-dark", "dark"),
    ("projector", "projector"),
    ("main-390x844", "narrow"),
    ("script-server-1366x768", "script"),
];

/// Saves a screenshot; with the variable UPDATE_SCREENSHOTS into the README too, where it is one of its pictures.
fn save(name: &str, image: &[u8]) {
    std::fs::write(screenshots().join(format!("{name}.png")), image).expect("target can be written to");
    if std::env::var_os("UPDATE_SCREENSHOTS").is_some()
        && let Some((_, picture)) = PICTURES.iter().find(|(screenshot, _)| *screenshot == name)
    {
        let path = root().join("docs/pictures").join(format!("{picture}.png"));
        std::fs::write(path, image).expect("the sources can be written to");
    }
}

impl Page {
    /// Takes over an empty window.
    pub(crate) async fn new(tab: chromiumoxide::Page, browser_context: BrowserContextId) -> Self {
        let page = Self { tab, browser_context, trouble: Arc::default(), expected: Mutex::default() };
        page.collect_trouble().await;
        page.resize(1366, 768).await;
        page
    }

    /// Loads an address.
    pub(crate) async fn load(&self, url: &str) {
        let answer = self.command("Page.navigate", json!({ "url": url })).await;
        assert!(answer.get("errorText").is_none(), "{url}: {answer}");
        self.loaded().await;
    }

    /// Waits until a document is loaded that is not the one which was marked.
    async fn loaded(&self) {
        let expression = "document.readyState === 'complete' && !window.beforeReload";
        // There is nothing to ask while one document goes and the next comes.
        let is_loaded = async || {
            let answer = self.try_command("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true })).await;
            answer.is_ok_and(|answer| answer["result"]["value"] == true)
        };
        until("load", is_loaded).await;
    }

    /// Loads an address and waits until the page is connected to its relay.
    pub(crate) async fn open(&self, url: &str) {
        self.load(url).await;
        self.button("New client").wait().await;
        self.get("status", "Relay").wait_text(|text| text.contains("Relay ready")).await;
    }

    /// Goes to an address of this same page, as one that is typed into the address bar, and waits until the page is connected to its relay.
    pub(crate) async fn follow(&self, url: &str) {
        self.evaluate(&format!("location.href = {url:?}")).await;
        self.get("status", "Relay").wait_text(|text| text.contains("Relay ready")).await;
    }

    /// Reloads it.
    pub(crate) async fn reload(&self) {
        self.evaluate("window.beforeReload = true").await;
        self.command("Page.reload", json!({})).await;
        self.loaded().await;
        self.button("New client").wait().await;
        self.get("status", "Relay").wait_text(|text| text.contains("Relay ready")).await;
    }

    /// What has this role and exactly this accessible name.
    pub(crate) fn get(&self, role: &'static str, name: &str) -> Locator<'_> {
        Locator::new(self).get(role, name)
    }

    /// What has this role and a name that begins so.
    pub(crate) fn get_begins(&self, role: &'static str, name: &str) -> Locator<'_> {
        Locator::new(self).get_begins(role, name)
    }

    /// A button.
    pub(crate) fn button(&self, name: &str) -> Locator<'_> {
        self.get("button", name)
    }

    /// The size of the window's content in CSS pixels.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Light or dark, as the person's system has it.
    pub(crate) async fn prefer_colors(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.command("Emulation.setEmulatedMedia", features).await;
    }

    /// Where downloads go.
    pub(crate) async fn download_to(&self, directory: &Path) {
        let context: &str = self.browser_context.as_ref();
        let behaviour = json!({ "behavior": "allow", "browserContextId": context, "downloadPath": directory });
        self.command("Browser.setDownloadBehavior", behaviour).await;
    }

    /// Lets this test read what the page copied, as a paste elsewhere would.
    pub(crate) async fn permit_clipboard(&self) {
        let context: &str = self.browser_context.as_ref();
        let permissions = json!({ "browserContextId": context, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        self.command("Browser.grantPermissions", permissions).await;
    }

    /// Whether the page is larger than the window: by how many pixels it can be scrolled right and down.
    pub(crate) async fn overflow(&self) -> (i64, i64) {
        let script = "[document.scrollingElement.scrollWidth - innerWidth, document.scrollingElement.scrollHeight - innerHeight]";
        let value = self.evaluate(script).await;
        (value[0].as_i64().expect("a number"), value[1].as_i64().expect("a number"))
    }

    /// The value of a JavaScript expression. For what a person cannot see only.
    pub(crate) async fn evaluate(&self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.command("Runtime.evaluate", params).await;
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Messages that hold `part` are brought about by this test, and no trouble.
    pub(crate) fn expect_in_console(&self, part: &str) {
        self.expected.lock().expect("no panic holds it").push(part.to_owned());
    }

    /// Whether a warning or an error that holds `part` stands in the console.
    pub(crate) fn console_holds(&self, part: &str) -> bool {
        self.trouble.lock().expect("no panic holds it").iter().any(|line| line.contains(part))
    }

    /// Panics where an error or a panic stood in the console.
    pub(crate) fn assert_no_trouble(&self) {
        let expected = self.expected.lock().expect("no panic holds it").clone();
        let trouble = self.trouble.lock().expect("no panic holds it").clone();
        let trouble: Vec<String> = trouble.into_iter().filter(|line| !expected.iter().any(|part| line.contains(part))).collect();
        assert!(trouble.is_empty(), "in the console of the page: {trouble:#?}");
    }

    /// Saves what the page looks like to `target/screenshots/NAME.png`.
    pub(crate) async fn screenshot(&self, name: &str) {
        let image = within("screenshot", self.tab.screenshot(ScreenshotParams::builder().build())).await.expect("a screenshot");
        save(name, &image);
    }

    /// The same of the window that the page opened.
    pub(crate) async fn screenshot_second(&self, name: &str) {
        let second = opened_by(&self.tab).await;
        let image = within("screenshot", second.screenshot(ScreenshotParams::builder().build())).await.expect("a screenshot");
        save(name, &image);
    }

    /// Saves a screenshot, what assistive technology is told, and the console. Never fails: it is for tests that have failed.
    pub(crate) async fn save_evidence(&self, name: &str) {
        let directory = screenshots();
        let saved = async {
            let image = self.tab.screenshot(ScreenshotParams::builder().build()).await.ok()?;
            std::fs::write(directory.join(format!("{name}.png")), image).ok()?;
            let tree = self.try_command("Accessibility.getFullAXTree", json!({})).await.ok()?;
            let lines: Vec<String> = tree["nodes"].as_array()?.iter().filter(|node| node["ignored"] != true).map(describe).collect();
            let console = self.trouble.lock().map(|trouble| trouble.join("\n")).unwrap_or_default();
            std::fs::write(directory.join(format!("{name}.txt")), lines.join("\n") + "\n\nConsole:\n" + &console).ok()
        };
        if tokio::time::timeout(crate::DEADLINE, saved).await.ok().flatten().is_none() {
            eprintln!("the evidence of {name} could not be saved whole");
        }
        eprintln!("see {}", directory.join(name).display());
    }

    /// A command of the DevTools protocol, and its answer.
    pub(crate) async fn command(&self, method: &'static str, params: Value) -> Value {
        self.try_command(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// A command that may fail, because what it is about has gone meanwhile.
    pub(crate) async fn try_command(&self, method: &'static str, params: Value) -> chromiumoxide::Result<Value> {
        Ok(self.tab.execute(Raw { method, params }).await?.result)
    }

    /// Collects what goes wrong from now on: errors and warnings in the console, exceptions, failed requests.
    async fn collect_trouble(&self) {
        let console = self.tab.event_listener::<EventConsoleApiCalled>().await.expect("it can be listened to");
        let exceptions = self.tab.event_listener::<EventExceptionThrown>().await.expect("it can be listened to");
        let log = self.tab.event_listener::<EventEntryAdded>().await.expect("it can be listened to");
        self.tab.enable_log().await.expect("the log can be enabled");
        let console = console.filter_map(async |event| {
            let kind = format!("{:?}", event.r#type).to_lowercase();
            (kind == "error" || kind == "warning" || kind == "assert").then(|| format!("{kind}: {:?}", event.args))
        });
        let exceptions = exceptions.map(|event| format!("exception: {:?}", event.exception_details));
        let log = log.filter_map(async |event| {
            let level = format!("{:?}", event.entry.level).to_lowercase();
            (level == "error" || level == "warning").then(|| format!("{level}: {} {:?}", event.entry.text, event.entry.url))
        });
        let trouble = Arc::clone(&self.trouble);
        tokio::spawn(async move {
            let mut all = std::pin::pin!(futures::stream::select(console, futures::stream::select(exceptions, log)));
            while let Some(line) = all.next().await {
                if let Ok(mut trouble) = trouble.lock() {
                    trouble.push(line);
                }
            }
        });
    }
}

/// `role "name" = value` of a node of the accessibility tree.
fn describe(node: &Value) -> String {
    let text = |key: &str| node[key]["value"].as_str().unwrap_or_default().to_owned();
    let value = text("value");
    format!("{} {:?}{}", text("role"), text("name"), if value.is_empty() { value } else { format!(" = {value:?}") })
}
