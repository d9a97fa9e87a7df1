//! The bytes of a connection in the page: the ruler, what bytes read as, the fields of a protocol, and taking bytes elsewhere.

use crate::browser::in_browser;
use crate::locator::Locator;
use crate::page::Page;
use crate::peers::Peer;
use crate::until;

/// Starts a peer that sends these pieces, each but the first when something came.
async fn pieces(pieces: &[&[u8]]) -> (Peer, u16) {
    let hex = |piece: &&[u8]| piece.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let pieces: Vec<String> = pieces.iter().map(hex).collect();
    let mut peer = Peer::python("pieces.py", &pieces.iter().map(String::as_str).collect::<Vec<_>>());
    let port = peer.value("port").await;
    (peer, port)
}

impl Page {
    /// The cells of the ruler.
    fn bytes(&self) -> Locator<'_> {
        self.get("grid", "Bytes")
    }

    /// The byte at which a call began.
    fn beginning(&self, name: &str) -> Locator<'_> {
        // Which number the event has depends on how often the kernel was asked meanwhile.
        self.bytes().get_begins("gridcell", name)
    }

    /// What the inspector says, once it says all of these.
    async fn inspector_says(&self, parts: &[&str]) -> String {
        self.get("region", "Inspector").wait_text(|text| parts.iter().all(|part| text.contains(part))).await
    }

    /// The field whose name holds these.
    fn field(&self, parts: &[&str]) -> Locator<'_> {
        self.get("listbox", "Fields").get_holding("option", parts)
    }

    async fn chosen_bytes(&self) -> usize {
        let cells = self.bytes().get_begins("gridcell", "").all().await;
        cells.iter().filter(|cell| cell.property("selected").as_deref() == Some("true")).count()
    }

    async fn choose_direction(&self, name: &str) {
        self.get("radiogroup", "Direction").get("radio", name).click().await;
    }
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 17\r\n\r\n";

#[test]
fn a_ruler_marks_where_each_call_began() {
    in_browser("page_bytes", async |page, _relay| {
        let (_peer, port) = pieces(&[ANSWER, b"abcd", b"efghijklmnopq"]).await;
        page.connected_client("127.0.0.1", port).await;
        page.view("Bytes").await;
        page.get("tabpanel", "Bytes").wait_text(|text| text.contains("No byte was sent on this connection yet.")).await;
        page.receive().await;
        page.choose_direction("Received").await;
        page.beginning("48, recv, event ").wait().await;
        page.get("combobox", "Overlay").choose("HTTP/1").await;
        page.field(&["status", "200"]).wait().await;

        page.send_text("x").await;
        page.receive().await;
        page.beginning("61, recv, event ").wait().await;
        // A body of which a part is there says so.
        page.field(&["body", "abcd", "4 of 17 bytes so far"]).wait().await;
        page.screenshot("bytes-partial").await;

        // A field is its bytes.
        page.field(&["header value", "text/plain", "10 bytes"]).click().await;
        page.inspector_says(&["Offset 31 (0x1f), 10 bytes", "text/plain", "01110100 01100101", ": recv"]).await;
        assert_eq!(page.chosen_bytes().await, 10);
        page.field(&["header value", "text/plain"]).wait_property("selected", "true").await;
        page.screenshot("bytes-http").await;

        page.send_text("y").await;
        page.receive().await;
        page.field(&["body", "abcdefghijklmnopq", "17 bytes"]).wait().await;
        page.field(&["so far"]).wait_gone().await;

        // The other direction is another ruler.
        page.choose_direction("Sent").await;
        page.beginning("78, send, event ").wait().await;
        page.beginning("79, send, event ").wait().await;
        page.bytes().get_begins("gridcell", "").wait_count(2).await;
    });
}

#[test]
fn bytes_are_chosen_with_the_mouse_and_with_the_keys() {
    in_browser("page_bytes_chosen", async |page, _relay| {
        let (_peer, port) = pieces(&[&[1, 2, 0xff, 0xfe, 5, 6, 7, 8, 0x41]]).await;
        page.connected_client("127.0.0.1", port).await;
        page.receive().await;
        page.view("Bytes").await;
        page.choose_direction("Received").await;
        page.beginning("01, recv, event ").click().await;
        let read = page.inspector_says(&["Offset 0 (0x0), 1 byte"]).await;
        assert!(read.contains("u16258513") && read.contains("u32169"), "{read}");
        page.bytes().get("gridcell", "05").click_holding("Shift").await;
        page.inspector_says(&["Offset 0 (0x0), 5 bytes"]).await;
        page.bytes().get("gridcell", "fe").drag_to(&page.bytes().get("gridcell", "08")).await;
        page.inspector_says(&["Offset 3 (0x3), 5 bytes", "11111110 00000101"]).await;

        // The grid has the focus since it was clicked.
        page.press("Home").await;
        page.inspector_says(&["Offset 0 (0x0), 1 byte"]).await;
        page.press("ArrowRight").await;
        page.press("Shift+ArrowRight").await;
        let read = page.inspector_says(&["Offset 1 (0x1), 2 bytes"]).await;
        assert!(read.contains("i1676765282") || read.contains("i16767-254"), "{read}");
        page.press("Control+End").await;
        page.inspector_says(&["Offset 8 (0x8), 1 byte", "u865", "u16––"]).await;
        page.press("Control+a").await;
        page.inspector_says(&["Offset 0 (0x0), 9 bytes"]).await;
        assert_eq!(page.chosen_bytes().await, 9);
        page.press("Escape").await;
        page.inspector_says(&["Choose bytes"]).await;
    });
}

