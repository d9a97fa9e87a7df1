//! Both flows without a mouse, and the page for whoever wants nothing to move.

use crate::browser::in_browser;
use crate::peers::Peer;
use crate::until;

#[test]
fn a_client_by_keyboard_alone() {
    in_browser("page_keyboard", async |page, _relay| {
        let mut echo = Peer::start("socat", &["-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1", "PIPE"]);
        let port = echo.listening_port().await;
        page.tab_to("button", "New client").await;
        page.press("Enter").await;
        page.group("connect").wait().await;
        page.tab_to("textbox", "Host").await;
        page.press("Control+a").await;
        page.type_text("localhost").await;
        page.tab_to("spinbutton", "Port").await;
        page.press("Control+a").await;
        page.type_text(&port.to_string()).await;
        page.press("Enter").await;
        page.socket(&["client", "ESTABLISHED"]).wait().await;
        page.tab_to("textbox", "Data to send").await;
        page.type_text("hello").await;
        page.press("Control+Enter").await;
        page.stream_shows(&["sent", "5 bytes", "hello"]).await;
        page.tab_to("button", "Receive").await;
        page.press(" ").await;
        page.stream_shows(&["received", "5 bytes", "hello"]).await;
        page.tab_to("button", "shutdown").await;
        page.press("Enter").await;
        page.socket(&["client", "FIN_WAIT"]).wait().await;
        page.tab_to("button", "close").await;
        page.press("Enter").await;
        page.socket(&["client", "CLOSED"]).wait().await;
    });
}

#[test]
fn a_server_by_keyboard_alone() {
    in_browser("page_keyboard_server", async |page, _relay| {
        page.tab_to("button", "New server").await;
        page.press("Enter").await;
        page.group("bind").wait().await;
        for (role, name, value) in [("textbox", "Address", "127.0.0.1"), ("spinbutton", "Port", "0")] {
            page.tab_to(role, name).await;
            page.press("Control+a").await;
            page.type_text(value).await;
        }
        page.press("Enter").await;
        let bound = page.socket(&["listener", "127.0.0.1:", "CLOSED"]).wait().await;
        let port = bound.name.split([':', ' ']).find_map(|part| part.parse::<u16>().ok().filter(|port| *port > 0)).expect("a port");
        page.tab_to("button", "listen").await;
        page.press("Enter").await;
        page.socket(&["listener", "LISTEN"]).wait().await;
        page.tab_to("button", "accept").await;
        page.press("Enter").await;
        let mut visitor = Peer::python("visit.py", &[&port.to_string()]);
        page.socket(&["accepted", "ESTABLISHED"]).wait().await;
        page.tab_to("treeitem", "").await;
        page.press("ArrowDown").await;
        page.socket(&["accepted"]).wait_property("selected", "true").await;
        page.tab_to("textbox", "Data to send").await;
        page.type_text("Hello, client!").await;
        page.press("Control+Enter").await;
        page.stream_shows(&["sent", "14 bytes", "Hello, client!"]).await;
        page.tab_to("button", "close").await;
        page.press("Enter").await;
        visitor.line_with("received b'Hello, client!'").await;
        page.socket(&["accepted", "CLOSED"]).wait().await;
    });
}

#[test]
fn nothing_moves_for_whoever_wants_it_so() {
    in_browser("page_reduced_motion", async |page, _relay| {
        page.listening_server("127.0.0.1", 5).await;
        // A call that waits pulses.
        page.call("accept").await;
        let moving = "document.getAnimations().filter(animation => animation.playState === 'running').length";
        until("movement", async || page.evaluate(moving).await != 0).await;
        let wish = serde_json::json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
        page.command("Emulation.setEmulatedMedia", wish).await;
        until("stillness", async || page.evaluate(moving).await == 0).await;
        page.group("accept").get("switch", "Accept automatically").click().await;
        assert_eq!(page.evaluate(moving).await, 0, "the knob of a switch jumps");
    });
}

#[test]
fn the_tree_is_walked_with_the_arrows() {
    in_browser("page_tree", async |page, _relay| {
        page.listening_server("127.0.0.1", 5).await;
        page.button("New client").click().await;
        page.socket(&["client", "CLOSED"]).wait_property("selected", "true").await;
        page.tab_to("treeitem", "client").await;
        page.press("ArrowUp").await;
        page.socket(&["listener"]).wait_property("selected", "true").await;
        page.press("ArrowDown").await;
        page.socket(&["client"]).wait_property("selected", "true").await;
    });
}
