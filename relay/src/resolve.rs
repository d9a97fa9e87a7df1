//! Names into addresses: `getaddrinfo(3)`, which blocks, on a bounded number of threads.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, getaddrinfo};
use protocol::{Failure, Family, Name, limits};
use tokio::{
    sync::{Mutex, Semaphore},
    task,
};

/// How many names are resolved at a time, for everyone together: a relay has one token for each run, and who has it shares them. `getaddrinfo(3)` cannot be
/// cancelled, so one that nobody waits for any more holds its place until it ends.
const MAX_LOOKUPS: usize = 64;

/// How many of them for one socket. Its others wait, and hold up nobody.
const MAX_LOOKUPS_OF_A_SOCKET: usize = 4;

/// The places in which names are resolved, for all sockets of a relay.
pub(crate) struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_LOOKUPS)))
    }
}

impl Places {
    /// For one socket.
    pub(crate) fn resolver(&self) -> Resolver {
        let share = Share { own: Arc::new(Semaphore::new(MAX_LOOKUPS_OF_A_SOCKET)), turn: Mutex::new(()) };
        Resolver { share: Arc::new(share), all: Arc::clone(&self.0) }
    }
}

/// Resolves names for one socket, with its share of the places. Clones share it.
#[derive(Clone)]
pub(crate) struct Resolver {
    share: Arc<Share>,
    all: Arc<Semaphore>,
}

struct Share {
    own: Arc<Semaphore>,
    /// One lookup of the socket stands in the queue for a place, so that sockets take turns.
    turn: Mutex<()>,
}

impl Resolver {
    /// The first address of `family` that `host` has, for `call`. The empty name is every address of the machine where `call` binds.
    ///
    /// Cancel safe: nothing is lost but the answer.
    pub(crate) async fn resolve(&self, call: &'static str, host: &str, port: u16, family: Family) -> Result<SocketAddr, Failure> {
        if host.is_empty() && call == "bind" {
            return Ok(SocketAddr::new(unspecified(family), port));
        }
        if let Ok(ip) = host.parse::<IpAddr>()
            && ip.is_ipv4() != (family == Family::Inet)
        {
            let text = format!("an {} socket has no such addresses", family_name(family));
            return Err(Failure::new(Name::EAI_ADDRFAMILY, call, text).at(host));
        }
        let addresses = self.resolve_all(call, host, Some(family)).await?;
        let first = addresses.into_iter().next();
        let address = first.ok_or_else(|| Failure::new(Name::EAI_NODATA, call, "the name has no address").at(host))?;
        Ok(with_port(address, port))
    }

    /// All addresses that `host` has, of `family` or of both, each once, in the resolver's order. Cancel safe.
    pub(crate) async fn resolve_all(&self, call: &'static str, host: &str, family: Option<Family>) -> Result<Vec<SocketAddr>, Failure> {
        let failed = |name, text: String| Failure::new(name, call, text).at(host);
        if host.is_empty() || host.len() > limits::MAX_HOST_BYTES {
            return Err(failed(Name::EAI_NONAME, format!("a host's name has 1 to {} bytes", limits::MAX_HOST_BYTES)));
        }
        if host.contains('\0') {
            return Err(failed(Name::EINVAL, "a host's name holds no NUL".to_owned()));
        }
        if let Ok(ip) = host.parse::<IpAddr>()
            && family.is_none_or(|family| ip.is_ipv4() == (family == Family::Inet))
        {
            return Ok(vec![SocketAddr::new(ip, 0)]);
        }
        let name = host.to_owned();
        match self.on_thread(move || lookup(&name, family)).await {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => Err(failed(name_of(&error), text_of(error))),
            Err(error) => Err(failed(Name::EAI_SYSTEM, error.to_string())),
        }
    }

    /// Runs `work` on a thread, when there is one for it. Its place is free when it ends, and not when nobody waits for it any more.
    async fn on_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, task::JoinError> {
        // The semaphores are never closed, so there is always a place in the end.
        let own = Arc::clone(&self.share.own).acquire_owned().await.ok();
        let turn = self.share.turn.lock().await;
        let place = Arc::clone(&self.all).acquire_owned().await.ok();
        drop(turn);
        task::spawn_blocking(move || {
            let _places = (own, place);
            work()
        })
        .await
    }
}

