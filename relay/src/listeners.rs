//! The listeners of a relay: made by `listen` on one WebSocket, taken from by `accept` on others.

use std::{
    collections::{HashMap, hash_map::Entry},
    future::poll_fn,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, ready},
};

use protocol::{ListenerId, Name};
use socket2::SockRef;
use tokio::{io::Interest, net::TcpStream, sync::Notify};
use tokio_util::sync::CancellationToken;

use crate::errno;

/// All listeners of a relay, by id.
#[derive(Clone, Default)]
pub(crate) struct Listeners(Arc<Table>);

#[derive(Default)]
struct Table {
    open: Mutex<HashMap<ListenerId, Arc<Shared>>>,
}

/// What the owner of a listener shares with those that accept from it.
struct Shared {
    /// Where it listens, while it does.
    local: Option<SocketAddr>,
    /// Empty once the listener is closed. The lock is held while a connection is taken, and for nothing that waits.
    ///
    /// Registered as a stream, although it is none: that type registers any socket, and can be registered anew.
    listener: Mutex<Option<TcpStream>>,
    /// Whose turn it is to accept: first come, first served.
    turn: tokio::sync::Mutex<()>,
    /// Tells who waits that the descriptor was registered anew.
    changed: Notify,
    closed: CancellationToken,
}

impl Listeners {
    /// Takes in a listener, which lives until the returned handle is dropped.
    ///
    /// # Errors
    ///
    /// The system has no randomness to give.
    pub(crate) fn add(&self, listener: TcpStream) -> io::Result<Listener> {
        let shared = Arc::new(Shared {
            local: listener.local_addr().ok(),
            listener: Mutex::new(Some(listener)),
            turn: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
            closed: CancellationToken::new(),
        });
        loop {
            let id = random_id()?;
            if let Entry::Vacant(free) = lock(&self.0.open).entry(id) {
                free.insert(Arc::clone(&shared));
                return Ok(Listener { id, shared, table: Arc::downgrade(&self.0) });
            }
        }
    }

    /// Where they listen, those that listen for both families in each.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        lock(&self.0.open).values().flat_map(|shared| shared.addresses()).collect()
    }

    /// Takes a connection from the listener `id`, or waits for one. Cancel safe: a connection is returned or stays in the kernel's queue.
    ///
    /// # Errors
    ///
    /// `EBADF` where there is no such listener or it is closed meanwhile, and what `accept(2)` says.
    pub(crate) async fn accept(self, id: ListenerId) -> io::Result<(TcpStream, SocketAddr)> {
        let shared = lock(&self.0.open).get(&id).map(Arc::clone).ok_or_else(closed)?;
        shared.accept().await
    }
}

impl Shared {
    /// Asked of the kernel each time: one that was shut down listens no more, and somebody else may at its port.
    fn addresses(&self) -> Vec<SocketAddr> {
        let listener = lock(&self.listener);
        let (Some(listener), Some(local)) = (&*listener, self.local) else { return Vec::new() };
        let socket = SockRef::from(listener);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if !socket.is_listener().unwrap_or(false) {
            return Vec::new();
        }
        let is_dual = local.is_ipv6() && local.ip().is_unspecified() && socket.only_v6().is_ok_and(|only| !only);
        let in_v4 = is_dual.then(|| SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), local.port()));
        std::iter::once(local).chain(in_v4).collect()
    }

    /// Takes a connection when there is one, in turn with everyone else.
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accepted = async {
            let _turn = self.turn.lock().await;
            loop {
                // The change is listened for first: one that comes while the descriptor is asked must not be missed.
                tokio::select! {
                    biased;
                    () = self.changed.notified() => {}
                    accepted = poll_fn(|context| self.poll_accept(context)) => break accepted,
                }
            }
        };
        tokio::select! {
            biased;
            () = self.closed.cancelled() => Err(closed()),
            accepted = accepted => accepted,
        }
    }

    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let listener = lock(&self.listener);
        let Some(listener) = &*listener else { return Poll::Ready(Err(closed())) };
        loop {
            ready!(listener.poll_read_ready(context))?;
            match listener.try_io(Interest::READABLE, || accept_now(listener)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                accepted => return Poll::Ready(accepted),
            }
        }
    }
}

fn accept_now(listener: &TcpStream) -> io::Result<(TcpStream, SocketAddr)> {
    let (socket, peer) = SockRef::from(listener).accept()?;
    socket.set_nonblocking(true)?;
    let peer = peer.as_socket().ok_or_else(|| errno::error(Name::EAFNOSUPPORT))?;
    Ok((TcpStream::from_std(socket.into())?, peer))
}

