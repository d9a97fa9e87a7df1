//! What a page asks of its socket.

use std::{fmt, net::SocketAddr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{OptionValue, SocketOption, failure::shortened, limits};

/// Tells the calls of one socket apart. The page chooses it; one that still waits must not be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub u64);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Tells the listeners of one relay apart; `listen` returns it and `accept` names it. It is random, from 1 to 2^53 - 1, so that only who was told of a listener accepts
/// from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListenerId(pub u64);

impl fmt::Display for ListenerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One call: an operation and the id that its answer will carry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    /// Chosen by the page.
    pub id: CallId,
    /// What to do.
    #[serde(flatten)]
    pub operation: Operation,
}

/// The calls, with POSIX's names and arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "lowercase", deny_unknown_fields)]
pub enum Operation {
    /// `socket(2)`: makes the TCP socket of this WebSocket. Returns at once.
    ///
    /// Fails with `EINVAL` where there is one already, `EMFILE`, `ENFILE`, `EAFNOSUPPORT`.
    Socket {
        /// The address family.
        family: Family,
    },
    /// `bind(2)`: gives the socket its own address. Returns the address, with the port the system chose where `port` was 0.
    ///
    /// Fails with `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `EINVAL` (bound already, a port above 65535), `EAI_*`.
    Bind {
        /// A numeric address or a name; `0.0.0.0` and `::` are all addresses of the machine.
        address: String,
        /// 0 to 65535. Wider here, so that a wrong one is an error of this call and not of the frame.
        port: u64,
    },
    /// `listen(2)`: connections are taken into a queue from now on. Returns the listener's id, which `accept` names, and its address.
    ///
    /// The listener lives as long as this WebSocket; its port is free when that ends. May be called again, to change the backlog.
    /// Fails with `EADDRINUSE`, `EINVAL` (connected).
    Listen {
        /// How many connections may wait to be accepted. Linux admits one more, and cuts at `net.core.somaxconn`.
        backlog: i32,
    },
    /// `accept(2)`: takes a connection out of a listener's queue, or waits for one. The connection lives on *this* WebSocket,
    /// which has no socket yet, as `accept(2)` returns a new descriptor. Returns both addresses. Blocks; cancel safe.
    ///
    /// Fails with `EBADF` (no such listener, or it was closed meanwhile), `EINVAL` (this WebSocket has a socket), `EMFILE`, `ENFILE`, `ECONNABORTED`.
    Accept {
        /// A listener of the same owner.
        listener: ListenerId,
        /// After how long to give up, in milliseconds; never where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<u64>,
    },
    /// `connect(2)`, after the name is resolved (`getaddrinfo(3)`); the first address of the socket's family is tried. Returns both addresses.
    /// Blocks. When it is cancelled or timed out the attempt goes on in the kernel, as POSIX has it: `poll` finds `out` when it has succeeded, and another
    /// `connect` gets it; on Linux that one waits for it, too.
    ///
    /// Fails with `ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH`, `ENETUNREACH`, `EISCONN`, `EALREADY`, `EADDRNOTAVAIL`, `EINVAL`, `EAI_*`.
    Connect {
        /// A name or a numeric address.
        host: String,
        /// 0 to 65535; the kernel knows no server on port 0.
        port: u64,
        /// After how long to give up, in milliseconds; the system's own limit where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<u64>,
    },
    /// `send(2)`: announces that the next binary frame is to be sent by this call. Returns how many bytes the kernel took: all of them, unless
    /// `dontwait` is set or the call timed out or was cancelled half-way. Blocks while the send buffer is full.
    ///
    /// The binary frame may be empty: that is a `send` of nothing, which returns 0.
    ///
    /// Fails with `EPIPE` (on Linux where it was never connected, too), `ECONNRESET`, `ENOTCONN`, `EAGAIN` (`dontwait`), `ETIMEDOUT`, `EOPNOTSUPP` (a flag that this system lacks).
    Send {
        /// `MSG_*` flags.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        flags: Vec<SendFlag>,
        /// After how long to give up, in milliseconds; never where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<u64>,
    },
    /// `recv(2)`: one call in the kernel, answered by one binary frame of 1 to `max` bytes, by the end of the stream, or by a failure.
    /// Blocks while there is nothing, for a `max` of 0 too, as in C. Cancel safe: no byte is taken by a call that is cancelled or timed out.
    ///
    /// Fails with `ENOTCONN`, `ECONNRESET`, `EAGAIN` (`dontwait`), `ETIMEDOUT`, `EINVAL` (`oob`).
    Recv {
        /// At most this many bytes; above [`crate::limits::MAX_BINARY_FRAME_BYTES`] it counts as that.
        max: u64,
        /// `MSG_*` flags.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        flags: Vec<RecvFlag>,
        /// After how long to give up, in milliseconds; never where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<u64>,
    },
    /// `shutdown(2)`: ends one or both directions. `write` sends FIN after everything that was sent before; whichever direction it ends, it waits for the `send`s that
    /// were issued before it.
    ///
    /// Fails with `ENOTCONN`.
    Shutdown {
        /// Which direction.
        how: How,
    },
    /// `close(2)`, after the sends that were issued before it. What still waits fails with `EBADF`. The last call.
    Close,
    /// Closes at once and sends RST (`close(2)` with SO_LINGER of zero seconds). What was not sent yet is lost. The last call.
    Abort,
    /// `getsockname(2)`: the socket's own address.
    Getsockname,
    /// `getpeername(2)`: the address of the other end. Fails with `ENOTCONN`.
    Getpeername,
    /// `setsockopt(2)`. Returns what is in effect then, which may be something else.
    ///
    /// Fails with `EINVAL` (no value for this option), `ENOPROTOOPT` (this system has no such option, or only reads it), `EPERM`.
    Setsockopt {
        /// Which option.
        option: SocketOption,
        /// What to set it to.
        value: OptionValue,
    },
    /// `getsockopt(2)`. Returns what is in effect. Fails with `ENOPROTOOPT`.
    Getsockopt {
        /// Which option.
        option: SocketOption,
    },
    /// `poll(2)`: waits until one of `events` can be had, and returns those that can. `err` and `hup` are always waited for. Blocks; cancel safe.
    ///
    /// Fails with `ETIMEDOUT`, where `poll(2)` returns 0.
    Poll {
        /// What to wait for.
        events: Vec<PollEvent>,
        /// After how long to give up, in milliseconds; never where absent, at once where 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<u64>,
    },
    /// `getaddrinfo(3)`: all addresses of a name, in the resolver's order. Needs no socket. Blocks; cancel safe.
    ///
    /// Fails with `EAI_*`, `ETIMEDOUT`.
    Resolve {
        /// A name or a numeric address.
        host: String,
        /// Of this family only; of both where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        family: Option<Family>,
        /// After how long to give up, in milliseconds; the resolver's own limit where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_ms: Option<u64>,
    },
    /// What the kernel knows of the socket. Issued after a `connect` it waits for that; one that was told to go on before it tells of SYN_SENT, too. With `interval_ms` it goes on telling, in an [`Event::Info`](crate::Event::Info) each time, until it is cancelled or the socket ends.
    ///
    /// With `local` and `peer` it is about that connection, which was this WebSocket's or another's of the same owner and is closed: FIN_WAIT and
    /// TIME_WAIT are a socket's life after `close`, in the system's table. Fails with `ENOTCONN` where the table has it no more, and for every connection that no socket of
    /// this relay had.
    Info {
        /// Tells again after this many milliseconds; at least [`crate::limits::MIN_INFO_INTERVAL_MS`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interval_ms: Option<u64>,
        /// The closed connection's own address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        local: Option<SocketAddr>,
        /// The address of its other end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        peer: Option<SocketAddr>,
    },
    /// Ends a call that waits: it fails with `ECANCELED`. Returns whether there was one that waited.
    Cancel {
        /// The id of that call.
        target: CallId,
    },
}

