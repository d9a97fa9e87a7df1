//! The first program of all: the relay fetches Python, the page shows how much of it is here, and then the program runs.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Notify;

use crate::browser::in_window;
use crate::http::request;
use crate::npm_registry::{Answer, FILES, Package, Place, Registry};
use crate::page::Page;
use crate::python_cache::relay_with_python;
use crate::until;

/// The real runtime, packed as the registry has it.
async fn real() -> Package {
    let relay = relay_with_python(&[]).await;
    let mut files = vec![];
    for name in FILES {
        files.push((format!("package/{name}"), request(&relay, "GET", &format!("/python/314.0.7/{name}"), &[]).await.body));
    }
    Package::of(&files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect::<Vec<_>>())
}

/// What the bar shows.
const SHOWN: &str = "(() => {
    const bar = document.querySelector('progress[aria-label=\"How much of Python is here\"]');
    return [bar?.value, bar?.max, bar?.parentElement.querySelector('.time').textContent];
})()";

async fn shows(page: &Page, part: f64, words: &str) {
    until("bar", async || page.evaluate(SHOWN).await == json!([part, 1, words])).await;
}

#[test]
fn the_first_run_shows_how_much_of_python_is_here_and_then_runs() {
    in_window("python-arrives", async |page| {
        let (package, go_on) = (real().await, Arc::new(Notify::new()));
        let (total, half) = (package.bytes.len(), package.bytes.len() / 2);
        let registry = Registry::start(&[Answer::Held(package.bytes.clone(), half, Arc::clone(&go_on))]).await;
        let relay = Place::new("page-python-arrives", &package).relay(&registry.url).await;
        page.open(&relay.url()).await;
        page.act_by_script().await;
        page.get("status", "Script state").wait_text(|text| text.contains("The first time ever")).await;
        assert!(registry.heads().is_empty(), "nothing is fetched before a script is run: {:?}", registry.heads());

        page.run_program("print('it', 'runs')\n").await;
        page.get("progressbar", "How much of Python is here").wait().await;
        let megabytes = |bytes: usize| format!("{:.1} MB", bytes as f64 / 1e6);
        shows(page, half as f64 / total as f64, &format!("{} of {}", megabytes(half), megabytes(total))).await;
        page.script_is("fetched from the npm registry").await;

        go_on.notify_one();
        page.output().wait_text(|text| text.contains("it runs")).await;
        page.get("progressbar", "How much of Python is here").wait_gone().await;
        assert_eq!(registry.heads().len(), 1, "{:?}", registry.heads());
    });
}
