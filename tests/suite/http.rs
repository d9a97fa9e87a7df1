//! Requests to the relay that are no WebSocket, and their responses byte for byte.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::relay_process::RelayProcess;
use crate::within;

/// What came back.
#[derive(Debug)]
pub(crate) struct Response {
    /// The status of HTTP.
    pub(crate) status: u16,
    /// The status line and the headers, each in a line.
    pub(crate) head: String,
    /// The bytes behind them.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The value of a header that is there once at most.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// The body, which is text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, which is JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// Sends one request to a relay under its own address, with these headers beside `Host`.
pub(crate) async fn request(relay: &RelayProcess, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let own = format!("127.0.0.1:{}", relay.port);
    request_to_host(relay, &own, method, path, headers).await
}

/// The same under another name.
pub(crate) async fn request_to_host(relay: &RelayProcess, host: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{length}{headers}\r\n");
    let mut stream = TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens");
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let mut bytes = vec![];
    within("response", stream.read_to_end(&mut bytes)).await.expect("a response and its end");
    let end =
        bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or_else(|| panic!("no head in {}", String::from_utf8_lossy(&bytes)));
    let (head, body) = (String::from_utf8_lossy(&bytes[..end]).into_owned(), bytes[end + 4..].to_vec());
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status in {head}"));
    Response { status, head, body }
}
