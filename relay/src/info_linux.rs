//! Linux: TCP_INFO (`tcp(7)`, `linux/tcp.h`), the queues (`tcp(7)`, Ioctls), and the system's table (`/proc/net/tcp`, `proc(5)`).

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use protocol::{AcceptQueue, Holder, Info, TcpInfo, TcpState};
use socket2::SockRef;

use crate::raw;

/// As much of `struct tcp_info` as is used here; an older kernel writes less, and what it does not write is 0.
const TCP_INFO_BYTES: usize = 232;

/// The threshold that stands for "none was set" (`TCP_INFINITE_SSTHRESH`).
const INFINITE_SSTHRESH: u32 = 0x7fff_ffff;

pub(super) fn of_socket(socket: &SockRef<'_>) -> io::Result<Info> {
    let raw = TcpInfoBytes(raw::getsockopt(socket, libc::IPPROTO_TCP, libc::TCP_INFO)?);
    let state = TcpState::from_linux(raw.0[0]);
    if state == Some(TcpState::LISTEN) {
        let accept_queue = Some(AcceptQueue { waiting: raw.u32(24), backlog: raw.u32(28) });
        return Ok(Info { state, accept_queue, ..Info::default() });
    }
    let queue = |request| raw::ioctl_int(socket, request).ok().and_then(|bytes| u64::try_from(bytes).ok());
    // SIOCINQ and SIOCOUTQ (`linux/sockios.h`) have the numbers of these two.
    let (recv_queue_bytes, send_queue_bytes) = (queue(libc::FIONREAD as libc::Ioctl), queue(libc::TIOCOUTQ as libc::Ioctl));
    let is_connection = !matches!(state, None | Some(TcpState::CLOSED));
    Ok(Info { state, recv_queue_bytes, send_queue_bytes, tcp: is_connection.then(|| raw.decode()), ..Info::default() })
}

/// `struct tcp_info`, whose fields are read at their offsets.
struct TcpInfoBytes([u8; TCP_INFO_BYTES]);

impl TcpInfoBytes {
    fn u32(&self, offset: usize) -> u32 {
        self.0[offset..].first_chunk().copied().map_or(0, u32::from_ne_bytes)
    }

    fn u64(&self, offset: usize) -> u64 {
        self.0[offset..].first_chunk().copied().map_or(0, u64::from_ne_bytes)
    }

    fn decode(&self) -> TcpInfo {
        let ssthresh = self.u32(76);
        TcpInfo {
            rto_us: self.u32(8),
            send_mss_bytes: self.u32(16),
            unacked_segments: self.u32(24),
            recv_window_bytes: self.u32(64),
            rtt_us: self.u32(68),
            rttvar_us: self.u32(72),
            ssthresh_segments: (ssthresh < INFINITE_SSTHRESH).then_some(ssthresh),
            cwnd_segments: self.u32(80),
            retransmits: self.u32(100),
            acked_bytes: self.u64(120),
            received_bytes: self.u64(128),
            not_sent_bytes: self.u32(144),
            min_rtt_us: self.u32(148),
            delivery_rate_bytes: self.u64(160),
            busy_us: self.u64(168),
            rwnd_limited_us: self.u64(176),
            sndbuf_limited_us: self.u64(184),
            send_window_bytes: self.u32(228),
        }
    }
}

pub(super) fn of_connection(local: SocketAddr, peer: SocketAddr) -> io::Result<Option<Info>> {
    let wanted = |row: &Row| row.local == canonical(local) && row.peer == canonical(peer);
    let found = table(local.is_ipv6())?.into_iter().find(wanted);
    Ok(found.map(|row| Info {
        state: Some(row.state),
        recv_queue_bytes: Some(row.recv_queue_bytes),
        send_queue_bytes: Some(row.send_queue_bytes),
        ends_in_ms: row.ends_in_ms,
        ..Info::default()
    }))
}

