//! Names into addresses: `getaddrinfo(3)`, which blocks, on a bounded number of threads.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, getaddrinfo};
use protocol::{Failure, Family, Name, limits};
use tokio::{sync::Semaphore, task};

/// How many names are resolved at a time; `getaddrinfo(3)` cannot be cancelled, so one that nobody waits for any more holds its place until it ends.
const MAX_LOOKUPS: usize = 32;

/// Resolves names for all sockets of a relay.
pub(crate) struct Resolver {
    places: Arc<Semaphore>,
}

impl Default for Resolver {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }
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
        // The semaphore is never closed, so there is always a place in the end.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        task::spawn_blocking(move || {
            let _place = place;
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
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_lookup_that_nobody_waits_for_keeps_its_place_until_it_ends() {
        let resolver = Resolver::default();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let mut lookup = Box::pin(resolver.on_thread(move || ended.recv()));
        assert!((&mut lookup).now_or_never().is_none(), "it is under way");
        drop(lookup);
        assert_eq!(resolver.places.available_permits(), MAX_LOOKUPS - 1);
        drop(end);
        let every = u32::try_from(MAX_LOOKUPS).unwrap();
        drop(resolver.places.acquire_many(every).await.expect("it is never closed"));
    }
}
