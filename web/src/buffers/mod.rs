//! Where the bytes of a connection wait, and who waits to be accepted: as the kernel told it, up to an event of the trace.
//!
//! Like the trace this is pure: no UI, no browser, no clock.

mod markup;
mod meaning;
mod seen;

pub use markup::markup;
pub use seen::{End, Seen};
