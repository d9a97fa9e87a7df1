//! What a script is to the page: how it stands, what it printed, what it calls. The interpreter itself runs in a worker of the browser, whose files are in `web/interpreter`.
//!
//! Pure: no browser and no clock, so that plain `cargo test` tests it.

mod moved;
mod output;
mod pasted;
mod said;
mod standing;
mod state;

pub use moved::line_in;
pub use output::{Chunk, Output, Stream};
pub use pasted::{Pasted, pasted};
pub use said::{Address, Ending, Failed, Patience, Returned, Said, Syscall, answer};
pub use standing::{MAIN_THREAD, Phase, Standing, Wait, Waiting};
pub use state::{How, ScriptId, ScriptState};
