//! What is ended and begun again in the page: a call that was cancelled, a relay that was killed.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::browser::in_browser;
use crate::page::Page;
use crate::peers::Peer;
use crate::within;

/// Cancels a call once it waits, and waits until it is over.
async fn cancel(page: &Page, call: &str) {
    let cancel = page.group(call).get("button", &format!("Cancel {call}"));
    cancel.click().await;
    cancel.wait_gone().await;
}

#[test]
fn bytes_come_once_to_a_receive_that_was_cancelled_and_repeated() {
    in_browser("page_recv_again", async |page, _relay| {
        let peer = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        page.connected_client("127.0.0.1", peer.local_addr().expect("it is bound").port()).await;
        let (mut connection, _) = within("connection", peer.accept()).await.expect("it comes");
        page.receive().await;
        cancel(page, "recv").await;
        page.stream_shows(&["recv(4096)", "cancelled"]).await;
        page.receive().await;
        page.group("recv").get("button", "Cancel recv").wait().await;
        connection.write_all(b"one\n").await.expect("it is connected");
        page.stream_shows(&["received", "4 bytes", "one␊"]).await;
        connection.write_all(b"two\n").await.expect("it is connected");
        page.receive().await;
        page.stream_shows(&["one␊", "received", "4 bytes", "two␊"]).await;
        connection.shutdown().await.expect("it is connected");
        page.receive().await;
        // Behind the end nothing can come any more.
        let shown = page.stream_shows(&["one␊", "two␊", "end of stream"]).await;
        for line in ["one␊", "two␊"] {
            assert_eq!(shown.matches(line).count(), 1, "{shown}");
        }
    });
}

#[test]
fn a_connection_comes_to_an_accept_that_was_cancelled_and_repeated() {
    in_browser("page_accept_again", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 5).await;
        page.call("accept").await;
        cancel(page, "accept").await;
        page.stream_shows(&["accept()", "cancelled"]).await;
        page.call("accept").await;
        page.group("accept").get("button", "Cancel accept").wait().await;
        let mut visitor = Peer::python("visit.py", &[&port.to_string()]);
        let local: String = visitor.value("local").await;
        page.socket(&["accepted", &local, "ESTABLISHED"]).wait().await;
        page.group("accept").get("button", "Cancel accept").wait_gone().await;
        page.choose_socket(&["accepted", &local]).await;
        page.send_text("Hello, client!").await;
        page.stream_shows(&["sent", "14 bytes"]).await;
        page.call("close").await;
        visitor.line_with("received b'Hello, client!'").await;
        page.get("tree", "Sockets").get_begins("treeitem", "accepted").wait_count(1).await;
    });
}

#[test]
fn a_relay_that_is_started_again_takes_the_page_with_its_new_address() {
    in_browser("page_relay_again", async |page, relay| {
        page.expect_in_console("WebSocket connection to");
        let mut server = Peer::python("greet.py", &[]);
        let port: u16 = server.value("port").await;
        page.connected_client("127.0.0.1", port).await;
        page.receive().await;
        page.stream_shows(&["received", "Hello, client!"]).await;

        relay.signal("KILL");
        relay.ended().await;
        page.socket(&["client", "RELAY LOST"]).wait().await;
        let again = relay.start_again().await;
        assert_ne!(again.token, relay.token);
        page.get("status", "Relay").wait_text(|text| text.contains("Relay refused this page") && text.contains("token")).await;

        page.evaluate("window.isTheSame = true").await;
        page.follow(&again.url()).await;
        assert_eq!(page.evaluate("window.isTheSame").await, true, "an address that differs in the token alone loads nothing");
        assert_eq!(page.evaluate("location.href").await, format!("http://127.0.0.1:{}/", again.port), "the token is out of the address");
        page.stream_shows(&["received", "Hello, client!"]).await;
        page.connected_client("127.0.0.1", port).await;
        page.receive().await;
        page.stream_shows(&["received", "Hello, client!"]).await;
        page.choose_socket(&["client", "RELAY LOST"]).await;
        page.stream_shows(&["connect(", "received", "Hello, client!", "relay:"]).await;
        page.reload().await;
        page.new_client().await;
    });
}
