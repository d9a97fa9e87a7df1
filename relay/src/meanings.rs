//! Where a packet to an address may end up. One address has many spellings; whoever judges it has to know them all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses that a packet to `ip` may end up at: itself, in its plainest spelling; this machine where it is "any"; and the IPv4 addresses inside it
/// where a translator or a tunnel would take one out.
pub(crate) fn all(ip: IpAddr) -> impl Iterator<Item = IpAddr> {
    let plain = ip.to_canonical();
    // Linux takes a connection to "any" for one to loopback.
    std::iter::once(plain).chain(inside(plain)).flat_map(|ip| [Some(ip), reached(ip)]).flatten()
}

/// The loopback address that a connection to "any" reaches; `None` for every other address.
pub(crate) fn reached(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Some(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Some(Ipv6Addr::LOCALHOST.into()),
        _ => None,
    }
}

/// The IPv4 addresses that may be inside an IPv6 one: IPv4-compatible (RFC 4291), translated (RFC 2765), NAT64 (RFC 6052, and RFC 8215, whose prefix leaves open
/// how it is divided), 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214).
pub(crate) fn inside(ip: IpAddr) -> impl Iterator<Item = IpAddr> {
    // Nothing is inside an IPv4 address; nor is anything inside "any".
    let ip = if let IpAddr::V6(ip) = ip { ip } else { Ipv6Addr::UNSPECIFIED };
    let segments = ip.segments();
    let joined = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    let by_prefix = match segments {
        [0x64, 0xff9b, 0, _, _, _, high, low] | [0x2002, high, low, ..] | [0, 0, 0, 0, 0xffff, 0, high, low] => joined(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => joined(high, low),
        [0x2001, 0, _, _, _, _, high, low] => joined(!high, !low),
        _ => None,
    };
    // One bit of ISATAP's tells whether the IPv4 address is unique.
    let by_interface = if let [_, _, _, _, 0 | 0x200, 0x5efe, high, low] = segments { joined(high, low) } else { None };
    let divided = if segments.starts_with(&[0x64, 0xff9b, 1]) { rfc6052(ip.octets()).map(Some) } else { [None; 4] };
    divided.into_iter().chain([by_prefix, by_interface]).flatten().map(IpAddr::V4)
}

/// RFC 6052 section 2.2: where the IPv4 address stands after a prefix of 48, 56, 64 and 96 bits; the ninth byte is left out.
fn rfc6052(bytes: [u8; 16]) -> [Ipv4Addr; 4] {
    let at = |places: [usize; 4]| Ipv4Addr::from(places.map(|place| bytes[place]));
    [at([6, 7, 9, 10]), at([7, 9, 10, 11]), at([9, 10, 11, 12]), at([12, 13, 14, 15])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_is_found() {
        let inner: IpAddr = "192.0.2.33".parse().unwrap();
        for address in [
            "::192.0.2.33",
            "::ffff:192.0.2.33",
            "::ffff:0:192.0.2.33",
            "64:ff9b::192.0.2.33",
            // The examples of RFC 6052 section 2.4, after the prefix of RFC 8215.
            "64:ff9b:1:c000:2:2100::",
            "64:ff9b:1:c0:0:221::",
            "64:ff9b:1:0:c0:2:2100::",
            "64:ff9b:1::192.0.2.33",
            "2002:c000:221::1",
            "2001:0:1:2:3:4:3fff:fdde",
            "2001:db8::5efe:192.0.2.33",
            "2001:db8::200:5efe:192.0.2.33",
            "192.0.2.33",
        ] {
            assert!(all(address.parse().unwrap()).any(|ip| ip == inner), "{address}");
        }
        for plain in ["2001:db8::c000:221", "fd00::192.0.2.33", "::1", "2001:1::3fff:fdde"] {
            assert_eq!(all(plain.parse().unwrap()).count(), 1, "{plain}");
        }
    }

    #[test]
    fn any_is_this_machine() {
        for (any, loopback) in [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("::ffff:0.0.0.0", "127.0.0.1"), ("2002::1", "127.0.0.1")] {
            assert!(all(any.parse().unwrap()).any(|ip| ip == loopback.parse::<IpAddr>().unwrap()), "{any}");
        }
    }
}
