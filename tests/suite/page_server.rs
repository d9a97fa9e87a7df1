//! The page as a server for real programs.

use serde_json::json;

use crate::browser::in_browser;
use crate::locator::Found;
use crate::page::Page;
use crate::peers::Peer;
use crate::until;

/// The addresses of the accepted sockets that the tree shows: `127.0.0.1:51022` of each peer.
fn peer_of(accepted: &Found) -> String {
    let (_, rest) = accepted.name.split_once("← ").unwrap_or_else(|| panic!("no peer in {:?}", accepted.name));
    rest.split(' ').next().expect("an address").to_owned()
}

/// Greets an accepted connection and closes it, as the server of the introduction does.
async fn greet(page: &Page, peer: &str) {
    page.choose_socket(&["accepted", &format!("← {peer} ")]).await;
    page.send_text("Hello, client!").await;
    page.stream_shows(&["sent", "14 bytes", "Hello, client!"]).await;
    page.call("close").await;
    page.socket(&["accepted", &format!("← {peer} "), "CLOSED"]).wait().await;
}

#[test]
fn real_programs_are_greeted() {
    in_browser("page_server", async |page, _relay| {
        let port = page.listening_server("0.0.0.0", 5).await;
        page.group("accept").get("switch", "Accept automatically").click().await;
        page.group("accept").get("switch", "Accept automatically").wait_property("checked", "true").await;
        page.screenshot("server-listening").await;

        let url = format!("http://127.0.0.1:{port}/");
        let nc = Peer::start("nc", &["-d", "127.0.0.1", &port.to_string()]);
        let mut python = Peer::python("visit.py", &[&port.to_string()]);
        let curls = [0, 1].map(|_| Peer::start("curl", &["-sS", "--http0.9", "--output", "-", &url]));
        let accepted = page.socket(&["accepted", "ESTABLISHED"]).wait_count(4).await;
        let peers: Vec<String> = accepted.iter().map(peer_of).collect();
        let local: String = python.value("local").await;
        assert!(peers.contains(&local), "{local} is shown among {peers:?}");
        page.screenshot("server-accepted").await;

        for peer in &peers {
            greet(page, peer).await;
        }
        python.line_with("received b'Hello, client!'").await;
        let (status, output) = nc.finish().await;
        assert!(status.success());
        assert_eq!(output, b"Hello, client!");
        for curl in curls {
            // curl's request was not read: it may see a reset behind the greeting, yet has printed it.
            let (_, output) = curl.finish().await;
            assert_eq!(output, b"Hello, client!");
        }
    });
}

#[test]
fn one_accept_takes_one_connection() {
    in_browser("page_accept", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 5).await;
        until("command of Unix", async || says_to_type(page, &format!("nc 127.0.0.1 {port}")).await).await;
        let visitors = [0, 1].map(|_| Peer::python("visit.py", &[&port.to_string()]));
        let mut peers = vec![];
        for mut visitor in visitors {
            let local: String = visitor.value("local").await;
            peers.push((visitor, local));
        }
        page.call("accept").await;
        page.socket(&["accepted", "ESTABLISHED"]).wait_count(1).await;
        // The listener shows the way to it: what accept returned is another socket.
        page.get_begins("button", "Talk to 127.0.0.1:").click().await;
        page.get("textbox", "Data to send").wait().await;
        page.choose_socket(&["listener", "LISTEN"]).await;
        page.call("accept").await;
        page.socket(&["accepted", "ESTABLISHED"]).wait_count(2).await;
        for (visitor, local) in &mut peers {
            greet(page, local).await;
            visitor.line_with("received b'Hello, client!'").await;
        }
    });
}

/// Whether somebody is told to type this elsewhere.
async fn says_to_type(page: &Page, command: &str) -> bool {
    let commands = page.evaluate("[...document.querySelectorAll('code')].map(code => code.textContent)").await;
    commands.as_array().is_some_and(|commands| commands.iter().any(|found| found == command))
}

#[test]
fn what_to_type_elsewhere_is_what_windows_has() {
    in_browser("page_server_command", async |page, _relay| {
        let agent = page.evaluate("navigator.userAgent").await;
        page.command("Emulation.setUserAgentOverride", json!({ "userAgent": agent, "platform": "Win32" })).await;
        let port = page.listening_server("127.0.0.1", 5).await;
        let url = format!("telnet://127.0.0.1:{port}");
        until("command of Windows", async || says_to_type(page, &format!("curl.exe {url}")).await).await;
        page.group("accept").get("switch", "Accept automatically").click().await;
        let mut curl = Peer::start("curl", &["-sS", "-N", &url]);
        page.socket(&["accepted", "ESTABLISHED"]).wait().await;
        curl.type_in(b"typed\n").await;
        page.choose_socket(&["accepted", "ESTABLISHED"]).await;
        page.get("switch", "Receive automatically").click().await;
        page.stream_shows(&["received", "typed␊"]).await;
    });
}

#[test]
fn an_accept_that_waits_can_be_cancelled() {
    in_browser("page_cancel", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 5).await;
        page.call("accept").await;
        page.button("Cancel accept").click().await;
        page.stream_shows(&["accept()", "cancelled"]).await;
        // The next connection waits in the kernel's queue until somebody accepts it.
        let mut visitor = Peer::python("visit.py", &[&port.to_string()]);
        let local: String = visitor.value("local").await;
        page.call("accept").await;
        page.socket(&["accepted", &local, "ESTABLISHED"]).wait().await;
        greet(page, &local).await;
        visitor.line_with("received b'Hello, client!'").await;
    });
}

#[test]
fn bytes_of_a_visitor_are_received_by_themselves() {
    in_browser("page_receive_automatically", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 5).await;
        let mut nc = Peer::start("nc", &["-N", "127.0.0.1", &port.to_string()]);
        page.call("accept").await;
        page.socket(&["accepted", "ESTABLISHED"]).wait().await;
        page.choose_socket(&["accepted", "ESTABLISHED"]).await;
        page.get("switch", "Receive automatically").click().await;
        nc.type_in(b"first line\n").await;
        page.stream_shows(&["received", "11 bytes", "first line␊"]).await;
        nc.type_in("zweite Zeile: Grüße\n".as_bytes()).await;
        page.stream_shows(&["first line␊", "zweite Zeile: Grüße␊"]).await;
        nc.close_input();
        page.stream_shows(&["end of stream"]).await;
        page.socket(&["accepted", "CLOSE_WAIT"]).wait().await;
        page.send_text("still open\\n").await;
        nc.printed(b"still open\n").await;
        page.call("close").await;
        assert!(nc.finish().await.0.success());
    });
}

#[test]
fn a_listener_ends_with_its_page() {
    in_browser("page_gone", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 5).await;
        page.reload().await;
        until("free port", async || tokio::net::TcpListener::bind(("127.0.0.1", port)).await.is_ok()).await;
    });
}
