//! How it stands with the relay: one idle WebSocket that tells when it goes and comes back.

use std::{io, time::Duration};

use futures::future::{AbortHandle, abortable};
use gloo_timers::future::TimeoutFuture;
use protocol::Hello;
use wasm_bindgen_futures::spawn_local;

use super::Relay;

/// How long to wait before the relay is looked for again: doubled at each failure, up to the longest.
const SHORTEST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// How it stands with the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayState {
    /// Not answered yet.
    Connecting,
    /// It is there, and says this of itself.
    Up(Hello),
    /// It does not know the token; its words. It is not asked again.
    Refused(String),
    /// It is gone.
    Lost {
        /// How that was noticed.
        text: String,
        /// When it is looked for again.
        retry_in: Duration,
    },
}

/// Watches a relay until it is dropped.
pub struct Watch(AbortHandle);

impl Watch {
    pub(super) fn start(relay: Relay, on_change: impl FnMut(RelayState) + 'static) -> Self {
        let (watching, handle) = abortable(watch(relay, on_change));
        spawn_local(async {
            // Aborted is what it ends with when the handle is dropped.
            watching.await.ok();
        });
        Self(handle)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn watch(relay: Relay, mut on_change: impl FnMut(RelayState)) {
    let mut wait = SHORTEST_WAIT;
    on_change(RelayState::Connecting);
    loop {
        let error = match relay.open().await {
            Ok(descriptor) => {
                wait = SHORTEST_WAIT;
                if let Some(hello) = descriptor.hello() {
                    on_change(RelayState::Up(hello));
                }
                descriptor.ended().await
            }
            Err(error) => error,
        };
        if error.kind() == io::ErrorKind::PermissionDenied {
            on_change(RelayState::Refused(error.to_string()));
            return;
        }
        on_change(RelayState::Lost { text: error.to_string(), retry_in: wait });
        TimeoutFuture::new(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)).await;
        wait = (2 * wait).min(LONGEST_WAIT);
    }
}
