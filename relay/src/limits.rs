//! How much of a relay there is to have: for everyone together, for those who have the same token, and who holds how much. No I/O.
//!
//! What a single socket may hold in memory is a matter of the wire: see `protocol::limits`.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use protocol::{Failure, Name};

/// How much a relay gives. Whoever reaches a limit is told so, and nobody else notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For everyone together.
    pub relay: Shares,
    /// For those who have the same token.
    pub token: Shares,
    /// How many connections may be no WebSocket with the right token yet. One more, and the one that has been that for longest is cut.
    pub handshakes: usize,
    /// How long a client may take to send the head of a request, or to begin the next one.
    pub head_timeout: Duration,
}

/// How many there may be of what a page makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Sockets, from `socket` or `accept` to their end. One more fails with `EMFILE`.
    pub sockets: usize,
    /// Those of them that listen. One more `listen` fails with `ENOBUFS`.
    pub listeners: usize,
    /// WebSockets that have no socket yet. One more is ended with [`EndCause::Limit`](protocol::EndCause::Limit).
    pub idle: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let relay = Shares { sockets: 10_000, listeners: 1_000, idle: 2_000 };
        Self { relay, token: relay, handshakes: 1_024, head_timeout: Duration::from_secs(10) }
    }
}

impl Limits {
    /// How many descriptors a relay needs, so that its limits are reached before the system's (`ulimit -n`): for each connection one, or three over TLS; for each
    /// socket its own, and a second one while a `poll` waits; and some for the process, and for names that are looked up.
    pub fn descriptors(&self, is_tls: bool) -> u64 {
        const OWN: usize = 256;
        let for_connections = self.connections().saturating_mul(if is_tls { 3 } else { 1 });
        let all = for_connections.saturating_add(self.relay.sockets.saturating_mul(2)).saturating_add(OWN);
        u64::try_from(all).unwrap_or(u64::MAX)
    }

    /// The most connections that there can be.
    pub(crate) fn connections(&self) -> usize {
        let Shares { sockets, idle, .. } = self.relay;
        // Those that end are given a moment to hear why.
        sockets.saturating_add(idle).saturating_add(self.handshakes.saturating_mul(2))
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Socket,
    Listener,
    Idle,
}

/// Whose limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Token,
    Relay,
}

/// A limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full {
    whose: Whose,
    kind: Kind,
    limit: usize,
}

impl Full {
    /// How `call` fails because of it: as it does where a process has no more descriptors.
    fn failure(self, call: &str) -> Failure {
        let name = if self.kind == Kind::Listener { Name::ENOBUFS } else { Name::EMFILE };
        Failure::new(name, call, self.to_string())
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::Socket => "sockets",
            Kind::Listener => "listeners",
            Kind::Idle => "WebSockets without a socket",
        };
        match self.whose {
            Whose::Token => write!(f, "those who have this token hold {} {what}, and may have no more", self.limit),
            Whose::Relay => write!(f, "this relay holds {} {what}, and may have no more", self.limit),
        }
    }
}

/// Limits, and how much of them is taken.
#[derive(Debug)]
struct Pool {
    limits: Shares,
    taken: [AtomicUsize; 3],
}

impl Pool {
    fn new(limits: Shares) -> Arc<Self> {
        Arc::new(Self { limits, taken: Default::default() })
    }

    /// Takes one, or says how many there may be.
    fn take(&self, kind: Kind) -> Result<(), usize> {
        let limit = match kind {
            Kind::Socket => self.limits.sockets,
            Kind::Listener => self.limits.listeners,
            Kind::Idle => self.limits.idle,
        };
        let more = |taken: usize| (taken < limit).then_some(taken + 1);
        self.taken[kind as usize].fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).map(drop).map_err(|_| limit)
    }

    fn give_back(&self, kind: Kind) {
        self.taken[kind as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

/// What those who have one token may take: their own part of the relay's. There is one of it for each token.
#[derive(Clone, Debug)]
pub(crate) struct Allotment {
    token: Arc<Pool>,
    relay: Arc<Pool>,
}

impl Allotment {
    /// The first allotment of a relay. As a relay has one token for each run, it is the only one; another token's would share `relay` with it.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { token: Pool::new(limits.token), relay: Pool::new(limits.relay) }
    }

    fn take(&self, kind: Kind) -> Result<Place, Full> {
        self.token.take(kind).map_err(|limit| Full { whose: Whose::Token, kind, limit })?;
        if let Err(limit) = self.relay.take(kind) {
            self.token.give_back(kind);
            return Err(Full { whose: Whose::Relay, kind, limit });
        }
        Ok(Place { kind, of: self.clone() })
    }
}

/// One of what is counted. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Place {
    kind: Kind,
    of: Allotment,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.token.give_back(self.kind);
        self.of.relay.give_back(self.kind);
    }
}

/// What one WebSocket holds of the relay.
#[derive(Debug)]
pub(crate) struct Held {
    allotment: Allotment,
    idle: Option<Place>,
    socket: Option<Place>,
    listener: Option<Place>,
}

impl Held {
    pub(crate) fn nothing(allotment: Allotment) -> Self {
        Self { allotment, idle: None, socket: None, listener: None }
    }

