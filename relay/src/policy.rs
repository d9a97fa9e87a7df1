//! Which addresses the sockets may reach and bind. The only file that decides it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    ops::RangeInclusive,
    str::FromStr,
};

use ipnet::IpNet;
use protocol::{Failure, Rule};

/// What a relay permits, and to whom it is lent.
#[derive(Clone, Debug)]
pub struct Policy {
    shared: bool,
    allow: Vec<Grant>,
    deny: Vec<Grant>,
}

impl Policy {
    /// For the owner of the machine alone: everything that his own tools could reach, except the relay itself, link-local and metadata
    /// addresses, and multicast.
    pub fn personal() -> Self {
        Self { shared: false, allow: Vec::new(), deny: Vec::new() }
    }

    /// For a room: nothing but what is allowed, and never what [`Policy::personal`] forbids.
    pub fn shared() -> Self {
        Self { shared: true, ..Self::personal() }
    }

    /// The same policy, with more allowed. It matters to a shared relay only.
    #[must_use]
    pub fn allow(mut self, grants: impl IntoIterator<Item = Grant>) -> Self {
        self.allow.extend(grants);
        self
    }

    /// The same policy, with more denied.
    #[must_use]
    pub fn deny(mut self, grants: impl IntoIterator<Item = Grant>) -> Self {
        self.deny.extend(grants);
        self
    }

    /// Whether `connect` may go to `address`, which `host` was resolved to, from a relay that listens on `own`.
    pub(crate) fn check_connect(&self, host: &str, address: SocketAddr, own: SocketAddr) -> Result<(), Failure> {
        let forbidden = |rule, text: &str| Err(Failure::forbidden(rule, "connect", text).at(address));
        for ip in meanings(address.ip()) {
            if address.port() == own.port() && is_the_relay(ip, own.ip()) {
                return forbidden(Rule::OwnPort, "the relay opens no socket to itself");
            }
            if is_link_local(ip) {
                return forbidden(Rule::LinkLocal, "link-local and metadata addresses are not reached from here");
            }
            if is_multicast(ip) {
                return forbidden(Rule::Multicast, "TCP goes to one address; this one is for many");
            }
        }
        self.check_grants("connect", host, address)
    }

    /// Whether `call` may take `address`, which `host` was resolved to: `bind`, or a `listen` for which the system chooses the port. A personal relay
    /// leaves that to the kernel.
    pub(crate) fn check_bind(&self, call: &str, host: &str, address: SocketAddr) -> Result<(), Failure> {
        self.check_grants(call, host, address)
    }

    fn check_grants(&self, call: &str, host: &str, address: SocketAddr) -> Result<(), Failure> {
        if meanings(address.ip()).any(|ip| self.deny.iter().any(|grant| grant.covers(host, ip, address.port()))) {
            return Err(Failure::forbidden(Rule::Denied, call, "this relay was told to deny it (--deny)").at(address));
        }
        let ip = address.ip().to_canonical();
        if self.shared && !self.allow.iter().any(|grant| grant.covers(host, ip, address.port())) {
            let text = "this relay is shared, and permits only what it was told to (--allow)";
            return Err(Failure::forbidden(Rule::NotAllowed, call, text).at(address));
        }
        Ok(())
    }
}

impl fmt::Display for Policy {
    /// One sentence: what the relay may reach.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.shared, self.allow.as_slice()) {
            (false, _) => {
                f.write_str("everything this machine can reach, except the relay itself, link-local, metadata and multicast addresses")?
            }
            (true, []) => f.write_str("nothing (it listens beyond this computer, and no --allow permits anything)")?,
            (true, allowed) => write!(f, "only {}", List(allowed))?,
        }
        match self.deny.as_slice() {
            [] => Ok(()),
            denied => write!(f, "; never {}", List(denied)),
        }
    }
}

struct List<'a>(&'a [Grant]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, grant) in self.0.iter().enumerate() {
            write!(f, "{}{grant}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// A set of addresses and ports to allow or deny: `10.0.0.0/8`, `192.168.1.20:8000-8100`, `[fd00::/8]:80`, `example.com:80`.
///
/// A name covers what is asked for under that very name; an address covers it under any name that leads there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    place: Place,
    ports: Option<RangeInclusive<u16>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Net(IpNet),
    Host(String),
}

impl Grant {
    fn covers(&self, host: &str, ip: IpAddr, port: u16) -> bool {
        let place = match &self.place {
            Place::Net(net) => net.contains(&ip),
            Place::Host(name) => host.strip_suffix('.').unwrap_or(host).eq_ignore_ascii_case(name),
        };
        place && self.ports.as_ref().is_none_or(|ports| ports.contains(&port))
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, &self.ports) {
            (Place::Net(IpNet::V6(net)), Some(_)) => write!(f, "[{net}]")?,
            (Place::Net(net), _) => write!(f, "{net}")?,
            (Place::Host(name), _) => f.write_str(name)?,
        }
        match &self.ports {
            None => Ok(()),
            Some(ports) if ports.start() == ports.end() => write!(f, ":{}", ports.start()),
            Some(ports) => write!(f, ":{}-{}", ports.start(), ports.end()),
        }
    }
}

