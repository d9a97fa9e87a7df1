//! The page as a client of real servers.

use std::path::PathBuf;

use crate::browser::in_browser;
use crate::peers::Peer;

/// A directory with an `index.html` of all 256 byte values, and a length of its own.
fn site(name: &str) -> (PathBuf, Vec<u8>) {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&directory).expect("target can be written to");
    let mut body = b"<title>Hello from a real server</title>\n".to_vec();
    body.extend(0..=255);
    std::fs::write(directory.join("index.html"), &body).expect("target can be written to");
    (directory, body)
}

#[test]
fn a_page_gets_a_page_from_a_web_server() {
    in_browser("page_client", async |page, _relay| {
        let (directory, body) = site("client-site");
        let (_server, port) = Peer::http_server(directory.to_str().expect("the path is text")).await;
        page.new_client().await;
        page.fill_connect("localhost", &port.to_string()).await;
        page.call("connect").await;
        page.socket(&["client 127.0.0.1:", &format!("→ 127.0.0.1:{port} ESTABLISHED")]).wait().await;
        page.stream_shows(&["socket(AF_INET)", &format!("connect(\"localhost\", {port})")]).await;

        page.get("combobox", "Line ending").choose("\\r\\n").await;
        page.send_text("GET / HTTP/1.1\nHost: localhost\n").await;
        page.stream_shows(&["sent", "GET / HTTP/1.1␍␊", "Host: localhost␍␊", "␍␊"]).await;

        page.get("spinbutton", "Receive at most").fill("4096").await;
        page.receive().await;
        page.stream_shows(&["received", "recv(4096)", "HTTP/1.0 200 OK␍␊"]).await;
        // A server may send head and body apart; then a recv brings less than there is. The button is pressed when the call before has returned.
        while !page.stream_text().await.contains("end of stream") {
            page.receive().await;
        }
        page.stream_shows(&["b''", "end of stream: the other end finished sending"]).await;
        page.socket(&["client", "CLOSE_WAIT"]).wait().await;

        let shown = page.stream_text().await;
        assert!(shown.contains("<title>Hello from a real server</title>␊"), "{shown}");
        let saved = page.save_received(body.len() + 20).await;
        let head_len = saved.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
        assert!(saved.starts_with(b"HTTP/1.0 200 OK\r\n"));
        assert_eq!(&saved[head_len..], &body, "byte for byte");

        page.get("radiogroup", "Show as").get("radio", "Hex").click().await;
        page.stream_shows(&["48 54 54 50 2f 31 2e 30", "HTTP/1.0"]).await;
        page.screenshot("client-http").await;

        page.group("shutdown").get_begins("button", "shutdown").click().await;
        page.socket(&["client", "LAST_ACK"]).wait().await;
        page.call("close").await;
        page.socket(&["client", "CLOSED"]).wait().await;
    });
}

#[test]
fn hexadecimal_and_escapes_are_the_bytes_that_go() {
    in_browser("page_composer", async |page, _relay| {
        let mut socat = Peer::start("socat", &["-u", "-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1", "STDOUT"]);
        let port = socat.listening_port().await;
        page.connected_client("127.0.0.1", port).await;
        page.get("radiogroup", "Send as").get("radio", "Hex").click().await;
        page.send_text("48 65 6c 6c 6f 0d 0a 00 ff").await;
        socat.printed(b"Hello\r\n\0\xff").await;
        page.get("radiogroup", "Send as").get("radio", "Text").click().await;
        page.send_text("a\\tb\\x01\\r\\n").await;
        socat.printed(b"Hello\r\n\0\xffa\tb\x01\r\n").await;
        // What is no hexadecimal is said so, and does not go.
        page.get("radiogroup", "Send as").get("radio", "Hex").click().await;
        page.get("textbox", "Data to send").fill("4g").await;
        page.get("group", "send").get("alert", "").wait_text(|text| text.contains("no hexadecimal digit")).await;
    });
}

#[test]
fn a_receive_takes_at_most_what_it_asks_for() {
    in_browser("page_receive", async |page, _relay| {
        let mut server = Peer::python("greet.py", &[]);
        let port: u16 = server.value("port").await;
        page.connected_client("localhost", port).await;
        page.get("spinbutton", "Receive at most").fill("5").await;
        page.receive().await;
        page.stream_shows(&["received", "5 bytes", "recv(5)", "Hello"]).await;
        page.get("spinbutton", "Receive at most").fill("100").await;
        page.receive().await;
        page.stream_shows(&["9 bytes", "recv(100)", ", client!"]).await;
        page.receive().await;
        page.stream_shows(&["end of stream"]).await;
    });
}

#[test]
fn a_reload_keeps_the_token_and_hides_it() {
    in_browser("page_reload", async |page, relay| {
        let address = page.evaluate("location.href").await;
        assert_eq!(address, format!("http://127.0.0.1:{}/", relay.port), "the token is out of the address");
        page.reload().await;
        page.new_client().await;
    });
}

#[test]
fn a_filter_shows_the_rows_that_are_meant() {
    in_browser("page_filter", async |page, _relay| {
        let mut server = Peer::python("greet.py", &[]);
        let port: u16 = server.value("port").await;
        page.connected_client("localhost", port).await;
        page.send_text("one\\ntwo\\n").await;
        page.receive().await;
        page.stream_shows(&["one␊", "two␊", "Hello, client!"]).await;
        page.get("searchbox", "Filter").fill("TWO").await;
        page.stream().wait_text(|text| text.contains("two␊") && !text.contains("one␊") && !text.contains("Hello")).await;
        page.get("searchbox", "Filter").fill("nowhere").await;
        page.get("tabpanel", "Stream").wait_text(|text| text.contains("No row fits the filter.")).await;
        page.get("searchbox", "Filter").fill("").await;
        page.get("combobox", "Rows").choose("Received").await;
        page.stream().wait_text(|text| text.contains("Hello, client!") && !text.contains("sent")).await;
        page.get("combobox", "Rows").choose("Calls").await;
        page.stream().wait_text(|text| text.contains("connect(") && text.contains("recv(4096)") && !text.contains("Hello")).await;
        page.screenshot("stream-calls").await;
    });
}
