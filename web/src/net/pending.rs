//! A call under way: the future of its answer.

use std::{
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use futures::{FutureExt as _, channel::oneshot};
use protocol::{CallId, Failure, Name, Return};

use super::descriptor::Descriptor;

/// A call under way.
#[must_use = "a blocking call is cancelled where its future is dropped"]
pub(super) struct Pending {
    pub(super) descriptor: Rc<Descriptor>,
    /// Absent once it is answered, or where it was never made.
    pub(super) id: Option<CallId>,
    pub(super) name: &'static str,
    pub(super) receiver: oneshot::Receiver<io::Result<Return>>,
}

impl Pending {
    /// Asks the relay to end the call; the future answers as the call does.
    pub(super) fn cancel(&self) {
        if let Some(target) = self.id {
            self.descriptor.cancel(target);
        }
    }
}

impl Future for Pending {
    type Output = io::Result<Return>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(self.receiver.poll_unpin(context));
        self.id = None;
        let name = self.name;
        Poll::Ready(answer.unwrap_or_else(|_ended| match self.descriptor.check_end(name) {
            Err(error) => Err(error),
            Ok(()) => Err(Failure::new(Name::EBADF, name, "the call was not answered").into()),
        }))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let Some(target) = self.id else { return };
        if !matches!(self.name, "accept" | "connect" | "send" | "poll") {
            return;
        }
        // It may be answered already, with an answer that nobody will take.
        self.receiver.close();
        match self.receiver.try_recv() {
            Ok(Some(answer)) => self.descriptor.keep(answer),
            Ok(None) | Err(_) => self.descriptor.cancel(target),
        }
    }
}
