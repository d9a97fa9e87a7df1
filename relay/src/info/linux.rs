//! Linux: TCP_INFO (`tcp(7)`, `linux/tcp.h`), the queues (`tcp(7)`, Ioctls), and the system's table (`/proc/net/tcp`, `proc(5)`).

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use protocol::{AcceptQueue, Info, TcpInfo, TcpState};
use socket2::SockRef;

use super::{Row, canonical, fields::Fields};
use crate::raw;

/// As much of `struct tcp_info` as is used here.
const TCP_INFO_BYTES: usize = 236;

/// The threshold that stands for "none was set" (`TCP_INFINITE_SSTHRESH`).
const INFINITE_SSTHRESH: u32 = 0x7fff_ffff;

pub(super) fn of_socket(socket: &SockRef<'_>) -> io::Result<Info> {
    let mut bytes = [0; TCP_INFO_BYTES];
    let length = raw::getsockopt_into(socket, libc::IPPROTO_TCP, libc::TCP_INFO, &mut bytes)?;
    let tcp_info = Fields(&bytes[..length]);
    let state = TcpState::from_linux(bytes[0]);
    if state == Some(TcpState::LISTEN) {
        let accept_queue = tcp_info.u32(24).zip(tcp_info.u32(28)).map(|(waiting, backlog)| AcceptQueue { waiting, backlog });
        return Ok(Info { state, accept_queue, ..Info::default() });
    }
    let queue = |request| raw::ioctl_int(socket, request).ok().and_then(|bytes| u64::try_from(bytes).ok());
    // SIOCINQ and SIOCOUTQ (`linux/sockios.h`) have the numbers of these two.
    let (recv_queue_bytes, send_queue_bytes) = (queue(libc::FIONREAD as libc::Ioctl), queue(libc::TIOCOUTQ as libc::Ioctl));
    let is_connection = !matches!(state, None | Some(TcpState::CLOSED));
    Ok(Info { state, recv_queue_bytes, send_queue_bytes, tcp: is_connection.then(|| decode(tcp_info)), ..Info::default() })
}

/// As much of a `struct tcp_info` as this kernel has.
fn decode(tcp_info: Fields<'_>) -> TcpInfo {
    TcpInfo {
        rto_us: tcp_info.u32(8),
        send_mss_bytes: tcp_info.u32(16),
        unacked_segments: tcp_info.u32(24),
        recv_window_limit_bytes: tcp_info.u32(64),
        rtt_us: tcp_info.u32(68),
        rttvar_us: tcp_info.u32(72),
        ssthresh_segments: tcp_info.u32(76).filter(|ssthresh| *ssthresh < INFINITE_SSTHRESH),
        cwnd_segments: tcp_info.u32(80),
        retransmits: tcp_info.u32(100),
        acked_bytes: tcp_info.u64(120),
        received_bytes: tcp_info.u64(128),
        not_sent_bytes: tcp_info.u32(144),
        // All ones until a round trip was measured.
        min_rtt_us: tcp_info.u32(148).filter(|rtt| *rtt != u32::MAX),
        delivery_rate_bytes: tcp_info.u64(160),
        busy_us: tcp_info.u64(168),
        rwnd_limited_us: tcp_info.u64(176),
        sndbuf_limited_us: tcp_info.u64(184),
        sent_bytes: tcp_info.u64(200),
        retransmitted_bytes: tcp_info.u64(208),
        send_window_bytes: tcp_info.u32(228),
        recv_window_bytes: tcp_info.u32(232),
        ..TcpInfo::default()
    }
}

/// Both tables: a dual-stack socket stands in the one for IPv6, whichever it speaks.
pub(super) fn table() -> io::Result<Vec<Row>> {
    let mut text = fs::read_to_string("/proc/net/tcp")?;
    match fs::read_to_string("/proc/net/tcp6") {
        Ok(more) => text += &more,
        // A kernel without IPv6.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    // Neither header has a line's form.
    Ok(text.lines().filter_map(parse_row).collect())
}

/// `0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 …` (`proc(5)`): addresses, state, queues, the timer with its rest,
/// retransmissions, user, timeouts, inode.
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
    let inode = fields.nth(3).and_then(|inode| inode.parse().ok());
    Some(Row { local, peer, state, send_queue_bytes: Some(hex(send)?), recv_queue_bytes: Some(hex(recv)?), ends_in_ms, inode })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table_is_read() {
        let line = "   1: 0100007F:1F90 0100007F:C350 06 00000002:00000001 03:00000FA0 00000000     0        0 4711 3 0000000000000000";
        let row = parse_row(line).unwrap();
        if cfg!(target_endian = "little") {
            assert_eq!((row.local, row.peer), ("127.0.0.1:8080".parse().unwrap(), "127.0.0.1:50000".parse().unwrap()));
        }
        assert_eq!((row.state, row.ends_in_ms), (TcpState::TIME_WAIT, Some(40_000)));
        assert_eq!((row.send_queue_bytes, row.recv_queue_bytes, row.inode), (Some(2), Some(1), Some(4711)));
        let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
        for bad in ["", "sl local", header, "1: 0100007F 0 0", "1: 0100007F:1F90 0100007F:C350 63 0:0 00:0"] {
            assert!(parse_row(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_an_older_kernel_does_not_write_is_absent() {
        let mut bytes = [0; TCP_INFO_BYTES];
        bytes[68..72].copy_from_slice(&1500_u32.to_ne_bytes());
        bytes[76..80].copy_from_slice(&INFINITE_SSTHRESH.to_ne_bytes());
        bytes[148..152].fill(0xff);
        // Linux 4.9: up to the delivery rate.
        let old = decode(Fields(&bytes[..168]));
        assert_eq!((old.rtt_us, old.delivery_rate_bytes, old.busy_us, old.send_window_bytes), (Some(1500), Some(0), None, None));
        assert_eq!((old.ssthresh_segments, old.min_rtt_us), (None, None), "the kernel's words for none");
        let new = decode(Fields(&bytes));
        assert_eq!((new.busy_us, new.recv_window_bytes), (Some(0), Some(0)));
    }
}
