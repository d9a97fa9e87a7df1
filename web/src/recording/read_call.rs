//! A call, read from a recording. By hand, and not with what the relay reads calls with: that would bring another 40 KB into the page. A field that this version does
//! not know is ignored; what is missing or of another kind is a mistake. The tests write and read every call there is.

use std::net::SocketAddr;

use protocol::{Call, CallId, Family, How, ListenerId, Operation, OptionValue, PollEvent, RecvFlag, SendFlag, SocketOption};
use serde_json::{Map, Value};

const FAMILIES: &[(&str, Family)] = &[("inet", Family::Inet), ("inet6", Family::Inet6)];
const DIRECTIONS: &[(&str, How)] = &[("read", How::Read), ("write", How::Write), ("both", How::Both)];
const SEND_FLAGS: &[(&str, SendFlag)] = &[("dontwait", SendFlag::Dontwait), ("more", SendFlag::More), ("oob", SendFlag::Oob)];
const RECV_FLAGS: &[(&str, RecvFlag)] =
    &[("peek", RecvFlag::Peek), ("dontwait", RecvFlag::Dontwait), ("waitall", RecvFlag::Waitall), ("oob", RecvFlag::Oob)];
const EVENTS: &[(&str, PollEvent)] = &[("in", PollEvent::In), ("out", PollEvent::Out), ("err", PollEvent::Err), ("hup", PollEvent::Hup)];

/// The arguments of a call.
struct Arguments<'a>(&'a Map<String, Value>);

/// Reads a call.
///
/// # Errors
///
/// What is wrong with it, as a sentence.
pub(super) fn read_call(value: &Value) -> Result<Call, String> {
    let call = Arguments(value.as_object().ok_or("a call is a JSON object")?);
    Ok(Call { id: CallId(call.number("id")?), operation: call.operation()? })
}

impl Arguments<'_> {
    fn operation(&self) -> Result<Operation, String> {
        let timeout_ms = self.maybe_number("timeout_ms")?;
        Ok(match self.text("call")?.as_str() {
            "socket" => Operation::Socket { family: self.maybe_word("family", FAMILIES)?.ok_or_else(|| wrong("family"))? },
            "bind" => Operation::Bind { address: self.text("address")?, port: self.number("port")? },
            "listen" => Operation::Listen { backlog: i32::try_from(self.signed("backlog")?).map_err(|_| wrong("backlog"))? },
            "accept" => Operation::Accept { listener: ListenerId(self.number("listener")?), timeout_ms },
            "connect" => Operation::Connect { host: self.text("host")?, port: self.number("port")?, timeout_ms },
            "send" => Operation::Send { flags: self.words("flags", SEND_FLAGS)?, timeout_ms },
            "recv" => Operation::Recv { max: self.number("max")?, flags: self.words("flags", RECV_FLAGS)?, timeout_ms },
            "shutdown" => Operation::Shutdown { how: self.maybe_word("how", DIRECTIONS)?.ok_or_else(|| wrong("how"))? },
            "close" => Operation::Close,
            "abort" => Operation::Abort,
            "getsockname" => Operation::Getsockname,
            "getpeername" => Operation::Getpeername,
            "setsockopt" => Operation::Setsockopt { option: self.option()?, value: self.value()? },
            "getsockopt" => Operation::Getsockopt { option: self.option()? },
            "poll" => Operation::Poll { events: self.words("events", EVENTS)?, timeout_ms },
            "resolve" => Operation::Resolve { host: self.text("host")?, family: self.maybe_word("family", FAMILIES)?, timeout_ms },
            "info" => Operation::Info {
                interval_ms: self.maybe_number("interval_ms")?,
                local: self.maybe_address("local")?,
                peer: self.maybe_address("peer")?,
            },
            "cancel" => Operation::Cancel { target: CallId(self.number("target")?) },
            other => return Err(format!("this page knows no call \"{other}\"")),
        })
    }

    /// What stands there; nothing where that is `null`, or nothing.
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn text(&self, key: &str) -> Result<String, String> {
        self.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| wrong(key))
    }

    fn signed(&self, key: &str) -> Result<i64, String> {
        self.get(key).and_then(Value::as_i64).ok_or_else(|| wrong(key))
    }

    fn number(&self, key: &str) -> Result<u64, String> {
        self.maybe_number(key)?.ok_or_else(|| wrong(key))
    }

    fn maybe_number(&self, key: &str) -> Result<Option<u64>, String> {
        self.get(key).map(|value| value.as_u64().ok_or_else(|| wrong(key))).transpose()
    }

    fn maybe_address(&self, key: &str) -> Result<Option<SocketAddr>, String> {
        let read = |value: &Value| value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| wrong(key));
        self.get(key).map(read).transpose()
    }

    fn maybe_word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, String> {
        self.get(key).map(|value| word(value, words).ok_or_else(|| wrong(key))).transpose()
    }

    /// A list of words; an empty one where there is none.
    fn words<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Vec<T>, String> {
        let Some(value) = self.get(key) else { return Ok(vec![]) };
        let list = value.as_array().ok_or_else(|| wrong(key))?;
        list.iter().map(|value| word(value, words).ok_or_else(|| wrong(key))).collect()
    }

    fn option(&self) -> Result<SocketOption, String> {
        let name = self.get("option").and_then(Value::as_str);
        SocketOption::ALL.iter().copied().find(|option| Some(option.as_str()) == name).ok_or_else(|| wrong("option"))
    }

    fn value(&self) -> Result<OptionValue, String> {
        match self.0.get("value") {
            Some(Value::Bool(on)) => Ok(OptionValue::Switch(*on)),
            Some(Value::Number(number)) => number.as_i64().map(OptionValue::Number).ok_or_else(|| wrong("value")),
            Some(Value::String(text)) => Ok(OptionValue::Text(text.clone())),
            Some(Value::Null) => Ok(OptionValue::Off),
            _ => Err(wrong("value")),
        }
    }
}

