//! TCP_INFO in words and in plots: all that the kernel told of a connection, as of an event of the trace.
//!
//! Like the trace this is pure: no UI, no browser, no clock.

mod fields;
mod plots;

pub use fields::{rows, table, values};
pub use plots::{History, plots};
