//! Windows: SIO_TCP_INFO (`mstcpip.h`; Windows 10 and later), FIONREAD, and the system's table (GetTcpTable, GetTcp6Table).

use std::{
    io,
    mem::{offset_of, size_of},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use protocol::{Info, TcpInfo, TcpState};
use socket2::SockRef;
use windows_sys::Win32::{
    NetworkManagement::IpHelper::{MIB_TCP6ROW, MIB_TCP6TABLE, MIB_TCPROW_LH, MIB_TCPTABLE},
    Networking::WinSock::{FIONREAD, SIO_TCP_INFO, SO_ACCEPTCONN, SOL_SOCKET, TCP_INFO_v0, TCP_INFO_v1},
};

use super::{Row, canonical, fields::Fields};
use crate::raw;

pub(super) fn of_socket(socket: &SockRef<'_>) -> io::Result<Info> {
    // SIO_TCP_INFO tells of connections alone.
    if raw::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN).is_ok_and(|listens| u32::from_ne_bytes(listens) != 0) {
        return Ok(Info { state: Some(TcpState::LISTEN), ..Info::default() });
    }
    let mut unread = [0; 4];
    let queue = raw::ioctl(socket, FIONREAD.cast_unsigned(), &[], &mut unread);
    let recv_queue_bytes = queue.is_ok().then(|| u32::from_ne_bytes(unread).into());
    // Version 1 is the longer one; where it is not known, version 0 is.
    let mut bytes = [0; size_of::<TCP_INFO_v1>()];
    let written = raw::ioctl(socket, SIO_TCP_INFO, &1_u32.to_ne_bytes(), &mut bytes)
        .or_else(|_| raw::ioctl(socket, SIO_TCP_INFO, &0_u32.to_ne_bytes(), &mut bytes[..size_of::<TCP_INFO_v0>()]));
    let Ok(written) = written else {
        // Neither connected nor listening, or a Windows without it.
        let is_idle = socket.peer_addr().is_err();
        return Ok(Info { state: is_idle.then_some(TcpState::CLOSED), recv_queue_bytes, ..Info::default() });
    };
    let tcp_info = Fields(&bytes[..written]);
    let state = tcp_info.u32(offset_of!(TCP_INFO_v1, State)).and_then(state);
    let is_connection = !matches!(state, None | Some(TcpState::CLOSED));
    Ok(Info { state, recv_queue_bytes, tcp: is_connection.then(|| decode(tcp_info)), ..Info::default() })
}

/// A `TCP_INFO_v1`, or as much of it as a `TCP_INFO_v0` has.
fn decode(tcp_info: Fields<'_>) -> TcpInfo {
    let milliseconds = |offset| tcp_info.u32(offset).map(|ms| u64::from(ms) * 1000);
    TcpInfo {
        send_mss_bytes: tcp_info.u32(offset_of!(TCP_INFO_v1, Mss)),
        rtt_us: tcp_info.u32(offset_of!(TCP_INFO_v1, RttUs)),
        // All ones until a round trip was measured.
        min_rtt_us: tcp_info.u32(offset_of!(TCP_INFO_v1, MinRttUs)).filter(|rtt| *rtt != u32::MAX),
        unacked_bytes: tcp_info.u32(offset_of!(TCP_INFO_v1, BytesInFlight)),
        cwnd_bytes: tcp_info.u32(offset_of!(TCP_INFO_v1, Cwnd)),
        send_window_bytes: tcp_info.u32(offset_of!(TCP_INFO_v1, SndWnd)),
        recv_window_bytes: tcp_info.u32(offset_of!(TCP_INFO_v1, RcvWnd)),
        sent_bytes: tcp_info.u64(offset_of!(TCP_INFO_v1, BytesOut)),
        received_bytes: tcp_info.u64(offset_of!(TCP_INFO_v1, BytesIn)),
        retransmitted_bytes: tcp_info.u32(offset_of!(TCP_INFO_v1, BytesRetrans)).map(u64::from),
        rwnd_limited_us: milliseconds(offset_of!(TCP_INFO_v1, SndLimTimeRwin)),
        cwnd_limited_us: milliseconds(offset_of!(TCP_INFO_v1, SndLimTimeCwnd)),
        ..TcpInfo::default()
    }
}

/// The state that has this number in `TCPSTATE` (`mstcpip.h`).
fn state(number: u32) -> Option<TcpState> {
    use TcpState::{CLOSE_WAIT, CLOSED, CLOSING, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, LAST_ACK, LISTEN, SYN_RECEIVED, SYN_SENT, TIME_WAIT};
    let in_order = [CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT];
    in_order.get(usize::try_from(number).ok()?).copied()
}

pub(super) fn table() -> io::Result<Vec<Row>> {
    let [v4, v6] = raw::tcp_tables()?;
    let v4 = rows::<{ size_of::<MIB_TCPROW_LH>() }>(&v4, offset_of!(MIB_TCPTABLE, table)).filter_map(row_v4);
    let v6 = rows::<{ size_of::<MIB_TCP6ROW>() }>(&v6, offset_of!(MIB_TCP6TABLE, table)).filter_map(row_v6);
    Ok(v4.chain(v6).collect())
}

/// The rows of a table, which begins with their number.
fn rows<const SIZE: usize>(table: &[u8], first: usize) -> impl Iterator<Item = Fields<'_>> {
    let count = Fields(table).u32(0).unwrap_or(0);
    table.get(first..).unwrap_or_default().chunks_exact(SIZE).take(count as usize).map(Fields)
}

fn row_v4(row: Fields<'_>) -> Option<Row> {
    let address = |ip, port| Some(endpoint(Ipv4Addr::from(*row.bytes::<4>(ip)?), row.u32(port)?));
    let local = address(offset_of!(MIB_TCPROW_LH, dwLocalAddr), offset_of!(MIB_TCPROW_LH, dwLocalPort))?;
    let peer = address(offset_of!(MIB_TCPROW_LH, dwRemoteAddr), offset_of!(MIB_TCPROW_LH, dwRemotePort))?;
    with_state(local, peer, row.u32(offset_of!(MIB_TCPROW_LH, Anonymous))?)
}

fn row_v6(row: Fields<'_>) -> Option<Row> {
    let address = |ip, port| Some(endpoint(Ipv6Addr::from(*row.bytes::<16>(ip)?), row.u32(port)?));
    let local = address(offset_of!(MIB_TCP6ROW, LocalAddr), offset_of!(MIB_TCP6ROW, dwLocalPort))?;
    let peer = address(offset_of!(MIB_TCP6ROW, RemoteAddr), offset_of!(MIB_TCP6ROW, dwRemotePort))?;
    with_state(local, peer, row.u32(offset_of!(MIB_TCP6ROW, State))?)
}

/// The numbers of `MIB_TCP_STATE` are those of `TCPSTATE`, plus one.
fn with_state(local: SocketAddr, peer: SocketAddr, mib_state: u32) -> Option<Row> {
    let state = state(mib_state.checked_sub(1)?)?;
    // What stands there for the peer of a listener means nothing.
    let peer = if state == TcpState::LISTEN { SocketAddr::new(peer.ip(), 0) } else { peer };
    Some(Row { local, peer, state, send_queue_bytes: None, recv_queue_bytes: None, ends_in_ms: None, inode: None })
}

/// An address as the table has it: the port in the network's byte order, in the first two of four bytes.
fn endpoint(ip: impl Into<IpAddr>, port: u32) -> SocketAddr {
    let [high, low, ..] = port.to_ne_bytes();
    canonical(SocketAddr::new(ip.into(), u16::from_be_bytes([high, low])))
}
