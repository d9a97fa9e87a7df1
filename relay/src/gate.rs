//! Who is let in: the `Host` and `Origin` of a request, and the token of a WebSocket; and the `Host` of a request for the metrics.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::{
    HeaderMap, Uri,
    header::{self, HeaderName},
};
use protocol::{SUBPROTOCOL, TOKEN_PREFIX};

use crate::{Config, Token};

/// What requests are measured against.
pub(crate) struct Gate {
    own_port: u16,
    is_tls: bool,
    /// In lower case, with or without a port.
    hosts: Vec<String>,
    origins: Vec<String>,
    token: Token,
}

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request is for another host: a rebound DNS name, or a name that nobody told the relay.
    Host,
    /// Another page's script sent it.
    Origin,
    /// It does not offer our subprotocol.
    Subprotocol,
}

impl Refusal {
    /// The rule that was broken, as the metrics and the log have it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Origin => "origin",
            Self::Subprotocol => "subprotocol",
        }
    }
}

impl Gate {
    pub(crate) fn new(own_address: SocketAddr, config: &Config) -> Self {
        let lower = |texts: &[String]| texts.iter().map(|text| text.trim_end_matches('/').to_ascii_lowercase()).collect();
        let (own_port, is_tls) = (own_address.port(), config.tls.is_some());
        Self { own_port, is_tls, hosts: lower(&config.allow_hosts), origins: lower(&config.allow_origins), token: config.token }
    }

    /// The scheme of the relay's own addresses.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_tls { "https" } else { "http" }
    }

    /// Whether a request that came in on `local` is meant for this relay. Every route asks.
    ///
    /// A page whose DNS name was rebound to this address sends its own name as `Host`; an address in numbers cannot be rebound, so the address that
    /// the connection came in on is always right. Where the request's target names a host, as it does towards a proxy, that must be the same one: it counts
    /// more than the header (RFC 9112 section 3.2.2).
    pub(crate) fn check_host(&self, target: &Uri, headers: &HeaderMap, local: SocketAddr) -> Result<(), Refusal> {
        let host = host_of(target, headers)?;
        let (name, port) = split_port(&host).ok_or(Refusal::Host)?;
        if self.is_allowed(&host, name) {
            return Ok(());
        }
        // Proxies, such as Trunk's, leave out the port; no browser does, as it is not the scheme's own.
        if port.is_some_and(|port| port != self.own_port) {
            return Err(Refusal::Host);
        }
        let local = local.ip().to_canonical();
        match literal(name) {
            Some(ip) if ip.to_canonical() == local => Ok(()),
            None if name == "localhost" && local.is_loopback() && self.is_own_port(port) => Ok(()),
            _ => Err(Refusal::Host),
        }
    }

    /// Whether the WebSocket handshake comes from the relay's own page, from an allowed one, or from a program that is no browser.
    ///
    /// Browsers send `Origin` with every WebSocket handshake and let no script change it; they do not hold WebSockets to the same-origin policy.
    pub(crate) fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if !headers.contains_key(header::ORIGIN) {
            return Ok(());
        }
        let origin = single(headers, header::ORIGIN).ok_or(Refusal::Origin)?.to_ascii_lowercase();
        let host = single(headers, header::HOST).unwrap_or_default().to_ascii_lowercase();
        // An address without its port, see `check_host`, is no origin of ours.
        let is_whole = split_port(&host).is_some_and(|(name, port)| self.is_own_port(port) || self.is_allowed(&host, name));
        let own = is_whole && origin == format!("{}://{host}", self.scheme());
        if own || self.origins.contains(&origin) { Ok(()) } else { Err(Refusal::Origin) }
    }

    /// Whether the relay was told of this `Host`, or of its `name` with any port.
    fn is_allowed(&self, host: &str, name: &str) -> bool {
        self.hosts.iter().any(|allowed| allowed == host || allowed == name)
    }

    /// Whether `port`, as it stands in a `Host`, is the one that the relay listens on; where it is absent, it is the scheme's own.
    fn is_own_port(&self, port: Option<u16>) -> bool {
        port.unwrap_or(if self.is_tls { 443 } else { 80 }) == self.own_port
    }

    /// Whether the handshake offers the subprotocol; if so, whether the right token stands beside it.
    pub(crate) fn check_token(&self, headers: &HeaderMap) -> Result<bool, Refusal> {
        let offered = || {
            let lines = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter();
            lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).map(str::trim)
        };
        if !offered().any(|subprotocol| subprotocol == SUBPROTOCOL) {
            return Err(Refusal::Subprotocol);
        }
        Ok(offered().filter_map(|subprotocol| subprotocol.strip_prefix(TOKEN_PREFIX)).any(|token| self.token.matches(token)))
    }

    /// Whether a request that is no handshake has the token: in `Authorization: Bearer …` (RFC 6750 section 2.1).
    pub(crate) fn has_bearer_token(&self, headers: &HeaderMap) -> bool {
        let credentials = single(headers, header::AUTHORIZATION).and_then(|value| value.split_once(' '));
        credentials.is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && self.token.matches(token.trim()))
    }
}

/// Under which names the metrics may be asked for. They have no token, so that `Host` alone keeps other sites' pages from them.
pub(crate) struct MetricsGate {
    /// In lower case, without a port.
    names: Vec<String>,
}

impl MetricsGate {
    pub(crate) fn new(allow_hosts: &[String]) -> Self {
        let names = allow_hosts.iter().map(|host| host.to_ascii_lowercase());
        Self { names: names.map(|host| split_port(&host).map_or(host.as_str(), |(name, _)| name).to_owned()).collect() }
    }

    /// Whether a request that came in on `local` calls this listener by an address in numbers, which cannot be rebound, or by a name that is its own. The port
    /// does not matter: where it is forwarded, it is another one.
    pub(crate) fn check_host(&self, target: &Uri, headers: &HeaderMap, local: SocketAddr) -> Result<(), Refusal> {
        let host = host_of(target, headers)?;
        let (name, _) = split_port(&host).ok_or(Refusal::Host)?;
        let is_localhost = name == "localhost" && local.ip().to_canonical().is_loopback();
        let is_own = is_localhost || literal(name).is_some() || self.names.iter().any(|own| own == name);
        if is_own { Ok(()) } else { Err(Refusal::Host) }
    }
}

/// The `Host` that a request is for, in lower case. Where the request's target names a host, as it does towards a proxy, that must be the same one.
fn host_of(target: &Uri, headers: &HeaderMap) -> Result<String, Refusal> {
    let host = single(headers, header::HOST).ok_or(Refusal::Host)?.to_ascii_lowercase();
    let is_other = target.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(&host));
    if is_other { Err(Refusal::Host) } else { Ok(host) }
}

/// The address that a host is, where it is no name; one of IPv6 stands in brackets.
fn literal(name: &str) -> Option<IpAddr> {
    match name.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::from),
        None => name.parse::<Ipv4Addr>().ok().map(IpAddr::from),
    }
}

/// A header's value if it is there exactly once, and text.
pub(crate) fn single(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// `host:port` into its parts; IPv6 addresses keep their brackets (RFC 9110 section 7.2).
fn split_port(host: &str) -> Option<(&str, Option<u16>)> {
    let end_of_name = if host.starts_with('[') { host.find(']')? + 1 } else { host.find(':').unwrap_or(host.len()) };
    let (name, rest) = host.split_at(end_of_name);
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Some((name, None)),
        None => None,
        Some(port) => Some((name, Some(parse_port(port)?))),
    }
}

/// A port in digits alone (RFC 3986 section 3.2.3); Rust's numbers may have a sign.
fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| !text.starts_with('+'))
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
