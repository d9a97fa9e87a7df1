//! The descriptors of a script: small numbers, as in a process, for the sockets that it holds.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::Waker;

use protocol::{Failure, Name};

use super::pair::End;
use crate::net::SocketId;
use crate::script::Failed;
use crate::session::{Handles, Session};

/// The first number, after those of stdin, stdout and stderr.
const FIRST: u32 = 3;

/// How many descriptors a script may have: Linux's usual limit for a process.
const MAX_FILES: usize = 1024;

/// What a descriptor stands for; `dup` makes two numbers stand for one.
pub(super) enum File {
    /// A TCP socket.
    Wire(Wire),
    /// One end of a `socketpair`.
    End(End),
}

/// A TCP socket of the session. The session has its handles, so that people see it and may use it, too.
pub(super) struct Wire {
    pub(super) id: SocketId,
    pub(super) connecting: Connecting,
}

/// A `connect` that did not wait.
#[derive(Default)]
pub(super) struct Connecting {
    pub(super) is_under_way: Cell<bool>,
    /// Whether it succeeded, and the program has not called `connect` again to hear of that, as it may once.
    pub(super) is_news: Cell<bool>,
    /// How it failed, until somebody asks.
    pub(super) failure: RefCell<Option<Failure>>,
    pub(super) wakers: RefCell<Vec<Waker>>,
}

impl Connecting {
    pub(super) fn done(&self, failure: Option<Failure>) {
        self.is_under_way.set(false);
        self.is_news.set(failure.is_none());
        *self.failure.borrow_mut() = failure;
        self.wakers.take().into_iter().for_each(Waker::wake);
    }
}

impl Wire {
    pub(super) fn new(id: SocketId) -> Self {
        Self { id, connecting: Connecting::default() }
    }

    pub(super) fn handles(&self, session: &Session) -> Handles {
        session.handles(self.id)
    }
}

/// The table of a script.
#[derive(Default)]
pub(super) struct Files {
    table: RefCell<BTreeMap<u32, Rc<File>>>,
}

impl Files {
    /// Gives a file the lowest number that is free.
    pub(super) fn insert(&self, file: Rc<File>, call: &str) -> Result<u32, Failed> {
        let mut table = self.table.borrow_mut();
        if table.len() >= MAX_FILES {
            return Err(Failed::by(Name::EMFILE, call));
        }
        let fd = (FIRST..).find(|fd| !table.contains_key(fd)).unwrap_or(u32::MAX);
        table.insert(fd, file);
        Ok(fd)
    }

    /// What `fd` stands for.
    pub(super) fn get(&self, fd: u32, call: &str) -> Result<Rc<File>, Failed> {
        self.table.borrow().get(&fd).cloned().ok_or_else(|| Failed::by(Name::EBADF, call))
    }

    /// Frees the number; returns the file where no other number stands for it.
    pub(super) fn remove(&self, fd: u32) -> Result<Option<Rc<File>>, Failed> {
        let mut table = self.table.borrow_mut();
        let file = table.remove(&fd).ok_or_else(|| Failed::by(Name::EBADF, "close"))?;
        let is_shared = table.values().any(|other| Rc::ptr_eq(other, &file));
        Ok((!is_shared).then_some(file))
    }

    /// Empties the table; each file once.
    pub(super) fn take_all(&self) -> Vec<Rc<File>> {
        let mut files: Vec<Rc<File>> = vec![];
        for file in self.table.take().into_values() {
            if !files.iter().any(|known| Rc::ptr_eq(known, &file)) {
                files.push(file);
            }
        }
        files
    }
}