#[test]
fn bytes_are_taken_elsewhere_as_they_are() {
    in_browser("page_bytes_taken", async |page, _relay| {
        let all: Vec<u8> = (0..=255).collect();
        let (_peer, port) = pieces(&[&all]).await;
        page.permit_clipboard().await;
        page.connected_client("127.0.0.1", port).await;
        page.receive().await;
        page.view("Bytes").await;
        page.choose_direction("Received").await;
        page.bytes().get_begins("gridcell", "").all().await;
        assert_eq!(page.save("Save…", 256).await, all);

        page.bytes().get("gridcell", "0a").click().await;
        page.bytes().get("gridcell", "0d").click_holding("Shift").await;
        page.inspector_says(&["4 bytes"]).await;
        assert_eq!(page.save("Save…", 4).await, b"\n\x0b\x0c\r");
        for (format, expected) in [
            ("Hex", "0a 0b 0c 0d"),
            ("Text", r"\n\x0b\x0c\r"),
            ("Python bytes", r"b'\n\x0b\x0c\r'"),
            ("C array", "static const unsigned char bytes[4] = {\n0x0a, 0x0b, 0x0c, 0x0d\n};"),
        ] {
            page.get("group", "Copy as").get("button", format).click().await;
            let is_copied = async || page.evaluate("navigator.clipboard.readText()").await == expected;
            until(format, is_copied).await;
            page.get("tabpanel", "Bytes").wait_text(|text| text.contains("Copied 4 bytes.")).await;
        }
    });
}

#[test]
fn what_is_later_than_the_event_is_faded() {
    in_browser("page_bytes_then", async |page, _relay| {
        let (_peer, port) = pieces(&[b"first", b"second"]).await;
        page.connected_client("127.0.0.1", port).await;
        page.receive().await;
        page.send_text("x").await;
        page.receive().await;
        page.view("Bytes").await;
        page.choose_direction("Received").await;
        page.beginning("73, recv, event ").click().await;
        const FADED: &str = "[...document.querySelectorAll('[role=gridcell]')].filter(cell => getComputedStyle(cell).opacity < 1).length";
        assert_eq!(page.evaluate(FADED).await, 0);
        page.beginning("66, recv, event ").click().await;
        page.get("region", "Inspector").get_begins("button", "Event ").click().await;
        until("faded bytes", async || page.evaluate(FADED).await == 6).await;
        page.screenshot("bytes-then").await;
        // The step leads on to the event that sent, and the view with it.
        page.button("Next event").click().await;
        page.button("Next event").click().await;
        page.beginning("78, send, event ").wait().await;
        page.button("Now").click().await;
        until("nothing faded", async || page.evaluate(FADED).await == 0).await;
    });
}

#[test]
fn a_megabyte_is_shown_row_by_row() {
    in_browser("page_bytes_many", async |page, _relay| {
        let mut flood = Peer::python("flood.py", &[]);
        let port: u16 = flood.value("port").await;
        page.connected_client("127.0.0.1", port).await;
        page.get("spinbutton", "Receive at most").fill("1048576").await;
        page.receive().await;
        page.receive().await;
        page.view("Bytes").await;
        page.choose_direction("Received").await;
        page.bytes().focus().await;
        page.press("Control+End").await;
        let last = page.inspector_says(&["1 byte"]).await;
        assert!(last.contains("(0x") && !last.contains("(0x0)"), "{last}");
        let cells = page.evaluate("document.querySelectorAll('[role=gridcell]').length").await;
        assert!((8..1500).contains(&cells.as_i64().expect("a number")), "{cells} cells are drawn");
        // An overlay over all of it does not hold the page up.
        page.get("combobox", "Overlay").choose("u16 length prefix, big-endian").await;
        page.field(&["length"]).page.get("listbox", "Fields").wait().await;
        page.bytes().focus().await;
        page.press("Control+Home").await;
        page.inspector_says(&["Offset 0 (0x0), 1 byte"]).await;
    });
}

#[test]
fn the_bytes_fit_on_every_screen() {
    in_browser("page_bytes_screens", async |page, _relay| {
        let body = b"a body of some length, in which there is \xe2\x82\xac and \xff\x00\x01\n".repeat(12);
        let answer =
            [format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
        let (_peer, port) = pieces(&[&answer[..100], &answer[100..]]).await;
        page.connected_client("127.0.0.1", port).await;
        page.receive().await;
        page.send_text("x").await;
        page.receive().await;
        page.view("Bytes").await;
        page.choose_direction("Received").await;
        page.get("combobox", "Overlay").choose("HTTP/1").await;
        page.field(&["Content-Length"]).click().await;
        page.inspector_says(&["14 bytes"]).await;
        assert_eq!(page.overflow().await, (0, 0), "at 1366×768");
        page.screenshot("bytes-1366x768").await;
        page.prefer_colors("dark").await;
        page.screenshot("bytes-1366x768-dark").await;
        page.prefer_colors("light").await;
        page.resize(1920, 1080).await;
        page.bytes().get("row", "").all().await;
        page.screenshot("bytes-1920x1080").await;
        for width in [390, 320] {
            page.resize(width, 844).await;
            assert_eq!(page.overflow().await.0, 0, "sideways, at {width} pixels");
            page.bytes().focus().await;
            page.screenshot(&format!("bytes-{width}x844")).await;
        }
    });
}
