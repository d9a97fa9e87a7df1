//! macOS: TCP_CONNECTION_INFO (`netinet/tcp.h`), SO_NREAD and SO_NWRITE, the queue of a listener (`sys/proc_info.h`), and the system's table, which
//! `netstat` reads too (`net.inet.tcp.pcblist_n`).
//!
//! The structures are read at their offsets in XNU's headers: libc's `tcp_connection_info` has a word for each of its bit fields, and it has none of the table's.

use std::io;

use protocol::{AcceptQueue, Info, TcpInfo, TcpState};
use socket2::SockRef;

use super::{Row, fields::Fields, pcblist};
use crate::raw;

/// The size of a `struct tcp_connection_info`.
const TCP_CONNECTION_INFO_BYTES: usize = 112;

/// The threshold that stands for "none was set": `TCP_MAXWIN << TCP_MAX_WINSHIFT`.
const INFINITE_SSTHRESH: u32 = 65_535 << 14;

pub(super) fn of_socket(socket: &SockRef<'_>) -> io::Result<Info> {
    let mut bytes = [0; TCP_CONNECTION_INFO_BYTES];
    let length = raw::getsockopt_into(socket, libc::IPPROTO_TCP, libc::TCP_CONNECTION_INFO, &mut bytes)?;
    let state = pcblist::state(bytes[0].into());
    if state == Some(TcpState::LISTEN) {
        return Ok(Info { state, accept_queue: accept_queue(socket), ..Info::default() });
    }
    let queue = |name| {
        let bytes = raw::getsockopt(socket, libc::SOL_SOCKET, name).ok().map(i32::from_ne_bytes)?;
        u64::try_from(bytes).ok()
    };
    let is_connection = !matches!(state, None | Some(TcpState::CLOSED));
    Ok(Info {
        state,
        recv_queue_bytes: queue(libc::SO_NREAD),
        send_queue_bytes: queue(libc::SO_NWRITE),
        tcp: is_connection.then(|| decode(Fields(&bytes[..length]))),
        ..Info::default()
    })
}

/// A `struct tcp_connection_info`, whose times are in milliseconds.
fn decode(tcp_info: Fields<'_>) -> TcpInfo {
    let milliseconds = |offset| tcp_info.u32(offset).map(|ms| ms.saturating_mul(1000));
    TcpInfo {
        // 0 while nothing waits to be acknowledged.
        rto_us: milliseconds(12).filter(|rto| *rto > 0),
        send_mss_bytes: tcp_info.u32(16),
        ssthresh_bytes: tcp_info.u32(20).filter(|ssthresh| *ssthresh < INFINITE_SSTHRESH),
        cwnd_bytes: tcp_info.u32(24),
        send_window_bytes: tcp_info.u32(28),
        recv_window_bytes: tcp_info.u32(36),
        rtt_us: milliseconds(44),
        rttvar_us: milliseconds(48),
        sent_bytes: tcp_info.u64(64),
        retransmitted_bytes: tcp_info.u64(72),
        received_bytes: tcp_info.u64(88),
        retransmits: tcp_info.u64(104).map(|segments| u32::try_from(segments).unwrap_or(u32::MAX)),
        ..TcpInfo::default()
    }
}

/// `soi_qlen` and `soi_qlimit` of a `struct socket_fdinfo`, which PROC_PIDFDSOCKETINFO tells of a process's own descriptors.
fn accept_queue(socket: &SockRef<'_>) -> Option<AcceptQueue> {
    /// PROC_PIDFDSOCKETINFO, which libc does not name.
    const SOCKET_INFO: i32 = 3;
    // More than the structure has: the system refuses to write a part.
    let mut bytes = [0; 1024];
    let length = raw::fd_info(socket, SOCKET_INFO, &mut bytes).ok()?;
    let count = |offset| Fields(&bytes[..length]).bytes(offset).copied().map(u16::from_ne_bytes).map(u32::from);
    Some(AcceptQueue { waiting: count(194)?, backlog: count(198)? })
}

pub(super) fn table() -> io::Result<Vec<Row>> {
    Ok(pcblist::rows(&raw::sysctl(c"net.inet.tcp.pcblist_n")?))
}
