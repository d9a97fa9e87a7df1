//! What can be done with one click: remedies at an error, calls that do not fit, the session as a program, the projector.

use crate::browser::in_browser;
#[cfg(target_os = "linux")]
use crate::python::Python;
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
        // The ladder is there, too, and shows nothing that can be pressed.
        let drawn = "window.opened[0].document.querySelector('[role=img]').textContent";
        until("ladder", async || page.evaluate(drawn).await.as_str().is_some_and(|text| text.contains("connect(\"127.0.0.1\", 1)"))).await;
        assert_eq!(page.evaluate("window.opened[0].document.querySelectorAll('button, a, input, [tabindex]').length").await, 0);
        until("failure", async || page.evaluate(said).await.as_str().is_some_and(|text| text.contains("ECONNREFUSED"))).await;
        page.screenshot_second("projector").await;
        page.evaluate("window.opened[0].close()").await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn no_answer_is_compared_with_a_port_that_refuses_for_certain() {
    in_browser("page_remedy_compare", async |page, _relay| {
        let mut python = Python::start();
        // Its queue holds one connection; who comes later is not answered.
        python
            .all(&["s = socket.socket()", "s.bind(('127.0.0.1', 0))", "s.listen(0)", "c = socket.create_connection(s.getsockname())"])
            .await;
        let port: u16 = python.number("s.getsockname()[1]").await;
        page.new_client().await;
        page.fill_connect("127.0.0.1", &port.to_string()).await;
        page.group("connect").get("spinbutton", "Timeout").fill("0.3").await;
        page.call("connect").await;
        let text = page.alert_at("connect", "ETIMEDOUT").await;
        assert!(text.contains("its accept queue is full"), "{text}");
        page.button("Compare with a refused connection").click().await;
        page.alert_at("connect", "ECONNREFUSED").await;
        // Who holds the port that refused is a socket of this page, which is closed again.
        let value = page.group("connect").get("spinbutton", "Port").wait().await.property("value").expect("it has one");
        page.socket(&["client", &format!("127.0.0.1:{value}"), "CLOSED"]).wait_property("selected", "true").await;
        page.choose_socket(&["listener", &format!("127.0.0.1:{value}"), "CLOSED"]).await;
        page.stream_shows(&["bind(\"127.0.0.1\", 0)", "close()"]).await;
    });
}

#[test]
fn a_server_that_a_remedy_started_shows_what_it_was_bound_to() {
    in_browser("page_remedy_shown", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 1).await.to_string();
        page.call("close").await;
        page.socket(&["listener", "CLOSED"]).wait().await;
        page.new_client().await;
        page.fill_connect("127.0.0.1", &port).await;
        page.call("connect").await;
        page.button(&format!("Start a server at 127.0.0.1:{port}")).click().await;
        page.socket(&["listener", &format!("127.0.0.1:{port}"), "LISTEN"]).wait().await;
        let value = async |role, name| page.group("bind").get(role, name).wait().await.property("value");
        until("form", async || value("spinbutton", "Port").await.as_deref() == Some(port.as_str())).await;
        assert_eq!(value("textbox", "Address").await.as_deref(), Some("127.0.0.1"));
    });
}

#[test]
fn an_address_of_the_other_family_is_one_click_away() {
    in_browser("page_remedy_family", async |page, _relay| {
        page.new_client().await;
        page.fill_connect("::1", "4321").await;
        page.call("connect").await;
        page.alert_at("connect", "EAI_ADDRFAMILY").await;
        page.button("New socket with IPv6").click().await;
        page.socket(&["client"]).wait_count(2).await;
        let form = page.group("connect");
        until("form", async || form.get("textbox", "Host").wait().await.property("value").as_deref() == Some("::1")).await;
        assert_eq!(form.get("spinbutton", "Port").wait().await.property("value").as_deref(), Some("4321"));
        // What a server was bound to is taken over by a server.
        page.button("New server").click().await;
        page.group("bind").get("textbox", "Address").fill("::1").await;
        page.call("bind").await;
        page.group("bind").get_begins("alert", "").wait().await;
        page.button("New socket with IPv6").click().await;
        page.socket(&["listener"]).wait_count(2).await;
        until("form", async || page.group("bind").get("textbox", "Address").wait().await.property("value").as_deref() == Some("::1")).await;
        page.call("bind").await;
        page.socket(&["listener", "[::1]:", "CLOSED"]).wait().await;
    });
}
