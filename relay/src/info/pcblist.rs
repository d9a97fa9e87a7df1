//! macOS's table of TCP sockets (`net.inet.tcp.pcblist_n`), as bytes: no system call, so that its tests run on every system.
//!
//! The structures are those of XNU's `bsd/sys/socketvar.h`, `bsd/netinet/in_pcb.h` and `bsd/netinet/tcp_var.h`, read at their offsets there.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use protocol::TcpState;

use super::{Row, canonical, fields::Fields};

/// The state that has this number in XNU (`netinet/tcp_fsm.h`).
pub(super) fn state(number: u32) -> Option<TcpState> {
    use TcpState::{CLOSE_WAIT, CLOSED, CLOSING, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, LAST_ACK, LISTEN, SYN_RECEIVED, SYN_SENT, TIME_WAIT};
    let in_order = [CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1, CLOSING, LAST_ACK, FIN_WAIT_2, TIME_WAIT];
    in_order.get(usize::try_from(number).ok()?).copied()
}

/// The kinds of structures in the table (`sys/socketvar.h`).
const XSO_RCVBUF: u32 = 0x2;
const XSO_SNDBUF: u32 = 0x4;
const XSO_INPCB: u32 = 0x10;
const XSO_TCPCB: u32 = 0x20;

/// The table: a header, and then of each socket several structures, each of which begins with its length and its kind. The one of kind XSO_TCPCB is the last.
pub(super) fn rows(table: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut addresses, mut recv_queue_bytes, mut send_queue_bytes) = (None, None, None);
    let mut rest = Fields(table).u32(0).and_then(|header| table.get(header as usize..)).unwrap_or_default();
    while let (Some(length @ 8..), Some(kind)) = (Fields(rest).u32(0), Fields(rest).u32(4)) {
        let item = Fields(rest);
        match kind {
            XSO_INPCB => addresses = addresses_of(item),
            XSO_RCVBUF => recv_queue_bytes = item.u32(8).map(u64::from),
            XSO_SNDBUF => send_queue_bytes = item.u32(8).map(u64::from),
            XSO_TCPCB => {
                let (addresses, recv_queue_bytes, send_queue_bytes) = (addresses.take(), recv_queue_bytes.take(), send_queue_bytes.take());
                if let (Some((local, peer)), Some(state)) = (addresses, item.u32(36).and_then(state)) {
                    rows.push(Row { local, peer, state, send_queue_bytes, recv_queue_bytes, ends_in_ms: None, inode: None });
                }
            }
            _ => {}
        }
        // Each begins at a multiple of eight bytes.
        rest = rest.get((length as usize).next_multiple_of(8)..).unwrap_or_default();
    }
    rows
}

/// The local and the foreign address of a `struct xinpcb_n`. An IPv4 address stands in the last four bytes of sixteen.
fn addresses_of(inpcb: Fields<'_>) -> Option<(SocketAddr, SocketAddr)> {
    /// `INP_IPV4` of `inp_vflag`.
    const IPV4: u8 = 1;
    let is_v4 = inpcb.bytes::<1>(44)?[0] & IPV4 != 0;
    let address = |offset, port| {
        let ip = if is_v4 { Ipv4Addr::from(*inpcb.bytes(offset + 12)?).into() } else { Ipv6Addr::from(*inpcb.bytes(offset)?).into() };
        Some(canonical(SocketAddr::new(ip, u16::from_be_bytes(*inpcb.bytes(port)?))))
    };
    Some((address(64, 18)?, address(48, 16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A structure of `length` bytes, with these parts at their offsets.
    fn item(length: usize, kind: u32, parts: &[(usize, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; length.next_multiple_of(8)];
        bytes[..4].copy_from_slice(&u32::try_from(length).unwrap().to_ne_bytes());
        bytes[4..8].copy_from_slice(&kind.to_ne_bytes());
        for (offset, part) in parts {
            bytes[*offset..][..part.len()].copy_from_slice(part);
        }
        bytes
    }

    fn queue(kind: u32, bytes: u32) -> Vec<u8> {
        item(32, kind, &[(8, &bytes.to_ne_bytes())])
    }

    fn tcpcb(state: u32) -> Vec<u8> {
        item(204, XSO_TCPCB, &[(36, &state.to_ne_bytes())])
    }

    /// Of two sockets: a connection over IPv4 in TIME_WAIT, and a listener over IPv6.
    fn table() -> Vec<u8> {
        let header = item(24, 2, &[]);
        let v4 = item(
            104,
            XSO_INPCB,
            &[(16, &80_u16.to_be_bytes()), (18, &8080_u16.to_be_bytes()), (44, &[1]), (60, &[10, 0, 0, 1]), (76, &[127, 0, 0, 1])],
        );
        let v6 = item(104, XSO_INPCB, &[(18, &9_u16.to_be_bytes()), (44, &[2]), (64, &Ipv6Addr::LOCALHOST.octets())]);
        let socket = || item(92, 1, &[]);
        [header.clone(), v4, socket(), queue(XSO_RCVBUF, 5), queue(XSO_SNDBUF, 7), tcpcb(10), v6, socket(), tcpcb(1), header].concat()
    }

    #[test]
    fn the_table_is_read() {
        let address = |text: &str| text.parse().unwrap();
        let connection = Row {
            local: address("127.0.0.1:8080"),
            peer: address("10.0.0.1:80"),
            state: TcpState::TIME_WAIT,
            send_queue_bytes: Some(7),
            recv_queue_bytes: Some(5),
            ends_in_ms: None,
            inode: None,
        };
        let listener = Row {
            local: address("[::1]:9"),
            peer: address("[::]:0"),
            state: TcpState::LISTEN,
            send_queue_bytes: None,
            recv_queue_bytes: None,
            ends_in_ms: None,
            inode: None,
        };
        assert_eq!(rows(&table()), [connection, listener]);
    }

    #[test]
    fn a_table_that_ends_too_soon_or_means_nothing_is_read_as_far_as_it_goes() {
        let whole = table();
        for length in 0..whole.len() {
            assert!(rows(&whole[..length]).len() <= 2);
        }
        for byte in [0, 1, 0xff] {
            assert_eq!(rows(&vec![byte; 4096]), []);
        }
        assert_eq!(state(11), None);
    }
}