/// A text that is no [`Grant`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadGrant(String);

impl fmt::Display for BadGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no ADDRESS[/BITS][:PORT[-PORT]] and no NAME[:PORT[-PORT]] (IPv6 in brackets: [::1]:80)", self.0)
    }
}

impl std::error::Error for BadGrant {}

impl FromStr for Grant {
    type Err = BadGrant;

    fn from_str(text: &str) -> Result<Self, BadGrant> {
        let bad = || BadGrant(text.to_owned());
        if let Some(net) = parse_net(text) {
            return Ok(Self { place: Place::Net(net), ports: None });
        }
        let (place, ports) = match text.strip_prefix('[') {
            Some(rest) => {
                let (net, rest) = rest.split_once(']').ok_or_else(bad)?;
                (Place::Net(parse_net(net).ok_or_else(bad)?), rest.strip_prefix(':'))
            }
            None => {
                let (place, ports) = text.rsplit_once(':').map_or((text, None), |(place, ports)| (place, Some(ports)));
                (parse_net(place).map_or_else(|| parse_host(place), |net| Some(Place::Net(net))).ok_or_else(bad)?, ports)
            }
        };
        let ports = ports.map(|ports| parse_ports(ports).ok_or_else(bad)).transpose()?;
        Ok(Self { place, ports })
    }
}

fn parse_net(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(|ip| IpNet::from(ip.to_canonical())))
}

fn parse_host(text: &str) -> Option<Place> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    // `10.0.0.300` and `0x7f.1` are mistyped addresses, not names: no top-level domain begins with a digit.
    let last = name.rsplit('.').next().unwrap_or_default();
    (plain && !last.starts_with(|first: char| first.is_ascii_digit())).then(|| Place::Host(name.to_owned()))
}

fn parse_ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = first.parse().ok()?..=last.parse().ok()?;
    (!range.is_empty()).then_some(range)
}

/// The addresses that a packet to `ip` may end up at: itself, in its plainest spelling, and the IPv4 address inside it where a translator or a
/// tunnel would take that out.
fn meanings(ip: IpAddr) -> impl Iterator<Item = IpAddr> {
    let canonical = ip.to_canonical();
    let inner = match canonical {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => embedded(v6).map(IpAddr::V4),
    };
    std::iter::once(canonical).chain(inner)
}

/// The IPv4 address inside an IPv6 one: NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380), IPv4-compatible (RFC 4291).
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = ip.segments();
    let joined = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0x64, 0xff9b, 0 | 1, _, _, _, high, low] => Some(joined(high, low)),
        [0x2002, high, low, ..] => Some(joined(high, low)),
        [0x2001, 0, _, _, _, _, high, low] => Some(joined(!high, !low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(joined(high, low)),
        _ => None,
    }
}

/// Whether a connection to `ip`, at the relay's port, would meet the relay, which listens on `own`.
fn is_the_relay(ip: IpAddr, own: IpAddr) -> bool {
    if ip.is_loopback() || ip.is_unspecified() || ip == own.to_canonical() {
        return true;
    }
    own.is_unspecified() && is_this_machine(ip)
}

/// Whether `ip` belongs to one of this machine's interfaces: from there and only from there one speaks to oneself. Nothing is sent.
fn is_this_machine(ip: IpAddr) -> bool {
    let any: IpAddr = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let source = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((ip, 9))?;
        socket.local_addr()
    });
    source.is_ok_and(|source| source.ip() == ip)
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local() || METADATA_V4.contains(&v4),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6 == METADATA_V6,
    }
}

