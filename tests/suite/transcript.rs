//! Conversations on the wire as documents write them down: read, held with a relay, and compared frame by frame.

use std::collections::{BTreeMap, HashMap};

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::peers::Peer;
use crate::relay_process::RelayProcess;
use crate::wire::{handshake, handshake_offering, upgrade};
use crate::within;

/// A fenced block of a Markdown document.
pub(crate) struct Block {
    /// The line in which it begins.
    pub(crate) line: usize,
    /// What stands between the fences.
    pub(crate) text: String,
}

/// The blocks of a document whose fence says `info`.
pub(crate) fn blocks(document: &str, info: &str) -> Vec<Block> {
    let mut found: Vec<Block> = vec![];
    let mut open: Option<bool> = None;
    for (index, line) in document.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(begins), None) => {
                open = Some(begins == info);
                if begins == info {
                    found.push(Block { line: index + 1, text: String::new() });
                }
            }
            (Some(_), Some(_)) => open = None,
            (None, Some(true)) => found.last_mut().expect("it has begun").text += &format!("{line}\n"),
            (None, _) => {}
        }
    }
    found
}

/// A transcript that is performed.
pub(crate) struct Play<'a> {
    relay: &'a RelayProcess,
    /// What the words in angle brackets stand for.
    bound: HashMap<String, String>,
    sockets: BTreeMap<u32, WebSocketStream<TcpStream>>,
    command: Option<Peer>,
}

impl<'a> Play<'a> {
    /// One that knows the relay's token and port, and nothing else.
    pub(crate) fn new(relay: &'a RelayProcess) -> Self {
        let bound = [("token", relay.token.clone()), ("relay-port", relay.port.to_string())];
        let bound = bound.map(|(name, value)| (name.to_owned(), value)).into();
        Self { relay, bound, sockets: BTreeMap::new(), command: None }
    }

    /// Does what the transcript does, line by line, and panics where something else happens.
    pub(crate) async fn perform(mut self, transcript: &str) {
        for line in transcript.lines() {
            let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
            let number = mark.trim_end_matches(['▸', '◂']);
            let number = if number.is_empty() { 1 } else { number.parse().unwrap_or(0) };
            match mark.chars().last() {
                Some('▸') => self.say(number, &self.filled(rest)).await,
                Some('◂') => self.hear(number, rest).await,
                Some('$') => self.command = Some(Peer::start("sh", &["-c", &format!("exec {}", self.filled(rest))])),
                Some('>') if rest == "^D" => self.command().close_input(),
                Some('>') => self.command().type_in(format!("{rest}\n").as_bytes()).await,
                Some('|') => {
                    let known = self.known(rest);
                    let begin = known.split('<').next().expect("split gives one part");
                    let printed = self.command().line_with(begin).await;
                    self.compare_text(rest, &printed);
                }
                _ => panic!("no line of a transcript: {line}"),
            }
        }
    }

    fn command(&mut self) -> &mut Peer {
        self.command.as_mut().expect("a command was run")
    }

    async fn say(&mut self, number: u32, what: &str) {
        if let Some(offered) = what.strip_prefix("(open) ") {
            let opened = upgrade(self.relay, handshake_offering(self.relay, offered)).await.expect("the handshake succeeds");
            self.sockets.insert(number, opened);
            return;
        }
        let frame = match what.strip_prefix("(binary) ") {
            Some(bytes) => Frame::binary(bytes.replace('␍', "\r").replace('␊', "\n").into_bytes()),
            None => Frame::text(what),
        };
        let socket = self.socket(number).await;
        within("frame that the relay takes", socket.send(frame)).await.expect("the WebSocket is open");
    }

