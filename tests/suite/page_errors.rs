//! What goes wrong, shown for what it is, at the call; nothing hangs, nothing panics.

use tokio::net::TcpListener;

use crate::browser::in_browser;
use crate::peers::Peer;
#[cfg(target_os = "linux")]
use crate::python::Python;

#[test]
fn connection_refused() {
    in_browser("page_refused", async |page, _relay| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = listener.local_addr().expect("it is bound").port();
        drop(listener);
        page.new_client().await;
        page.fill_connect("localhost", &port.to_string()).await;
        page.call("connect").await;
        let text = page.alert_at("connect", "ECONNREFUSED").await;
        for part in [&format!("127.0.0.1:{port}"), "Nobody is listening", "RST", "ConnectionRefusedError"] {
            assert!(text.contains(part), "{part:?} is not in {text:?}");
        }
        page.screenshot("error-refused").await;
        // The same socket may try again, and the error goes when it does.
        let _server = TcpListener::bind(("127.0.0.1", port)).await.expect("it was free a moment ago");
        page.call("connect").await;
        page.socket(&["client", "ESTABLISHED"]).wait().await;
        page.group("connect").get("alert", "").wait_gone().await;
    });
}

#[test]
fn a_name_that_does_not_resolve() {
    in_browser("page_no_name", async |page, _relay| {
        page.new_client().await;
        page.fill_connect("no-such-host.invalid", "80").await;
        page.call("connect").await;
        // Without a name server in reach the resolver cannot say more than that.
        let text = page.alert_at("connect", "EAI_").await;
        assert!(text.starts_with("EAI_NONAME") || text.starts_with("EAI_AGAIN"), "{text}");
        assert!(text.contains("no-such-host.invalid") && text.contains("gaierror"), "{text}");
    });
}

#[test]
fn an_address_in_use() {
    in_browser("page_in_use", async |page, _relay| {
        let taken = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = taken.local_addr().expect("it is bound").port();
        page.button("New server").click().await;
        page.group("bind").get("textbox", "Address").fill("127.0.0.1").await;
        page.group("bind").get("spinbutton", "Port").fill(&port.to_string()).await;
        page.call("bind").await;
        let text = page.alert_at("bind", "EADDRINUSE").await;
        assert!(text.contains(&format!("Port {port} is taken")), "{text}");
        assert!(!cfg!(target_os = "linux") || text.contains("another socket listens there"), "{text}");
        page.screenshot("error-in-use").await;
        #[cfg(target_os = "linux")]
        {
            let port = Python::start().port_in_time_wait().await;
            page.group("bind").get("spinbutton", "Port").fill(&port.to_string()).await;
            page.call("bind").await;
            let in_words =
                |text: &str| text.contains(&format!("Port {port} is taken: an earlier connection is in TIME_WAIT, for another "));
            page.group("bind").get("alert", "").wait_text(in_words).await;
        }
        page.group("bind").get("spinbutton", "Port").fill("0").await;
        page.call("bind").await;
        page.socket(&["listener", "127.0.0.1:"]).wait().await;
    });
}

#[test]
fn a_port_of_70000() {
    in_browser("page_70000", async |page, _relay| {
        page.new_client().await;
        page.fill_connect("localhost", "70000").await;
        page.call("connect").await;
        let text = page.alert_at("connect", "EINVAL").await;
        assert!(text.contains("70000 is no port") && text.contains("OverflowError"), "{text}");
        page.button("New server").click().await;
        page.group("bind").get("spinbutton", "Port").fill("70000").await;
        page.call("bind").await;
        page.alert_at("bind", "EINVAL").await;
    });
}

#[test]
fn what_is_no_port_is_no_other_port() {
    in_browser("page_no_port", async |page, _relay| {
        page.new_client().await;
        page.button("New server").click().await;
        page.group("bind").get("textbox", "Address").fill("127.0.0.1").await;
        for written in ["-1", "70000", "1e9", "3.5", "99999999999999999999", "-", "80 80"] {
            page.group("bind").get("spinbutton", "Port").fill(written).await;
            page.call("bind").await;
            let said = format!("{written} is no port: ports go from 0 to 65535");
            let text = page.group("bind").get("alert", "").wait_text(|text| text.contains(&said)).await;
            assert!(text.starts_with("EINVAL"), "{text}");
        }
        page.group("bind").get("spinbutton", "Port").fill("").await;
        page.call("bind").await;
        page.group("bind").get("alert", "").wait_text(|text| text.contains("A port is missing")).await;
        page.socket(&["listener", "no address yet"]).wait().await;

        page.choose_socket(&["client"]).await;
        page.fill_connect("localhost", "-1").await;
        page.call("connect").await;
        let text = page.alert_at("connect", "EINVAL").await;
        assert!(text.contains("-1 is no port: ports go from 0 to 65535") && text.contains("OverflowError"), "{text}");
        // The arrow keys make it a port again.
        page.group("connect").get("spinbutton", "Port").focus().await;
        for key in ["ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown"] {
            page.press(key).await;
        }
        page.group("connect").get("spinbutton", "Port").wait_property("value", "1").await;
    });
}

