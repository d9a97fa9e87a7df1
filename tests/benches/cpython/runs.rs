//! The tests are run in the page, by `runner.py`. Where one hangs, Stop ends it, and the next run goes on behind it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::applies::OTHERS;
use crate::debian::Tests;
use crate::page::Page;
use crate::relay_process::{RelayProcess, root};
use crate::within;

/// The tests that are about TCP, and what stands on it.
const MODULES: &[&str] = &[
    "test.test_socket",
    "test.test_socketserver",
    "test.test_select",
    "test.test_selectors",
    "test.test_poll",
    "test.test_epoll",
    "test.test_httplib",
    "test.test_asyncio.test_streams",
    "test.test_asyncio.test_server",
    "test.test_asyncio.test_sock_lowlevel",
];

/// The longest that one test takes before it hangs.
const HANGS_AFTER: Duration = Duration::from_secs(45);

/// After so many tests the closed sockets are cleared from the page's list, as a person does: thousands of them cost time at each frame.
const CLEARED_EACH: usize = 20;

const CLEAR: &str = "[...document.querySelectorAll('button')].find((one) => one.textContent === 'Clear closed')?.click()";

/// What takes longer is told at once.
const TELLS_AFTER: Duration = Duration::from_secs(5);

/// How a test ended.
pub(crate) enum Ending {
    Passed,
    Failed(String),
    /// By itself, as it says.
    Skipped,
    /// It was not run: it is of something else than TCP.
    Other,
}

impl Ending {
    /// Its column.
    pub(crate) const fn place(&self) -> usize {
        match self {
            Self::Passed => 0,
            Self::Failed(_) => 1,
            Self::Skipped => 2,
            Self::Other => 3,
        }
    }
}

/// The module of a test's name, without `test.`.
pub(crate) fn module_of(test: &str) -> &str {
    // The whole of a name or of its packages: `test.test_select` is none of `test.test_selectors`.
    let is_of = |module: &&&str| test.strip_prefix(**module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let module = MODULES.iter().find(is_of).copied().unwrap_or(test);
    module.trim_start_matches("test.")
}

/// What was run so far.
pub(crate) struct Runs<'tests> {
    tests: &'tests Tests,
    /// Tests are run whose names hold one of these; all where there are none.
    words: Vec<String>,
    pub(crate) endings: BTreeMap<String, Ending>,
    is_over: bool,
}

impl<'tests> Runs<'tests> {
    pub(crate) fn new(tests: &'tests Tests, words: Vec<String>) -> Self {
        Self { tests, words, endings: BTreeMap::new(), is_over: false }
    }

    /// Runs everything.
    pub(crate) async fn all(&mut self, page: &Page, relay: &RelayProcess) {
        page.open(&relay.url()).await;
        page.act_by_script().await;
        while !self.is_over {
            self.until_one_hangs(page).await;
            let is_at_its_end = |text: &str| ["Stopped", "Finished", "Ended"].iter().any(|end| text.contains(end));
            let state = page.get("status", "Script state");
            if !self.is_over && !is_at_its_end(&state.text().await) {
                page.button("Stop").click().await;
                state.wait_text(is_at_its_end).await;
            }
        }
    }

    async fn until_one_hangs(&mut self, page: &Page) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = listener.local_addr().expect("it is bound").port();
        let runner = std::fs::read_to_string(root().join("tests/benches/cpython/runner.py")).expect("it is in the tree");
        page.run_program(&format!("PORT = {port}\n{runner}")).await;
        let (mut stream, _) = within("program that connects", listener.accept()).await.expect("it comes");
        let done: Vec<&String> = self.endings.keys().collect();
        let others: Vec<&str> = OTHERS.iter().map(|(part, _)| *part).collect();
        let bytes = self.tests.archive.len();
        let orders = json!({ "modules": MODULES, "words": self.words, "done": done, "others": others, "bytes": bytes });
        stream.write_all(format!("{orders}\n").as_bytes()).await.expect("the program reads");
        stream.write_all(&self.tests.archive).await.expect("the program reads");
        let mut lines = BufReader::new(stream).lines();
        let mut running = String::new();
        let mut begun = Instant::now();
        loop {
            let Ok(line) = tokio::time::timeout(HANGS_AFTER, lines.next_line()).await else {
                println!("    {running} hangs");
                self.endings.insert(running, Ending::Failed(format!("It hangs: {HANGS_AFTER:?} passed.")));
                return;
            };
            let Ok(Some(line)) = line else {
                let printed = page.output().text().await;
                assert!(!running.is_empty(), "no test was begun: {printed}");
                println!("    {running} ends the program: {printed}");
                self.endings.insert(running, Ending::Failed("It ends the program.".to_owned()));
                return;
            };
            let told: Value = serde_json::from_str(&line).expect("the program tells JSON");
            let word = |place: usize| told[place].as_str().unwrap_or_default().to_owned();
            let (kind, test, text) = (word(0), word(1), word(2));
            let ending = match kind.as_str() {
                "begin" => {
                    running = test;
                    begun = Instant::now();
                    continue;
                }
                "pass" => Ending::Passed,
                "skip" => Ending::Skipped,
                "other" => Ending::Other,
                "over" => {
                    self.is_over = true;
                    return;
                }
                _ => Ending::Failed(text),
            };
            if kind != "other" && begun.elapsed() > TELLS_AFTER {
                println!("    {test} takes {:.0} s", begun.elapsed().as_secs_f64());
            }
            self.endings.insert(test, ending);
            if self.endings.len().is_multiple_of(CLEARED_EACH) {
                page.evaluate(CLEAR).await;
            }
        }
    }
}
