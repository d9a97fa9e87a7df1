//! The session so far as a program: in Python, in Rust with its standard library, in C with POSIX sockets, and as commands for `nc` and `socat`.
//!
//! A [`Program`] is made of a trace: the calls of the chosen sockets, in an order for one thread. Each language writes it down in its own way.
//!
//! - A program makes the calls that the session made, with the same arguments. A call that failed may fail in the same way; any other failure ends the program.
//! - Calls that were cancelled are left out, and so are `info` and `resolve`. What still waited is a comment.
//! - A run of `recv`s is a loop, until the end of the stream where the session got there, or until as many bytes came as in the session: in which pieces they come is TCP's
//!   to choose.
//! - What each `recv` returned is written to standard output as a bytes literal of Python on a line of its own: `b'...'`, or `b"..."`.
//!   Nothing else that is written begins like that. Where a server listens stands on a line `[*] Listening on 127.0.0.1:8080`.
//! - Bytes that were sent are never altered. Up to 16 KiB a `send`, and 256 KiB in all, stand in the program; the rest is in files beside it, see [`Program::files`].
//! - Everything in a trace may come from a recording that somebody made up: no text gets out of the literal or the comment that it stands in.
//!
//! Pure: no UI, no browser, no clock.

mod c;
mod c_parts;
mod calls;
mod literal;
mod order;
mod python;
mod rust;
mod rust_options;
mod rust_parts;
mod shell;
mod steps;
mod words;
mod writer;

#[cfg(test)]
mod tests;

use std::rc::Rc;

pub use c::c;
pub use python::python;
pub use rust::rust;
pub use shell::shell;

use crate::net::SocketId;

/// Whose calls a program makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Those of one socket. A listener goes with everything that was accepted from it.
    Socket(SocketId),
    /// Those of all sockets of the page.
    Page,
}

/// The steps of a program.
#[derive(Debug, Default)]
pub struct Program {
    sockets: Vec<steps::Socket>,
    steps: Vec<steps::Step>,
    files: Vec<Rc<[u8]>>,
    left_out: usize,
    is_headless: bool,
}

impl Program {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The files that the program reads from the directory it is started in, with their names: what was sent in pieces too long to stand in it.
    pub fn files(&self) -> impl Iterator<Item = (String, &Rc<[u8]>)> {
        self.files.iter().enumerate().map(|(index, bytes)| (file_name(index), bytes))
    }
}

fn file_name(index: usize) -> String {
    format!("sent-{}.bin", index + 1)
}
