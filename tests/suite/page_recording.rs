//! What happened is kept over a reload, saved, opened without a relay, played, shared; broken recordings are refused with the reason.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::browser::in_browser;
use crate::page::Page;
use crate::peers::Peer;
use crate::until;

/// A client whose echo came back, closed again.
async fn echoed(page: &Page) {
    let mut echo = Peer::start("socat", &["-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1", "PIPE"]);
    let port = echo.listening_port().await;
    page.connected_client("127.0.0.1", port).await;
    page.send_text("hello \\xff\\x00<script>").await;
    page.receive().await;
    page.stream_shows(&["received", "hello"]).await;
    page.call("close").await;
    page.socket(&["client", "CLOSED"]).wait().await;
}

fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&directory).ok();
    std::fs::create_dir_all(&directory).expect("target can be written to");
    directory
}

/// Presses a button of the recording's panel that saves a file, and waits for the file.
async fn saved(page: &Page, button: &str, directory: &Path, name: &str) -> PathBuf {
    page.download_to(directory).await;
    page.button("Recording").click().await;
    page.button(button).click().await;
    page.press("Escape").await;
    let path = directory.join(name);
    until("download", async || path.is_file()).await;
    path
}

#[test]
fn the_trace_stays_over_a_reload() {
    in_browser("page_reload_trace", async |page, _relay| {
        echoed(page).await;
        page.listening_server("127.0.0.1", 5).await;
        page.reload().await;
        page.choose_socket(&["client", "CLOSED"]).await;
        page.stream_shows(&["sent", "hello", "received"]).await;
        // A socket that was open went with the page.
        page.socket(&["listener", "CLOSED"]).wait().await;
        page.new_client().await;
        page.socket(&["client", "CLOSED"]).wait_count(2).await;
    });
}

#[test]
fn a_recording_is_opened_without_a_relay_and_played() {
    in_browser("page_recording", async |page, relay| {
        let directory = directory("page-recording");
        echoed(page).await;
        let file = saved(page, "Save recording…", &directory, "tcp-playground.jsonl").await;
        page.evaluate("sessionStorage.clear()").await;
        page.load(relay.url().split('#').next().expect("the token stands behind it")).await;
        page.get("status", "Relay").wait_text(|text| text.contains("No token")).await;
        page.button("Recording").click().await;
        page.get("button", "Open a recording").choose_file(&file).await;
        page.press("Escape").await;
        page.get("group", "Recording").wait().await;
        page.socket(&["client", "CLOSED"]).wait_property("selected", "true").await;
        page.stream_shows(&["sent", "hello", "received"]).await;
        assert!(page.group("connect").all().await.is_empty(), "nothing in a recording acts");
        page.get("combobox", "Speed").choose("∞").await;
        page.button("Play").click().await;
        page.button("Play").wait().await;
        page.button("Previous event").click().await;
        page.button("Previous event").click().await;
        page.get("slider", "Event").wait().await;
        page.screenshot("recording-1366x768").await;
        let again = self::directory("page-recording-again");
        let copy = saved(page, "Save recording…", &again, "tcp-playground.jsonl").await;
        let read = |path| std::fs::read_to_string(path).expect("it was saved");
        assert_eq!(read(copy), read(file), "saved again it is the same, though no relay is here and this page was opened later");
        page.button("Close recording").click().await;
        page.get("group", "Recording").wait_gone().await;
    });
}

#[test]
fn sockets_of_the_same_number_are_not_mixed_up() {
    in_browser("page_recording_mixed", async |page, relay| {
        let directory = directory("page-recording-mixed");
        echoed(page).await;
        let file = saved(page, "Save recording…", &directory, "tcp-playground.jsonl").await;
        // The socket of a new page has the number that the recorded one had.
        // Before the new page reads it: the old one keeps something as it goes, too, and that would come back after the new one is ready.
        let source = "location.protocol === 'about:' || sessionStorage.clear()";
        page.command("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
        page.load("about:blank").await;
        page.load(&relay.url()).await;
        page.button("New client").wait().await;
        page.get("status", "Relay").wait_text(|text| text.contains("Relay ready")).await;
        page.new_client().await;
        page.choose_socket(&["client"]).await;
        for view in ["Ladder", "Bytes", "Stream"] {
            page.get("tab", view).click().await;
        }
        page.button("Recording").click().await;
        page.get("button", "Open a recording").choose_file(&file).await;
        page.press("Escape").await;
        page.get("group", "Recording").wait().await;
        page.stream_shows(&["sent", "hello", "received"]).await;
        page.button("Close recording").click().await;
        page.get("group", "Recording").wait_gone().await;
    });
}

#[test]
fn a_broken_recording_is_refused_with_the_reason() {
    in_browser("page_broken_recording", async |page, _relay| {
        let directory = directory("page-broken-recording");
        let hostile = directory.join("hostile.jsonl");
        std::fs::write(&hostile, "{\"tcp-playground\":\"recording\",\"version\":1,\"opened\":\"2026-01-01T00:00:00Z\",\"dropped\":0}\n{\"<img src=x onerror=alert(1)>\":1}\n")
            .expect("it can be written");
        page.button("Recording").click().await;
        page.get("button", "Open a recording").choose_file(&hostile).await;
        let said = page.get("dialog", "Recording").get("alert", "").wait_text(|text| text.contains("line 2")).await;
        assert!(said.starts_with("hostile.jsonl is not opened"), "{said}");
        assert!(page.get("group", "Recording").all().await.is_empty());
    });
}

#[test]
fn a_session_and_a_scenario_are_shared_as_links() {
    in_browser("page_links", async |page, relay| {
        page.new_client().await;
        page.fill_connect("example.test", "1234").await;
        page.get("textbox", "Data to send").fill("PING").await;
        page.get("combobox", "Line ending").choose("\\r\\n").await;
        page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text }").await;
        page.button("Recording").click().await;
        let copied = async |button: &str| {
            page.evaluate("window.copied = ''").await;
            page.button(button).click().await;
            until("link", async || page.evaluate("window.copied").await != "").await;
            page.evaluate("window.copied").await.as_str().expect("a text").to_owned()
        };
        let session = copied("Copy a link with this session").await;
        let scenario = copied("Copy a link with this scenario").await;
        assert!(session.contains("#session=") && scenario.contains("#scenario=client"), "{session} {scenario}");
        assert!(!session.contains(&relay.token) && !scenario.contains(&relay.token), "the token is in no link");
        page.press("Escape").await;
        page.evaluate(&format!("location.href = {session:?}")).await;
        page.get("group", "Recording").wait().await;
        page.socket(&["client", "CLOSED"]).wait().await;
        page.button("Close recording").click().await;
        page.evaluate(&format!("location.href = {scenario:?}")).await;
        page.get_begins("alert", "").wait_text(|text| text.contains("example.test, port 1234")).await;
        page.choose_socket(&["client"]).await;
        page.new_client().await;
        let host = page.group("connect").get("textbox", "Host");
        until("form", async || host.wait().await.property("value").as_deref() == Some("example.test")).await;
        assert_eq!(page.get("textbox", "Data to send").wait().await.property("value").as_deref(), Some("PING"));
    });
}

