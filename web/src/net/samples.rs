//! What the kernel knows of a socket, told again and again, and of a connection that is closed.

use std::{future::poll_fn, io, net::SocketAddr, rc::Rc, task::Poll, time::Duration};

use futures::FutureExt as _;
use protocol::{CallId, Failure, Info, Name, Operation, Return};

use super::{
    Observed, Observer, SocketId,
    descriptor::Descriptor,
    pending::Pending,
    socket::{millis, misfit},
};

/// Samples of one socket, until it ends. Dropping them ends the asking.
pub struct Samples {
    asking: Pending,
    id: Option<CallId>,
}

impl Descriptor {
    pub(super) fn samples(self: &Rc<Self>, every: Duration) -> Samples {
        let asking = self.call(Operation::Info { interval_ms: Some(millis(every)), local: None, peer: None }, None);
        let id = asking.id;
        self.state().told.extend(id.map(|id| (id, None)));
        Samples { asking, id }
    }
}

impl Samples {
    /// The newest sample that was not taken yet; waits for one. `None` when there will be no more: the socket ended, or the relay refused.
    pub async fn next(&mut self) -> Option<Info> {
        let id = self.id?;
        let asking = &mut self.asking;
        let next = poll_fn(|context| {
            let told = asking.descriptor.state().told.get_mut(&id).and_then(Option::take);
            if told.is_some() || asking.poll_unpin(context).is_ready() {
                return Poll::Ready(told);
            }
            asking.descriptor.state().wake_later(context);
            Poll::Pending
        });
        let next = next.await;
        if next.is_none() {
            self.end();
        }
        next
    }

    fn end(&mut self) {
        if let Some(id) = self.id.take() {
            self.asking.descriptor.state().told.remove(&id);
        }
    }
}

impl Drop for Samples {
    fn drop(&mut self) {
        if self.id.is_some() {
            self.asking.cancel();
        }
        self.end();
    }
}

/// A WebSocket without a socket, on which the system's table is asked about connections that are closed. Nothing of it is observed.
pub struct Table(pub(super) Rc<Descriptor>);

impl Table {
    /// What the table has of the closed connection between these addresses, which was one of this page's; nothing where it has it no more.
    ///
    /// # Errors
    ///
    /// What the call says.
    pub async fn find(&self, local: SocketAddr, peer: SocketAddr) -> io::Result<Option<Info>> {
        let operation = Operation::Info { interval_ms: None, local: Some(local), peer: Some(peer) };
        match self.0.call(operation, None).await {
            Ok(Return::Info { info }) => Ok(Some(*info)),
            Ok(other) => Err(misfit(&other)),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Failure>()).is_some_and(|failure| failure.name == Name::ENOTCONN)
}

/// Takes note of nothing.
pub(super) struct Unobserved;

impl Observer for Unobserved {
    fn observe(&self, _: SocketId, _: Observed<'_>) {}
}