/// Clouds whose metadata service is not at a link-local address: Oracle, Alibaba, Amazon's over IPv6.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(100, 100, 100, 200)];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn is_multicast(ip: IpAddr) -> bool {
    ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "127.0.0.1:7077";

    fn connect(policy: &Policy, host: &str, address: &str) -> Result<(), Option<Rule>> {
        policy.check_connect(host, address.parse().unwrap(), OWN.parse().unwrap()).map_err(|failure| failure.rule)
    }

    #[test]
    fn a_personal_relay_reaches_what_its_owner_reaches() {
        for address in ["127.0.0.1:80", "[::1]:80", "10.1.2.3:7077", "93.184.216.34:80", "[2606:2800::1]:443", "0.0.0.0:80"] {
            assert_eq!(connect(&Policy::personal(), "x", address), Ok(()), "{address}");
        }
    }

    #[test]
    fn no_spelling_leads_where_none_may_go() {
        for (address, rule) in [
            ("127.0.0.1:7077", Rule::OwnPort),
            ("127.9.9.9:7077", Rule::OwnPort),
            ("0.0.0.0:7077", Rule::OwnPort),
            ("[::]:7077", Rule::OwnPort),
            ("[::1]:7077", Rule::OwnPort),
            ("[::ffff:127.0.0.1]:7077", Rule::OwnPort),
            ("[::127.0.0.1]:7077", Rule::OwnPort),
            ("[64:ff9b::127.0.0.1]:7077", Rule::OwnPort),
            ("[64:ff9b:1::127.0.0.1]:7077", Rule::OwnPort),
            ("[2002:7f00:1::]:7077", Rule::OwnPort),
            ("[2001:0:1:2:3:4:80ff:fffe]:7077", Rule::OwnPort),
            ("169.254.169.254:80", Rule::LinkLocal),
            ("[::ffff:169.254.169.254]:80", Rule::LinkLocal),
            ("[64:ff9b::169.254.169.254]:80", Rule::LinkLocal),
            ("[fe80::1]:80", Rule::LinkLocal),
            ("[fd00:ec2::254]:80", Rule::LinkLocal),
            ("100.100.100.200:80", Rule::LinkLocal),
            ("224.0.0.1:80", Rule::Multicast),
            ("255.255.255.255:80", Rule::Multicast),
            ("[ff02::1]:80", Rule::Multicast),
        ] {
            assert_eq!(connect(&Policy::personal(), "x", address), Err(Some(rule)), "{address}");
            let open = Policy::shared().allow(["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()]);
            assert_eq!(connect(&open, "x", address), Err(Some(rule)), "{address}, though all is allowed");
        }
    }

    #[test]
    fn a_shared_relay_reaches_what_it_was_told() {
        let policy = Policy::shared().allow(["10.0.0.0/8:80-90", "[fd00::/16]:80", "Example.com:8000"].map(|text| text.parse().unwrap()));
        for (host, address) in
            [("x", "10.1.2.3:80"), ("x", "[::ffff:10.1.2.3]:90"), ("x", "[fd00::7]:80"), ("example.COM.", "93.184.216.34:8000")]
        {
            assert_eq!(connect(&policy, host, address), Ok(()), "{host} {address}");
        }
        for (host, address) in [
            ("x", "10.1.2.3:91"),
            ("x", "11.1.2.3:80"),
            ("x", "[fd01::7]:80"),
            ("example.com", "93.184.216.34:80"),
            ("x", "93.184.216.34:8000"),
        ] {
            assert_eq!(connect(&policy, host, address), Err(Some(Rule::NotAllowed)), "{host} {address}");
        }
        let bind = |address: &str| policy.check_bind("bind", "", address.parse().unwrap()).map_err(|failure| failure.rule);
        assert_eq!(bind("10.1.2.3:80"), Ok(()));
        assert_eq!(bind("0.0.0.0:8080"), Err(Some(Rule::NotAllowed)));
    }

    #[test]
    fn denying_wins() {
        let policy = Policy::personal().deny(["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(connect(&policy, "x", "10.0.0.1:1"), Err(Some(Rule::Denied)));
        assert_eq!(connect(&policy, "x", "[64:ff9b::10.0.0.1]:1"), Err(Some(Rule::Denied)));
        assert_eq!(connect(&policy, "x", "11.0.0.1:1"), Ok(()));
    }

    #[test]
    fn grants_are_written_as_they_are_read() {
        for text in [
            "10.0.0.0/8",
            "10.0.0.0/8:80",
            "1.2.3.4/32:8000-8100",
            "[fd00::/8]:80",
            "::/0",
            "example.com",
            "example.com:80",
            "localhost:1-65535",
        ] {
            assert_eq!(text.parse::<Grant>().unwrap().to_string(), text);
        }
        for text in ["", ":80", "10.0.0.300", "0x7f.1:80", "10.0.0.0/33", "[::1", "[::1]:", "x:80-70", "x:70000", "a b", "http://x"] {
            assert!(text.parse::<Grant>().is_err(), "{text}");
        }
    }
}