    /// The WebSocket of that number; a new one has had its hello.
    async fn socket(&mut self, number: u32) -> &mut WebSocketStream<TcpStream> {
        if !self.sockets.contains_key(&number) {
            let opened = upgrade(self.relay, handshake(self.relay)).await.expect("the handshake succeeds");
            self.sockets.insert(number, opened);
            let hello = self.next_frame(number).await;
            assert!(hello.to_text().is_ok_and(|text| text.starts_with(r#"{"event":"hello","#)), "{hello:?}");
        }
        self.sockets.get_mut(&number).expect("it was opened")
    }

    async fn next_frame(&mut self, number: u32) -> Frame {
        let socket = self.sockets.get_mut(&number).unwrap_or_else(|| panic!("nothing was said on {number}"));
        loop {
            match within("frame from the relay", socket.next()).await {
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                Some(Ok(frame)) => return frame,
                other => panic!("no frame: {other:?}"),
            }
        }
    }

    async fn hear(&mut self, number: u32, expected: &str) {
        match self.next_frame(number).await {
            Frame::Text(text) => {
                let frame: Value = serde_json::from_str(&text).expect("the relay speaks JSON");
                let expected = serde_json::from_str(&quoted(&self.known(expected)));
                let expected: Value = expected.unwrap_or_else(|error| panic!("{error}: a text frame came instead: {text}"));
                self.compare(&expected, &frame);
            }
            Frame::Binary(bytes) => {
                let text = String::from_utf8_lossy(&bytes).replace('\r', "␍").replace('\n', "␊");
                let expected =
                    expected.strip_prefix("(binary) ").unwrap_or_else(|| panic!("{expected} was expected, not the bytes {text}"));
                match expected.strip_suffix('…') {
                    Some(begin) => assert!(text.starts_with(begin), "{text}"),
                    None => assert_eq!(text, expected),
                }
            }
            Frame::Close(Some(close)) => assert_eq!(format!("(close {})", u16::from(close.code)), expected),
            other => panic!("{expected} was expected, not {other:?}"),
        }
    }

    fn compare(&mut self, expected: &Value, found: &Value) {
        match (expected, found) {
            (Value::Object(fields), Value::Object(found_fields)) => {
                assert!(fields.keys().eq(found_fields.keys()), "{expected} was expected, not {found}");
                fields.iter().for_each(|(name, value)| self.compare(value, &found_fields[name]));
            }
            (Value::String(text), Value::String(found)) => self.compare_text(text, found),
            (Value::String(text), Value::Number(found)) => self.compare_text(text, &found.to_string()),
            _ => assert_eq!(expected, found),
        }
    }

    /// Compares, and binds what is not bound yet.
    fn compare_text(&mut self, expected: &str, found: &str) {
        // The same frame may have bound a word of it a moment ago.
        let expected = &self.known(expected);
        let Some((before, rest)) = expected.split_once('<') else {
            assert_eq!(expected, found);
            return;
        };
        let (name, after) = rest.split_once('>').expect("the angle bracket is closed");
        let mismatch = || panic!("{expected} was expected, not {found}");
        let found_rest = found.strip_prefix(before).unwrap_or_else(mismatch);
        let literal = after.split('<').next().expect("split gives one part");
        let end =
            if literal.is_empty() { found_rest.len() } else { found_rest.find(literal).unwrap_or_else(|| panic!("{expected}: {found}")) };
        let value = &found_rest[..end];
        assert!(has_form(name, value), "{value:?} is no {name}");
        self.bound.insert(name.to_owned(), value.to_owned());
        self.compare_text(after, &found_rest[end..]);
    }

    /// The text, with what is known in place of the words in angle brackets.
    fn known(&self, text: &str) -> String {
        self.bound.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("<{name}>"), value))
    }

    /// The text, in which nothing is left to be known.
    fn filled(&self, text: &str) -> String {
        let known = self.known(text);
        let unknown =
            known.split('<').nth(1).filter(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase()) && rest.contains('>'));
        assert_eq!(unknown, None, "{known}");
        known
    }
}

/// JSON, with words in angle brackets made strings where they stand for a number: behind a field's name.
fn quoted(text: &str) -> String {
    let mut parts = text.split("\":<");
    let first = parts.next().expect("split gives one part").to_owned();
    parts.fold(first, |made, part| {
        let (name, rest) = part.split_once('>').expect("the angle bracket is closed");
        format!("{made}\":\"<{name}>\"{rest}")
    })
}

/// Whether a word in angle brackets may stand for `value`.
fn has_form(name: &str, value: &str) -> bool {
    match name {
        "listener" => value.parse::<u64>().is_ok_and(|id| id > 0),
        "version" => value.split('.').count() == 3 && value.split('.').all(|part| part.parse::<u32>().is_ok()),
        "system" => value == std::env::consts::OS,
        "reach" | "text" => value.len() > 10,
        _ if name == "port" || name.ends_with("-port") => value.parse::<u16>().is_ok_and(|port| port > 0),
        _ => panic!("nobody said what a {name} looks like"),
    }
}
