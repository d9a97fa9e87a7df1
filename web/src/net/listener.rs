//! A listening socket.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    net::SocketAddr,
    rc::{Rc, Weak},
    time::Duration,
};

use protocol::{ListenerId, Operation, Return};
use wasm_bindgen_futures::spawn_local;

use super::{
    Relay, SocketId, TcpSocket, TcpStream,
    descriptor::{Answered, Descriptor},
    socket::{millis, misfit},
};

/// A TCP socket that listens, like `tokio::net::TcpListener`.
pub struct TcpListener(Rc<Inner>);

struct Inner {
    relay: Relay,
    descriptor: Rc<Descriptor>,
    listener: ListenerId,
    local: SocketAddr,
    /// An opened WebSocket for the next `accept`, so that it need not wait for a handshake.
    spare: RefCell<Option<Rc<Descriptor>>>,
    /// Connections that came after their `accept` was given up.
    kept: RefCell<VecDeque<(TcpStream, SocketAddr)>>,
}

impl TcpListener {
    pub(super) fn new(relay: Relay, descriptor: Rc<Descriptor>, listener: ListenerId, local: SocketAddr) -> Self {
        let inner = Rc::new(Inner { relay, descriptor, listener, local, spare: RefCell::default(), kept: RefCell::default() });
        open_spare(&inner);
        Self(inner)
    }

    /// `socket`, `bind` and `listen` in one.
    ///
    /// # Errors
    ///
    /// What the first call that fails says.
    pub async fn bind(relay: &Relay, address: &str, port: u64, backlog: i32) -> io::Result<Self> {
        let is_v6 = address.contains(':');
        let socket = if is_v6 { TcpSocket::new_v6(relay).await? } else { TcpSocket::new_v4(relay).await? };
        socket.bind(address, port).await?;
        socket.listen(backlog).await
    }

    /// Which socket of the page this is.
    pub fn id(&self) -> SocketId {
        self.0.descriptor.id()
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local
    }

    /// `accept(2)`: a connection, and the address of its other end. Cancel safe: a connection that comes nevertheless is kept for the next call.
    ///
    /// # Errors
    ///
    /// What the call says; `EBADF` where the listener is closed meanwhile.
    pub async fn accept(&self, timeout: Option<Duration>) -> io::Result<(TcpStream, SocketAddr)> {
        let kept = self.0.kept.borrow_mut().pop_front();
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let (sender, receiver) = futures::channel::oneshot::channel();
        let (giving_up, given_up) = futures::channel::oneshot::channel::<()>();
        let inner = Rc::downgrade(&self.0);
        let spare = self.0.spare.take();
        let (relay, listener) = (self.0.relay.clone(), self.0.listener);
        // In a task of its own: what comes after this future is dropped must find somebody.
        spawn_local(async move {
            let accepted = accept(&relay, spare, listener, timeout, given_up).await;
            if let Some(inner) = inner.upgrade() {
                if accepted.is_ok() {
                    open_spare(&inner);
                }
                if let Err(Ok(undelivered)) = sender.send(accepted) {
                    inner.kept.borrow_mut().push_back(undelivered);
                }
            }
        });
        let accepted = receiver.await;
        drop(giving_up);
        accepted.unwrap_or_else(|_gone| Err(io::ErrorKind::ConnectionAborted.into()))
    }

    /// `close(2)`. The port is free when this returns; what waits in `accept` fails with `EBADF`.
    ///
    /// # Errors
    ///
    /// The socket is gone already.
    pub async fn close(&self) -> io::Result<()> {
        drop(self.0.spare.take());
        self.0.descriptor.done(Operation::Close).await
    }
}

/// One `accept` on the spare WebSocket or a new one; cancelled when `given_up` ends.
async fn accept(
    relay: &Relay,
    spare: Option<Rc<Descriptor>>,
    listener: ListenerId,
    timeout: Option<Duration>,
    given_up: futures::channel::oneshot::Receiver<()>,
) -> io::Result<(TcpStream, SocketAddr)> {
    let descriptor = match spare {
        Some(spare) => spare,
        None => relay.open().await?,
    };
    let mut accepting = descriptor.call(Operation::Accept { listener, timeout_ms: timeout.map(millis) }, None);
    let answered = match futures::future::select(&mut accepting, given_up).await {
        futures::future::Either::Left((answered, _)) => answered,
        futures::future::Either::Right(_) => {
            accepting.cancel();
            accepting.await
        }
    };
    match answered? {
        Answered::Return(Return::Accept { local, peer }) => Ok((TcpStream::new(descriptor, local, peer), peer)),
        other => Err(misfit(&other)),
    }
}

/// Opens a WebSocket for the next `accept`. That it fails is met, and told, by that `accept`.
fn open_spare(inner: &Rc<Inner>) {
    let relay = inner.relay.clone();
    let weak: Weak<Inner> = Rc::downgrade(inner);
    spawn_local(async move {
        if let Ok(spare) = relay.open().await
            && let Some(inner) = weak.upgrade()
        {
            inner.spare.borrow_mut().get_or_insert(spare);
        }
    });
}
