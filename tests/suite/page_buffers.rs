//! Where bytes wait, and who waits to be accepted: the kernel's queues in the page, filled and emptied by real peers; and TCP_INFO.

use std::path::PathBuf;

use crate::browser::in_browser;
use crate::page::Page;
use crate::peers::{Peer, random_bytes};
use crate::python::Python;

/// By how many pixels the details are wider than their panel.
pub(crate) const WIDER: &str = "(panel => panel.scrollWidth - panel.clientWidth)(document.querySelector('.details'))";

async fn choose_detail(page: &Page, name: &str) {
    let tab = page.get("tablist", "Details").get("tab", name);
    tab.click().await;
    tab.wait_property("selected", "true").await;
}

/// Waits until the buffers say all of these.
async fn buffers_say(page: &Page, parts: &[&str]) -> String {
    page.get("tabpanel", "Buffers").wait_text(|text| parts.iter().all(|part| text.contains(part))).await
}

#[test]
#[cfg(target_os = "linux")]
fn an_accept_queue_fills_and_empties() {
    in_browser("page_accept_queue", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 2).await;
        choose_detail(page, "Buffers").await;
        buffers_say(page, &["Nobody waits to be accepted", "0, backlog 2"]).await;
        let mut python = Python::start();
        let connect = format!("x.append(socket.create_connection(('127.0.0.1', {port})))");
        python.all(&["x = []", &connect]).await;
        buffers_say(page, &["A connection is established and waits for accept", "1, backlog 2"]).await;
        python.all(&[&connect, &connect]).await;
        buffers_say(page, &["The queue is full", "3, backlog 2"]).await;
        page.screenshot("buffers-listener").await;
        page.call("accept").await;
        buffers_say(page, &["2 connections are established", "2, backlog 2", "accepted so far 1"]).await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn what_nobody_receives_waits_in_the_queue() {
    in_browser("page_recv_queue", async |page, _relay| {
        let mut python = Python::start();
        let port = python.listen().await;
        page.connected_client("127.0.0.1", port).await;
        choose_detail(page, "Buffers").await;
        buffers_say(page, &["Both queues are empty", "not in this page"]).await;
        python.all(&["c, _ = s.accept()", "c.sendall(bytes(1000))"]).await;
        buffers_say(page, &["1,000 bytes have arrived and wait in the kernel", "our receive queue 1,000 bytes", "with recv 0 bytes"]).await;
        page.get("spinbutton", "Receive at most").fill("300").await;
        page.receive().await;
        buffers_say(page, &["our receive queue 700 bytes", "your program took with recv 300 bytes"]).await;
        page.get("spinbutton", "Receive at most").fill("4096").await;
        page.receive().await;
        buffers_say(page, &["Both queues are empty", "your program took with recv 1,000 bytes"]).await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_window_closes_and_opens() {
    in_browser("page_window", async |page, _relay| {
        let mut flood = Peer::python("flood.py", &[]);
        let port: u16 = flood.value("port").await;
        page.connected_client("127.0.0.1", port).await;
        choose_detail(page, "Buffers").await;
        flood.line_with("stalled").await;
        buffers_say(page, &["nobody calls recv", "our window is closed", "no room for a segment more"]).await;
        page.screenshot("buffers-closed").await;
        page.prefer_colors("dark").await;
        page.screenshot("buffers-closed-dark").await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_slow_reader_blocks_our_send() {
    in_browser("page_slow_reader", async |page, _relay| {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("slow-reader");
        std::fs::write(&file, random_bytes(12 << 20, 5)).expect("target can be written to");
        let mut python = Python::start();
        python.all(&["s = socket.socket()", "s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)"]).await;
        python.all(&["s.bind(('127.0.0.1', 0))", "s.listen()"]).await;
        let port: u16 = python.number("s.getsockname()[1]").await;
        page.connected_client("127.0.0.1", port).await;
        python.all(&["c, _ = s.accept()"]).await;
        choose_detail(page, "Buffers").await;
        page.get("radiogroup", "Send as").get("radio", "File").click().await;
        page.get("button", "File to send").choose_file(&file).await;
        page.button("Send").click().await;
        buffers_say(page, &["send waits: the send queue is full", "the other end's window", "closed"]).await;
        page.screenshot("buffers-send-waits").await;
        choose_detail(page, "TCP_INFO").await;
        let info = page.get("tabpanel", "TCP_INFO");
        info.get_holding("image", &["Bytes in flight:", " bytes now;", " in the last "]).wait().await;
        info.get_holding("image", &["Congestion window:", " segments now;"]).wait().await;
        info.get_holding("image", &["Delivery rate:", " bytes/s now;"]).wait().await;
        page.screenshot("tcp-info").await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn both_ends_of_a_connection_in_the_page_are_one_chain() {
    in_browser("page_chain", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 5).await;
        page.button("Connect from this page").click().await;
        page.socket(&["client", &format!("→ 127.0.0.1:{port} ESTABLISHED")]).wait().await;
        page.choose_socket(&["listener", "LISTEN"]).await;
        page.call("accept").await;
        page.socket(&["accepted", "ESTABLISHED"]).wait().await;
        page.choose_socket(&["client", "ESTABLISHED"]).await;
        choose_detail(page, "Buffers").await;
        page.send_text("ping").await;
        buffers_say(
            page,
            &[
                "4 bytes stand in the other end's receive queue",
                "your program gave to send 4 bytes",
                "the other end's receive queue 4 bytes",
                "with recv 0 bytes",
            ],
        )
        .await;
        page.screenshot("buffers-chain").await;
        page.choose_socket(&["accepted", "ESTABLISHED"]).await;
        buffers_say(page, &["4 bytes have arrived", "the other program gave to send 4 bytes"]).await;
        page.receive().await;
        buffers_say(page, &["Both queues are empty", "your program took with recv 4 bytes"]).await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn tcp_info_has_units_meanings_and_plots() {
    in_browser("page_tcp_info", async |page, _relay| {
        let mut python = Python::start();
        let port = python.listen().await;
        choose_detail(page, "TCP_INFO").await;
        page.connected_client("127.0.0.1", port).await;
        let info = page.get("tabpanel", "TCP_INFO");
        info.get_holding("image", &["Round trip:", "s now;", " in the last "]).wait().await;
        let row =
            |text: &str, name: &str, value: &str| text.lines().any(|line| line.trim().starts_with(name) && line.trim().ends_with(value));
        // Linux does not tell the second one.
        info.wait_text(|text| row(text, "snd_mss", " bytes") && row(text, "cwnd_limited", "not available on this system")).await;
        info.get_begins("rowheader", "snd_mss").wait().await;
        let explain = info.get("switch", "Explain the fields");
        explain.click().await;
        explain.wait_property("checked", "true").await;
        info.wait_text(|text| text.contains("The other end's window: so much it lets come.")).await;
        page.screenshot("tcp-info-explained").await;
        page.resize(390, 844).await;
        assert_eq!(page.evaluate(WIDER).await, 0, "sideways");
    });
}
