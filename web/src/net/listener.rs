//! A listening socket.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    future::poll_fn,
    io,
    net::SocketAddr,
    rc::{Rc, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::{
    FutureExt as _,
    channel::oneshot,
    future::{Either, select},
};
use protocol::{Failure, ListenerId, Operation, Return};
use wasm_bindgen_futures::spawn_local;

use super::{
    Relay, SocketId, TcpSocket, TcpStream,
    descriptor::Descriptor,
    socket::{millis, misfit},
};

/// A TCP socket that listens, like `tokio::net::TcpListener`.
pub struct TcpListener(Rc<Inner>);

struct Inner {
    relay: Relay,
    descriptor: Rc<Descriptor>,
    listener: ListenerId,
    local: SocketAddr,
    /// Opened WebSockets for the next `accept`s, so that they need not wait for a handshake.
    spare: RefCell<Vec<Rc<Descriptor>>>,
    /// How many are being opened.
    opening: Cell<usize>,
    /// Accepted connections that nobody has taken yet. Here, and not with the `accept` that brought them: that may be given up at any time.
    ready: RefCell<VecDeque<TcpStream>>,
    /// Who waits for a connection, or for a WebSocket.
    wakers: RefCell<Vec<Waker>>,
}

/// How many WebSockets are kept open for the next `accept`s.
const MAX_SPARE: usize = 2;

/// How many are opened at a time, however often `accept` is called and given up meanwhile.
const MAX_OPENING: usize = 8;

impl TcpListener {
    pub(super) fn new(relay: Relay, descriptor: Rc<Descriptor>, listener: ListenerId, local: SocketAddr) -> Self {
        let inner = Inner {
            relay,
            descriptor,
            listener,
            local,
            spare: RefCell::default(),
            opening: Cell::new(0),
            ready: RefCell::default(),
            wakers: RefCell::default(),
        };
        let inner = Rc::new(inner);
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

    pub(super) fn descriptor(&self) -> &Rc<Descriptor> {
        &self.0.descriptor
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
        loop {
            // In a task of its own: what comes after this future is dropped must find somebody. It ends when `giving_up` is dropped.
            let (giving_up, given_up) = oneshot::channel::<()>();
            let ended: Rc<RefCell<Option<io::Result<()>>>> = Rc::default();
            if self.0.ready.borrow().is_empty() {
                spawn_local(accept(Rc::downgrade(&self.0), timeout, given_up, Rc::clone(&ended)));
            }
            let taken = poll_fn(|context| self.0.poll_ready(context, &ended)).await;
            drop(giving_up);
            if let Some(stream) = taken? {
                let peer = stream.peer_addr();
                return Ok((stream, peer));
            }
        }
    }

    /// `close(2)`. The port is free when this returns; what waits in `accept` fails with `EBADF`.
    ///
    /// # Errors
    ///
    /// The socket is gone already.
    pub async fn close(&self) -> io::Result<()> {
        let spare = self.0.spare.take();
        drop(spare);
        self.0.descriptor.done(Operation::Close).await
    }
}

impl Inner {
    /// A connection, the end of the own call, or (`None`) that somebody else took what that call brought.
    fn poll_ready(&self, context: &Context<'_>, ended: &RefCell<Option<io::Result<()>>>) -> Poll<io::Result<Option<TcpStream>>> {
        if let Some(stream) = self.ready.borrow_mut().pop_front() {
            return Poll::Ready(Ok(Some(stream)));
        }
        if let Some(ended) = ended.borrow_mut().take() {
            return Poll::Ready(ended.map(|()| None));
        }
        self.wake_later(context);
        Poll::Pending
    }

    fn wake_later(&self, context: &Context<'_>) {
        let mut wakers = self.wakers.borrow_mut();
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
    }

    fn wake(&self) {
        let wakers = self.wakers.take();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn take_spare(&self) -> Option<Rc<Descriptor>> {
        let mut spare = self.spare.borrow_mut();
        spare.retain(|descriptor| descriptor.check_end("accept").is_ok());
        spare.pop()
    }

    /// Takes back a WebSocket that has no socket yet, unless there are enough of them or nobody will need one.
    fn put_spare(&self, descriptor: Rc<Descriptor>) {
        let is_needed = [&self.descriptor, &descriptor].into_iter().all(|descriptor| descriptor.check_end("accept").is_ok());
        let mut spare = self.spare.borrow_mut();
        if is_needed && spare.len() < MAX_SPARE {
            spare.push(descriptor);
            drop(spare);
            self.wake();
        }
    }

    /// Whether one more WebSocket may be opened; if so it counts until [`opened`](Self::opened).
    fn may_open(&self, max: usize) -> bool {
        let may = self.opening.get() < max;
        if may {
            self.opening.set(self.opening.get() + 1);
        }
        may
    }

    fn opened(&self) {
        self.opening.set(self.opening.get().saturating_sub(1));
        self.wake();
    }
}

/// One `accept`, cancelled when `given_up` ends. A connection goes to whoever waits, how it ended into `ended`.
async fn accept(
    inner: Weak<Inner>,
    timeout: Option<Duration>,
    mut given_up: oneshot::Receiver<()>,
    ended: Rc<RefCell<Option<io::Result<()>>>>,
) {
    let Some(listener) = inner.upgrade().map(|inner| inner.listener) else { return };
    let operation = Operation::Accept { listener, timeout_ms: timeout.map(millis) };
    let accepted = match descriptor_for(&inner, &mut given_up).await {
        Ok(Some(descriptor)) => accept_on(descriptor, operation, given_up, &inner).await,
        Ok(None) => return,
        Err(error) => {
            if let Some(inner) = inner.upgrade()
                && let Some(failure) = error.get_ref().and_then(|inner| inner.downcast_ref::<Failure>())
            {
                inner.relay.refused(operation, failure);
            }
            Err(error)
        }
    };
    let Some(inner) = inner.upgrade() else { return };
    let result = accepted.map(|stream| inner.ready.borrow_mut().push_back(stream));
    *ended.borrow_mut() = Some(result);
    inner.wake();
}

/// A WebSocket without a socket: a spare one or a new one. `None` when that was given up meanwhile.
async fn descriptor_for(weak: &Weak<Inner>, given_up: &mut oneshot::Receiver<()>) -> io::Result<Option<Rc<Descriptor>>> {
    loop {
        let Some(inner) = weak.upgrade() else { return Ok(None) };
        if let Some(spare) = inner.take_spare() {
            open_spare(&inner);
            return Ok(Some(spare));
        }
        if inner.may_open(MAX_OPENING) {
            let relay = inner.relay.clone();
            drop(inner);
            // Not given up half-way: what is opened will be needed, if not by this call.
            let opened = relay.open().await;
            let Some(inner) = weak.upgrade() else { return Ok(None) };
            inner.opened();
            let is_given_up = !matches!(given_up.try_recv(), Ok(None));
            return match opened {
                Ok(descriptor) if is_given_up => {
                    inner.put_spare(descriptor);
                    Ok(None)
                }
                opened => opened.map(Some),
            };
        }
        let is_given_up = poll_fn(|context| {
            if given_up.poll_unpin(context).is_ready() {
                return Poll::Ready(true);
            }
            if inner.opening.get() < MAX_OPENING || !inner.spare.borrow().is_empty() {
                return Poll::Ready(false);
            }
            inner.wake_later(context);
            Poll::Pending
        });
        if is_given_up.await {
            return Ok(None);
        }
    }
}

async fn accept_on(
    descriptor: Rc<Descriptor>,
    operation: Operation,
    given_up: oneshot::Receiver<()>,
    inner: &Weak<Inner>,
) -> io::Result<TcpStream> {
    let mut accepting = descriptor.call(operation, None);
    let answered = match select(&mut accepting, given_up).await {
        Either::Left((answered, _)) => answered,
        Either::Right(_) => {
            accepting.cancel();
            accepting.await
        }
    };
    match answered {
        Ok(Return::Accept { local, peer }) => Ok(TcpStream::new(descriptor, local, peer)),
        Ok(other) => Err(misfit(&other)),
        Err(error) => {
            if let Some(inner) = inner.upgrade() {
                inner.put_spare(descriptor);
            }
            Err(error)
        }
    }
}

/// Opens a WebSocket for the next `accept`, where none is and none comes.
fn open_spare(inner: &Rc<Inner>) {
    if !inner.spare.borrow().is_empty() || !inner.may_open(1) {
        return;
    }
    let relay = inner.relay.clone();
    let weak = Rc::downgrade(inner);
    spawn_local(async move {
        let spare = relay.open_spare().await;
        if let Some(inner) = weak.upgrade() {
            inner.opened();
            if let Some(spare) = spare {
                inner.put_spare(spare);
            }
        }
    });
}
