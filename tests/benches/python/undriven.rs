//! The page's scripts in a window that nobody drives while they run.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::alone::{Alone, Attached};
use crate::relay_process::RelayProcess;

/// How often it is looked whether a program printed what is waited for. Each look takes the page some milliseconds.
const LOOK: Duration = Duration::from_secs(2);

/// What finds the parts of the page, as a person does: by their names.
const NAMES: &str = r"
window.called = (selector, name) => [...document.querySelectorAll(selector)].find(found => (found.getAttribute('aria-label') ?? found.textContent.trim()) === name);
window.printed = () => called('[role=log]', 'Output')?.textContent ?? '';
window.state = () => called('[role=status]', 'Script state')?.textContent ?? '';
window.write = text => {
    const editor = called('[role=textbox]', 'Script');
    editor.focus();
    editor.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', code: 'KeyA', keyCode: 65, ctrlKey: true, bubbles: true, cancelable: true }));
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    editor.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
};
";

/// A window with the scripts' panel open.
pub(crate) struct Undriven(Alone);

impl Undriven {
    pub(crate) async fn open(relay: &RelayProcess) -> Self {
        let window = Alone::open(&relay.url()).await;
        let mut attached = window.attach().await;
        attached.until("document.body?.innerText.includes('Relay ready') === true").await;
        attached.evaluate(NAMES).await;
        attached.evaluate("called('[role=tab]', 'Script').click()").await;
        attached.until("Boolean(called('[role=textbox]', 'Script'))").await;
        Self(window)
    }

    pub(crate) async fn attach(&self) -> Attached {
        self.0.attach().await
    }

    /// Runs a program in the editor, and lets go of the window.
    pub(crate) async fn run(&self, program: &str) {
        let mut attached = self.attach().await;
        attached.evaluate(&format!("write({})", json!(program))).await;
        attached.evaluate("called('button', 'Run').click()").await;
    }

    /// What was printed, as soon as it is `enough`, or after this long.
    pub(crate) async fn printed(&self, longest: Duration, enough: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            let printed = self.attach().await.evaluate("printed()").await;
            let printed = printed.as_str().unwrap_or_default();
            if enough(printed) || begun.elapsed() > longest {
                return printed.to_owned();
            }
        }
    }

    /// Waits until the program is over.
    pub(crate) async fn is_over(&self) {
        self.attach().await.until("/Finished|Ended|Stopped/.test(state())").await;
    }
}
