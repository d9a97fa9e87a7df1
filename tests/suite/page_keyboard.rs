//! The first flow without a mouse.

use crate::browser::in_browser;
use crate::peers::Peer;

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
