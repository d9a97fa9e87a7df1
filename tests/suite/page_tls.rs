//! The page over TLS.

use serde_json::json;

use crate::browser::in_window;
use crate::peers::Peer;
use crate::relay_process::RelayProcess;

#[test]
fn the_page_and_its_sockets_work_over_tls() {
    in_window("page_tls", async |page| {
        let relay = RelayProcess::start_with(&["--tls", "self-signed"]).await;
        // What a person does who has compared the fingerprint and goes on past the browser's warning.
        page.command("Security.setIgnoreCertificateErrors", json!({ "ignore": true })).await;
        page.open(&relay.url()).await;
        assert_eq!(page.evaluate("location.protocol").await, "https:");
        assert_eq!(page.evaluate("crossOriginIsolated").await, true, "over TLS it is so on every address");
        let (_server, port) = Peer::http_server(env!("CARGO_MANIFEST_DIR")).await;
        page.new_client().await;
        page.fill_connect("localhost", &port.to_string()).await;
        page.call("connect").await;
        page.socket(&["client 127.0.0.1:", &format!("→ 127.0.0.1:{port} ESTABLISHED")]).wait().await;
        page.send_text("GET / HTTP/1.0\n\n").await;
        page.receive().await;
        page.stream_shows(&["HTTP/1.0 200 OK"]).await;
    });
}
