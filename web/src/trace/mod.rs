//! What happened in the page, in order, and what can be read off it: the sockets and their states, the rows of a stream, the explanation
//! of a failure. Everything here is a pure function of the trace.
//!
//! There is no UI here, no browser, no clock and no I/O: times come in with the facts, and all of it runs under a plain `cargo test -p web`.

mod block;
mod caption;
mod explain;
mod fact;
mod filter;
mod journal;
mod lines;
mod looking;
mod no_port;
mod place;
mod remedy;
mod ring;
mod row;
mod socket;
mod sockets;
mod state;
mod stream;
mod words;

pub use caption::caption;
pub use explain::{Explanation, explain};
pub use fact::{Entry, Fact, Role};
pub use filter::{Filter, Only};
pub use journal::Journal;
pub use lines::{Span, SpanKind, control_name, visible};
pub use looking::Looking;
pub use no_port::no_port;
pub use place::Place;
pub use remedy::Remedy;
pub use ring::{Bounds, Trace};
pub use row::{Direction, Outcome, Row, RowKind, as_written};
pub(crate) use socket::timeout_ms;
pub use socket::{Failed, Kind, Socket};
pub use sockets::Sockets;
pub use state::State;
pub use stream::{Show, Stream};
pub use words::{bytes_in_words, decimal, number_in_words, seconds_in_words};
