//! The end of a socket's WebSocket: the last words, and the time to hear them.

use std::{future::poll_fn, time::Duration};

use futures::SinkExt as _;
use protocol::Event;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time,
};
use tokio_tungstenite::tungstenite::{self, error::ProtocolError, protocol::CloseFrame};

use super::{End, Task};

/// How long the relay waits, after its last frame, for the page to close its end.
const FAREWELL: Duration = Duration::from_secs(1);

impl<S: AsyncRead + AsyncWrite + Unpin> Task<S> {
    /// Frees the descriptor, says the last words and waits a moment for the page to close its end.
    pub(super) async fn finish(mut self, end: End) {
        // First: who sees the WebSocket end must find the port free.
        self.descriptor = None;
        self.held.release();
        self.setup = None;
        self.sides.clear();
        let (code, reason) = match end {
            End::PageGone => (1000, String::new()),
            End::Closed => (1000, String::new()),
            End::Ended(cause, text) => {
                self.outbox.event(Event::Ended { cause, text: text.clone() });
                (cause.close_code(), text)
            }
        };
        let farewell = async {
            poll_fn(|context| self.outbox.poll(&mut self.page, context)).await?;
            let close = CloseFrame { code: code.into(), reason: cut(&reason, MAX_REASON_BYTES).into() };
            match self.page.close(Some(close)).await {
                // The page closed first: the answer to that is written already, and is to be sent (RFC 6455 section 5.5.1).
                Err(tungstenite::Error::Protocol(ProtocolError::SendAfterClosing)) => self.page.flush().await?,
                other => other?,
            }
            let connection = self.page.get_mut();
            connection.shutdown().await?;
            // Closing a connection with unread bytes resets it, and the last words would be lost with it.
            let mut rest = [0; 4096];
            while connection.read(&mut rest).await? > 0 {}
            Ok::<(), tungstenite::Error>(())
        };
        match time::timeout(FAREWELL, farewell).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::trace!(%error, "the page did not wait for the end"),
            Err(_) => tracing::trace!("the page did not close its end"),
        }
    }
}

/// What a close frame has room for beside its code (RFC 6455 section 5.5).
const MAX_REASON_BYTES: usize = 123;

/// The longest beginning of `text` that fits.
fn cut(text: &str, max_bytes: usize) -> &str {
    let end = (0..=max_bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}
