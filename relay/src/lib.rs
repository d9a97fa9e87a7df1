//! The native half of TCP Playground: it holds real TCP sockets for pages, each over a WebSocket of its own.
//!
//! [`serve`] is the relay: the caller brings the listener and says when to stop. One connection to it is one task, from its first HTTP
//! request to the end of the socket that it became:
//!
//! ```text
//! listener ─▶ (tls) ─▶ http (routes, headers) ─▶ gate (Host, Origin, token) ─▶ socket (calls in, answers out) ─▶ kernel (one descriptor)
//!                                                                       │
//!                                                  lanes (order) · policy (addresses) · resolve (names) · listeners (accept)
//! ```
//!
//! Beside them it fetches Python for the page, keeps and serves it ([`Python`]).

#[cfg(not(any(unix, windows)))]
compile_error!("the relay knows Unix and Windows");

mod careful;
mod connections;
mod descriptors;
mod errno;
mod gate;
mod grant;
mod handshakes;
mod http;
mod info;
mod kernel;
mod lanes;
mod limits;
mod listeners;
mod meanings;
mod metrics;
mod negotiation;
mod options;
mod page;
mod policy;
mod python;
mod raw;
mod resolve;
mod response;
mod scratch;
mod socket;
mod tls;
mod token;
mod tuning;
mod watch;
mod websocket;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

pub use descriptors::raise_descriptor_limit;
pub use grant::{BadGrant, Grant};
pub use info::{Process, listening_process};
pub use limits::{Limits, Shares};
pub use metrics::{Metrics, serve_metrics};
pub use policy::Policy;
pub use python::{BadIntegrity, FetchError, Integrity, Python, PythonOptions, PythonState, Runtime};
pub use tls::{BadTls, Tls};
pub use token::Token;

use crate::{connections::Connections, gate::Gate, handshakes::Handshakes, limits::Allotment, listeners::Listeners, tuning::Tuning};

/// What a relay is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who has it may open sockets.
    pub token: Token,
    /// Which addresses the sockets may reach and bind.
    pub policy: Policy,
    /// Origins of other pages that may open sockets, such as `http://127.0.0.1:7078`. The relay's own page needs no entry.
    pub allow_origins: Vec<String>,
    /// Names, beside its addresses and `localhost`, under which the relay may be called, with or without a port.
    pub allow_hosts: Vec<String>,
    /// How long the open sockets get at the end to send what they still hold.
    pub drain: Duration,
    /// After how long without a byte moving a half-closed connection is ended.
    pub half_closed_limit: Duration,
    /// After how long a silence a page is pinged; after six times as long it is taken for dead.
    pub ping_interval: Duration,
    /// How much there is to have.
    pub limits: Limits,
    /// What the page and its WebSockets are spoken to over; `None` is plain HTTP.
    pub tls: Option<Tls>,
    /// Counts what happens, for [`serve_metrics`] to tell.
    pub metrics: Metrics,
    /// Where Python for the page comes from, when a page first wants it.
    pub python: PythonOptions,
    /// Where this process listens beside [`serve`], as for [`serve_metrics`]: no socket goes there either.
    pub own_listeners: Vec<SocketAddr>,
}

impl Config {
    /// The configuration of somebody's own relay: a token of its own, and the policy [`Policy::personal`].
    ///
    /// # Errors
    ///
    /// The system has no randomness to give.
    pub fn personal() -> io::Result<Self> {
        Ok(Self {
            token: Token::random()?,
            policy: Policy::personal(),
            allow_origins: Vec::new(),
            allow_hosts: Vec::new(),
            drain: Duration::from_secs(1),
            half_closed_limit: Duration::from_secs(600),
            ping_interval: Duration::from_secs(20),
            limits: Limits::default(),
            tls: None,
            metrics: Metrics::default(),
            python: PythonOptions::default(),
            own_listeners: Vec::new(),
        })
    }
}

