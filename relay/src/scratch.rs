//! Memory of the thread, for what passes through: most sockets have nothing to move most of the time, so none has a buffer of its own.

use std::{
    cell::Cell,
    ops::{Deref, DerefMut},
};

use protocol::limits;

use crate::websocket::MAX_HEAD_BYTES;

/// How much it holds: the largest frame, with its head, and the return of a bare send behind it.
pub(crate) const SCRATCH_BYTES: usize = MAX_HEAD_BYTES + limits::MAX_BINARY_FRAME_BYTES + MAX_RETURN_BYTES;

/// How long the return of a bare send is at most, as a frame.
const MAX_RETURN_BYTES: usize = 128;

thread_local! {
    static SCRATCH: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// The thread's buffer, of [`SCRATCH_BYTES`], until it is dropped. What it holds is of no meaning. It must not be kept over an `await`.
pub(crate) struct Scratch(Box<[u8]>);

impl Scratch {
    /// Takes it. Whoever takes it while another has it gets a new one.
    pub(crate) fn take() -> Self {
        Self(SCRATCH.take().unwrap_or_else(|| vec![0; SCRATCH_BYTES].into_boxed_slice()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        SCRATCH.set(Some(std::mem::take(&mut self.0)));
    }
}

impl Deref for Scratch {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
