//! The options that Windows has.

use protocol::SocketOption as Opt;
use windows_sys::Win32::Networking::WinSock::{self, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET};

use super::Shape::{self, Error, Linger, Number, Switch};

/// `struct linger` is two `u_short`s (`winsock2.h`).
pub(super) type LingerField = u16;

pub(super) fn find(option: Opt) -> Option<(i32, i32, Shape)> {
    Some(match option {
        Opt::SO_REUSEADDR => (SOL_SOCKET, WinSock::SO_REUSEADDR, Switch),
        Opt::SO_SNDBUF => (SOL_SOCKET, WinSock::SO_SNDBUF, Number),
        Opt::SO_RCVBUF => (SOL_SOCKET, WinSock::SO_RCVBUF, Number),
        Opt::SO_LINGER => (SOL_SOCKET, WinSock::SO_LINGER, Linger),
        Opt::SO_KEEPALIVE => (SOL_SOCKET, WinSock::SO_KEEPALIVE, Switch),
        Opt::SO_ERROR => (SOL_SOCKET, WinSock::SO_ERROR, Error),
        Opt::SO_ACCEPTCONN => (SOL_SOCKET, WinSock::SO_ACCEPTCONN, Switch),
        Opt::SO_TYPE => (SOL_SOCKET, WinSock::SO_TYPE, Number),
        Opt::SO_DONTROUTE => (SOL_SOCKET, WinSock::SO_DONTROUTE, Switch),
        Opt::SO_OOBINLINE => (SOL_SOCKET, WinSock::SO_OOBINLINE, Switch),
        Opt::TCP_NODELAY => (IPPROTO_TCP, WinSock::TCP_NODELAY, Switch),
        Opt::TCP_KEEPIDLE => (IPPROTO_TCP, WinSock::TCP_KEEPIDLE, Number),
        Opt::TCP_KEEPINTVL => (IPPROTO_TCP, WinSock::TCP_KEEPINTVL, Number),
        Opt::TCP_KEEPCNT => (IPPROTO_TCP, WinSock::TCP_KEEPCNT, Number),
        Opt::TCP_MAXSEG => (IPPROTO_TCP, WinSock::TCP_MAXSEG, Number),
        Opt::IP_TTL => (IPPROTO_IP, WinSock::IP_TTL, Number),
        Opt::IP_TOS => (IPPROTO_IP, WinSock::IP_TOS, Number),
        Opt::IPV6_V6ONLY => (IPPROTO_IPV6, WinSock::IPV6_V6ONLY, Switch),
        Opt::IPV6_UNICAST_HOPS => (IPPROTO_IPV6, WinSock::IPV6_UNICAST_HOPS, Number),
        _ => return None,
    })
}
