//! Both ends of a connection in the page.

use crate::browser::in_browser;

#[test]
fn both_ends_talk_to_each_other() {
    in_browser("page_both_ends", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 5).await;
        page.button("Connect from this page").click().await;
        let client = page.socket(&["client", &format!("→ 127.0.0.1:{port} ESTABLISHED")]).wait().await;
        let own = client.name.split(' ').nth(1).expect("an address").to_owned();
        page.group("connect").get("textbox", "Host").wait_property("value", "127.0.0.1").await;
        page.group("connect").get("spinbutton", "Port").wait_property("value", &port.to_string()).await;
        page.choose_socket(&["listener", "LISTEN"]).await;
        page.call("accept").await;
        let accepted = format!("accepted 127.0.0.1:{port} ← {own}");
        page.socket(&[&accepted, "ESTABLISHED"]).wait().await;

        page.choose_socket(&["client ", &own]).await;
        page.send_text("ping\\n").await;
        page.stream_shows(&["sent", "ping␊"]).await;
        page.choose_socket(&[&accepted]).await;
        page.receive().await;
        page.stream_shows(&["received", "5 bytes", "ping␊"]).await;
        page.send_text("pong\\n").await;
        page.group("shutdown").get_begins("button", "shutdown").click().await;
        page.socket(&[&accepted, "FIN_WAIT"]).wait().await;

        page.choose_socket(&["client ", &own]).await;
        page.receive().await;
        page.stream_shows(&["sent", "ping␊", "received", "pong␊"]).await;
        page.receive().await;
        page.stream_shows(&["end of stream"]).await;
        page.socket(&["client ", &own, "CLOSE_WAIT"]).wait().await;
        page.screenshot("both-ends").await;
        // The other direction is still open.
        page.send_text("bye").await;
        page.choose_socket(&[&accepted]).await;
        page.receive().await;
        page.stream_shows(&["received", "3 bytes", "bye"]).await;
    });
}
