//! What a script's worker and the page say to each other: JSON, beside which the bytes of a `send` or a `recv` go as they are.

use std::net::SocketAddr;

use protocol::{Failure, Family, How as Direction, OptionValue, PollEvent, RecvFlag, SendFlag, SocketOption};
use serde::{Deserialize, Serialize};

use super::How;

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "said", rename_all = "lowercase")]
pub enum Said {
    /// The interpreter is there.
    Ready,
    /// It could not be started.
    Failed {
        /// Why.
        text: String,
    },
    /// The program wrote something.
    Printed {
        /// Whether to `sys.stderr`.
        error: bool,
        /// What.
        text: String,
    },
    /// A thread of the program makes a call and waits for its answer.
    Call {
        /// The number that the answer carries.
        seq: u64,
        /// Which thread; 1 is the main one.
        thread: u64,
        /// The line of the program that makes the call.
        line: Option<u32>,
        /// The call.
        call: Syscall,
    },
    /// Nobody waits for that call any more.
    Cancel {
        /// Its number.
        seq: u64,
    },
    /// A thread waits for something that is no call to the page: `sleep`, a lock, another thread.
    Waits {
        /// The number that [`Said::GoesOn`] carries.
        seq: u64,
        /// Which thread.
        thread: u64,
        /// For what, as Python names the call.
        name: String,
        /// The line of the program.
        line: Option<u32>,
    },
    /// It waits no more.
    #[serde(rename = "goes on")]
    GoesOn {
        /// What it waited in.
        seq: u64,
    },
    /// What was to be evaluated is done with.
    Evaluated {
        /// Whether the statement that it ends in goes on in the next line.
        goes_on: bool,
    },
    /// The interpreter is gone, as the program ended it (`os._exit`).
    Exited {
        /// The status of the process that it would be.
        status: i32,
    },
    /// The interpreter is gone, as it broke.
    Lost {
        /// Why; nothing where calls went too deep for the browser.
        text: Option<String>,
    },
    /// The program is over.
    Over {
        /// In which way.
        how: Ending,
        /// Where, if an exception ended it.
        line: Option<u32>,
    },
}

/// How the worker says that a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// At its end.
    Finished,
    /// By an exception.
    Raised,
    /// By the interrupt that the page sent.
    Stopped,
}

impl Ending {
    /// The same, as the page tells it.
    pub const fn how(self, line: Option<u32>) -> How {
        match self {
            Self::Finished => How::Finished,
            Self::Raised => How::Raised { line },
            Self::Stopped => How::Stopped,
        }
    }
}

/// A call that a program makes. Descriptors are the script's own numbers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
#[allow(missing_docs, reason = "named as in Python's socket module, where the arguments are described")]
pub enum Syscall {
    Socket { family: Family },
    Pair,
    Bind { fd: u32, host: String, port: u64 },
    Listen { fd: u32, backlog: i32 },
    Accept { fd: u32, patience: Patience },
    Connect { fd: u32, host: String, port: u64, patience: Patience },
    Send { fd: u32, flags: Vec<SendFlag>, patience: Patience },
    Recv { fd: u32, max: u64, flags: Vec<RecvFlag>, patience: Patience },
    Shutdown { fd: u32, how: Direction },
    Close { fd: u32 },
    Dup { fd: u32 },
    Getsockname { fd: u32 },
    Getpeername { fd: u32 },
    Setsockopt { fd: u32, option: SocketOption, value: OptionValue },
    Getsockopt { fd: u32, option: SocketOption },
    Select { fds: Vec<(u32, Vec<PollEvent>)>, waits: bool },
    Getaddrinfo { host: String, family: Option<Family> },
    Input { prompt: String },
}

/// How long a call may take: the timeout of a Python socket.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Patience {
    /// So many milliseconds; not at all where 0.
    Millis(f64),
    /// As long as it takes.
    Endless(()),
}

impl Patience {
    /// Whether the call must not wait.
    pub fn is_none(self) -> bool {
        matches!(self, Self::Millis(millis) if millis <= 0.0)
    }

    /// The timeout of a call that may wait; nothing where it waits as long as it takes.
    pub fn millis(self) -> Option<f64> {
        match self {
            Self::Millis(millis) if millis > 0.0 => Some(millis.min(protocol::limits::MAX_TIMEOUT_MS as f64)),
            Self::Millis(_) | Self::Endless(()) => None,
        }
    }
}

impl Syscall {
    /// What Python calls it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Socket { .. } => "socket",
            Self::Pair => "socketpair",
            Self::Bind { .. } => "bind",
            Self::Listen { .. } => "listen",
            Self::Accept { .. } => "accept",
            Self::Connect { .. } => "connect",
            Self::Send { .. } => "send",
            Self::Recv { .. } => "recv",
            Self::Shutdown { .. } => "shutdown",
            Self::Close { .. } => "close",
            Self::Dup { .. } => "dup",
            Self::Getsockname { .. } => "getsockname",
            Self::Getpeername { .. } => "getpeername",
            Self::Setsockopt { .. } => "setsockopt",
            Self::Getsockopt { .. } => "getsockopt",
            Self::Select { .. } => "select",
            Self::Getaddrinfo { .. } => "getaddrinfo",
            Self::Input { .. } => "input",
        }
    }

    /// Whether a line of the console would end it.
    pub fn waits_for_console(&self) -> bool {
        matches!(self, Self::Select { fds, waits: true } if fds.iter().any(|(fd, _)| *fd == 0))
    }

    /// Whether it is about sockets, so that pausing and slow motion hold it up.
    pub const fn is_of_sockets(&self) -> bool {
        !matches!(self, Self::Input { .. })
    }
}

