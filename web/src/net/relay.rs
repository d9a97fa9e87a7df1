//! Where sockets come from: the relay, as the page sees it.

use std::{cell::Cell, io, rc::Rc};

use protocol::{Failure, Name};

use super::{
    Observer, SocketId,
    descriptor::Descriptor,
    slots::Slots,
    watch::{RelayState, Watch},
};

/// The relay that holds this page's sockets. Cheap to clone.
#[derive(Clone)]
pub struct Relay(Rc<Inner>);

struct Inner {
    url: String,
    token: String,
    observer: Rc<dyn Observer>,
    slots: Slots,
    last_id: Cell<u64>,
}

impl Relay {
    /// The relay whose WebSocket endpoint is `url`, such as `ws://127.0.0.1:7077/socket`. Nothing is opened yet.
    pub fn new(url: String, token: String, observer: Rc<dyn Observer>) -> Self {
        Self(Rc::new(Inner { url, token, observer, slots: Slots::new(), last_id: Cell::new(0) }))
    }

    /// Keeps one idle WebSocket open and tells `on_change` how it stands with the relay, until the returned handle is dropped.
    pub fn watch(&self, on_change: impl FnMut(RelayState) + 'static) -> Watch {
        Watch::start(self.clone(), on_change)
    }

    /// Opens a WebSocket that has no socket yet, and waits until the relay has let it in.
    ///
    /// # Errors
    ///
    /// `EMFILE` where the page has as many as it can; [`io::ErrorKind::PermissionDenied`] where the token is wrong; [`RelayLost`](super::RelayLost) where no relay answers.
    pub(super) async fn open(&self) -> io::Result<Rc<Descriptor>> {
        let Inner { url, token, observer, slots, last_id } = &*self.0;
        let slot = slots.take().ok_or_else(|| {
            let text = "this page has as many sockets as a browser lets it have; close one";
            io::Error::from(Failure::new(Name::EMFILE, "socket", text))
        })?;
        let turn = slots.turn().await;
        last_id.set(last_id.get() + 1);
        let descriptor = Descriptor::open(SocketId(last_id.get()), url, token, Rc::clone(observer), slot)?;
        descriptor.opened().await?;
        drop(turn);
        Ok(descriptor)
    }
}