fn lookup(host: &str, family: Option<Family>) -> Result<Vec<SocketAddr>, LookupError> {
    let hints = AddrInfoHints {
        address: match family {
            // AF_UNSPEC, which is 0 everywhere.
            None => 0,
            Some(Family::Inet) => socket2::Domain::IPV4.into(),
            Some(Family::Inet6) => socket2::Domain::IPV6.into(),
        },
        socktype: socket2::Type::STREAM.into(),
        ..AddrInfoHints::default()
    };
    let mut addresses = Vec::new();
    for found in getaddrinfo(Some(host), None, Some(hints))? {
        let address = found?.sockaddr;
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

/// Keeps the zone of a link-local IPv6 address, which a bare `IpAddr` would lose.
fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

fn unspecified(family: Family) -> IpAddr {
    match family {
        Family::Inet => Ipv4Addr::UNSPECIFIED.into(),
        Family::Inet6 => Ipv6Addr::UNSPECIFIED.into(),
    }
}

fn family_name(family: Family) -> &'static str {
    match family {
        Family::Inet => "AF_INET",
        Family::Inet6 => "AF_INET6",
    }
}

fn name_of(error: &LookupError) -> Name {
    match error.kind() {
        LookupErrorKind::Again => Name::EAI_AGAIN,
        LookupErrorKind::NoName => Name::EAI_NONAME,
        LookupErrorKind::NoData => Name::EAI_NODATA,
        LookupErrorKind::Fail => Name::EAI_FAIL,
        // glibc's EAI_ADDRFAMILY, which neither dns-lookup nor libc names.
        LookupErrorKind::IO if cfg!(target_os = "linux") && error.error_num() == -9 => Name::EAI_ADDRFAMILY,
        _ => Name::EAI_SYSTEM,
    }
}

/// The resolver's own text.
fn text_of(error: LookupError) -> String {
    std::io::Error::from(error).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_lookup_that_nobody_waits_for_keeps_its_place_until_it_ends() {
        let places = Places::default();
        let resolver = places.resolver();
        let (end, ended) = mpsc::channel::<()>();
        let mut lookup = Box::pin(resolver.on_thread(move || ended.recv()));
        assert!((&mut lookup).now_or_never().is_none(), "it is under way");
        drop(lookup);
        assert_eq!(places.0.available_permits(), MAX_LOOKUPS - 1);
        assert_eq!(resolver.share.own.available_permits(), MAX_LOOKUPS_OF_A_SOCKET - 1, "the socket's, too");
        drop(end);
        let every = u32::try_from(MAX_LOOKUPS).unwrap();
        drop(places.0.acquire_many(every).await.expect("it is never closed"));
    }

    #[tokio::test]
    async fn a_socket_holds_no_more_than_its_share() {
        let places = Places::default();
        let (end, ended) = mpsc::channel::<()>();
        let ended = Arc::new(std::sync::Mutex::new(ended));
        let slow = places.resolver();
        let mut lookups = Vec::new();
        for _ in 0..2 * MAX_LOOKUPS {
            let ended = Arc::clone(&ended);
            let mut lookup = Box::pin(slow.on_thread(move || ended.lock().map(|ended| ended.recv()).is_ok()));
            assert!((&mut lookup).now_or_never().is_none(), "it is under way, or waits");
            lookups.push(lookup);
        }
        assert_eq!(places.0.available_permits(), MAX_LOOKUPS - MAX_LOOKUPS_OF_A_SOCKET);
        assert_eq!(places.resolver().on_thread(|| 7).await.unwrap(), 7, "another socket's");
        drop(end);
        assert!(futures::future::join_all(lookups).await.into_iter().all(|ended| ended.unwrap()), "all are done in the end");
    }

    #[tokio::test]
    async fn sockets_take_turns() {
        let places = Places(Arc::new(Semaphore::new(1)));
        let (end, ended) = mpsc::channel::<()>();
        let first = places.resolver();
        let mut first = Box::pin(first.on_thread(move || ended.recv()));
        assert!((&mut first).now_or_never().is_none());
        let order = Arc::new(std::sync::Mutex::new(String::new()));
        let (many, few) = (places.resolver(), places.resolver());
        let mut waiting = Vec::new();
        for (resolver, name) in [(&many, 'm'), (&many, 'm'), (&many, 'm'), (&few, 'f')] {
            let order = Arc::clone(&order);
            let mut lookup = Box::pin(resolver.on_thread(move || order.lock().unwrap().push(name)));
            assert!((&mut lookup).now_or_never().is_none());
            waiting.push(lookup);
        }
        drop(end);
        futures::future::join_all(waiting).await;
        assert_eq!(*order.lock().unwrap(), "mfmm");
    }
}
