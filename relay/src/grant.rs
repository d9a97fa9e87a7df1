//! What `--allow` and `--deny` say: sets of addresses and ports, as they are written. What follows from them, the policy decides.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    ops::RangeInclusive,
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net};

use crate::meanings;

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
    /// Whether it covers `ip` and `port`, which were asked for as `host`.
    pub(crate) fn covers(&self, host: &str, ip: IpAddr, port: u16) -> bool {
        let place = match &self.place {
            Place::Net(net) => net.contains(&ip),
            Place::Host(name) => host.strip_suffix('.').unwrap_or(host).eq_ignore_ascii_case(name),
        };
        place && self.has_port(port)
    }

    /// All of IPv4 where this is a network of IPv6 in which all of IPv4 lies mapped; `None` for all of IPv6, which is said of that family and not of the other.
    ///
    /// It matters where something is denied: who allows so much of IPv6 has not thought of IPv4.
    pub(crate) fn mapped(&self) -> Option<Self> {
        let Place::Net(IpNet::V6(net)) = &self.place else { return None };
        let holds = (1..MAPPED_BITS).contains(&net.prefix_len()) && net.contains(&Ipv4Addr::UNSPECIFIED.to_ipv6_mapped());
        let all = Place::Net(IpNet::V4(Ipv4Net::default()));
        holds.then(|| Self { place: all, ports: self.ports.clone() })
    }

    /// The network that it covers at `port`; `None` for a name.
    pub(crate) fn net_at(&self, port: u16) -> Option<&IpNet> {
        match &self.place {
            Place::Net(net) => Some(net).filter(|_| self.has_port(port)),
            Place::Host(_) => None,
        }
    }

    fn has_port(&self, port: u16) -> bool {
        self.ports.as_ref().is_none_or(|ports| ports.contains(&port))
    }

    /// Whether it was written with what lies behind an address in mind: it is a name, or lies whole within the addresses of a translator or a tunnel.
    pub(crate) fn looks_inside(&self) -> bool {
        match &self.place {
            Place::Net(IpNet::V6(net)) => {
                [net.network(), net.broadcast()].into_iter().all(|end| meanings::inside(end.into()).next().is_some())
            }
            Place::Net(IpNet::V4(_)) => false,
            Place::Host(_) => true,
        }
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
    let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    Some(canonical(net).unwrap_or(net))
}

/// The network of IPv4 that one of IPv4 mapped into IPv6 is (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2); `None` for every other one.
fn canonical(net: IpNet) -> Option<IpNet> {
    let IpNet::V6(v6) = net else { return None };
    let bits = v6.prefix_len().checked_sub(MAPPED_BITS)?;
    Ipv4Net::new(v6.addr().to_ipv4_mapped()?, bits).ok().map(IpNet::V4)
}

/// How many bits come before an IPv4 address that is mapped into IPv6.
const MAPPED_BITS: u8 = 96;

fn parse_host(text: &str) -> Option<Place> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    // `10.0.0.300` and `0x7f.1` are mistyped addresses, not names: no top-level domain begins with a digit.
    let last = name.rsplit('.').next().unwrap_or_default();
    (plain && !last.starts_with(|first: char| first.is_ascii_digit())).then(|| Place::Host(name.to_owned()))
}

fn parse_ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    // Digits alone (RFC 3986 section 3.2.3); Rust's numbers may have a sign.
    let port = |text: &str| text.parse::<u16>().ok().filter(|_| !text.starts_with('+'));
    let range = port(first)?..=port(last)?;
    (!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for text in [
            "",
            ":80",
            "10.0.0.300",
            "0x7f.1:80",
            "10.0.0.0/33",
            "[::1",
            "[::1]:",
            "x:80-70",
            "x:+80",
            "x:80-+90",
            "x:70000",
            "a b",
            "http://x",
        ] {
            assert!(text.parse::<Grant>().is_err(), "{text}");
        }
    }

    #[test]
    fn networks_of_ipv4_mapped_into_ipv6_are_networks_of_ipv4() {
        for (text, plain) in [
            ("::ffff:127.0.0.0/104", "127.0.0.0/8"),
            ("[::ffff:10.1.2.3/128]:80", "10.1.2.3/32:80"),
            ("::ffff:10.1.2.3", "10.1.2.3/32"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::fffe:0:0/96", "::fffe:0:0/96"),
        ] {
            assert_eq!(text.parse::<Grant>().unwrap().to_string(), plain.parse::<Grant>().unwrap().to_string(), "{text}");
        }
        let mapped = |text: &str| text.parse::<Grant>().unwrap().mapped().map(|grant| grant.to_string());
        for wide in ["[::ffff:0:0/95]:80", "[::/64]:80", "[::/1]:80"] {
            assert_eq!(mapped(wide).as_deref(), Some("0.0.0.0/0:80"), "{wide}");
        }
        for other in ["::/0", "::/96", "2000::/3", "10.0.0.0/8", "x"] {
            assert_eq!(mapped(other), None, "{other}");
        }
    }
}
