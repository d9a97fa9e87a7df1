//! A window in which Python is ready, and what the tests of programs do with it.

use crate::browser::in_window;
use crate::page::Page;
use crate::python_cache::relay_with_python;
use crate::relay_process::RelayProcess;

/// Runs a test of programs: a relay that has Python, and the script panel open. See [`in_window`].
pub(crate) fn in_python(name: &str, test: impl AsyncFnOnce(&Page, &RelayProcess)) {
    in_window(name, async |page| {
        let relay = relay_with_python(&[]).await;
        page.open(&relay.url()).await;
        page.act_by_script().await;
        test(page, &relay).await;
    });
}

impl Page {
    /// Runs a program from its beginning; what an earlier one printed is cleared away.
    pub(crate) async fn run_program(&self, source: &str) {
        if !self.button("Clear").all().await.is_empty() {
            self.button("Clear").click().await;
        }
        self.write_script(source).await;
        self.button("Run").click().await;
    }

    /// Runs a program to its end, and returns what it printed.
    pub(crate) async fn outcome_of(&self, source: &str) -> String {
        self.run_program(source).await;
        self.get("status", "Script state").wait_text(|text| text.contains("Finished") || text.contains("Ended")).await;
        self.output().text().await
    }
}
