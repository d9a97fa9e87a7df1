//! A scenario: what a link fills into the page's forms. It acts by nothing itself: who opens it still presses every button.
//!
//! It is written so that people can read it before they open it: `#scenario=client&host=localhost&port=8000&crlf=PING`.

use std::fmt::Write as _;

use protocol::limits::MAX_HOST_BYTES;

use super::share::{MAX_FRAGMENT_BYTES, TooLarge};
use crate::payload::LineEnding;
use crate::texts::mistakes as says;

/// How many messages a scenario holds at most.
const MAX_MESSAGES: usize = 100;

/// What the fragment begins with.
pub(super) const KEY: &str = "scenario=";

/// What is to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Which end of a connection, and its arguments.
    pub part: Part,
    /// What is sent, in order.
    pub messages: Vec<Message>,
}

/// Which end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// One that connects.
    Client {
        /// A name or an address, as it is typed.
        host: String,
        /// The port there.
        port: u16,
    },
    /// One that listens.
    Server {
        /// The address that is bound, as it is typed.
        host: String,
        /// The port, 0 for one that the system chooses.
        port: u16,
        /// How many connections may wait.
        backlog: i32,
    },
}

/// One message, as it stands in the composer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text with the composer's escapes, and what follows each of its lines.
    Text(String, LineEnding),
    /// Hexadecimal.
    Hex(String),
}

impl Message {
    const fn key(&self) -> &'static str {
        match self {
            Self::Text(_, LineEnding::None) => "text",
            Self::Text(_, LineEnding::Lf) => "lf",
            Self::Text(_, LineEnding::CrLf) => "crlf",
            Self::Hex(_) => "hex",
        }
    }

    fn written(&self) -> &str {
        let (Self::Text(text, _) | Self::Hex(text)) = self;
        text
    }

    fn read(key: &str, text: String) -> Option<Self> {
        Some(match key {
            "text" => Self::Text(text, LineEnding::None),
            "lf" => Self::Text(text, LineEnding::Lf),
            "crlf" => Self::Text(text, LineEnding::CrLf),
            "hex" => Self::Hex(text),
            _ => return None,
        })
    }
}

impl Scenario {
    /// The fragment of a link, without the `#`.
    ///
    /// # Errors
    ///
    /// It would be longer than links may be.
    pub fn fragment(&self) -> Result<String, TooLarge> {
        let (Part::Client { host, port } | Part::Server { host, port, .. }) = &self.part;
        let part = if matches!(self.part, Part::Client { .. }) { "client" } else { "server" };
        let mut fragment = format!("{KEY}{part}&host=");
        push_encoded(host, &mut fragment);
        fragment.push_str(&format!("&port={port}"));
        if let Part::Server { backlog, .. } = &self.part {
            fragment.push_str(&format!("&backlog={backlog}"));
        }
        for message in &self.messages {
            fragment.push('&');
            fragment.push_str(message.key());
            fragment.push('=');
            push_encoded(message.written(), &mut fragment);
        }
        if fragment.len() > MAX_FRAGMENT_BYTES || self.messages.len() > MAX_MESSAGES {
            return Err(TooLarge);
        }
        Ok(fragment)
    }

    /// Reads what follows [`KEY`].
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut fields = text.split('&');
        let part = fields.next().unwrap_or_default();
        let (mut host, mut port, mut backlog, mut messages) = (None, None, None, vec![]);
        for field in fields {
            let (key, value) = field.split_once('=').ok_or_else(says::link_no_equals)?;
            let value = decoded(value)?;
            let is_first = match key {
                "host" => host.replace(checked_host(value)?).is_none(),
                "port" => port.replace(number::<u16>(key, &value)?).is_none(),
                "backlog" if part == "server" => backlog.replace(number::<i32>(key, &value)?).is_none(),
                _ => {
                    let message = Message::read(key, checked_text(value)?).ok_or_else(|| says::link_unknown(&key))?;
                    messages.push(message);
                    messages.len() <= MAX_MESSAGES
                }
            };
            if !is_first {
                return Err(says::link_too_often(&key));
            }
        }
        let (host, port) = (host.ok_or_else(says::link_no_host)?, port.ok_or_else(says::link_no_port)?);
        let part = match part {
            "client" => Part::Client { host, port },
            "server" => Part::Server { host, port, backlog: backlog.ok_or_else(says::link_no_backlog)? },
            _ => return Err(says::link_part().to_owned()),
        };
        Ok(Self { part, messages })
    }
}

fn number<T: std::str::FromStr>(key: &str, value: &str) -> Result<T, String> {
    // Rust reads a sign, too.
    let is_plain = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| is_plain).ok_or_else(|| says::link_number(&key))
}

fn checked_host(host: String) -> Result<String, String> {
    if host.is_empty() || host.len() > MAX_HOST_BYTES || host.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(says::link_host().to_owned());
    }
    Ok(host)
}

/// What a text field can hold. Anything else stands there as an escape of the composer's own, where it can be seen.
fn checked_text(text: String) -> Result<String, String> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')) {
        return Err(says::link_unseen().to_owned());
    }
    Ok(text)
}

/// Everything but what programs leave alone in an address (RFC 3986 section 2.3) and what reads better bare. The last character is never a
/// mark that programs take for the end of a sentence.
fn push_encoded(text: &str, fragment: &mut String) {
    let last = text.len().saturating_sub(1);
    for (index, byte) in text.bytes().enumerate() {
        let is_plain = byte.is_ascii_alphanumeric() || index < last && matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/' | b':');
        if is_plain {
            fragment.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            write!(fragment, "%{byte:02X}").ok();
        }
    }
}

fn decoded(text: &str) -> Result<String, String> {
    let damaged = || says::link_percent().to_owned();
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or_else(damaged);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high << 4 | low).map_err(|_| damaged())?);
    }
    String::from_utf8(bytes).map_err(|_| says::link_no_text().to_owned())
}