impl Operation {
    /// The names of all calls.
    pub const NAMES: &[&str] = &[
        "socket",
        "bind",
        "listen",
        "accept",
        "connect",
        "send",
        "recv",
        "shutdown",
        "close",
        "abort",
        "getsockname",
        "getpeername",
        "cancel",
        "setsockopt",
        "getsockopt",
        "poll",
        "resolve",
        "info",
    ];

    /// The call's name, as POSIX and the wire have it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Socket { .. } => "socket",
            Self::Bind { .. } => "bind",
            Self::Listen { .. } => "listen",
            Self::Accept { .. } => "accept",
            Self::Connect { .. } => "connect",
            Self::Send { .. } => "send",
            Self::Recv { .. } => "recv",
            Self::Shutdown { .. } => "shutdown",
            Self::Close => "close",
            Self::Abort => "abort",
            Self::Getsockname => "getsockname",
            Self::Getpeername => "getpeername",
            Self::Setsockopt { .. } => "setsockopt",
            Self::Getsockopt { .. } => "getsockopt",
            Self::Poll { .. } => "poll",
            Self::Resolve { .. } => "resolve",
            Self::Info { .. } => "info",
            Self::Cancel { .. } => "cancel",
        }
    }
}

/// An address family (`AF_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4, `AF_INET`.
    Inet,
    /// IPv6, `AF_INET6`.
    Inet6,
}

