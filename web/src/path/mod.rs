//! The path of one socket through the states of RFC 9293 (section 3.3.2, figure 5): what the kernel said, and what its calls and returns let infer.
//!
//! Like the trace this is pure: no UI, no browser, no clock.

mod figure;
mod markup;
mod step;
mod walk;

pub use markup::{Now, drawing, legend, list, now};
pub use step::{Cause, Place, Segment, Step};
pub use walk::Path;
