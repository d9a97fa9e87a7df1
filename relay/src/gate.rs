//! Who is let in: the `Host` and `Origin` of a request, and the token of a WebSocket.

use std::net::{IpAddr, SocketAddr};

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
        let host = single(headers, header::HOST).ok_or(Refusal::Host)?.to_ascii_lowercase();
        if target.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(&host)) {
            return Err(Refusal::Host);
        }
        let (name, port) = split_port(&host).ok_or(Refusal::Host)?;
        if self.is_allowed(&host, name) {
            return Ok(());
        }
        // Proxies, such as Trunk's, leave out the port; no browser does, as it is not the scheme's own.
        if port.is_some_and(|port| port != self.own_port) {
            return Err(Refusal::Host);
        }
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let local = local.ip().to_canonical();
        match bare.parse::<IpAddr>() {
            Ok(ip) if ip.to_canonical() == local => Ok(()),
            Err(_) if name == "localhost" && local.is_loopback() && self.is_own_port(port) => Ok(()),
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
}

/// A header's value if it is there exactly once, and text.
fn single(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
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
        Some(port) => Some((name, Some(port.parse().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tls;

    fn gate() -> Gate {
        gate_with(None)
    }

    fn gate_with(tls: Option<Tls>) -> Gate {
        let config = Config {
            tls,
            allow_hosts: vec!["Relay.lan".to_owned(), "other.lan:9000".to_owned()],
            allow_origins: vec!["http://127.0.0.1:7078/".to_owned()],
            ..Config::personal().unwrap()
        };
        Gate::new("127.0.0.1:7077".parse().unwrap(), &config)
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_its_own_names_reach_the_relay() {
        let local = "127.0.0.1:7077".parse().unwrap();
        let target = Uri::from_static("/");
        let check = |host: &str| gate().check_host(&target, &headers(&[("host", host)]), local);
        for host in [
            "127.0.0.1:7077",
            "localhost:7077",
            "LocalHost:7077",
            "relay.lan",
            "relay.lan:1234",
            "other.lan:9000",
            "[::ffff:127.0.0.1]:7077",
            "127.0.0.1",
        ] {
            assert_eq!(check(host), Ok(()), "{host}");
        }
        for host in [
            "evil.example:7077",
            "127.0.0.1:80",
            "localhost",
            "localhost.evil.example:7077",
            "127.0.0.2:7077",
            "other.lan",
            "",
            ":7077",
            "[::1:7077",
            "[::1]x:7077",
        ] {
            assert_eq!(check(host), Err(Refusal::Host), "{host}");
        }
        assert_eq!(gate().check_host(&target, &HeaderMap::new(), local), Err(Refusal::Host));
        let mut twice = headers(&[("host", "127.0.0.1:7077")]);
        twice.append(header::HOST, "evil.example".parse().unwrap());
        assert_eq!(gate().check_host(&target, &twice, local), Err(Refusal::Host));
        let whole = |target: &'static str| gate().check_host(&Uri::from_static(target), &headers(&[("host", "127.0.0.1:7077")]), local);
        assert_eq!(whole("http://127.0.0.1:7077/"), Ok(()));
        assert_eq!(whole("http://evil.example/"), Err(Refusal::Host));
    }

    #[test]
    fn localhost_is_no_name_for_an_address_of_the_network() {
        let check =
            |host: &str| gate().check_host(&Uri::from_static("/"), &headers(&[("host", host)]), "192.168.1.20:7077".parse().unwrap());
        assert_eq!(check("192.168.1.20:7077"), Ok(()));
        assert_eq!(check("localhost:7077"), Err(Refusal::Host));
    }

    #[test]
    fn only_the_own_page_and_allowed_ones_open_sockets() {
        let check = |origin: &str| gate().check_origin(&headers(&[("host", "localhost:7077"), ("origin", origin)]));
        assert_eq!(check("http://localhost:7077"), Ok(()));
        assert_eq!(check("http://127.0.0.1:7078"), Ok(()));
        for origin in [
            "http://127.0.0.1:7077",
            "https://localhost:7077",
            "http://evil.example",
            "http://localhost:7077.evil.example",
            "null",
            "http://localhost",
            "",
        ] {
            assert_eq!(check(origin), Err(Refusal::Origin), "{origin}");
        }
        assert_eq!(gate().check_origin(&headers(&[("host", "localhost:7077")])), Ok(()));
        let behind = |host: &str, origin: &str| gate().check_origin(&headers(&[("host", host), ("origin", origin)]));
        assert_eq!(behind("relay.lan", "http://relay.lan"), Ok(()));
        assert_eq!(behind("127.0.0.1", "http://127.0.0.1:7078"), Ok(()));
        assert_eq!(behind("127.0.0.1", "http://127.0.0.1"), Err(Refusal::Origin));
    }

    #[test]
    fn over_tls_the_own_page_is_one_of_https() {
        let gate = gate_with(Some(Tls::self_signed([]).unwrap()));
        let check = |host: &str, origin: &str| gate.check_origin(&headers(&[("host", host), ("origin", origin)]));
        assert_eq!(check("localhost:7077", "https://localhost:7077"), Ok(()));
        assert_eq!(check("relay.lan", "https://relay.lan"), Ok(()));
        for origin in ["http://localhost:7077", "https://localhost", "https://localhost:7078", "wss://localhost:7077", "null"] {
            assert_eq!(check("localhost:7077", origin), Err(Refusal::Origin), "{origin}");
        }
        let on_443 = Gate { own_port: 443, ..gate };
        assert_eq!(on_443.check_host(&Uri::from_static("/"), &headers(&[("host", "localhost")]), "127.0.0.1:443".parse().unwrap()), Ok(()));
        assert_eq!(on_443.check_origin(&headers(&[("host", "localhost"), ("origin", "https://localhost")])), Ok(()));
    }

    #[test]
    fn what_a_proxy_claims_is_not_believed() {
        let local = "127.0.0.1:7077".parse().unwrap();
        let claims = [("x-forwarded-host", "localhost:7077"), ("x-forwarded-proto", "https"), ("forwarded", "host=localhost:7077")];
        let with = |own: &[(&'static str, &str)]| headers(&[own, &claims].concat());
        assert_eq!(gate().check_host(&Uri::from_static("/"), &with(&[("host", "evil.example")]), local), Err(Refusal::Host));
        let https = with(&[("host", "localhost:7077"), ("origin", "https://localhost:7077")]);
        assert_eq!(gate().check_origin(&https), Err(Refusal::Origin));
    }

    #[test]
    fn the_token_stands_beside_the_subprotocol() {
        let gate = gate();
        let check = |offer: &str| gate.check_token(&headers(&[("sec-websocket-protocol", offer)]));
        let token = gate.token;
        assert_eq!(check(&format!("tcp-playground.v1, token.{token}")), Ok(true));
        assert_eq!(check(&format!("token.{token},tcp-playground.v1")), Ok(true));
        assert_eq!(check("tcp-playground.v1"), Ok(false));
        assert_eq!(check(&format!("tcp-playground.v1, token.{}", Token::random().unwrap())), Ok(false));
        assert_eq!(check(&format!("tcp-playground.v2, token.{token}")), Err(Refusal::Subprotocol));
        assert_eq!(gate.check_token(&HeaderMap::new()), Err(Refusal::Subprotocol));
    }
}
