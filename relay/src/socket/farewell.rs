//! The end of a socket's WebSocket: the last words, and the time to hear them.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use protocol::Event;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    time,
};

use super::{End, Task};
use crate::scratch::Scratch;

/// The close code of what was asked to end (RFC 6455 section 7.4.1).
const NORMAL_CLOSURE: u16 = 1000;

/// How long the relay waits, after its last frame, for the page to close its end.
const FAREWELL: Duration = Duration::from_secs(1);

impl<S: AsyncRead + AsyncWrite + Unpin> Task<S> {
    /// Frees the descriptor, says the last words and waits a moment for the page to close its end.
    pub(super) async fn finish(&mut self, end: End) {
        // First: who sees the WebSocket end must find the port free.
        self.descriptor = None;
        self.held.release();
        self.setup = None;
        self.sides.clear();
        self.watch = None;
        match end {
            End::PageClosed(code) => self.outbox.close(code, ""),
            End::Closed | End::PageGone => self.outbox.close(Some(NORMAL_CLOSURE), ""),
            End::Ended(cause, text) => {
                self.outbox.event(Event::Ended { cause, text: text.clone() });
                self.outbox.close(Some(cause.close_code()), &text);
            }
        }
        let farewell = async {
            poll_fn(|context| self.outbox.poll(self.page.stream(), context)).await?;
            self.page.stream().shutdown().await?;
            // Closing a connection with unread bytes resets it, and the last words would be lost with it.
            poll_fn(|context| poll_to_end(self.page.stream(), context)).await
        };
        match time::timeout(FAREWELL, farewell).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::trace!(%error, "the page did not wait for the end"),
            Err(_) => tracing::trace!("the page did not close its end"),
        }
    }
}

/// Reads and forgets, to the end.
fn poll_to_end<S: AsyncRead + Unpin>(connection: &mut S, context: &mut Context<'_>) -> Poll<io::Result<()>> {
    let mut scratch = Scratch::take();
    loop {
        let mut rest = ReadBuf::new(&mut scratch);
        ready!(Pin::new(&mut *connection).poll_read(context, &mut rest))?;
        if rest.filled().is_empty() {
            return Poll::Ready(Ok(()));
        }
    }
}
