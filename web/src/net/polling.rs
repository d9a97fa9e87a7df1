//! `poll` that can be asked to stop waiting, for whoever waits for several sockets at once.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::FutureExt as _;
use protocol::{Operation, PollEvent, Return};

use super::{
    TcpListener, TcpSocket, TcpStream,
    pending::Pending,
    socket::{millis, misfit},
};

/// A `poll(2)` under way. It is called at once; dropping it cancels it.
pub struct Polling(Pending);

impl Polling {
    /// Ends the waiting: the future answers with what can be had by then, or fails with `ECANCELED`.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

impl Future for Polling {
    type Output = io::Result<Vec<PollEvent>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.0.poll_unpin(context)) {
            Ok(Return::Poll { events }) => Ok(events),
            Ok(other) => Err(misfit(&other)),
            Err(error) => Err(error),
        })
    }
}

macro_rules! of_all_sockets {
    ($($socket:ident)*) => {$(
        impl $socket {
            /// `poll(2)`, as [`poll`](Self::poll), which can be asked to stop waiting.
            pub fn polling(&self, events: &[PollEvent], timeout: Option<Duration>) -> Polling {
                Polling(self.descriptor().call(Operation::Poll { events: events.to_vec(), timeout_ms: timeout.map(millis) }, None))
            }
        }
    )*};
}

of_all_sockets! { TcpSocket TcpListener TcpStream }
