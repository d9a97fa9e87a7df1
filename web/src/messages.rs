//! What was sent before, what somebody saved under a name, and messages to begin with: each of them as it stands in the composer, so that the
//! bytes that go are always those that are shown. Pure; what was kept is read with the distrust that everything from outside gets.

use crate::payload::{self, LineEnding, Mistake};

/// How many messages the history has, and how many can be saved.
const MOST_SENT: usize = 50;
const MOST_SAVED: usize = 50;

/// The longest message that is kept, and how much the history has in all, in bytes of what was written.
const MOST_WRITTEN: usize = 16 << 10;
const MOST_HISTORY: usize = 128 << 10;

/// The longest name, in characters.
const MOST_NAME: usize = 60;

/// How a message is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// Text with escapes.
    #[default]
    Text,
    /// Hexadecimal.
    Hex,
}

/// A message as it stands in the composer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// How it is written.
    pub written: Written,
    /// What follows each line of a text.
    pub ending: LineEnding,
    /// What is in the box.
    pub data: String,
}

impl Message {
    /// Exactly the bytes that are sent.
    ///
    /// # Errors
    ///
    /// It is written in a way that has no meaning.
    pub fn bytes(&self) -> Result<Vec<u8>, Mistake> {
        match self.written {
            Written::Text => payload::text(&self.data, self.ending),
            Written::Hex => payload::hex(&self.data),
        }
    }

    /// A text, and what follows each of its lines.
    pub fn text(data: &str, ending: LineEnding) -> Self {
        Self { written: Written::Text, ending, data: data.to_owned() }
    }
}

/// A message to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// A request for the page at `/`.
    HttpGet,
    /// What the server of an introduction says.
    Greeting,
    /// Asks a Redis server whether it is there.
    RespPing,
    /// Begins a conversation with a mail server.
    SmtpHelo,
    /// `Hello` after its length in two bytes, the higher first.
    LengthPrefix,
}

impl Preset {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::HttpGet, Self::Greeting, Self::RespPing, Self::SmtpHelo, Self::LengthPrefix];

    /// The message. `target` is where the socket was connected to, as `host:port`, where that is known.
    pub fn message(self, target: Option<&str>) -> Message {
        match self {
            Self::HttpGet => {
                let host = host_of(target.unwrap_or("localhost"));
                Message::text(&format!("GET / HTTP/1.1\nHost: {host}\nConnection: close\n"), LineEnding::CrLf)
            }
            Self::Greeting => Message::text("Hello, client!", LineEnding::None),
            Self::RespPing => Message::text("*1\n$4\nPING", LineEnding::CrLf),
            Self::SmtpHelo => Message::text("HELO localhost", LineEnding::CrLf),
            Self::LengthPrefix => Message { written: Written::Hex, ending: LineEnding::None, data: "00 05 48 65 6c 6c 6f".to_owned() },
        }
    }
}

/// The value of the header `Host`: without the port where that is HTTP's own (RFC 9110 section 7.2), and so that the composer takes it as it is.
fn host_of(target: &str) -> String {
    let target = target.strip_suffix(":80").unwrap_or(target);
    target.chars().filter(|c| !c.is_control()).flat_map(|c| std::iter::repeat_n(c, if c == '\\' { 2 } else { 1 })).collect()
}

/// What is kept from one visit to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shelf {
    sent: Vec<Message>,
    saved: Vec<(String, Message)>,
}

impl Shelf {
    /// What was sent, the newest first.
    pub fn sent(&self) -> &[Message] {
        &self.sent
    }

    /// What was saved, with its names, in their order.
    pub fn saved(&self) -> &[(String, Message)] {
        &self.saved
    }

    /// Notes that a message was sent. One that was sent before moves to the front; one that is very long is not kept.
    pub fn note(&mut self, message: Message) {
        if message.data.len() > MOST_WRITTEN {
            return;
        }
        self.sent.retain(|sent| *sent != message);
        self.sent.insert(0, message);
        self.bound();
    }

    /// Saves a message under a name, in the place of one that has it. Returns whether there was room for it.
    pub fn save(&mut self, name: &str, message: Message) -> bool {
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(MOST_NAME).collect();
        if name.is_empty() || message.data.len() > MOST_WRITTEN {
            return false;
        }
        let others = self.saved.iter().filter(|(saved, _)| *saved != name).count();
        if others >= MOST_SAVED {
            return false;
        }
        self.saved.retain(|(saved, _)| *saved != name);
        self.saved.push((name, message));
        self.saved.sort_by(|(a, _), (b, _)| a.cmp(b));
        true
    }

    /// Forgets what was saved under a name.
    pub fn forget(&mut self, name: &str) {
        self.saved.retain(|(saved, _)| saved != name);
    }

    fn bound(&mut self) {
        let mut room = MOST_HISTORY;
        let mut fits = |message: &Message| {
            let left = room.checked_sub(message.data.len());
            room = left.unwrap_or_default();
            left.is_some()
        };
        let count = self.sent.iter().take(MOST_SENT).take_while(|message| fits(message)).count();
        self.sent.truncate(count);
    }

    /// As text, a line for each message.
    pub fn write(&self) -> String {
        let mut text = String::new();
        for message in &self.sent {
            push_line(&mut text, 'h', "", message);
        }
        for (name, message) in &self.saved {
            push_line(&mut text, 's', name, message);
        }
        text
    }

    /// What such a text holds, as far as it can be read and within the bounds.
    pub fn read(text: &str) -> Self {
        let mut shelf = Self::default();
        for line in text.lines().take(4 * (MOST_SENT + MOST_SAVED)) {
            let Some((kind, name, message)) = read_line(line) else { continue };
            if kind == 's' {
                shelf.save(&name, message);
            } else if message.data.len() <= MOST_WRITTEN && !shelf.sent.contains(&message) {
                shelf.sent.push(message);
            }
        }
        shelf.bound();
        shelf
    }
}