/// The owner's handle. Dropping it closes the descriptor at once, whoever waits in `accept`.
pub(crate) struct Listener {
    id: ListenerId,
    shared: Arc<Shared>,
    table: Weak<Table>,
}

impl Listener {
    pub(crate) fn id(&self) -> ListenerId {
        self.id
    }

    /// Tells the runtime of the descriptor anew, after a `listen(2)` has made it a listener again: it takes the hang-up of a listener that was shut down for
    /// final.
    pub(crate) fn register(&self) -> io::Result<()> {
        let mut listener = lock(&self.shared.listener);
        if let Some(registered) = listener.take() {
            *listener = Some(TcpStream::from_std(registered.into_std()?)?);
        }
        drop(listener);
        self.shared.changed.notify_waiters();
        Ok(())
    }

    /// Makes a system call on the descriptor.
    pub(crate) fn with<R>(&self, call: impl FnOnce(SockRef<'_>) -> io::Result<R>) -> io::Result<R> {
        match &*lock(&self.shared.listener) {
            Some(listener) => call(SockRef::from(listener)),
            None => Err(closed()),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(lock(&self.shared.listener).take());
        self.shared.closed.cancel();
        if let Some(table) = self.table.upgrade() {
            lock(&table.open).remove(&self.id);
        }
    }
}

/// An id that nobody guesses: pages that have the same token accept from the listeners that they were told of. As many bits as a number of JavaScript's holds, and
/// never 0.
fn random_id() -> io::Result<ListenerId> {
    let bits = getrandom::u64().map_err(io::Error::other)?;
    Ok(ListenerId((bits >> 11).max(1)))
}

fn closed() -> io::Error {
    errno::error(Name::EBADF)
}

/// No code panics while it holds one of these locks, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening() -> (TcpStream, SocketAddr) {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(5).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (TcpStream::from_std(socket.into()).unwrap(), address)
    }

    #[tokio::test]
    async fn a_dropped_listener_frees_its_port_and_ends_what_waits() {
        let listeners = Listeners::default();
        let (listener, address) = listening();
        let handle = listeners.add(listener).unwrap();
        let mut first = Box::pin(listeners.clone().accept(handle.id()));
        let mut second = Box::pin(listeners.clone().accept(handle.id()));
        assert!(futures::poll!(&mut first).is_pending() && futures::poll!(&mut second).is_pending());
        drop(handle);
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&address.into()).unwrap();
        for waiting in [first, second] {
            assert_eq!(errno::name(&waiting.await.unwrap_err()), Name::EBADF);
        }
        let unknown = listeners.clone().accept(ListenerId(1)).await;
        assert_eq!(errno::name(&unknown.unwrap_err()), Name::EBADF);
    }

    #[tokio::test]
    async fn who_waits_while_the_listener_listens_again_is_served() {
        let listeners = Listeners::default();
        let (listener, address) = listening();
        let handle = listeners.add(listener).unwrap();
        let mut accepting = Box::pin(listeners.clone().accept(handle.id()));
        assert!(futures::poll!(&mut accepting).is_pending());
        handle.with(|socket| socket.listen(7)).unwrap();
        handle.register().unwrap();
        let client = TcpStream::connect(address).await.unwrap();
        assert_eq!(accepting.await.unwrap().1, client.local_addr().unwrap());
    }

    #[tokio::test]
    async fn who_came_first_is_served_first_and_who_left_is_not_served() {
        let listeners = Listeners::default();
        let (listener, address) = listening();
        let handle = listeners.add(listener).unwrap();
        let mut gone = Box::pin(listeners.clone().accept(handle.id()));
        let mut first = Box::pin(listeners.clone().accept(handle.id()));
        let mut second = Box::pin(listeners.clone().accept(handle.id()));
        assert!(futures::poll!(&mut gone).is_pending());
        assert!(futures::poll!(&mut first).is_pending());
        assert!(futures::poll!(&mut second).is_pending());
        drop(gone);
        let one = TcpStream::connect(address).await.unwrap();
        let two = TcpStream::connect(address).await.unwrap();
        assert_eq!(first.await.unwrap().1, one.local_addr().unwrap());
        assert_eq!(second.await.unwrap().1, two.local_addr().unwrap());
    }
}