pub(super) fn holder(address: SocketAddr) -> Option<Holder> {
    let address = canonical(address);
    let overlaps = |row: &Row| {
        let (one, other) = (row.local.ip(), address.ip());
        row.local.port() == address.port() && (one == other || one.is_unspecified() || other.is_unspecified())
    };
    // Both tables: a dual-stack listener stands in the one for IPv6.
    let rows: Vec<Row> = [false, true].into_iter().filter_map(|v6| table(v6).ok()).flatten().filter(overlaps).collect();
    let listener = rows.iter().find(|row| row.state == TcpState::LISTEN);
    let longest = rows.iter().max_by_key(|row| (row.state != TcpState::TIME_WAIT, row.ends_in_ms));
    let row = listener.or(longest)?;
    Some(Holder { state: row.state, ends_in_ms: row.ends_in_ms.filter(|_| row.state == TcpState::TIME_WAIT) })
}

/// A line of the system's table of TCP sockets.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    local: SocketAddr,
    peer: SocketAddr,
    state: TcpState,
    send_queue_bytes: u64,
    recv_queue_bytes: u64,
    ends_in_ms: Option<u64>,
}

fn table(v6: bool) -> io::Result<Vec<Row>> {
    let path = if v6 { "/proc/net/tcp6" } else { "/proc/net/tcp" };
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().skip(1).filter_map(parse_row).collect()),
        // A kernel without IPv6.
        Err(error) if v6 && error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// `0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 …` (`proc(5)`): addresses, state, queues, and the timer with its rest.
fn parse_row(line: &str) -> Option<Row> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = parse_address(fields.next()?)?;
    let peer = parse_address(fields.next()?)?;
    let state = TcpState::from_linux(u8::from_str_radix(fields.next()?, 16).ok()?)?;
    let (send, recv) = fields.next()?.split_once(':')?;
    let (timer, rest) = fields.next()?.split_once(':')?;
    let hex = |text| u64::from_str_radix(text, 16).ok();
    // The rest is in clock ticks, of which a second has 100 in all that user space is shown (`USER_HZ`). Timer 3 is that of TIME_WAIT.
    let ends_in_ms = (timer == "03").then(|| hex(rest)).flatten().map(|ticks| ticks * 10);
    Some(Row { local, peer, state, send_queue_bytes: hex(send)?, recv_queue_bytes: hex(recv)?, ends_in_ms })
}

/// `0100007F:1F90`: the address as 32-bit words in the machine's byte order, the port as a number.
fn parse_address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let mut bytes = Vec::with_capacity(16);
    for index in (0..ip.len()).step_by(8) {
        bytes.extend(u32::from_str_radix(ip.get(index..index + 8)?, 16).ok()?.to_ne_bytes());
    }
    let ip: IpAddr = match bytes.len() {
        4 => Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).into(),
        16 => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into(),
        _ => return None,
    };
    Some(canonical(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?)))
}

/// Without the mapping of IPv4 into IPv6, and without a zone, which the table does not have.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table_is_read() {
        let line = "   1: 0100007F:1F90 0100007F:C350 06 00000002:00000001 03:00000FA0 00000000     0        0 0 3 0000000000000000";
        let row = parse_row(line).unwrap();
        if cfg!(target_endian = "little") {
            assert_eq!((row.local, row.peer), ("127.0.0.1:8080".parse().unwrap(), "127.0.0.1:50000".parse().unwrap()));
        }
        assert_eq!((row.state, row.ends_in_ms), (TcpState::TIME_WAIT, Some(40_000)));
        assert_eq!((row.send_queue_bytes, row.recv_queue_bytes), (2, 1));
        for bad in ["", "sl local", "1: 0100007F 0 0", "1: 0100007F:1F90 0100007F:C350 63 0:0 00:0"] {
            assert!(parse_row(bad).is_none(), "{bad}");
        }
    }
}
