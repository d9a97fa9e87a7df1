//! What the editor holds: the scripts that are open, what of them is kept over a reload, and the examples to begin with. Drawing and running them is done elsewhere.
//!
//! Pure: no browser, so that plain `cargo test` tests it.

mod examples;
mod files;
mod names;
mod traceback;

pub use examples::{EXAMPLES, Example, in_language};
pub use files::{File, Files};
pub use names::{FileName, Mistake};
pub use traceback::exception_of;
