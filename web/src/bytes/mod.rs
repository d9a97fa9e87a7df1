//! The bytes of one connection, one direction at a time: a ruler on which every byte has its offset, what the bytes read as, and the structure that a
//! protocol would see in them. Pure functions of the trace, and no byte is ever altered.
//!
//! There is no UI here, no browser and no clock. What is drawn is markup, in which everything that came from outside is escaped.

mod dump;
mod fields;
mod formats;
mod http;
mod inspector;
mod markup;
mod overlay;
mod prefix;
mod resp;
mod ruler;
mod selection;
mod smtp;

pub use dump::{Look, bytes_a_row, rows};
pub use fields::{list, place, value};
pub use formats::Format;
pub use inspector::inspect;
pub use markup::{escaped, shown};
pub use overlay::{Field, Overlay, Protocol, What};
pub use ruler::{Piece, Ruler};
pub use selection::{Selection, Step};