#[test]
fn one_alert_at_a_time() {
    in_browser("page_one_alert", async |page, _relay| {
        let taken = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = taken.local_addr().expect("it is bound").port().to_string();
        page.button("New server").click().await;
        let bind = page.group("bind");
        bind.get("textbox", "Address").fill("127.0.0.1").await;
        for _ in 0..2 {
            bind.get("spinbutton", "Port").fill(&port).await;
            page.call("bind").await;
            // It waits for exactly one alert.
            page.alert_at("bind", "EADDRINUSE").await;
            bind.get("spinbutton", "Port").fill("").await;
            page.call("bind").await;
            bind.get("alert", "").wait_text(|text| text.contains("port is missing")).await;
        }
        bind.get("spinbutton", "Port").fill("0").await;
        page.call("bind").await;
        page.socket(&["listener", "127.0.0.1:"]).wait().await;
        bind.get("alert", "").wait_gone().await;
    });
}

#[test]
fn a_peer_that_resets() {
    in_browser("page_reset", async |page, _relay| {
        let mut server = Peer::python("reset.py", &[]);
        let port: u16 = server.value("port").await;
        page.connected_client("127.0.0.1", port).await;
        page.send_text("x").await;
        server.line_with("reset done").await;
        page.receive().await;
        let text = page.alert_at("recv", "ECONNRESET").await;
        assert!(text.contains("cut the connection"), "{text}");
        assert!(!page.stream_text().await.contains("end of stream"), "a reset is no end of the stream");
        page.screenshot("error-reset").await;
    });
}

#[test]
fn a_call_that_does_not_fit_says_why() {
    in_browser("page_misfit", async |page, _relay| {
        page.new_client().await;
        page.button("Send").wait_property("disabled", "true").await;
        page.group("recv").get_begins("button", "recv").wait_property("disabled", "true").await;
        let why = page.group("recv").text().await;
        assert!(why.contains("not connected yet"), "{why}");
        page.stream_hint("Not connected yet").await;
    });
}

#[test]
fn the_relay_itself_is_out_of_reach() {
    in_browser("page_own_port", async |page, relay| {
        page.new_client().await;
        page.fill_connect("localhost", &relay.port.to_string()).await;
        page.call("connect").await;
        let text = page.alert_at("connect", "Forbidden by the relay").await;
        assert!(text.contains("no error of TCP"), "{text}");
    });
}

#[test]
fn a_relay_that_is_killed() {
    in_browser("page_killed", async |page, relay| {
        page.expect_in_console("WebSocket connection to");
        let port = page.listening_server("127.0.0.1", 5).await;
        page.call("accept").await;
        let server = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let peer_port = server.local_addr().expect("it is bound").port();
        page.connected_client("127.0.0.1", peer_port).await;
        page.receive().await;
        relay.signal("KILL");
        relay.ended().await;

        page.get("status", "Relay").wait_text(|text| text.contains("Relay lost") && text.contains("cargo run -p relay")).await;
        page.socket(&["client", "RELAY LOST"]).wait().await;
        page.socket(&["listener", &format!(":{port}"), "RELAY LOST"]).wait().await;
        let shown = page.stream_text().await;
        assert!(!shown.contains("ECONNRESET") && !shown.contains("end of stream"), "losing the relay is not losing the peer: {shown}");
        page.button("Send").wait_property("disabled", "true").await;
        page.screenshot("error-relay-lost").await;
    });
}

#[test]
fn a_relay_that_ends_in_order() {
    in_browser("page_relay_ends", async |page, relay| {
        page.expect_in_console("WebSocket connection to");
        page.new_client().await;
        relay.signal("TERM");
        assert_eq!(relay.ended().await.code(), Some(0));
        page.get("status", "Relay").wait_text(|text| text.contains("Relay lost")).await;
        page.get("tree", "Sockets").get_begins("treeitem", "client").wait().await;
    });
}

#[test]
fn a_page_without_a_token_says_what_to_do() {
    in_browser("page_no_token", async |page, relay| {
        page.evaluate("sessionStorage.clear()").await;
        page.load(&format!("http://127.0.0.1:{}/", relay.port)).await;
        page.get("status", "Relay").wait_text(|text| text.contains("No token")).await;
        page.load(&format!("http://127.0.0.1:{}/?again#token={}", relay.port, "0".repeat(32))).await;
        page.get("status", "Relay").wait_text(|text| text.contains("refused")).await;
        page.screenshot("error-token").await;
    });
}
