//! One socket: the task that reads the page's calls from a WebSocket, carries them out on one descriptor, and answers.
//!
//! The task does nothing that was not called for. It reads from the descriptor only while a `recv` waits, it accepts only while an `accept` waits, and it
//! reads no further calls while the page leaves the answers to earlier ones lying.

mod account;
mod calls;
mod farewell;
mod inbox;
mod looks;
mod outbox;
mod sides;
mod timers;
mod transfers;

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use protocol::{EndCause, Event, Hello};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{self, Sleep},
};
use tokio_util::sync::WaitForCancellationFutureOwned;

use self::{account::Account, calls::Setup, inbox::Announced, outbox::Outbox, sides::Side};
use crate::{
    Relay,
    connections::Connection,
    kernel::Descriptor,
    lanes::{Lanes, SendFlags, Write},
    limits::Held,
    resolve::Resolver,
    watch::Watch,
    websocket::WebSocket,
};

/// Says why, and closes: for a WebSocket that gets no socket.
pub(crate) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(page: WebSocket<S>, relay: Arc<Relay>, cause: EndCause, text: &str) {
    let mut task = Task::new(page, relay);
    task.finish(End::Ended(cause, text.to_owned())).await;
}

/// Holds one socket for one page, until either is done.
pub(crate) fn run<S: AsyncRead + AsyncWrite + Unpin>(page: WebSocket<S>, relay: Arc<Relay>) -> impl Future<Output = ()> {
    // Captured by the future, which so has one place for it and not one before it runs and another after; and the farewell has a place only when it comes.
    let mut task = Task::new(page, relay);
    async move {
        if let Err(full) = task.held.begin() {
            return Box::pin(task.finish(End::Ended(EndCause::Limit, full.to_string()))).await;
        }
        task.outbox.event(Event::Hello(Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            system: std::env::consts::OS.to_owned(),
            reach: task.relay.policy.to_string(),
        }));
        let end = poll_fn(|context| task.poll(context)).await;
        tracing::debug!(?end, "the socket ends");
        task.outbox.account().ended();
        Box::pin(task.finish(end)).await;
    }
}

struct Task<S> {
    page: WebSocket<S>,
    relay: Arc<Relay>,
    descriptor: Option<Descriptor>,
    /// The address that `bind` gave the descriptor, and that was permitted.
    bound: Option<SocketAddr>,
    /// What it is connected to, or was.
    connection: Option<Connection>,
    held: Held,
    resolver: Resolver,
    setup: Option<Setup>,
    lanes: Lanes,
    sides: Vec<Side>,
    /// What the `poll`s among them wait on.
    watch: Option<Watch>,
    outbox: Outbox,
    /// A `send` was called and its bytes are to follow.
    announced: Option<Announced>,
    /// An error that the kernel reported while a part was sent; the next call meets it.
    deferred: Option<io::Error>,
    timer: Pin<Box<Sleep>>,
    heard_at: Instant,
    pinged: bool,
    /// One direction is ended.
    half_closed: bool,
    /// When something last moved on the connection.
    progress_at: Instant,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    stopping: bool,
    /// Whether the descriptor is looked at before the page, alternately, so that neither direction starves the other.
    recv_first: bool,
}

/// Why a socket ends.
#[derive(Debug)]
enum End {
    /// `close` or `abort` returned.
    Closed,
    /// The page closed the WebSocket, with this code.
    PageClosed(Option<u16>),
    /// The connection to the page is gone.
    PageGone,
    /// The relay ends it.
    Ended(EndCause, String),
}

impl<S> Task<S> {
    fn new(page: WebSocket<S>, relay: Arc<Relay>) -> Self {
        let heard_at = Instant::now();
        Self {
            page,
            descriptor: None,
            bound: None,
            connection: None,
            held: Held::nothing(relay.allotment.clone()),
            resolver: relay.lookups.resolver(),
            setup: None,
            lanes: Lanes::default(),
            sides: Vec::new(),
            watch: None,
            outbox: Outbox::new(Account::new(relay.metrics.clone())),
            announced: None,
            deferred: None,
            timer: Box::pin(time::sleep_until((heard_at + relay.ping_interval).into())),
            heard_at,
            pinged: false,
            half_closed: false,
            progress_at: heard_at,
            stop: Box::pin(relay.stop.clone().cancelled_owned()),
            stopping: false,
            recv_first: false,
            relay,
        }
    }

    /// Gives back the memory that nothing is in: most sockets wait most of the time.
    fn shrink(&mut self) {
        self.lanes.shrink();
        self.outbox.shrink();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Task<S> {
    /// Goes on until there is nothing to do. Ready when the socket ends.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<End> {
        loop {
            self.admit();
            if self.stopping && self.lanes.all_sent() {
                return Poll::Ready(End::Ended(EndCause::Shutdown, "the relay stops".to_owned()));
            }
            self.set_timer();
            match self.poll_next(context) {
                Poll::Ready(None) => {}
                Poll::Ready(Some(end)) => return Poll::Ready(end),
                Poll::Pending => {
                    self.shrink();
                    return Poll::Pending;
                }
            }
        }
    }

    /// Does the next thing that there is to do. Ready with why the socket ends, if it does.
    ///
    /// The outbox is emptied behind what a call does at once, so that the return of `connect` and that of the `send` that waited for it are one write, and before
    /// anything that adds to it at the pace of the page or of the peer.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<End>> {
        if !self.stopping && self.stop.as_mut().poll(context).is_ready() {
            self.stopping = true;
            return Poll::Ready(None);
        }
        if let Some(setup) = &mut self.setup
            && let Poll::Ready(progress) = setup.poll(self.descriptor.as_ref(), context)
        {
            self.go_on(progress);
            return Poll::Ready(None);
        }
        if let Poll::Ready((index, result)) = self.poll_sides(context) {
            self.end_side(index, result);
            return Poll::Ready(None);
        }
        if let Poll::Ready(end) = self.poll_write(context) {
            return Poll::Ready(end);
        }
        if let Poll::Ready(Err(error)) = self.outbox.poll(self.page.stream(), context) {
            tracing::debug!(%error, "the page takes nothing any more");
            return Poll::Ready(Some(End::PageGone));
        }
        self.recv_first = !self.recv_first;
        let first = if self.recv_first { self.poll_recv(context) } else { self.poll_page(context) };
        if first.is_ready() {
            return first;
        }
        let second = if self.recv_first { self.poll_page(context) } else { self.poll_recv(context) };
        if second.is_ready() {
            return second;
        }
        ready!(self.timer.as_mut().poll(context));
        Poll::Ready(self.on_timer())
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Option<End>> {
        let Some(write) = self.lanes.next_write().filter(|_| self.setup.is_none()) else { return Poll::Pending };
        let at_once = !matches!(write.work, Write::Send { flags: SendFlags { dontwait: false, .. }, .. });
        if let Some(descriptor) = self.descriptor.as_ref().filter(|_| !at_once) {
            // An error of the registration is met again, and told, by the call.
            ready!(descriptor.poll_writable(context)).ok();
        }
        Poll::Ready(self.try_write())
    }

    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<End>> {
        // Bytes are taken from the kernel only when the page has taken those before.
        let Some(recv) = self.lanes.next_recv().filter(|_| self.outbox.is_empty()) else { return Poll::Pending };
        let at_once = recv.work.dontwait || self.deferred.is_some();
        if let Some(descriptor) = self.descriptor.as_ref().filter(|_| !at_once) {
            ready!(descriptor.poll_readable(context)).ok();
        }
        self.try_recv(context);
        Poll::Ready(None)
    }
}