fn push_line(text: &mut String, kind: char, name: &str, message: &Message) {
    text.push(kind);
    text.push(if message.written == Written::Hex { 'x' } else { 't' });
    text.push(match message.ending {
        LineEnding::None => '0',
        LineEnding::Lf => 'n',
        LineEnding::CrLf => 'r',
    });
    for part in [name, &message.data] {
        text.push('\t');
        for c in part.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                _ => text.push(c),
            }
        }
    }
    text.push('\n');
}

fn read_line(line: &str) -> Option<(char, String, Message)> {
    let mut parts = line.split('\t');
    let mut head = parts.next()?.chars();
    let kind = head.next().filter(|kind| matches!(kind, 'h' | 's'))?;
    let written = match head.next()? {
        't' => Written::Text,
        'x' => Written::Hex,
        _ => return None,
    };
    let ending = match head.next()? {
        '0' => LineEnding::None,
        'n' => LineEnding::Lf,
        'r' => LineEnding::CrLf,
        _ => return None,
    };
    let (name, data) = (unescaped(parts.next()?)?, unescaped(parts.next()?)?);
    Some((kind, name, Message { written, ending, data }))
}

fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        plain.push(match c {
            '\\' => match rest.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                _ => return None,
            },
            c => c,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(preset: Preset, target: Option<&str>) -> Vec<u8> {
        preset.message(target).bytes().unwrap()
    }

    fn text(data: &str) -> Message {
        Message::text(data, LineEnding::None)
    }

    #[test]
    fn presets_are_the_bytes_of_their_protocols() {
        assert_eq!(bytes(Preset::HttpGet, None), b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert_eq!(bytes(Preset::Greeting, None), b"Hello, client!");
        assert_eq!(bytes(Preset::RespPing, None), b"*1\r\n$4\r\nPING\r\n");
        assert_eq!(bytes(Preset::SmtpHelo, None), b"HELO localhost\r\n");
        assert_eq!(bytes(Preset::LengthPrefix, None), b"\x00\x05Hello");
    }

    #[test]
    fn the_host_is_the_one_of_the_socket() {
        for (target, host) in [
            ("example.org:80", "example.org"),
            ("example.org:8080", "example.org:8080"),
            ("[::1]:8000", "[::1]:8000"),
            ("a\\b\r\n:80", "a\\b"),
        ] {
            let expected = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            assert_eq!(String::from_utf8(bytes(Preset::HttpGet, Some(target))).unwrap(), expected);
        }
    }

    #[test]
    fn the_newest_stands_first_and_once() {
        let mut shelf = Shelf::default();
        for data in ["a", "b", "a"] {
            shelf.note(text(data));
        }
        assert_eq!(shelf.sent(), [text("a"), text("b")]);
        shelf.note(Message { ending: LineEnding::Lf, ..text("a") });
        assert_eq!(shelf.sent().len(), 3, "another ending is another message");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut shelf = Shelf::default();
        for number in 0..200 {
            shelf.note(text(&number.to_string()));
            shelf.save(&number.to_string(), text("x"));
        }
        assert_eq!((shelf.sent().len(), shelf.saved().len()), (MOST_SENT, MOST_SAVED));
        assert_eq!(shelf.sent()[0], text("199"));
        shelf.note(text(&"x".repeat(MOST_WRITTEN + 1)));
        assert_eq!(shelf.sent()[0], text("199"), "that is too long");
        for letter in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
            shelf.note(text(&letter.repeat(MOST_WRITTEN)));
        }
        assert_eq!(shelf.sent().len(), MOST_HISTORY / MOST_WRITTEN);
        assert!(shelf.save("5", text("another")), "a name that is there can be used again");
    }

    #[test]
    fn names_are_unique_and_can_be_forgotten() {
        let mut shelf = Shelf::default();
        assert!(shelf.save(" login ", text("1")) && shelf.save("a", text("2")) && shelf.save("login", text("3")));
        assert_eq!(shelf.saved(), [("a".to_owned(), text("2")), ("login".to_owned(), text("3"))]);
        assert!(!shelf.save("  ", text("4")));
        shelf.forget("a");
        shelf.forget("b");
        assert_eq!(shelf.saved(), [("login".to_owned(), text("3"))]);
    }

    fn message() -> impl Strategy<Value = Message> {
        let ending = proptest::sample::select(LineEnding::ALL.to_vec());
        let data = proptest::collection::vec(prop_oneof![any::<char>(), proptest::sample::select(vec!['\\', '\t', '\n', '\r'])], 0..20);
        (any::<bool>(), ending, data).prop_map(|(hex, ending, data)| Message {
            written: if hex { Written::Hex } else { Written::Text },
            ending,
            data: data.into_iter().collect(),
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(sent in proptest::collection::vec(message(), 0..9), saved in proptest::collection::vec(message(), 0..9)) {
            let mut shelf = Shelf::default();
            sent.into_iter().for_each(|message| shelf.note(message));
            for (number, message) in saved.into_iter().enumerate() {
                shelf.save(&format!("{number}\t\\"), message);
            }
            prop_assert_eq!(Shelf::read(&shelf.write()), shelf);
        }

        #[test]
        fn whatever_was_kept_is_read(text in "([hsq]?[tx0]?[0nr]?\t?[a\\\\\t]{0,6}\t?.{0,9}\n?){0,300}") {
            let shelf = Shelf::read(&text);
            prop_assert!(shelf.sent().len() <= MOST_SENT && shelf.saved().len() <= MOST_SAVED);
            prop_assert_eq!(Shelf::read(&shelf.write()), shelf);
        }
    }
}
