//! One packet: an IP header, a TCP header, bytes, and checksums that are right (RFC 791, RFC 8200, RFC 9293). By hand, because two headers of fixed form are all there is.

use std::net::{IpAddr, SocketAddr};

/// Bits of the TCP header.
pub(super) mod flag {
    pub(crate) const FIN: u8 = 1;
    pub(crate) const SYN: u8 = 2;
    pub(crate) const RST: u8 = 4;
    pub(crate) const PSH: u8 = 8;
    pub(crate) const ACK: u8 = 16;
}

const TCP: u8 = 6;
const HOPS: u8 = 64;
const TCP_HEAD_BYTES: usize = 20;
const IPV6_HEAD_BYTES: usize = 40;

/// What a packet says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    /// Tells IPv4 packets of one sender apart.
    pub(super) identification: u16,
    pub(super) sequence: u32,
    pub(super) acknowledgement: u32,
    pub(super) flags: u8,
    /// TCP options, whole words of them.
    pub(super) options: &'a [u8],
    /// No more than fits into a packet.
    pub(super) bytes: &'a [u8],
}

/// The most that a segment carries over Ethernet to `address`: a packet of 1500 bytes without its heads.
pub(super) const fn max_segment_bytes(address: &SocketAddr) -> u16 {
    match address {
        SocketAddr::V4(_) => 1460,
        SocketAddr::V6(_) => 1440,
    }
}

impl Segment<'_> {
    /// The packet, from its first byte.
    pub(super) fn packet(&self) -> Vec<u8> {
        let head = TCP_HEAD_BYTES + self.options.len();
        let len = u16::try_from(head + self.bytes.len()).unwrap_or(u16::MAX);
        let mut packet = Vec::with_capacity(IPV6_HEAD_BYTES + usize::from(len));
        // Both addresses and the length are part of what the TCP checksum covers.
        let mut sum = u32::from(TCP) + u32::from(len);
        match (self.from.ip(), self.to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                let total = len.saturating_add(20).to_be_bytes();
                let [first, second] = self.identification.to_be_bytes();
                // Version and length, service, total length, identification, "do not fragment", hops, protocol, checksum.
                packet.extend([0x45, 0, total[0], total[1], first, second, 0x40, 0, HOPS, TCP, 0, 0]);
                packet.extend(from.octets().iter().chain(&to.octets()));
                let check = finished(summed(&packet));
                packet[10..12].copy_from_slice(&check);
                sum += summed(&packet[12..20]);
            }
            (from, to) => {
                let octets = [from, to].map(|address| match address {
                    IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                    IpAddr::V6(address) => address.octets(),
                });
                let [high, low] = len.to_be_bytes();
                packet.extend([0x60, 0, 0, 0, high, low, TCP, HOPS]);
                packet.extend(octets.as_flattened());
                sum += summed(octets.as_flattened());
            }
        }
        let start = packet.len();
        for port in [self.from.port(), self.to.port()] {
            packet.extend(port.to_be_bytes());
        }
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.acknowledgement.to_be_bytes());
        // Length of the header in words; flags; window; checksum; no urgent data.
        packet.extend([(head as u8 / 4) << 4, self.flags, 0xff, 0xff, 0, 0, 0, 0]);
        packet.extend_from_slice(self.options);
        packet.extend_from_slice(self.bytes);
        let check = finished(sum + summed(&packet[start..]));
        packet[start + 16..start + 18].copy_from_slice(&check);
        packet
    }
}

/// The sum of 16-bit words (RFC 1071). A packet holds too few of them to overflow it.
fn summed(bytes: &[u8]) -> u32 {
    let word = |pair: &[u8]| u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or_default()]));
    bytes.chunks(2).map(word).sum()
}

fn finished(mut sum: u32) -> [u8; 2] {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    (!(sum as u16)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 1071 section 3.
    #[test]
    fn sums_are_as_the_rfc_has_them() {
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(finished(summed(&bytes)), (!0xddf2_u16).to_be_bytes());
    }

    #[test]
    fn a_packet_sums_up_to_nothing() {
        for (from, to) in [("1.2.3.4:5", "255.254.253.252:65535"), ("[::1]:80", "[fe80::ffff]:1")] {
            for bytes in [&b""[..], b"a", b"ab", &[0xff; 1440]] {
                let (from, to): (SocketAddr, SocketAddr) = (from.parse().unwrap(), to.parse().unwrap());
                let numbers = (7, u32::MAX, 1);
                let segment = Segment {
                    from,
                    to,
                    identification: numbers.0,
                    sequence: numbers.1,
                    acknowledgement: 9,
                    flags: 24,
                    options: &[1; 4],
                    bytes,
                };
                let packet = segment.packet();
                let (ip, addresses) = if from.is_ipv4() { (20, 12..20) } else { (40, 8..40) };
                assert_eq!(packet.len(), ip + 24 + bytes.len());
                let pseudo = summed(&packet[addresses]) + u32::from(TCP) + (24 + bytes.len()) as u32;
                assert_eq!(finished(pseudo + summed(&packet[ip..])), [0, 0], "{from} {}", bytes.len());
                if from.is_ipv4() {
                    assert_eq!(finished(summed(&packet[..20])), [0, 0]);
                }
            }
        }
    }
}
