//! The ladder of a connection: what it shows of one end and of both, that it moves with everything else, and what is saved of it.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::browser::in_browser;
use crate::locator::Locator;
use crate::long_recording::long_recording;
use crate::page::Page;
use crate::peers::Peer;
use crate::until;

/// Shows the ladder.
async fn look(page: &Page) {
    page.get("tab", "Ladder").click().await;
    page.get("tab", "Ladder").wait_property("selected", "true").await;
}

fn table(page: &Page) -> Locator<'_> {
    page.get("table", "Ladder as a table")
}

/// Waits until the table says all of these, in this order.
async fn shows(page: &Page, parts: &[&str]) -> String {
    let in_order = |text: &str| {
        let mut rest = text;
        parts.iter().all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    };
    table(page).wait_text(in_order).await
}

/// Waits until a script says yes.
async fn until_true(page: &Page, script: &str) {
    until(script, async || page.evaluate(script).await == Value::Bool(true)).await;
}

/// Clicks into the middle of the first element that fits and is seen.
async fn click_on(page: &Page, selector: &str) {
    let script = format!(
        "[...document.querySelectorAll({selector:?})].map(found => found.getBoundingClientRect()).map(box => [box.x + box.width / 2, box.y + box.height / 2])\
         .find(([x, y]) => document.elementFromPoint(x, y)?.closest({selector:?}))"
    );
    let point = page.evaluate(&script).await;
    for (kind, buttons) in [("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 0)] {
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let event = json!({ "type": kind, "x": point[0], "y": point[1], "button": button, "buttons": buttons, "clickCount": 1 });
        page.command("Input.dispatchMouseEvent", event).await;
    }
}

/// A web server with a page of so many bytes.
async fn server(name: &str, bytes: usize) -> (Peer, u16) {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&directory).expect("target can be written to");
    std::fs::write(directory.join("index.html"), "x".repeat(bytes)).expect("target can be written to");
    Peer::http_server(directory.to_str().expect("the path is text")).await
}

/// A client that asked a real server, and had its whole answer.
async fn asked(page: &Page, port: u16) {
    page.connected_client("localhost", port).await;
    page.get("combobox", "Line ending").choose("\\r\\n").await;
    page.send_text("GET / HTTP/1.0\n").await;
    while !page.stream_text().await.contains("end of stream") {
        page.receive().await;
    }
}

/// A client and the socket that was accepted of it, the client chosen; its own address.
async fn both_ends(page: &Page) -> String {
    let port = page.listening_server("127.0.0.1", 5).await;
    page.button("Connect from this page").click().await;
    let client = page.socket(&["client", &format!("→ 127.0.0.1:{port} ESTABLISHED")]).wait().await;
    let own = client.name.split(' ').nth(1).expect("an address").to_owned();
    page.choose_socket(&["listener", "LISTEN"]).await;
    page.call("accept").await;
    page.socket(&[&format!("accepted 127.0.0.1:{port} ← {own}"), "ESTABLISHED"]).wait().await;
    page.choose_socket(&["client ", &own]).await;
    own
}

#[test]
fn a_client_and_a_real_server() {
    in_browser("page_ladder_client", async |page, _relay| {
        let (_server, port) = server("ladder-site", 40).await;
        asked(page, port).await;
        page.group("shutdown").get_begins("button", "shutdown").click().await;
        page.socket(&["client", "LAST_ACK"]).wait().await;
        look(page).await;
        page.get("tabpanel", "Ladder").wait_text(|text| text.contains("We see only what this end sees.")).await;
        shows(
            page,
            &[
                "send()",
                "“GET / HTTP/1.0␍␊␍␊”",
                "18",
                "recv(4096)",
                "“HTTP/1.0 200 OK␍␊",
                "b'' · end of stream",
                "FIN received (inferred)",
                "CLOSE_WAIT",
                "shutdown(SHUT_WR)",
                "FIN sent (inferred)",
                "LAST_ACK",
            ],
        )
        .await;
        page.screenshot("ladder-client").await;
        page.evaluate("document.querySelector('.rungs').scrollTop = 0").await;
        let connect = format!("connect(\"localhost\", {port})");
        shows(
            page,
            &[
                "socket(AF_INET)",
                &connect,
                "SYN sent (inferred)",
                "SYN_SENT",
                "SYN-ACK received (inferred)",
                "connected",
                "ACK sent (inferred)",
                "ESTABLISHED",
            ],
        )
        .await;
        page.screenshot("ladder-client-top").await;
        // What nobody captured is dashed, and says what it is.
        let script = "[...document.querySelectorAll('.rungs line.inferred')].length >= 3 && [...document.querySelectorAll('.rungs line.inferred')].every(line => getComputedStyle(line).strokeDasharray !== 'none')";
        until_true(page, script).await;
        page.get("switch", "Show as table").click().await;
        until_true(
            page,
            "document.querySelector('.rungs svg:not(.live svg)') === null && document.querySelectorAll('.rungs .table-row').length > 4",
        )
        .await;
        page.screenshot("ladder-table").await;
        page.get("switch", "Show as table").click().await;
        page.prefer_colors("dark").await;
        page.screenshot("ladder-client-dark").await;
        page.resize(390, 844).await;
        page.evaluate("document.querySelector('.ladder').scrollIntoView()").await;
        until_true(page, "document.querySelector('.rungs svg').getBoundingClientRect().right <= 390").await;
        page.screenshot("ladder-390x844-dark").await;
    });
}

