//! How a call fails: a POSIX name, the call, the address and the system's own text.

use std::{fmt, io};

use serde::{Deserialize, Serialize};

use crate::{TcpState, limits};

/// A call that failed.
///
/// On the wire: `{"id":2,"error":"ECONNREFUSED","call":"connect","address":"127.0.0.1:9","text":"Connection refused (os error 111)"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong.
    #[serde(rename = "error")]
    pub name: Name,
    /// The name of the call that failed.
    pub call: String,
    /// The address or name that the call was about, as far as it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Which of the relay's rules forbade it; present exactly when the name is [`Name::FORBIDDEN`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// Who holds the port, where the name is `EADDRINUSE` and the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// The operating system's text, or the relay's where the system was not asked.
    pub text: String,
}

impl Failure {
    /// A failure of `call` that concerns no address.
    pub fn new(name: Name, call: &str, text: impl Into<String>) -> Self {
        Self { name, call: call.to_owned(), address: None, rule: None, holder: None, text: text.into() }
    }

    /// A call that one of the relay's rules forbids.
    pub fn forbidden(rule: Rule, call: &str, text: impl Into<String>) -> Self {
        Self { rule: Some(rule), ..Self::new(Name::FORBIDDEN, call, text) }
    }

    /// The same failure, about `address`, of which it repeats as much as [`limits::MAX_REPEATED_CHARS`] says.
    #[must_use]
    pub fn at(mut self, address: impl fmt::Display) -> Self {
        self.address = Some(shortened(address.to_string(), limits::MAX_REPEATED_CHARS));
        self
    }
}

/// The text, or its first characters and an ellipsis: what a page wrote, and as long as it liked, is not to be kept in its answers.
pub(crate) fn shortened(text: String, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.call)?;
        if let Some(address) = &self.address {
            write!(f, " {address}")?;
        }
        write!(f, ": {}", self.text)
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for io::Error {
    /// Keeps the kind; the failure itself is the inner error ([`io::Error::get_ref`]).
    fn from(failure: Failure) -> Self {
        io::Error::new(failure.name.kind(), failure)
    }
}

/// Who holds a port: a listener, a connection, or what is left of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The state of the socket that holds it: LISTEN, TIME_WAIT, …
    pub state: TcpState,
    /// After how many milliseconds TIME_WAIT is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_in_ms: Option<u64>,
}

macro_rules! names {
    ($(#[doc = $meaning:literal] $name:ident => $kind:ident, $python:literal;)*) => {
        /// The name of an error: POSIX's (`errno.h`), the resolver's (`getaddrinfo(3)`), or the relay's own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[allow(clippy::upper_case_acronyms, non_camel_case_types, reason = "POSIX's own spelling")]
        pub enum Name {
            $(#[doc = $meaning] $name,)*
        }

        impl Name {
            /// Every name, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name as it is written on the wire and shown to people.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// When it comes, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning.trim_ascii(),)* }
            }

            /// The [`io::ErrorKind`] that std gives this error on Unix.
            pub const fn kind(self) -> io::ErrorKind {
                match self { $(Self::$name => io::ErrorKind::$kind,)* }
            }

            /// The exception that Python's `socket` module raises for it.
            pub const fn python(self) -> &'static str {
                match self { $(Self::$name => $python,)* }
            }
        }
    };
}

