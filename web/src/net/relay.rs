//! Where sockets come from: the relay, as the page sees it.

use std::{io, net::IpAddr, rc::Rc};

use protocol::{Call, CallId, Failure, Family, Name, Operation, Return};

use super::{
    Observed, Observer, Table,
    descriptor::Descriptor,
    samples::Unobserved,
    slots::{self, Slot},
    socket::misfit,
    watch::{RelayState, Watch},
};

/// The relay that holds this page's sockets. Cheap to clone.
#[derive(Clone)]
pub struct Relay(Rc<Inner>);

struct Inner {
    url: String,
    token: String,
    observer: Rc<dyn Observer>,
}

impl Relay {
    /// The relay whose WebSocket endpoint is `url`, such as `ws://127.0.0.1:7077/socket`. Nothing is opened yet.
    pub fn new(url: String, token: String, observer: Rc<dyn Observer>) -> Self {
        Self(Rc::new(Inner { url, token, observer }))
    }

    /// Keeps one idle WebSocket open and tells `on_change` how it stands with the relay, until the returned handle is dropped.
    pub fn watch(&self, on_change: impl FnMut(RelayState) + 'static) -> Watch {
        Watch::start(self.clone(), on_change)
    }

    /// `getaddrinfo(3)`: all addresses of `host`, of `family` or of both, in the resolver's order; at least one. Cancel safe.
    ///
    /// # Errors
    ///
    /// `EAI_*`, and what opening a WebSocket fails with.
    pub async fn resolve(&self, host: &str, family: Option<Family>) -> io::Result<Vec<IpAddr>> {
        let operation = Operation::Resolve { host: host.to_owned(), family, timeout_ms: None };
        match self.open().await?.call(operation, None).await? {
            Return::Resolve { addresses } => Ok(addresses),
            other => Err(misfit(&other)),
        }
    }

    /// Opens a WebSocket that has no socket yet, and waits until the relay has let it in.
    ///
    /// # Errors
    ///
    /// `EMFILE` where the page has as many as it can; [`io::ErrorKind::PermissionDenied`] where the token is wrong; [`RelayLost`](super::RelayLost) where no relay answers.
    pub(super) async fn open(&self) -> io::Result<Rc<Descriptor>> {
        let slot = Slot::take().await.ok_or_else(|| {
            let text = "this page has as many sockets as a browser lets it have; close one";
            io::Error::from(Failure::new(Name::EMFILE, "socket", text))
        })?;
        self.open_in(slot, Rc::clone(&self.0.observer)).await
    }

    /// A WebSocket to ask the system's table on; nothing where the page has few left, or the relay does not answer.
    pub async fn table(&self) -> Option<Table> {
        self.open_in(Slot::take_spare()?, Rc::new(Unobserved)).await.ok().map(Table)
    }

    /// Opens one that nobody asked for yet, if there are plenty left.
    pub(super) async fn open_spare(&self) -> Option<Rc<Descriptor>> {
        // That it fails is met, and told, by the call that needs one.
        self.open_in(Slot::take_spare()?, Rc::clone(&self.0.observer)).await.ok()
    }

    async fn open_in(&self, slot: Slot, observer: Rc<dyn Observer>) -> io::Result<Rc<Descriptor>> {
        let turn = slots::turn().await;
        let descriptor = Descriptor::open(&self.0.url, &self.0.token, observer, slot)?;
        descriptor.opened().await?;
        drop(turn);
        Ok(descriptor)
    }

    /// Tells the observer of a call that failed because there is no WebSocket to make it on.
    pub(super) fn refused(&self, operation: Operation, failure: &Failure) {
        let (socket, id) = (slots::next_id(), CallId(1));
        let observer = &self.0.observer;
        observer.observe(socket, Observed::Called(&Call { id, operation }));
        observer.observe(socket, Observed::Failed { id: Some(id), failure });
        observer.observe(socket, Observed::Closed);
    }
}
