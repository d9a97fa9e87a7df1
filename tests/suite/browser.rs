//! One Chromium for the whole suite, a fresh profile (browser context) for each test in it.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chromiumoxide::Browser;
use chromiumoxide::cdp::browser_protocol::target::{CreateBrowserContextParams, CreateTargetParams};
use chromiumoxide::handler::HandlerConfig;
use futures::{FutureExt, StreamExt};
use tokio::sync::{OnceCell, Semaphore};

use crate::page::Page;
use crate::relay_process::{RelayProcess, root};
use crate::waiting::{TEST_DEADLINE, run_for};
use crate::{until, within};

/// How many tests drive a browser at a time.
pub(crate) static PLACES: Semaphore = Semaphore::const_new(2);

static BROWSER: OnceCell<Chromium> = OnceCell::const_new();

struct Chromium {
    browser: Browser,
    /// Ends the browser when this process ends, however that comes about: see [`GUARD`].
    _guard: Child,
}

/// Runs a browser ($2…) until its own input ends, then removes the profile ($1). Statics are not dropped, and a test run may be killed; but an end
/// of a pipe is always closed with the process that holds the other.
const GUARD: &str = r#"profile="$1"; shift
"$@" >"$profile/log" 2>&1 </dev/null &
cat >/dev/null
kill $!; wait $!
rm -rf "$profile""#;

/// Runs a test of the page: a relay and a window of its own, the page loaded and connected. See [`in_window`].
pub(crate) fn in_browser(name: &str, test: impl AsyncFnOnce(&Page, &mut RelayProcess)) {
    in_window(name, async |page| {
        let mut relay = RelayProcess::start().await;
        page.open(&relay.url()).await;
        test(page, &mut relay).await;
    });
}

/// Runs a test in an empty window. Afterwards nothing may have gone wrong in the console. A test that fails leaves a screenshot and the accessibility tree in
/// `target/screenshots`.
pub(crate) fn in_window(name: &str, test: impl AsyncFnOnce(&Page)) {
    in_window_for(TEST_DEADLINE, name, test);
}

/// The same for what takes as long as it is told to.
pub(crate) fn in_window_for(deadline: Duration, name: &str, test: impl AsyncFnOnce(&Page)) {
    run_for(deadline, async {
        let _place = PLACES.acquire().await.expect("it is never closed");
        let browser = &BROWSER.get_or_init(start).await.browser;
        let context = CreateBrowserContextParams::builder().dispose_on_detach(true).build();
        let context = browser.create_browser_context(context).await.expect("a fresh profile");
        let mut blank = CreateTargetParams::new("about:blank");
        blank.browser_context_id = Some(context.clone());
        blank.new_window = Some(true);
        let tab = within("window", browser.new_page(blank)).await.expect("a window");
        let page = Page::new(tab, context.clone()).await;
        let outcome = AssertUnwindSafe(async {
            test(&page).await;
            page.assert_no_trouble();
        })
        .catch_unwind()
        .await;
        if outcome.is_err() {
            page.save_evidence(&format!("failed-{name}")).await;
        }
        browser.dispose_browser_context(context).await.expect("the profile can be thrown away");
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
}

/// The window that the page in `opener` opened.
pub(crate) async fn opened_by(opener: &chromiumoxide::Page) -> chromiumoxide::Page {
    let browser = &BROWSER.get_or_init(start).await.browser;
    let mut opened = None;
    until("second window", async || {
        let pages = browser.pages().await.unwrap_or_default();
        opened = pages.into_iter().find(|page| page.opener_id().as_ref() == Some(opener.target_id()));
        opened.is_some()
    })
    .await;
    opened.expect("it was just there")
}

/// Where screenshots go.
pub(crate) fn screenshots() -> PathBuf {
    let directory = root().join("target/screenshots");
    std::fs::create_dir_all(&directory).expect("target can be written to");
    directory
}

async fn start() -> Chromium {
    let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{}", std::process::id()));
    let guard = launch(&profile, &["--remote-debugging-port=0", "about:blank"]);
    let address = debugger_address(&profile).await;
    let config = HandlerConfig { viewport: None, request_timeout: Duration::from_secs(60), ..HandlerConfig::default() };
    let (browser, mut handler) = Browser::connect_with_config(address, config).await.expect("the browser can be driven");
    tokio::spawn(async move { while handler.next().await.is_some() {} });
    Chromium { browser, _guard: guard }
}

/// Starts Chromium with a fresh profile. It ends when the child's standard input does.
pub(crate) fn launch(profile: &Path, arguments: &[&str]) -> Child {
    let mut command = guarded(profile, &executable());
    command.args([
        "--headless=new",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // /dev/shm is small in containers.
        "--disable-dev-shm-usage",
        // Two windows work at a time; neither is a background tab.
        "--disable-background-timer-throttling",
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
        "--force-color-profile=srgb",
        "--hide-scrollbars",
        "--lang=en-US",
    ]);
    command.arg(format!("--user-data-dir={}", profile.display()));
    if is_root() {
        command.arg("--no-sandbox");
    }
    command.args(arguments).spawn().expect("sh runs")
}

/// A browser to be started with a fresh profile, where its log goes, too; further arguments are its own. It ends when the child's standard input does.
pub(crate) fn guarded(profile: &Path, browser: &Path) -> Command {
    std::fs::create_dir_all(profile).expect("target can be written to");
    let mut command = Command::new("sh");
    command.args(["-c", GUARD, "sh"]).arg(profile).arg(browser).stdin(Stdio::piped());
    command
}

/// Chromium writes its port and its path into the profile when it is ready.
pub(crate) async fn debugger_address(profile: &Path) -> String {
    let file = profile.join("DevToolsActivePort");
    let address = || {
        let text = std::fs::read_to_string(&file).ok()?;
        let (port, path) = text.trim().split_once('\n')?;
        Some(format!("ws://127.0.0.1:{port}{path}"))
    };
    let started = AssertUnwindSafe(until("browser", async || address().is_some())).catch_unwind().await;
    let log = || std::fs::read_to_string(profile.join("log")).unwrap_or_default();
    assert!(started.is_ok(), "Chromium does not start:\n{}", log());
    address().expect("it was just there")
}

/// The Chromium of the variable CHROME, or of the PATH.
fn executable() -> PathBuf {
    let in_applications =
        ["/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];
    let names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
    find("CHROME", &[&names[..], &in_applications].concat()).unwrap_or_else(|| {
        panic!("there is no Chromium here; `cargo run -p tests` installs it, or says how. Another one is named by the variable CHROME")
    })
}

/// The program that a variable names, or the first of these that is on the PATH, or absolute and there.
pub(crate) fn find(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Joining an absolute name to a directory gives that name.
    names.iter().find_map(|name| std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file()))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