    /// Takes the place of a WebSocket that has no socket yet.
    pub(crate) fn begin(&mut self) -> Result<(), Full> {
        self.idle = Some(self.allotment.take(Kind::Idle)?);
        Ok(())
    }

    /// Takes the place of a socket that `call` is to make.
    pub(crate) fn place(&mut self, call: &str) -> Result<Place, Failure> {
        // A socket that a rule took away may have left its place, see `lose`.
        self.socket.take().map_or_else(|| self.allotment.take(Kind::Socket), Ok).map_err(|full| full.failure(call))
    }

    /// The socket is made.
    pub(crate) fn settle(&mut self, place: Place) {
        self.socket = Some(place);
        self.idle = None;
    }

    /// Takes the place of a listener, where the socket has none yet.
    pub(crate) fn listener(&self) -> Result<Option<Place>, Failure> {
        if self.listener.is_some() {
            return Ok(None);
        }
        self.allotment.take(Kind::Listener).map(Some).map_err(|full| full.failure("listen"))
    }

    /// The socket listens, in the place that was taken for it or in the one that it had.
    pub(crate) fn listens(&mut self, place: Option<Place>) {
        self.listener = place.or(self.listener.take());
    }

    /// The socket is taken away, and the WebSocket has none again. Where it would be one idle WebSocket too many it keeps the socket's place: it is never counted as neither.
    pub(crate) fn lose(&mut self) {
        self.listener = None;
        if let Ok(idle) = self.allotment.take(Kind::Idle) {
            (self.idle, self.socket) = (Some(idle), None);
        }
    }

    /// Gives everything back: the descriptor is closed.
    pub(crate) fn release(&mut self) {
        (self.idle, self.socket, self.listener) = (None, None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(token: usize, relay: usize) -> Limits {
        let shares = |count| Shares { sockets: count, listeners: count, idle: count };
        Limits { token: shares(token), relay: shares(relay), ..Limits::default() }
    }

    #[test]
    fn who_reaches_a_limit_is_told_whose_it_is() {
        for (token, relay, whose) in [(2, 3, "this token"), (3, 2, "this relay")] {
            let allotment = Allotment::new(&limits(token, relay));
            let mut held: Vec<Held> = (0..3).map(|_| Held::nothing(allotment.clone())).collect();
            let places: Vec<Result<Place, Failure>> = held.iter_mut().map(|held| held.place("socket")).collect();
            assert_eq!(places.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
            let failure = places[2].as_ref().unwrap_err();
            assert_eq!((failure.name, failure.call.as_str()), (Name::EMFILE, "socket"));
            assert!(failure.text.contains(whose) && failure.text.contains(" 2 sockets"), "{failure}");
            drop(places);
            assert!(held[2].place("accept").is_ok(), "they were given back, the token's too");
        }
    }

    #[test]
    fn tokens_share_what_the_relay_has() {
        let one = Allotment::new(&limits(2, 3));
        let other = Allotment { token: Pool::new(limits(2, 3).token), relay: Arc::clone(&one.relay) };
        let held = [one.take(Kind::Idle).unwrap(), one.take(Kind::Idle).unwrap(), other.take(Kind::Idle).unwrap()];
        assert_eq!(one.take(Kind::Idle).unwrap_err().whose, Whose::Token);
        assert_eq!(other.take(Kind::Idle).unwrap_err().whose, Whose::Relay);
        drop(held);
        assert!(other.take(Kind::Idle).is_ok() && other.take(Kind::Listener).is_ok());
    }

    #[test]
    fn a_socket_is_idle_until_it_is_made() {
        let allotment = Allotment::new(&limits(1, 1));
        let mut held = Held::nothing(allotment.clone());
        held.begin().unwrap();
        assert!(allotment.take(Kind::Idle).is_err());
        let place = held.place("socket").unwrap();
        held.settle(place);
        assert!(allotment.take(Kind::Idle).is_ok() && allotment.take(Kind::Socket).is_err());
        let listener = held.listener().unwrap();
        held.listens(listener);
        assert!(matches!(held.listener(), Ok(None)), "listening again takes no second place");
        assert_eq!(Held::nothing(allotment.clone()).listener().unwrap_err().name, Name::ENOBUFS);
        held.listens(None);
        assert!(allotment.take(Kind::Listener).is_err());
        held.release();
        assert!(allotment.take(Kind::Socket).is_ok() && allotment.take(Kind::Listener).is_ok());
    }
    #[test]
    fn a_websocket_that_lost_its_socket_is_idle_or_keeps_the_place() {
        let allotment = Allotment::new(&limits(1, 1));
        let mut held = Held::nothing(allotment.clone());
        let place = held.place("socket").unwrap();
        held.settle(place);
        let listener = held.listener().unwrap();
        held.listens(listener);
        held.lose();
        assert!(allotment.take(Kind::Socket).is_ok() && allotment.take(Kind::Listener).is_ok() && allotment.take(Kind::Idle).is_err());
        let place = held.place("socket").unwrap();
        held.settle(place);
        let other = allotment.take(Kind::Idle).unwrap();
        held.lose();
        assert!(allotment.take(Kind::Socket).is_err());
        drop(other);
        let place = held.place("socket").unwrap();
        held.settle(place);
    }
}
