//! The ladder of a connection: both ends as lines down the page, with their calls, what these returned, and what went between them.
//!
//! Calls, returns and bytes are facts of the trace. Segments are not: nobody captured them, so those that TCP must have sent for a call to return as it
//! did are inferred, and marked so. Everything here is a pure function of the trace that makes rows, and of rows that makes markup; the page and
//! the exported picture are drawn by the same functions.

mod build;
mod draw;
mod export;
mod facts;
mod layout;
mod pair;
mod row;
mod svg;
mod table;
mod wire;
mod words;

pub use build::{Ladder, Waiting};
pub use draw::{ROW_PX, draw_heads, draw_lit, draw_rows, draw_waiting};
pub use export::{MOST_ROWS, Picture, export};
pub use layout::Layout;
pub use pair::{Ends, other_end};
pub use row::{Act, Arrow, Bars, Carries, Ending, Row, Side};
pub use svg::Dress;
pub use table::table_rows;

#[cfg(test)]
mod tests;