#[test]
fn both_ends_step_with_everything_else() {
    in_browser("page_ladder_both", async |page, _relay| {
        let own = both_ends(page).await;
        page.send_text("ping\\n").await;
        page.stream_shows(&["sent", "ping␊"]).await;
        page.send_text("pong\\n").await;
        page.stream_shows(&["sent", "ping␊", "sent", "pong␊"]).await;
        look(page).await;
        page.get("tabpanel", "Ladder").wait_text(|text| text.contains("Both ends are in this page.")).await;
        // Nobody received yet: the bytes stand on the wire.
        until_true(page, "document.querySelector('.rungs .seen').textContent.includes('not received yet')").await;
        page.choose_socket(&["accepted", &own]).await;
        page.receive().await;
        shows(page, &["recv(4096)", "→ 10 bytes"]).await;
        page.choose_socket(&["client ", &own]).await;
        shows(page, &["connect(", "accept()", "from 127.0.0.1:", "“ping␊”", "“pong␊”", "accepted 127.0.0.1:", "recv(4096)", "→ 10 bytes"])
            .await;
        // From each send to the recv that got its bytes.
        until_true(page, "[...document.querySelectorAll('.rungs line.right')].filter(line => line.getAttribute('y1') !== line.getAttribute('y2')).length === 2").await;
        page.group("shutdown").get_begins("button", "shutdown").click().await;
        page.socket(&["client ", &own, "FIN_WAIT"]).wait().await;
        shows(page, &["shutdown(SHUT_WR)", "FIN sent (inferred)", "FIN_WAIT"]).await;
        page.screenshot("ladder-both").await;

        // Back before the end of sending, with the keys: the tree, the state and the ladder go along.
        page.get("group", "Ladder").focus().await;
        page.press("[").await;
        page.socket(&["client ", &own, "ESTABLISHED"]).wait().await;
        page.get("tabpanel", "State").wait_text(|text| text.contains("ESTABLISHED")).await;
        until_true(
            page,
            "document.querySelectorAll('.rungs .rung.at').length === 1 && document.querySelectorAll('.rungs .later').length > 0",
        )
        .await;
        page.screenshot("ladder-past").await;
        page.press("]").await;
        page.socket(&["client ", &own, "FIN_WAIT"]).wait().await;
        until_true(page, "document.querySelectorAll('.rungs .later').length === 0").await;
        // A row that is clicked is looked at.
        click_on(page, ".rungs .rung[data-event] text.call").await;
        until_true(page, "document.querySelectorAll('.rungs .rung.at').length === 1").await;
        page.get("tab", "Stream").click().await;
        until_true(
            page,
            "document.querySelectorAll('.log .event.later').length > 0 && document.querySelectorAll('.log .event.at').length > 0",
        )
        .await;
        page.screenshot("stream-past").await;
        page.get("group", "Time").get("button", "Now").click().await;
        until_true(page, "document.querySelectorAll('.log .event.later').length === 0").await;
        // In a text field the keys write.
        page.get("textbox", "Data to send").fill("[").await;
        page.get("textbox", "Data to send").wait_property("value", "[").await;
        page.socket(&["client ", &own, "FIN_WAIT"]).wait().await;
    });
}

