//! What a person does with scripts in the page: write one, run it, read what it prints.

use serde_json::json;

use crate::browser::in_window;
use crate::locator::Locator;
use crate::page::Page;
use crate::python_cache::relay_with_python;
use crate::until;

/// Runs a test of the page with a relay that has Python.
pub(crate) fn with_python(name: &str, test: impl AsyncFnOnce(&Page)) {
    in_window(name, async |page| {
        let relay = relay_with_python(&[]).await;
        page.open(&relay.url()).await;
        test(page).await;
    });
}

impl Page {
    /// Goes over to acting by script.
    pub(crate) async fn act_by_script(&self) {
        self.get("tab", "Script").click().await;
        self.script().wait().await;
    }

    /// The editor's text.
    pub(crate) fn script(&self) -> Locator<'_> {
        self.get("textbox", "Script")
    }

    /// The tab of a script.
    pub(crate) fn script_tab(&self, name: &str) -> Locator<'_> {
        self.get("tablist", "Scripts").get("tab", name)
    }

    /// Puts this in place of all that stands in the editor, as a paste does.
    pub(crate) async fn write_script(&self, text: &str) {
        self.script().focus().await;
        self.press("Control+a").await;
        self.paste(text).await;
    }

    /// Pastes a text where the cursor is. The browser's clipboard is one for all tests, so the text comes with the event.
    pub(crate) async fn paste(&self, text: &str) {
        let paste = format!(
            "(() => {{
                const clipboardData = new DataTransfer();
                clipboardData.setData('text/plain', {});
                document.activeElement.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData, bubbles: true, cancelable: true }}));
            }})()",
            json!(text)
        );
        self.evaluate(&paste).await;
    }

    /// What the script printed.
    pub(crate) fn output(&self) -> Locator<'_> {
        self.get("log", "Output")
    }

    /// Waits until the panel says this of the chosen script.
    pub(crate) async fn script_is(&self, part: &str) {
        self.get("status", "Script state").wait_text(|text| text.contains(part)).await;
    }

    /// Presses the row of the ladder whose call is written so. The picture is hidden from assistive technology, which has the table.
    pub(crate) async fn press_row(&self, call: &str) {
        let place = format!(
            "[...document.querySelectorAll('.rungs text.call')].filter((found) => found.textContent.includes({}))
                .map((found) => found.getBoundingClientRect()).map((box) => [box.x + box.width / 2, box.y + box.height / 2])[0] ?? null",
            json!(call)
        );
        until(&format!("row of {call}"), async || !self.evaluate(&place).await.is_null()).await;
        let at = self.evaluate(&place).await;
        let at = (at[0].as_f64().expect("a number"), at[1].as_f64().expect("a number"));
        self.mouse(&[("mouseMoved", at), ("mousePressed", at), ("mouseReleased", at)], "").await;
    }

    /// Opens an example in a tab.
    pub(crate) async fn open_example(&self, file: &str) {
        self.button("Examples").click().await;
        self.get("dialog", "Examples").get_begins("button", file).click().await;
        self.script_tab(file).wait_property("selected", "true").await;
    }
}
