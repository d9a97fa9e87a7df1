//! What the page looks like: sizes without scrolling, light and dark, and the screenshots of its main states.

use std::path::PathBuf;
use std::sync::LazyLock;

use crate::browser::in_browser;
use crate::page::Page;
use crate::peers::Peer;

/// A directory with a small page, for all tests here: written once, so that no server reads it half-written.
static SITE: LazyLock<PathBuf> = LazyLock::new(|| {
    let site = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("layout-site");
    std::fs::create_dir_all(&site).expect("target can be written to");
    std::fs::write(site.join("index.html"), "<title>Hello</title>\n<h1>Hello from a real server</h1>\n").expect("target can be written to");
    site
});

/// A client that talks to a server, and a listener: what the page is for.
async fn main_state(page: &Page) -> Peer {
    let (server, port) = Peer::http_server(SITE.to_str().expect("the path is text")).await;
    let listening = page.listening_server("127.0.0.1", 5).await;
    page.button("Connect from this page").click().await;
    page.socket(&["client", &format!("→ 127.0.0.1:{listening} ESTABLISHED")]).wait().await;
    page.choose_socket(&["listener", "LISTEN"]).await;
    page.call("accept").await;
    page.socket(&["accepted", "ESTABLISHED"]).wait().await;
    page.connected_client("localhost", port).await;
    page.get("combobox", "Line ending").choose("\\r\\n").await;
    page.send_text("GET / HTTP/1.1\nHost: localhost\n").await;
    // The server may send head and body apart.
    while !page.stream_text().await.contains("end of stream") {
        page.receive().await;
    }
    page.stream_shows(&["GET / HTTP/1.1␍␊", "HTTP/1.0 200 OK␍␊", "Hello from a real server", "end of stream"]).await;
    server
}

#[test]
fn a_laptop_needs_no_scrolling() {
    in_browser("page_laptop", async |page, _relay| {
        assert_eq!(page.overflow().await, (0, 0), "the empty page at 1366×768");
        page.screenshot("empty-1366x768").await;
        let _server = main_state(page).await;
        assert_eq!(page.overflow().await, (0, 0), "at 1366×768");
        page.screenshot("main-1366x768").await;
        page.prefer_colors("dark").await;
        page.screenshot("main-1366x768-dark").await;
        assert_eq!(page.overflow().await, (0, 0), "dark, at 1366×768");
    });
}

#[test]
fn a_telephone_needs_no_sideways_scrolling() {
    in_browser("page_telephone", async |page, _relay| {
        let _server = main_state(page).await;
        for width in [390, 320] {
            page.resize(width, 844).await;
            assert_eq!(page.overflow().await.0, 0, "sideways, at {width} pixels");
            page.screenshot(&format!("main-{width}x844")).await;
        }
        page.prefer_colors("dark").await;
        page.resize(390, 844).await;
        page.screenshot("main-390x844-dark").await;
    });
}

#[test]
fn light_and_dark_differ_and_can_be_read() {
    in_browser("page_colors", async |page, _relay| {
        let mut backgrounds = vec![];
        for scheme in ["light", "dark"] {
            page.prefer_colors(scheme).await;
            // Contrast of the text on the page, as WCAG 2.2 reckons it (4.5 is AA).
            let contrast = page.evaluate(CONTRAST).await;
            assert!(contrast["ratio"].as_f64().expect("a number") >= 4.5, "{scheme}: {contrast}");
            backgrounds.push(contrast["background"].clone());
        }
        assert_ne!(backgrounds[0], backgrounds[1]);
    });
}

const CONTRAST: &str = "(() => {
    const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgb = color => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = color; paint.fillRect(0, 0, 1, 1); return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3); };
    const luminance = color => rgb(color).map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const { color, backgroundColor } = getComputedStyle(document.body);
    const [a, b] = [luminance(color), luminance(backgroundColor)].sort((a, b) => b - a);
    return { ratio: (a + 0.05) / (b + 0.05), background: backgroundColor };
})()";

#[test]
fn controls_are_large_enough_and_named() {
    in_browser("page_targets", async |page, _relay| {
        let _server = main_state(page).await;
        // WCAG 2.2, 2.5.8: 24 by 24 CSS pixels, or a label that large around it.
        let small = page.evaluate(SMALL_TARGETS).await;
        assert_eq!(small, serde_json::json!([]), "smaller than 24 pixels");
        for role in ["button", "textbox", "spinbutton", "combobox", "switch", "radio", "tab", "treeitem"] {
            for found in page.get_begins(role, "").all().await {
                assert!(!found.name.trim().is_empty(), "a {role} has no name");
            }
        }
    });
}

const SMALL_TARGETS: &str = "[...document.querySelectorAll('button, input, select, textarea, [role=treeitem]')]
    .map(control => [control, (control.closest('label') ?? control).getBoundingClientRect()])
    .filter(([control, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
    .map(([control, box]) => `${control.outerHTML.slice(0, 80)} ${box.width}×${box.height}`)";

#[test]
fn long_words_stay_within_their_panels() {
    in_browser("page_long_words", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 1).await.to_string();
        page.call("close").await;
        page.socket(&["listener", "CLOSED"]).wait().await;
        page.new_client().await;
        page.fill_connect("127.0.0.1", &port).await;
        page.call("connect").await;
        page.alert_at("connect", "ECONNREFUSED").await;
        page.get("tabpanel", "State").wait_text(|text| text.contains("connect() failed with ECONNREFUSED")).await;
        assert_eq!(page.evaluate(&wider(".details *")).await, serde_json::json!([]), "the details");
        page.button("Settings").click().await;
        page.get("combobox", "Language").choose("Deutsch").await;
        page.press("Escape").await;
        page.resize(320, 844).await;
        page.button("Neuer Client").wait().await;
        assert_eq!(page.evaluate(&wider("button, .details *")).await, serde_json::json!([]), "German, at 320 pixels");
        page.resize(1366, 768).await;
        page.get("combobox", "Zeilenende").choose("keines").await;
    });
}

/// Which of these hold more than they have room for, sideways.
fn wider(selector: &str) -> String {
    format!(
        "[...document.querySelectorAll('{selector}')].filter(one => one.checkVisibility() && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1
            && !['hidden', 'clip'].includes(getComputedStyle(one).overflowX)).map(one => one.outerHTML.slice(0, 120))"
    )
}