#[test]
fn an_accept_that_waits_is_an_open_bar() {
    in_browser("page_ladder_accept", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 5).await;
        look(page).await;
        page.call("accept").await;
        until_true(page, "/accept\\(\\)waiting \\d/.test(document.querySelector('.rungs .live').textContent)").await;
        page.screenshot("ladder-waiting").await;
        click_on(page, ".rungs [data-cancel]").await;
        shows(page, &["listen(5)", "LISTEN", "accept()", "cancelled"]).await;
        until_true(page, "document.querySelector('.rungs .live').textContent === ''").await;
        page.call("accept").await;
        let mut visitor = Peer::python("visit.py", &[&port.to_string()]);
        let peer: String = visitor.value("local").await;
        shows(page, &["cancelled", "accept()", &format!("from {peer}")]).await;
        // The arrow leads to the connection.
        click_on(page, ".rungs [data-choose]").await;
        page.socket(&["accepted", &peer]).wait_property("selected", "true").await;
        shows(page, &["accept()", "SYN received (inferred)", "SYN-ACK sent (inferred)", "ACK received (inferred)", "ESTABLISHED"]).await;
        page.call("close").await;
        page.socket(&["accepted", &peer, "CLOSED"]).wait().await;
        shows(page, &["close()", "FIN sent (inferred)", "CLOSED"]).await;
    });
}

#[test]
fn the_ladder_is_saved_as_a_picture() {
    in_browser("page_ladder_files", async |page, _relay| {
        let (_server, port) = server("ladder-files", 40).await;
        asked(page, port).await;
        look(page).await;
        let svg = page.saved_by("Save SVG", "svg", |bytes| bytes.ends_with(b"</svg>\n")).await;
        let svg = String::from_utf8(svg).expect("it is UTF-8");
        let parsed = format!(
            "(() => {{ const parsed = new DOMParser().parseFromString({}, 'image/svg+xml'); return [parsed.querySelector('parsererror')?.textContent ?? '', parsed.documentElement.tagName, parsed.title]; }})()",
            Value::String(svg.clone())
        );
        let parsed = page.evaluate(&parsed).await;
        assert_eq!((parsed[0].as_str(), parsed[1].as_str()), (Some(""), Some("svg")), "{svg}");
        for part in [
            "connect(\"localhost\"".replace('"', "&quot;").as_str(),
            "SYN-ACK · inferred",
            "GET / HTTP/1.0<tspan",
            "end of stream",
            "stroke-dasharray",
        ] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        assert!(!svg.contains("class=") && !svg.contains("<script"), "{svg}");

        let png = page.saved_by("Save PNG", "png", |bytes| bytes.ends_with(b"IEND\xaeB`\x82")).await;
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{:?}", &png[..8]);
        let size = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
        assert_eq!(size(16), 1800, "two pixels for each of CSS");
        assert!(size(20) > 600 && png.len() > 10_000, "{} × {}, {} bytes", size(16), size(20), png.len());
        std::fs::write(crate::browser::screenshots().join("ladder-saved.png"), &png).expect("target can be written to");
    });
}

#[test]
fn ten_thousand_events_are_open_at_once() {
    in_browser("page_ladder_many", async |page, _relay| {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ladder-many.jsonl");
        std::fs::write(&file, long_recording(2000)).expect("target can be written to");
        look(page).await;
        page.button("Recording").click().await;
        page.get("button", "Open a recording").choose_file(&file).await;
        page.press("Escape").await;
        page.choose_socket(&["client", "127.0.0.1:51022"]).await;
        until_true(page, "Number(document.querySelector('.scrubber input').max) >= 10000").await;
        shows(page, &["send()", "“ping␊”", "recv(4096)", "→ 5 bytes"]).await;
        until_true(page, "document.querySelectorAll('.rungs .rung').length < 120").await;
        until_true(page, "document.querySelectorAll('.rungs line.right').length > 8").await;
        page.screenshot("ladder-many").await;
        page.evaluate("document.querySelector('.rungs').scrollTop = 0").await;
        shows(page, &["socket(AF_INET)", "connect(", "accept()"]).await;
        page.button("Follow ↓").click().await;
        shows(page, &["send()", "recv(4096)"]).await;
        until_true(page, "document.querySelectorAll('.rungs .rung').length < 120").await;
    });
}
