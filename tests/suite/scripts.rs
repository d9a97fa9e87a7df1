//! What a person does with scripts in the page: write one, run it, read what it prints.

use serde_json::json;

use crate::locator::Locator;
use crate::page::Page;

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
        self.script().click().await;
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

    /// Opens an example in a tab.
    pub(crate) async fn open_example(&self, file: &str) {
        self.button("Examples").click().await;
        self.get("dialog", "Examples").get_begins("button", file).click().await;
        self.script_tab(file).wait_property("selected", "true").await;
    }
}