/// What a call returned.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "each is named as what it holds")]
pub enum Returned {
    Nothing {},
    Fd {
        fd: u32,
    },
    Pair {
        fds: [u32; 2],
    },
    Accepted {
        fd: u32,
        peer: Address,
    },
    Count {
        count: u64,
    },
    Address {
        address: Address,
    },
    Value {
        value: OptionValue,
    },
    Ready {
        ready: Vec<(u32, Vec<PollEvent>)>,
    },
    Addresses {
        addresses: Vec<String>,
    },
    Line {
        line: String,
    },
    /// The bytes go beside it.
    #[serde(skip)]
    Bytes(Vec<u8>),
}

/// An address as Python has it: host, port, and of IPv6 the flow label and the zone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Address(pub String, pub u16, pub u32, pub u32, pub bool);

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        let (flow, zone) = match address {
            SocketAddr::V4(_) => (0, 0),
            SocketAddr::V6(v6) => (v6.flowinfo(), v6.scope_id()),
        };
        Self(address.ip().to_string(), address.port(), flow, zone, address.is_ipv6())
    }
}

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// As the kernel, the resolver or the relay says.
    Failure(Failure),
    /// The timeout of the Python socket is over.
    TimedOut,
    /// There is no relay any more, or it does not let this page in.
    NoRelay(String),
}

impl Failed {
    /// A failure by its name alone, as the kernel would give it; Python has the text.
    pub fn by(name: protocol::Name, call: &str) -> Self {
        Self::Failure(Failure::new(name, call, ""))
    }
}

/// The answer to a call as the worker reads it.
pub fn answer(seq: u64, result: &Result<Returned, Failed>) -> String {
    #[derive(Serialize)]
    struct Answer<'a> {
        seq: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<&'a Returned>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    }
    let empty = Answer { seq, value: None, error: None, text: None };
    let answer = match result {
        Ok(Returned::Bytes(_)) => empty,
        Ok(value) => Answer { value: Some(value), ..empty },
        Err(Failed::TimedOut) => Answer { error: Some("timed out"), ..empty },
        Err(Failed::NoRelay(text)) => Answer { error: Some("no relay"), text: Some(text.clone()), ..empty },
        Err(Failed::Failure(failure)) => Answer { error: Some(failure.name.as_str()), text: Some(in_words(failure)), ..empty },
    };
    // Serialising it cannot fail: no map in it has a key that is not a string.
    serde_json::to_string(&answer).unwrap_or_default()
}

/// What a rule of the relay says, which no system has a text for.
fn in_words(failure: &Failure) -> String {
    match failure.rule {
        Some(rule) => format!("{} (the relay's rule {rule})", failure.text),
        None => failure.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use protocol::Name;

    use super::*;

    fn said(text: &str) -> Said {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_a_worker_says_is_read() {
        assert_eq!(said(r#"{"said":"ready"}"#), Said::Ready);
        let call =
            said(r#"{"said":"call","seq":3,"thread":1,"line":7,"call":{"name":"recv","fd":4,"max":10,"flags":["peek"],"patience":null}}"#);
        let recv = Syscall::Recv { fd: 4, max: 10, flags: vec![RecvFlag::Peek], patience: Patience::Endless(()) };
        assert_eq!(call, Said::Call { seq: 3, thread: 1, line: Some(7), call: recv });
        assert_eq!(said(r#"{"said":"over","how":"raised","line":null}"#), Said::Over { how: Ending::Raised, line: None });
        assert_eq!(said(r#"{"said":"goes on","seq":1}"#), Said::GoesOn { seq: 1 });
        let select =
            said(r#"{"said":"call","seq":1,"thread":1,"line":null,"call":{"name":"select","fds":[[3,["in","out"]]],"waits":true}}"#);
        let Said::Call { call, .. } = select else { panic!("it is a call") };
        assert_eq!(call, Syscall::Select { fds: vec![(3, vec![PollEvent::In, PollEvent::Out])], waits: true });
        for bad in [
            r#"{"said":"nothing"}"#,
            r#"{"said":"call","seq":-1}"#,
            "",
            "[]",
            r#"{"said":"call","seq":1,"thread":1,"call":{"name":"exec"}}"#,
        ] {
            assert!(serde_json::from_str::<Said>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn answers_are_values_or_errors() {
        let peer = Address::from("127.0.0.1:80".parse::<SocketAddr>().unwrap());
        assert_eq!(answer(1, &Ok(Returned::Accepted { fd: 4, peer })), r#"{"seq":1,"value":{"fd":4,"peer":["127.0.0.1",80,0,0,false]}}"#);
        assert_eq!(answer(2, &Ok(Returned::Nothing {})), r#"{"seq":2,"value":{}}"#);
        assert_eq!(answer(3, &Ok(Returned::Bytes(vec![1]))), r#"{"seq":3}"#);
        assert_eq!(answer(4, &Err(Failed::TimedOut)), r#"{"seq":4,"error":"timed out"}"#);
        let refused = Failure::new(Name::ECONNREFUSED, "connect", "Connection refused");
        assert_eq!(answer(5, &Err(Failed::Failure(refused))), r#"{"seq":5,"error":"ECONNREFUSED","text":"Connection refused"}"#);
    }

    #[test]
    fn patience_is_a_python_timeout() {
        let read = |text: &str| serde_json::from_str::<Patience>(text).unwrap();
        assert!(read("0").is_none() && !read("1.5").is_none() && !read("null").is_none());
        assert_eq!((read("1.5").millis(), read("0").millis(), read("null").millis()), (Some(1.5), None, None));
    }
}