names! {
    /// Permission denied: `bind` to a privileged port (below 1024 as a rule), or a rule of the system that prohibits the way there.
    EACCES => PermissionDenied, "PermissionError";
    /// The address and port are taken: by a listener, or by a connection in TIME_WAIT where SO_REUSEADDR is not set. `holder` says by which; of a socket that is bound and does not listen the system has no table.
    EADDRINUSE => AddrInUse, "OSError";
    /// No interface of this machine has the address of `bind`, or `connect` finds no free port.
    EADDRNOTAVAIL => AddrNotAvailable, "OSError";
    /// The address belongs to another family than the socket, or the system lacks the family.
    EAFNOSUPPORT => Other, "OSError";
    /// Nothing to do just now, and the call was told not to wait (`dontwait`).
    EAGAIN => WouldBlock, "BlockingIOError";
    /// An earlier `connect` of this socket is still under way.
    EALREADY => Other, "BlockingIOError";
    /// There is no socket: none was made yet, it is closed, or the listener that `accept` names is.
    EBADF => Other, "OSError";
    /// The call was ended by `cancel`.
    ECANCELED => Other, "OSError";
    /// A connection was aborted before it was accepted, or by this host.
    ECONNABORTED => ConnectionAborted, "ConnectionAbortedError";
    /// Nobody listens there: the machine answered the SYN with RST.
    ECONNREFUSED => ConnectionRefused, "ConnectionRefusedError";
    /// The other end sent RST: it aborted, or died with unread bytes, or got bytes for a connection that it no longer has.
    ECONNRESET => ConnectionReset, "ConnectionResetError";
    /// The call needs a destination.
    EDESTADDRREQ => Other, "OSError";
    /// The other host is down.
    EHOSTDOWN => Other, "OSError";
    /// No route to the host, or nobody answers for it on its own network.
    EHOSTUNREACH => HostUnreachable, "OSError";
    /// The connection is being set up.
    EINPROGRESS => Other, "BlockingIOError";
    /// A signal came first.
    EINTR => Interrupted, "InterruptedError";
    /// An argument is wrong (a port above 65535, an option's value), or the call does not fit what the socket is (a second `bind`).
    EINVAL => InvalidInput, "OSError";
    /// An error that has no name here; its text says more.
    EIO => Other, "OSError";
    /// The socket is connected already.
    EISCONN => Other, "OSError";
    /// No more descriptors for this process, or for this page.
    EMFILE => Other, "OSError";
    /// The message is larger than a frame may be.
    EMSGSIZE => Other, "OSError";
    /// The network is down.
    ENETDOWN => NetworkDown, "OSError";
    /// No route to that network.
    ENETUNREACH => NetworkUnreachable, "OSError";
    /// No more descriptors on this machine.
    ENFILE => Other, "OSError";
    /// No room in a queue: too many calls wait on this socket.
    ENOBUFS => Other, "OSError";
    /// No memory.
    ENOMEM => OutOfMemory, "OSError";
    /// There is nothing of that name: no congestion control, no network interface.
    ENOENT => NotFound, "FileNotFoundError";
    /// This system has no such option, or only reads it.
    ENOPROTOOPT => Other, "OSError";
    /// There is no such call.
    ENOSYS => Unsupported, "OSError";
    /// The socket is not connected.
    ENOTCONN => NotConnected, "OSError";
    /// Not possible on this kind of socket.
    EOPNOTSUPP => Unsupported, "OSError";
    /// Not permitted, by a firewall as a rule, or to a user without privileges.
    EPERM => PermissionDenied, "PermissionError";
    /// Sent after the end: this side was shut down, or the other end is gone, which an earlier `send` has found out; on Linux it was never connected, too.
    EPIPE => BrokenPipe, "BrokenPipeError";
    /// The protocol is not available.
    EPROTONOSUPPORT => Other, "OSError";
    /// No answer in time: within the call's `timeout_ms`, or within the system's own patience.
    ETIMEDOUT => TimedOut, "TimeoutError";
    /// The name exists, but has no address of this family.
    EAI_ADDRFAMILY => Other, "socket.gaierror";
    /// No name server answered; trying again may help.
    EAI_AGAIN => Other, "socket.gaierror";
    /// A name server failed for good.
    EAI_FAIL => Other, "socket.gaierror";
    /// The name exists, but has no address.
    EAI_NODATA => Other, "socket.gaierror";
    /// There is no such name.
    EAI_NONAME => Other, "socket.gaierror";
    /// The resolver met another error; its text says which.
    EAI_SYSTEM => Other, "socket.gaierror";
    /// Not an error of TCP: one of the relay's own rules forbids the call, and `rule` says which.
    FORBIDDEN => PermissionDenied, "PermissionError";
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! rules {
    ($(#[doc = $meaning:literal] $name:ident = $text:literal;)*) => {
        /// A rule of the relay. What it forbids is no error of TCP and does not look like one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Rule {
            $(#[doc = $meaning] #[serde(rename = $text)] $name,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The rule as it is written on the wire and shown to people.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it forbids, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning.trim_ascii(),)* }
            }
        }
    };
}

rules! {
    /// The relay opens no socket to itself.
    OwnPort = "own-port";
    /// Link-local addresses are not reached: clouds keep their metadata service there.
    LinkLocal = "link-local";
    /// Multicast and broadcast addresses are not for TCP.
    Multicast = "multicast";
    /// The relay is shared, and no `--allow` names this address.
    NotAllowed = "not-allowed";
    /// The operator denied this address with `--deny`.
    Denied = "denied";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_they_are_called() {
        for name in Name::ALL {
            assert_eq!(serde_json::to_string(name).unwrap(), format!("\"{name}\""));
        }
    }

    #[test]
    fn rules_are_written_as_they_are_shown() {
        for rule in Rule::ALL {
            assert_eq!(serde_json::to_string(rule).unwrap(), format!("\"{rule}\""));
        }
    }

    #[test]
    fn no_more_of_an_address_is_repeated_than_people_read() {
        let failure = |address: &str| Failure::new(Name::EAI_NONAME, "resolve", "no such name").at(address);
        assert_eq!(failure("ä.example").address.as_deref(), Some("ä.example"));
        let exact = "ä".repeat(limits::MAX_REPEATED_CHARS);
        assert_eq!(failure(&exact).address.as_deref(), Some(exact.as_str()));
        assert_eq!(failure(&"ä".repeat(8000)).address, Some(exact + "…"));
    }

    #[test]
    fn an_io_error_keeps_kind_and_failure() {
        let failure = Failure::new(Name::ECONNREFUSED, "connect", "Connection refused").at("127.0.0.1:9");
        let error = io::Error::from(failure.clone());
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(error.get_ref().and_then(|inner| inner.downcast_ref()), Some(&failure));
        assert_eq!(error.to_string(), "ECONNREFUSED: connect 127.0.0.1:9: Connection refused");
    }
}
