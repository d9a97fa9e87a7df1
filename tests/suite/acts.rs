//! What a person does with the page in several steps: make a socket, connect it, bind and listen, send, receive, save.

use std::path::PathBuf;

use crate::locator::{Found, Locator};
use crate::page::Page;
use crate::until;

impl Page {
    /// The group of a call of the chosen socket.
    pub(crate) fn group(&self, call: &str) -> Locator<'_> {
        self.get("group", call)
    }

    /// Presses the button of a call.
    pub(crate) async fn call(&self, call: &str) {
        self.group(call).get_begins("button", call).click().await;
    }

    /// What went wrong at a call; waits until something did, and it begins with this name.
    pub(crate) async fn alert_at(&self, call: &str, name: &str) -> String {
        self.group(call).get("alert", "").wait_text(|text| text.starts_with(name)).await
    }

    /// Makes a client; it is the chosen socket then.
    pub(crate) async fn new_client(&self) {
        self.button("New client").click().await;
        self.group("connect").wait().await;
    }

    /// Says where to, without connecting.
    pub(crate) async fn fill_connect(&self, host: &str, port: &str) {
        let group = self.group("connect");
        group.get("textbox", "Host").fill(host).await;
        group.get("spinbutton", "Port").fill(port).await;
    }

    /// Makes a client that is connected to a port of this machine.
    pub(crate) async fn connected_client(&self, host: &str, port: u16) -> Found {
        self.new_client().await;
        self.fill_connect(host, &port.to_string()).await;
        self.call("connect").await;
        self.socket(&["client", &format!(":{port}"), "ESTABLISHED"]).wait().await
    }

    /// Makes a server that is bound to a free port and listens; that port.
    pub(crate) async fn listening_server(&self, address: &str, backlog: u32) -> u16 {
        self.button("New server").click().await;
        let bind = self.group("bind");
        bind.get("textbox", "Address").fill(address).await;
        bind.get("spinbutton", "Port").fill("0").await;
        self.call("bind").await;
        let bound = self.socket(&["listener", address, ":", "CLOSED"]).wait().await;
        let port = bound.name.split([':', ' ']).find_map(|part| part.parse().ok().filter(|port| *port > 0));
        let port = port.unwrap_or_else(|| panic!("no port in {:?}", bound.name));
        self.group("listen").get("spinbutton", "Backlog").fill(&backlog.to_string()).await;
        self.call("listen").await;
        self.socket(&["listener", &format!("{address}:{port}"), "LISTEN"]).wait().await;
        port
    }

    /// Chooses a view.
    pub(crate) async fn view(&self, name: &str) {
        self.get("tablist", "Views").get("tab", name).click().await;
    }

    /// The item of the tree whose name holds all of these.
    pub(crate) fn socket(&self, parts: &[&str]) -> Locator<'_> {
        self.get("tree", "Sockets").get_holding("treeitem", parts)
    }

    /// Chooses a socket.
    pub(crate) async fn choose_socket(&self, parts: &[&str]) {
        self.socket(parts).click().await;
        self.socket(parts).wait_property("selected", "true").await;
    }

    /// The stream of the chosen socket.
    pub(crate) fn stream(&self) -> Locator<'_> {
        self.get("log", "Stream")
    }

    /// Waits until the centre says this, where there is nothing to show yet.
    pub(crate) async fn stream_hint(&self, part: &str) {
        self.get("tabpanel", "Stream").wait_text(|text| text.contains(part)).await;
    }

    /// Waits until the stream shows all of these, in this order; what it shows.
    pub(crate) async fn stream_shows(&self, parts: &[&str]) -> String {
        let in_order = |text: &str| {
            let mut rest = text;
            parts.iter().all(|part| match rest.split_once(part) {
                Some((_, after)) => {
                    rest = after;
                    true
                }
                None => false,
            })
        };
        self.stream().wait_text(in_order).await
    }

    /// What the stream shows now.
    pub(crate) async fn stream_text(&self) -> String {
        self.stream().text().await
    }

    /// Writes a text into the composer and sends it.
    pub(crate) async fn send_text(&self, text: &str) {
        self.get("textbox", "Data to send").fill(text).await;
        self.button("Send").click().await;
    }

    /// Presses "Receive" once.
    pub(crate) async fn receive(&self) {
        self.button("Receive").click().await;
    }

    /// Saves what was received; the bytes of the file, which has `len`.
    pub(crate) async fn save_received(&self, len: usize) -> Vec<u8> {
        self.saved_by("Save received…", "bin", |bytes| bytes.len() >= len).await
    }

    /// Saves what a button saves as bytes; the bytes of the file, which has `len`.
    pub(crate) async fn save(&self, button: &str, len: usize) -> Vec<u8> {
        self.saved_by(button, "bin", |bytes| bytes.len() >= len).await
    }

    /// Presses a button that saves a file; the bytes of the file with this extension, once it is whole.
    pub(crate) async fn saved_by(&self, button: &str, extension: &str, is_whole: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let directory = download_directory();
        std::fs::create_dir_all(&directory).expect("target can be written to");
        self.download_to(&directory).await;
        self.button(button).click().await;
        let whole = || {
            let entries = std::fs::read_dir(&directory).ok()?;
            let files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            let file = files.iter().find(|file| file.extension().is_some_and(|found| found == extension))?;
            std::fs::read(file).ok().filter(|bytes| is_whole(bytes))
        };
        until("whole download", async || whole().is_some()).await;
        let bytes = whole().expect("it was just there");
        std::fs::remove_dir_all(&directory).expect("it is ours");
        bytes
    }
}

/// A directory of its own for each download.
fn download_directory() -> PathBuf {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("download-{}-{number}", std::process::id()))
}
