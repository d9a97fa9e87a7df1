//! The messages that fill the composer's box in: presets, the history, and what was saved. What the box says is what the peer gets.

use crate::browser::in_browser;
use crate::locator::Locator;
use crate::page::Page;
use crate::peers::Peer;
use crate::until;

/// A peer that prints, as hexadecimal, all that came.
async fn collector() -> (Peer, u16) {
    let mut peer = Peer::python("pieces.py", &[]);
    let port = peer.value("port").await;
    (peer, port)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Page {
    fn messages(&self) -> Locator<'_> {
        self.get("dialog", "Messages")
    }

    async fn open_messages(&self) {
        self.button("Messages").click().await;
        self.messages().wait().await;
    }

    /// The button of a message in one of the groups.
    fn message(&self, group: &str, name: &str) -> Locator<'_> {
        self.messages().get("group", group).get_begins("button", name)
    }

    async fn box_holds(&self, text: &str) {
        self.get("textbox", "Data to send").wait_property("value", text).await;
    }

    /// Sends what is in the box and ends the connection.
    async fn finish(&self) {
        self.group("shutdown").get_begins("button", "shutdown").click().await;
    }
}

#[test]
fn each_preset_sends_exactly_what_it_shows() {
    in_browser("page_presets", async |page, _relay| {
        let http = |port: u16| format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").into_bytes();
        type Expected<'a> = &'a dyn Fn(u16) -> Vec<u8>;
        let presets: [(&str, &str, Expected<'_>); 5] = [
            ("HTTP GET", "", &http),
            ("Greeting", "→ 14 bytes", &|_| b"Hello, client!".to_vec()),
            ("RESP PING", "→ 14 bytes", &|_| b"*1\r\n$4\r\nPING\r\n".to_vec()),
            ("SMTP HELO", "→ 16 bytes", &|_| b"HELO localhost\r\n".to_vec()),
            ("Length prefix", "→ 7 bytes", &|_| b"\x00\x05Hello".to_vec()),
        ];
        for (name, preview, expected) in presets {
            let (mut peer, port) = collector().await;
            page.connected_client("localhost", port).await;
            page.open_messages().await;
            page.message("To begin with", name).click().await;
            page.messages().wait_gone().await;
            let bytes = expected(port);
            page.get("region", "Composer")
                .wait_text(|text| text.contains(preview) && text.contains(&format!("→ {} bytes", bytes.len())))
                .await;
            assert_eq!(page.focused().await.1, "Data to send");
            page.press("Control+Enter").await;
            page.stream_shows(&["sent", &format!("{} bytes", bytes.len()), "took"]).await;
            page.finish().await;
            assert_eq!(peer.value::<String>("came").await, hex(&bytes), "{name}");
        }
    });
}

#[test]
fn what_was_sent_comes_back() {
    in_browser("page_history", async |page, _relay| {
        let (mut peer, port) = collector().await;
        page.connected_client("127.0.0.1", port).await;
        page.get("combobox", "Line ending").choose("\\n").await;
        page.send_text("first").await;
        page.send_text("second").await;
        page.get("radiogroup", "Send as").get("radio", "Hex").click().await;
        page.send_text("00 ff").await;
        page.stream_shows(&["first", "second", "\\xff"]).await;
        page.get("textbox", "Data to send").fill("0").await;

        // Alt and the arrows go back and on again, to what was being written.
        page.press("Alt+ArrowUp").await;
        page.box_holds("00 ff").await;
        page.press("Alt+ArrowUp").await;
        page.box_holds("second").await;
        page.get("radiogroup", "Send as").get("radio", "Text").wait_property("checked", "true").await;
        page.press("Alt+ArrowDown").await;
        page.press("Alt+ArrowDown").await;
        page.box_holds("0").await;

        // The list has the newest first, and it outlives the page.
        page.reload().await;
        page.connected_client("127.0.0.1", collector().await.1).await;
        page.open_messages().await;
        let names: Vec<String> =
            page.messages().get("group", "History").get_begins("button", "").all().await.into_iter().map(|found| found.name).collect();
        assert_eq!(names, ["NUL ␀\\xff", "secondLF ␊", "firstLF ␊"]);
        page.message("History", "first").click().await;
        page.box_holds("first").await;
        page.get("region", "Composer").wait_text(|text| text.contains("→ 6 bytes")).await;
        // The other page is gone, and its socket with it.
        assert_eq!(peer.value::<String>("came").await, hex(b"first\nsecond\n\x00\xff"));
    });
}

#[test]
fn messages_are_saved_under_names() {
    in_browser("page_saved", async |page, _relay| {
        let (mut peer, port) = collector().await;
        page.connected_client("127.0.0.1", port).await;
        page.get("textbox", "Data to send").fill("<b>\\x00").await;
        page.open_messages().await;
        page.messages().get("textbox", "Name of the message").fill("<i>mine</i>").await;
        page.messages().get("button", "Save message").click().await;
        page.message("Saved", "<i>mine</i> <b>NUL ␀").wait().await;
        page.screenshot("composer-messages").await;
        page.press("Escape").await;
        page.messages().wait_gone().await;
        assert_eq!(page.focused().await, ("button".to_owned(), "Messages".to_owned()), "the focus is where it was");

        page.get("textbox", "Data to send").fill("other").await;
        page.reload().await;
        let (_other, port) = collector().await;
        page.connected_client("127.0.0.1", port).await;
        page.open_messages().await;
        page.message("Saved", "<i>mine</i>").click().await;
        page.box_holds("<b>\\x00").await;
        page.open_messages().await;
        page.messages().get("button", "Delete <i>mine</i>").click().await;
        page.message("Saved", "").wait_gone().await;
        // A click elsewhere closes the panel.
        page.get("textbox", "Data to send").click().await;
        page.messages().wait_gone().await;
        assert!(peer.value::<String>("came").await.is_empty());
    });
}

#[test]
fn messages_by_keyboard_alone() {
    in_browser("page_messages_keys", async |page, _relay| {
        let (_peer, port) = collector().await;
        page.connected_client("127.0.0.1", port).await;
        page.tab_to("button", "Messages").await;
        page.press("Enter").await;
        page.messages().wait().await;
        until("focus on the first message", async || page.focused().await.1.starts_with("HTTP GET")).await;
        page.press("ArrowDown").await;
        assert!(page.focused().await.1.starts_with("Greeting"), "{:?}", page.focused().await);
        page.press("Enter").await;
        page.box_holds("Hello, client!").await;
        assert_eq!(page.overflow().await, (0, 0), "at 1366×768");
        page.open_messages().await;
        assert_eq!(page.overflow().await, (0, 0), "with the panel open");
        for width in [390, 320] {
            page.resize(width, 844).await;
            assert_eq!(page.overflow().await.0, 0, "sideways, at {width} pixels");
        }
        page.screenshot("composer-messages-320").await;
    });
}

#[test]
fn the_empty_box_shows_what_one_says_first() {
    in_browser("page_composer_placeholder", async |page, _relay| {
        let hint = "document.getElementById('data-to-send').placeholder";
        page.listening_server("127.0.0.1", 5).await;
        page.button("Connect from this page").click().await;
        page.socket(&["client", "ESTABLISHED"]).wait().await;
        until("a client's", async || page.evaluate(hint).await.as_str().is_some_and(|text| text.starts_with("GET / "))).await;
        page.choose_socket(&["listener"]).await;
        page.call("accept").await;
        page.choose_socket(&["accepted"]).await;
        until("a server's", async || page.evaluate(hint).await == "Hello, client!\\n").await;
    });
}
