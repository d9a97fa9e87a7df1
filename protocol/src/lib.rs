//! What crosses the WebSocket between a page and the relay: calls, returns, events, error names, limits.
//!
//! This crate has no I/O, no clock and no runtime. The relay and the page both use it, so no type of the wire is written twice.
//!
//! # A WebSocket is a file descriptor
//!
//! One WebSocket (RFC 6455), opened with the subprotocol [`SUBPROTOCOL`], is one TCP socket for its whole life. Losing the WebSocket
//! is to the socket what the death of its process is: the relay closes the descriptor and nobody is asked.
//!
//! | frame | towards the relay | towards the page |
//! |---|---|---|
//! | text | one [`Call`] | one [`Message`]: a return, a failure or an [`Event`] |
//! | binary | the bytes of one `send` | the bytes of one `recv` |
//!
//! Binary frames hold TCP bytes and nothing else. Only one that a `send` announced may be empty, as `send(2)` may be of nothing; a bare one breaks the protocol. The end of a stream is a return
//! of `recv` that says so, a reset is a failure of the call that met it.
//!
//! ```text
//! ▸ {"id":1,"call":"socket","family":"inet"}
//! ◂ {"id":1,"return":"socket"}
//! ▸ {"id":2,"call":"connect","host":"localhost","port":8000,"timeout_ms":5000}
//! ◂ {"id":2,"return":"connect","local":"127.0.0.1:51022","peer":"127.0.0.1:8000"}
//! ▸ {"id":3,"call":"send"}
//! ▸ (binary) GET / HTTP/1.0␍␊␍␊
//! ◂ {"id":3,"return":"send","sent":18}
//! ▸ {"id":4,"call":"recv","max":4096}
//! ◂ (binary) HTTP/1.0 200 OK␍␊…
//! ▸ {"id":5,"call":"recv","max":4096}
//! ◂ {"id":5,"return":"recv","eof":true}
//! ▸ {"id":6,"call":"close"}
//! ◂ {"id":6,"return":"close"}
//! ```
//!
//! `docs/wire.md` has whole conversations, of clients and of servers, and how to hold them with `websocat` or Python.
//!
//! # Order
//!
//! Calls may be issued without waiting for the returns of earlier ones. A call that changes what the socket is (`socket`, `bind`, `listen`, `accept`, `connect`)
//! is done before any call that was issued after it begins. From there on a socket has two queues, as it has two directions: `send`, `shutdown` and
//! `close` happen in the order in which they were issued, and so do `recv`s; neither queue waits for the other. `getsockname` and `getpeername` wait for neither.
//! `cancel` and `abort` wait for nothing.
//!
//! A binary frame from the relay answers the *oldest unanswered* `recv`; every other answer names the id of its call.
//!
//! A `send` is either announced by a `send` call, whose bytes are the very next binary frame, or *bare*: a binary frame that nothing announced.
//! A bare send has the defaults (it blocks without a timeout) and no id; one return without an id may answer several, its `sent` is their sum.
//! While a `recv` waits it may come late: behind what the relay says next, after 64 KiB, or after 40 ms.
//!
//! # Blocking
//!
//! `accept`, `connect`, `recv`, `send`, `poll` and `resolve` block, as they do in POSIX. Each takes `timeout_ms`; when that has passed the call fails with
//! `ETIMEDOUT`, except a `send` that has sent a part: it returns that part, as a blocking `send(2)` with SO_SNDTIMEO does. Each can be ended
//! by `cancel`, and then fails with `ECANCELED`, or returns what it had done when the cancellation came too late. Neither loses
//! a byte or a connection.
//!
//! # The end
//!
//! `close` and `abort` are the last calls: after their return the relay closes the WebSocket with code 1000. In all other cases in which the relay ends the socket it
//! first says why in an [`Event::Ended`].

mod call;
mod conversation;
mod failure;
mod info;
pub mod limits;
mod message;
mod option;

pub use call::{BadCall, Call, CallId, Family, How, ListenerId, Operation, PollEvent, RecvFlag, SendFlag, decode_call};
pub use conversation::{Arrival, Conversation, Unexpected};
pub use failure::{Failure, Holder, Name, Rule};
pub use info::{AcceptQueue, Info, TcpInfo, TcpState};
pub use message::{Answer, EndCause, Event, Hello, Message, Outcome, Return};
pub use option::{OptionValue, SocketOption};

/// The WebSocket subprotocol (RFC 6455 section 1.9) that both sides must name.
pub const SUBPROTOCOL: &str = "tcp-playground.v1";

/// What the token of the run is preceded by where a client offers it, as a second subprotocol: `token.0123…`.
///
/// A browser can set no header of a WebSocket handshake but this one, and an address would end up in logs and histories.
pub const TOKEN_PREFIX: &str = "token.";

/// The path of the relay's WebSocket endpoint.
pub const SOCKET_PATH: &str = "/socket";
