//! The page comes in pieces: what is fetched before it can be used, that the rest comes by itself, and what is there when it does not.

use serde_json::json;

use crate::browser::in_browser;
use crate::page::Page;
use crate::relay_process::{RelayProcess, is_release};
use crate::until;

/// Lets the page fetch its pieces as the test wants it: all, none, or only when it says so.
const GATE: &str = r"
window.pieces = 'held';
window.held = [];
const fetched = window.fetch;
window.fetch = (...what) => {
    if (!/\/(split|chunk)_\w+\.wasm$/.test(String(what[0]))) return fetched(...what);
    window.isTooEarly ||= !document.body.textContent.includes('Relay ready');
    if (window.pieces === 'let through') return fetched(...what);
    if (window.pieces === 'refused') return Promise.reject(new Error('refused by the test'));
    return new Promise((resolve, reject) => window.held.push(() => fetched(...what).then(resolve, reject)));
};
window.letThrough = () => { window.pieces = 'let through'; window.held.splice(0).forEach(go => go()); };
";

/// The Wasm that came over the network, compressed or not: how often, and how many bytes.
const WASM: &str = r"JSON.stringify(performance.getEntriesByType('resource').filter(entry => entry.name.endsWith('.wasm')).map(entry => [entry.name.split('/').pop(), entry.encodedBodySize]))";

/// The files that are there when every piece is.
async fn every_piece_is_here(page: &Page) {
    until("every piece", async || {
        let files = page.evaluate(WASM).await;
        let files = files.as_str().unwrap_or_default().to_owned();
        ["split_hand", "split_views", "split_script"].iter().all(|piece| files.contains(piece))
    })
    .await;
}

async fn open_gated(page: &Page, relay: &RelayProcess, pieces: &str) {
    page.command("Page.addScriptToEvaluateOnNewDocument", json!({ "source": format!("{GATE} window.pieces = {pieces:?};") })).await;
    page.load("about:blank").await;
    page.open(&relay.url()).await;
}

/// Kibibytes of Wasm before the page can be used. A release is held to 250 by its build (`relay/build/budget.rs`); the page of these tests is compiled for a quick build and
/// compressed by the quickest gzip, which makes more than three times as much of it.
const MOST_KIB: f64 = 850.0;

#[test]
fn a_socket_can_be_made_with_the_first_file_alone() {
    in_browser("page_pieces_first", async |page, relay| {
        open_gated(page, relay, "held").await;
        page.button("New client").click().await;
        page.get("region", "Views panel").wait_text(|text| text.contains("Fetching this part of the page…")).await;
        assert_eq!(page.evaluate("window.isTooEarly").await, false, "a piece was fetched before the page could be used");
        let files = page.evaluate(WASM).await;
        let files: Vec<(String, f64)> = serde_json::from_str(files.as_str().expect("text")).expect("the files");
        assert_eq!(files.len(), 1, "{files:?}");
        let (name, bytes) = &files[0];
        let most_kib = if is_release() { 250.0 } else { MOST_KIB };
        assert!(name == "web_bg.wasm" && *bytes > 0.0 && bytes / 1024.0 <= most_kib, "{name} {bytes}");
        page.evaluate("letThrough()").await;
        page.fill_connect("localhost", "1").await;
        page.socket(&["client", "CLOSED"]).wait().await;
        every_piece_is_here(page).await;
    });
}

#[test]
fn a_piece_that_did_not_come_is_told_and_tried_again() {
    in_browser("page_pieces_failed", async |page, relay| {
        page.expect_in_console("refused by the test");
        open_gated(page, relay, "refused").await;
        page.button("New client").click().await;
        let stream = page.get("region", "Views panel");
        stream.wait_text(|text| text.contains("could not be fetched from the relay")).await;
        page.evaluate("letThrough()").await;
        stream.get("button", "Try again").click().await;
        page.fill_connect("localhost", "1").await;
        page.socket(&["client", "CLOSED"]).wait().await;
    });
}

#[test]
fn nothing_needs_the_relay_once_the_pieces_are_here() {
    in_browser("page_pieces_relay_gone", async |page, relay| {
        every_piece_is_here(page).await;
        relay.signal("KILL");
        page.get("status", "Relay").wait_text(|text| text.contains("Relay lost")).await;
        page.expect_in_console("WebSocket");
        page.expect_in_console("ERR_");
        page.button("Help").click().await;
        page.get("dialog", "Help").wait_text(|text| text.contains("accept")).await;
        page.press("Escape").await;
        page.button("Recording").click().await;
        page.button("Save recording…").wait().await;
        page.press("Escape").await;
        page.view("Bytes").await;
        page.view("Ladder").await;
        page.get("tablist", "Details").get("tab", "Code").click().await;
        page.get("radio", "Rust").wait().await;
    });
}