#[test]
fn a_recording_with_numbers_that_somebody_made_up_is_shown() {
    in_browser("page_made_up_recording", async |page, _relay| {
        let directory = directory("page-made-up-recording");
        let file = directory.join("made-up.jsonl");
        let line = |number: u64, fact: &str| format!("{{\"number\":{number},\"time_ms\":{number},\"socket\":1,{fact}}}\n");
        let mut text = "{\"tcp-playground\":\"recording\",\"version\":1,\"opened\":\"2026-01-01T00:00:00Z\",\"dropped\":0}\n".to_owned();
        for (number, fact) in [
            r#""called":{"id":1,"call":"socket","family":"inet"}"#,
            r#""returned":{"id":1,"return":"socket"}"#,
            r#""called":{"id":2,"call":"connect","host":"x","port":1}"#,
            r#""returned":{"id":2,"return":"connect","local":"127.0.0.1:2","peer":"127.0.0.1:1"}"#,
            r#""called":{"id":3,"call":"send"}"#,
            r#""sending":{"id":3,"text":"hello"}"#,
            r#""returned":{"id":3,"return":"send","sent":18446744073709551615}"#,
            r#""returned":{"return":"send","sent":18446744073709551615}"#,
        ]
        .into_iter()
        .enumerate()
        {
            text += &line(number as u64, fact);
        }
        std::fs::write(&file, text).expect("it can be written");
        page.button("Recording").click().await;
        page.get("button", "Open a recording").choose_file(&file).await;
        page.press("Escape").await;
        page.get("group", "Recording").wait().await;
        page.stream_shows(&["hello"]).await;
        for view in ["Ladder", "Bytes", "Stream", "State", "Buffers", "TCP_INFO", "Code"] {
            page.get("tab", view).click().await;
        }
        page.button("Close recording").click().await;
    });
}

#[test]
fn every_message_of_a_scenario_is_offered_a_servers_to_its_connections() {
    in_browser("page_scenario_messages", async |page, relay| {
        let page_at = |fragment: &str| format!("location.href = 'http://127.0.0.1:{}/#{fragment}'", relay.port);
        let data = async || page.get("textbox", "Data to send").wait().await.property("value");
        page.evaluate(&page_at("scenario=client&host=x&port=80&crlf=EHLO%20me&hex=0d0a&text=QUIT")).await;
        page.get_begins("alert", "").wait_text(|text| text.contains("a client of x, port 80")).await;
        page.new_client().await;
        until("message", async || data().await.as_deref() == Some("EHLO me")).await;
        page.button("Messages").click().await;
        let offered = page.get("dialog", "Messages").get("group", "From the link");
        assert_eq!(offered.get_begins("button", "").all().await.len(), 3);
        offered.get_begins("button", "QUIT").click().await;
        until("message", async || data().await.as_deref() == Some("QUIT")).await;

        page.evaluate(&page_at("scenario=server&host=127.0.0.1&port=0&backlog=5&text=Welcome%5Cn")).await;
        page.get_begins("alert", "").wait_text(|text| text.contains("a server at 127.0.0.1")).await;
        page.button("New server").click().await;
        until("form", async || page.group("bind").get("spinbutton", "Port").wait().await.property("value").as_deref() == Some("0")).await;
        page.call("bind").await;
        page.socket(&["listener", "127.0.0.1:"]).wait().await;
        page.call("listen").await;
        page.button("Connect from this page").click().await;
        page.socket(&["client", "ESTABLISHED"]).wait().await;
        page.choose_socket(&["listener"]).await;
        page.call("accept").await;
        page.choose_socket(&["accepted"]).await;
        until("message", async || data().await.as_deref() == Some("Welcome\\n")).await;
    });
}

#[test]
fn what_is_wrong_with_a_link_is_said_in_the_language_of_the_page() {
    in_browser("page_link_german", async |page, relay| {
        page.button("Settings").click().await;
        page.get("combobox", "Language").choose("Deutsch").await;
        page.button("Neuer Client").wait().await;
        page.press("Escape").await;
        page.evaluate(&format!("location.href = 'http://127.0.0.1:{}/#scenario=client&host=x&port=99999'", relay.port)).await;
        page.get_begins("alert", "").wait_text(|text| text.contains("keine Zahl, die passt")).await;
    });
}