/// What all connections of a relay share.
struct Relay {
    gate: Gate,
    policy: Policy,
    listeners: Listeners,
    connections: Connections,
    handshakes: Handshakes,
    head_timeout: Duration,
    allotment: Allotment,
    lookups: resolve::Places,
    own_addresses: Vec<SocketAddr>,
    tuning: Tuning,
    half_closed_limit: Duration,
    ping_interval: Duration,
    tls: Option<Tls>,
    metrics: Metrics,
    python: Python,
    last_socket: AtomicU64,
    stop: CancellationToken,
}

impl policy::Surroundings for Relay {
    fn own_addresses(&self) -> Vec<SocketAddr> {
        self.own_addresses.clone()
    }

    fn listeners(&self) -> Vec<SocketAddr> {
        self.listeners.addresses()
    }

    fn interfaces(&self) -> io::Result<Vec<IpAddr>> {
        raw::interface_addresses()
    }
}

/// Serves the page and the sockets on `listener` until `shutdown` is cancelled, and then ends in order: no new connection, a moment
/// ([`Config::drain`]) for what the sockets still have to send, every descriptor closed.
///
/// # Errors
///
/// The listener has no address. That a connection fails, or cannot be accepted for want of descriptors, is logged and ends nothing else.
pub async fn serve(listener: TcpListener, config: Config, shutdown: CancellationToken) -> io::Result<()> {
    let own_address = listener.local_addr()?;
    let relay = Arc::new(Relay {
        gate: Gate::new(own_address, &config),
        policy: config.policy,
        listeners: Listeners::default(),
        connections: Connections::default(),
        handshakes: Handshakes::new(config.limits.handshakes),
        head_timeout: config.limits.head_timeout,
        allotment: Allotment::new(&config.limits),
        lookups: resolve::Places::default(),
        own_addresses: std::iter::once(own_address).chain(config.own_listeners).collect(),
        tuning: Tuning::of(&listener),
        half_closed_limit: config.half_closed_limit,
        ping_interval: config.ping_interval,
        tls: config.tls,
        metrics: config.metrics,
        python: Python::new(config.python),
        last_socket: AtomicU64::new(0),
        stop: shutdown.child_token(),
    });
    let _fetching = AbortOnDropHandle::new(tokio::spawn({
        let relay = Arc::clone(&relay);
        async move { relay.python.fetch_when_wanted().await }
    }));
    // The limits answer before this is reached; what it holds back waits in the kernel's queue.
    let places = Arc::new(Semaphore::new(config.limits.connections().min(Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    let mut is_starved = false;
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            Some(ended) = connections.join_next() => report_panic(ended),
            (accepted, place) = next_connection(&listener, &places) => match accepted {
                Ok((stream, peer)) => {
                    is_starved = false;
                    let relay = Arc::clone(&relay);
                    connections.spawn(async move {
                        serve_connection(stream, peer, relay).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of descriptors, as a rule: the connection stays in the kernel's queue, and trying again at once would spin.
                    if !std::mem::replace(&mut is_starved, true) {
                        tracing::warn!(%error, "cannot accept connections; those that come wait until it can be done again");
                    }
                    time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    let drained = time::timeout(config.drain, async {
        while let Some(ended) = connections.join_next().await {
            report_panic(ended);
        }
    });
    if drained.await.is_err() {
        tracing::debug!(left = connections.len(), "the time to drain is over");
    }
    connections.shutdown().await;
    Ok(())
}

/// Serves one connection to its end.
async fn serve_connection(stream: TcpStream, peer: SocketAddr, relay: Arc<Relay>) {
    let Ok(local) = stream.local_addr() else { return };
    relay.tuning.tune(&stream, peer);
    let handshake = relay.handshakes.begin();
    match relay.tls.clone() {
        // Apart, so that a connection without TLS needs no memory for it.
        Some(tls) => Box::pin(tls::serve_connection(&tls, stream, local, peer, handshake, relay)).await,
        None => http::serve_connection(stream, local, peer, handshake, relay).await,
    }
}

/// Waits for a place, then for a connection. Cancel safe.
async fn next_connection(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (io::Result<(TcpStream, SocketAddr)>, Option<tokio::sync::OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is always a permit in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    (listener.accept().await, place)
}

/// A panic in one connection ends that connection; the others must not hear of it, whoever runs the relay must.
fn report_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection panicked; this is a bug in the relay");
    }
}