/// Which direction `shutdown(2)` ends (`SHUT_RD`, `SHUT_WR`, `SHUT_RDWR`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// No more is received. Nothing is told to the other end.
    Read,
    /// No more is sent: FIN.
    Write,
    /// Both.
    Both,
}

/// A flag of `send(2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SendFlag {
    /// `MSG_DONTWAIT`: take what fits, or fail with `EAGAIN`.
    Dontwait,
    /// `MSG_MORE`: more follows, so that no partial segment is sent yet (`send(2)`). Linux; fails with `EOPNOTSUPP` elsewhere.
    More,
    /// `MSG_OOB`: the last byte is urgent (RFC 9293 section 3.8.5, which advises against it).
    Oob,
}

/// A flag of `recv(2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecvFlag {
    /// `MSG_PEEK`: leave the bytes in the queue. With [`Waitall`](Self::Waitall) it does not wait for more than the first of them, unlike Linux.
    Peek,
    /// `MSG_DONTWAIT`: fail with `EAGAIN` where there is nothing.
    Dontwait,
    /// `MSG_WAITALL`: wait until there are `max` bytes, or the stream ends. A call that is cancelled or timed out returns what it has.
    Waitall,
    /// `MSG_OOB`: the urgent byte, which stands beside the others unless SO_OOBINLINE is set. Never waits: fails with `EINVAL` where none was announced or it
    /// was taken already, and with `EAGAIN` where it has not arrived yet (`tcp(7)`).
    Oob,
}

/// What `poll` waits for and finds (`poll(2)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PollEvent {
    /// `POLLIN`: a `recv` or an `accept` would not block.
    In,
    /// `POLLOUT`: a `send` would not block.
    Out,
    /// `POLLERR`: an error is pending.
    Err,
    /// `POLLHUP`: both directions are ended, or nothing was connected yet.
    Hup,
}

/// A text frame that is no call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadCall {
    /// It has an id and a call's name, so that the call can fail: there is no such call (`known` is false), or its arguments are wrong.
    Arguments {
        /// The id that the failure carries.
        id: CallId,
        /// The name that was called, as far as [`limits::MAX_CALL_NAME_CHARS`] says.
        call: String,
        /// Whether there is a call of that name.
        known: bool,
        /// What is wrong.
        text: String,
    },
    /// It breaks the protocol: no JSON, no object, no id, or no name.
    Frame {
        /// What is wrong.
        text: String,
    },
}

/// Reads one text frame from the page. What it says is wrong repeats little of the frame, however long that is.
///
/// # Errors
///
/// [`BadCall::Arguments`] ends only that call, [`BadCall::Frame`] the socket.
pub fn decode_call(text: &str) -> Result<Call, BadCall> {
    let short = |text: String| shortened(text, limits::MAX_REPEATED_CHARS);
    let frame = |text: String| BadCall::Frame { text: short(text) };
    let mut object: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| frame(format!("a text frame must be one JSON object: {error}")))?;
    let id = object
        .remove("id")
        .and_then(|id| id.as_u64())
        .map(CallId)
        .ok_or_else(|| frame("a call needs an \"id\", a whole number of 0 or more".to_owned()))?;
    let Some(Value::String(call)) = object.get_mut("call") else {
        return Err(frame("a call needs its name in \"call\"".to_owned()));
    };
    *call = shortened(std::mem::take(call), limits::MAX_CALL_NAME_CHARS);
    let call = call.clone();
    match Operation::deserialize(Value::Object(object)) {
        Ok(operation) => Ok(Call { id, operation }),
        Err(error) => {
            let known = Operation::NAMES.contains(&call.as_str());
            Err(BadCall::Arguments { id, call, known, text: short(error.to_string()) })
        }
    }
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
