//! Each screen as axe-core sees it: no violation of WCAG 2.2 A and AA.

use serde_json::Value;

use crate::browser::in_browser;
use crate::page::Page;
use crate::peers::Peer;
use crate::python::packages;

/// Runs axe-core over the page as it is now.
async fn assert_accessible(page: &Page, screen: &str) {
    let axe = packages().join("axe_playwright_python/axe.min.js");
    let axe = std::fs::read_to_string(&axe).expect("`cargo run -p tests` has installed it");
    page.evaluate(&format!("{axe}; void 0")).await;
    let run = "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'], resultTypes: ['violations'] })
        .then((found) => found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html + ' ' + node.any.map((check) => check.message)).slice(0, 4).join(' | ')}`))";
    let found: Value = page.evaluate(run).await;
    let found: Vec<String> = serde_json::from_value(found).expect("a list of texts");
    assert!(found.is_empty(), "{screen}: {found:#?}");
}

/// A listener, both ends of a connection, an exchange, a refused client.
async fn busy(page: &Page) -> Peer {
    let mut echo = Peer::start("socat", &["-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1", "PIPE"]);
    let port = echo.listening_port().await;
    page.listening_server("127.0.0.1", 5).await;
    page.connected_client("127.0.0.1", port).await;
    page.send_text("hello <b>you</b>\\x00\\n").await;
    page.receive().await;
    page.stream_shows(&["received", "hello"]).await;
    echo
}

#[test]
fn every_screen_in_every_color() {
    in_browser("page_accessible", async |page, _relay| {
        assert_accessible(page, "nothing yet").await;
        let _echo = busy(page).await;
        for colors in ["light", "dark", "contrast"] {
            page.evaluate(&format!("document.documentElement.dataset.theme = '{colors}'")).await;
            for tab in page.get("tablist", "Views").get_begins("tab", "").all().await {
                page.get("tab", &tab.name).click().await;
                assert_accessible(page, &format!("{} in {colors}", tab.name)).await;
            }
            for tab in page.get("tablist", "Details").get_begins("tab", "").all().await {
                page.get("tab", &tab.name).click().await;
                assert_accessible(page, &format!("{} in {colors}", tab.name)).await;
            }
        }
        page.get("tab", "Stream").click().await;
        page.new_client().await;
        page.fill_connect("127.0.0.1", "1").await;
        page.call("connect").await;
        page.alert_at("connect", "ECONNREFUSED").await;
        assert_accessible(page, "an error").await;
        page.choose_socket(&["listener"]).await;
        assert_accessible(page, "a listener").await;
        page.resize(390, 844).await;
        assert_accessible(page, "a telephone").await;
    });
}

#[test]
fn the_screens_of_scripts() {
    in_browser("page_accessible_scripts", async |page, _relay| {
        page.act_by_script().await;
        assert_accessible(page, "an empty script").await;
        page.open_example("server.py").await;
        for colors in ["light", "dark", "contrast"] {
            page.evaluate(&format!("document.documentElement.dataset.theme = '{colors}'")).await;
            assert_accessible(page, &format!("a script in {colors}")).await;
        }
        for panel in ["Examples", "File"] {
            page.button(panel).click().await;
            page.get("dialog", panel).wait().await;
            assert_accessible(page, panel).await;
            page.press("Escape").await;
            page.get("dialog", panel).wait_gone().await;
        }
        page.script().click().await;
        page.press("Control+f").await;
        page.get("textbox", "Find").wait().await;
        assert_accessible(page, "searching in a script").await;
        page.resize(390, 844).await;
        assert_accessible(page, "a script on a telephone").await;
    });
}

#[test]
fn every_panel_of_the_tools() {
    in_browser("page_accessible_tools", async |page, _relay| {
        for tool in ["Recording", "Commands", "Settings", "Help"] {
            page.button(tool).click().await;
            page.get("dialog", tool).wait().await;
            assert_accessible(page, tool).await;
            page.press("Escape").await;
            page.get("dialog", tool).wait_gone().await;
        }
    });
}
