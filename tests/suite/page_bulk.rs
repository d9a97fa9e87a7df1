//! Many bytes through the page, unchanged; and a page that does not take them.

use std::path::PathBuf;

use crate::browser::in_browser;
use crate::peers::{Peer, random_bytes};

const MEGABYTE: usize = 1 << 20;

fn random_file(name: &str, seed: u64) -> (PathBuf, Vec<u8>) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let bytes = random_bytes(MEGABYTE, seed);
    std::fs::write(&path, &bytes).expect("target can be written to");
    (path, bytes)
}

#[test]
fn a_megabyte_each_way_arrives_unchanged() {
    in_browser("page_megabyte", async |page, _relay| {
        let (up, _) = random_file("megabyte-up", 11);
        let (down, down_bytes) = random_file("megabyte-down", 12);
        let mut peer = Peer::python("swap.py", &[down.to_str().expect("the path is text")]);
        let port: u16 = peer.value("port").await;
        page.connected_client("127.0.0.1", port).await;
        page.get("spinbutton", "Receive at most").fill("65536").await;
        page.get("switch", "Receive automatically").click().await;
        page.get("radiogroup", "Send as").get("radio", "File").click().await;
        page.get("button", "File to send").choose_file(&up).await;
        page.button("Send").click().await;
        // Both directions go on at once, so the end of the stream may stand far above the last bytes that were sent.
        page.socket(&["client", "CLOSE_WAIT"]).wait().await;
        let both = |text: &str| text.contains("sent 1,048,576 bytes") && text.contains("received 1,048,576 bytes");
        page.get("region", "Views panel").wait_text(both).await;
        let saved = page.save_received(MEGABYTE).await;
        assert_eq!(saved.len(), MEGABYTE);
        assert!(saved == down_bytes, "what came down differs");
        page.group("shutdown").get_begins("button", "shutdown").click().await;
        assert_eq!(peer.value::<usize>("count").await, MEGABYTE);
        let digest: String = peer.value("sha256").await;
        let expected = Peer::start("python3", &["-c", HASH, up.to_str().expect("the path is text")]).finish().await.1;
        assert_eq!(digest.as_bytes(), expected.trim_ascii(), "what went up differs");
        page.screenshot("megabyte").await;
    });
}

const HASH: &str = "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())";

#[test]
fn a_page_that_does_not_receive_stops_the_sender() {
    in_browser("page_stops", async |page, _relay| {
        let mut flood = Peer::python("flood.py", &[]);
        let port: u16 = flood.value("port").await;
        page.connected_client("127.0.0.1", port).await;
        let stalled: usize = flood.value("stalled").await;
        assert!(stalled < 32 * MEGABYTE, "{stalled} bytes went nowhere");
        assert!(!page.stream_text().await.contains("received"), "nothing was asked for");
        page.get("spinbutton", "Receive at most").fill("1048576").await;
        page.get("switch", "Receive automatically").click().await;
        flood.line_with("moving").await;
        page.get("switch", "Receive automatically").click().await;
        page.get("switch", "Receive automatically").wait_property("checked", "false").await;
        flood.stalls_again().await;
    });
}