fn word<T: Copy>(value: &Value, words: &[(&str, T)]) -> Option<T> {
    let text = value.as_str()?;
    words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning)
}

fn wrong(key: &str) -> String {
    format!("the call's \"{key}\" is missing, or is not what belongs there")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;

    use super::*;
    use crate::recording::any_entry;

    fn call(text: &str) -> Result<Operation, String> {
        let value = serde_json::from_str(&format!(r#"{{"id":1,"call":{text}}}"#)).unwrap();
        let read = read_call(&value).map(|call| call.operation);
        // Whatever else the relay may refuse, what is read here it would read so.
        if let (Ok(here), Ok(there)) = (&read, protocol::decode_call(&value.to_string())) {
            assert_eq!(*here, there.operation);
        }
        read
    }

    #[test]
    fn arguments_that_do_not_fit_are_named() {
        for (text, key) in [
            (r#""socket""#, "family"),
            (r#""socket","family":"unix""#, "family"),
            (r#""resolve","host":"a","family":4"#, "family"),
            (r#""bind","address":1,"port":1"#, "address"),
            (r#""connect","host":"a","port":-1"#, "port"),
            (r#""connect","host":"a","port":1,"timeout_ms":"5""#, "timeout_ms"),
            (r#""listen","backlog":2147483648"#, "backlog"),
            (r#""recv","max":1.5"#, "max"),
            (r#""recv","max":1,"flags":["dontwait","more"]"#, "flags"),
            (r#""send","flags":"dontwait""#, "flags"),
            (r#""shutdown","how":"up""#, "how"),
            (r#""getsockopt","option":"SO_WHATEVER""#, "option"),
            (r#""setsockopt","option":"SO_KEEPALIVE""#, "value"),
            (r#""setsockopt","option":"SO_KEEPALIVE","value":[1]"#, "value"),
            (r#""info","local":"127.0.0.1""#, "local"),
            (r#""cancel""#, "target"),
        ] {
            assert_eq!(call(text), Err(wrong(key)), "{text}");
        }
        assert_eq!(call(r#""fork""#), Err("this page knows no call \"fork\"".to_owned()));
    }

    #[test]
    fn what_is_not_known_is_ignored() {
        assert_eq!(call(r#""listen","backlog":-1,"fast":true"#), Ok(Operation::Listen { backlog: -1 }));
        assert_eq!(call(r#""send","flags":null,"timeout_ms":null"#), Ok(Operation::Send { flags: vec![], timeout_ms: None }));
    }

    /// A call that is added to the wire must be added here, and to what the property tests are made of.
    #[test]
    fn every_call_is_read() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let mut names: Vec<&str> = vec![];
        for _ in 0..1000 {
            names.push(any_entry::operation().new_tree(&mut runner).unwrap().current().name());
        }
        for name in Operation::NAMES {
            assert!(names.contains(name), "{name}");
            assert!(call(&format!("\"{name}\"")).err().is_none_or(|text| !text.contains("knows no call")), "{name}");
        }
    }

    proptest! {
        #[test]
        fn calls_are_read_as_the_relay_reads_them(operation in any_entry::operation(), id: u64) {
            let wanted = Call { id: CallId(id), operation };
            let text = serde_json::to_string(&wanted).unwrap();
            prop_assert_eq!(protocol::decode_call(&text), Ok(wanted.clone()));
            prop_assert_eq!(read_call(&serde_json::from_str(&text).unwrap()), Ok(wanted));
        }
    }
}
