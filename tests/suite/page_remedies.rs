//! What can be done with one click: remedies at an error, calls that do not fit, the session as a program, the projector.

use crate::browser::in_browser;
use crate::until;

#[test]
fn a_server_is_started_where_nobody_listened() {
    in_browser("page_remedy_server", async |page, _relay| {
        // A port of this machine that is free: one that was just given back.
        let port = page.listening_server("127.0.0.1", 1).await;
        page.call("close").await;
        page.socket(&["listener", "CLOSED"]).wait().await;
        page.new_client().await;
        page.fill_connect("127.0.0.1", &port.to_string()).await;
        page.call("connect").await;
        page.alert_at("connect", "ECONNREFUSED").await;
        page.button(&format!("Start a server at 127.0.0.1:{port}")).click().await;
        page.socket(&["listener", &format!("127.0.0.1:{port}"), "LISTEN"]).wait().await;
        page.choose_socket(&["client"]).await;
        page.call("connect").await;
        page.socket(&["client", &format!("127.0.0.1:{port}"), "ESTABLISHED"]).wait().await;
    });
}

#[test]
fn a_taken_port_is_left_for_a_free_one() {
    in_browser("page_remedy_port", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 1).await;
        page.button("New server").click().await;
        page.group("bind").get("textbox", "Address").fill("127.0.0.1").await;
        page.group("bind").get("spinbutton", "Port").fill(&port.to_string()).await;
        page.call("bind").await;
        page.alert_at("bind", "EADDRINUSE").await;
        page.button("Bind to a free port").click().await;
        page.socket(&["listener", "127.0.0.1:", "CLOSED"]).wait().await;
        page.screenshot("remedy-1366x768").await;
    });
}

#[test]
fn a_call_that_does_not_fit_is_tried_anyway() {
    in_browser("page_try_anyway", async |page, _relay| {
        page.new_client().await;
        page.group("recv").get("button", "Try anyway").click().await;
        page.alert_at("recv", "ENOTCONN").await;
        page.button("New server").click().await;
        page.group("accept").get("button", "Try anyway").click().await;
        page.alert_at("accept", "EINVAL").await;
    });
}

#[test]
fn the_session_is_a_program() {
    in_browser("page_code", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 5).await;
        page.get("tab", "Code").click().await;
        let program = page.get("region", "Program");
        program.wait_text(|text| text.contains("import socket") && text.contains("listen(5)")).await;
        page.get("radio", "Rust").click().await;
        program.wait_text(|text| text.contains("fn main()") && text.contains("127.0.0.1")).await;
        page.get("radio", "C").click().await;
        program.wait_text(|text| text.contains("#include <sys/socket.h>")).await;
        page.get("radio", "nc, socat").click().await;
        program.wait_text(|text| text.contains("nc ")).await;
        assert!(port > 0);
        page.screenshot("code-1366x768").await;
    });
}

#[test]
fn the_projector_says_what_happens() {
    in_browser("page_projector", async |page, _relay| {
        page.evaluate("window.opened = []; const open = window.open; window.open = (...how) => { const one = open(...how); window.opened.push(one); return one }").await;
        page.button("Projector").click().await;
        page.new_client().await;
        let said = "window.opened[0].document.body.innerText";
        until("sentence", async || page.evaluate(said).await.as_str().is_some_and(|text| text.contains("A client is made."))).await;
        page.fill_connect("127.0.0.1", "1").await;
        page.call("connect").await;
        page.alert_at("connect", "ECONNREFUSED").await;
        until("failure", async || page.evaluate(said).await.as_str().is_some_and(|text| text.contains("ECONNREFUSED"))).await;
        page.screenshot_second("projector").await;
        page.evaluate("window.opened[0].close()").await;
    });
}
