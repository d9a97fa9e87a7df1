//! The options that Unix has, and those that one Unix has and another has not.

use libc::{IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET};
use protocol::SocketOption as Opt;

use super::Shape::{self, Error, Linger, Number, Switch};

/// `struct linger` is two ints on every Unix (POSIX `sys_socket.h`).
pub(super) type LingerField = i32;

pub(super) fn find(option: Opt) -> Option<(i32, i32, Shape)> {
    Some(match option {
        Opt::SO_REUSEADDR => (SOL_SOCKET, libc::SO_REUSEADDR, Switch),
        Opt::SO_REUSEPORT => (SOL_SOCKET, libc::SO_REUSEPORT, Switch),
        Opt::SO_SNDBUF => (SOL_SOCKET, libc::SO_SNDBUF, Number),
        Opt::SO_RCVBUF => (SOL_SOCKET, libc::SO_RCVBUF, Number),
        #[cfg(target_vendor = "apple")]
        Opt::SO_LINGER => (SOL_SOCKET, libc::SO_LINGER_SEC, Linger),
        #[cfg(not(target_vendor = "apple"))]
        Opt::SO_LINGER => (SOL_SOCKET, libc::SO_LINGER, Linger),
        Opt::SO_KEEPALIVE => (SOL_SOCKET, libc::SO_KEEPALIVE, Switch),
        Opt::SO_ERROR => (SOL_SOCKET, libc::SO_ERROR, Error),
        Opt::SO_TYPE => (SOL_SOCKET, libc::SO_TYPE, Number),
        Opt::SO_RCVLOWAT => (SOL_SOCKET, libc::SO_RCVLOWAT, Number),
        Opt::SO_DONTROUTE => (SOL_SOCKET, libc::SO_DONTROUTE, Switch),
        Opt::SO_OOBINLINE => (SOL_SOCKET, libc::SO_OOBINLINE, Switch),
        Opt::TCP_NODELAY => (IPPROTO_TCP, libc::TCP_NODELAY, Switch),
        #[cfg(target_vendor = "apple")]
        Opt::TCP_KEEPIDLE => (IPPROTO_TCP, libc::TCP_KEEPALIVE, Number),
        #[cfg(not(target_vendor = "apple"))]
        Opt::TCP_KEEPIDLE => (IPPROTO_TCP, libc::TCP_KEEPIDLE, Number),
        Opt::TCP_KEEPINTVL => (IPPROTO_TCP, libc::TCP_KEEPINTVL, Number),
        Opt::TCP_KEEPCNT => (IPPROTO_TCP, libc::TCP_KEEPCNT, Number),
        Opt::TCP_MAXSEG => (IPPROTO_TCP, libc::TCP_MAXSEG, Number),
        Opt::IP_TTL => (IPPROTO_IP, libc::IP_TTL, Number),
        Opt::IP_TOS => (IPPROTO_IP, libc::IP_TOS, Number),
        Opt::IPV6_TCLASS => (IPPROTO_IPV6, libc::IPV6_TCLASS, Number),
        Opt::IPV6_V6ONLY => (IPPROTO_IPV6, libc::IPV6_V6ONLY, Switch),
        Opt::IPV6_UNICAST_HOPS => (IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS, Number),
        other => return find_more(other),
    })
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn find_more(option: Opt) -> Option<(i32, i32, Shape)> {
    Some(match option {
        Opt::SO_ACCEPTCONN => (SOL_SOCKET, libc::SO_ACCEPTCONN, Switch),
        Opt::SO_DOMAIN => (SOL_SOCKET, libc::SO_DOMAIN, Number),
        Opt::SO_PROTOCOL => (SOL_SOCKET, libc::SO_PROTOCOL, Number),
        Opt::SO_PRIORITY => (SOL_SOCKET, libc::SO_PRIORITY, Number),
        Opt::TCP_DEFER_ACCEPT => (IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, Number),
        Opt::TCP_SYNCNT => (IPPROTO_TCP, libc::TCP_SYNCNT, Number),
        Opt::TCP_WINDOW_CLAMP => (IPPROTO_TCP, libc::TCP_WINDOW_CLAMP, Number),
        Opt::TCP_FASTOPEN => (IPPROTO_TCP, libc::TCP_FASTOPEN, Number),
        Opt::TCP_LINGER2 => (IPPROTO_TCP, libc::TCP_LINGER2, Number),
        Opt::IP_MTU => (IPPROTO_IP, libc::IP_MTU, Number),
        Opt::TCP_QUICKACK => (IPPROTO_TCP, libc::TCP_QUICKACK, Switch),
        Opt::TCP_CORK => (IPPROTO_TCP, libc::TCP_CORK, Switch),
        Opt::TCP_USER_TIMEOUT => (IPPROTO_TCP, libc::TCP_USER_TIMEOUT, Number),
        Opt::TCP_NOTSENT_LOWAT => (IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT, Number),
        Opt::TCP_CONGESTION => (IPPROTO_TCP, libc::TCP_CONGESTION, Shape::Text),
        _ => return None,
    })
}

/// XNU names SO_ACCEPTCONN in its headers, and its `getsockopt(2)` does not know it.
#[cfg(target_vendor = "apple")]
fn find_more(option: Opt) -> Option<(i32, i32, Shape)> {
    /// `netinet/tcp.h`, not in libc.
    const TCP_NOTSENT_LOWAT: i32 = 0x201;
    (option == Opt::TCP_NOTSENT_LOWAT).then_some((IPPROTO_TCP, TCP_NOTSENT_LOWAT, Number))
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn find_more(option: Opt) -> Option<(i32, i32, Shape)> {
    Some(match option {
        Opt::SO_ACCEPTCONN => (SOL_SOCKET, libc::SO_ACCEPTCONN, Switch),
        #[cfg(target_os = "freebsd")]
        Opt::TCP_CONGESTION => (IPPROTO_TCP, libc::TCP_CONGESTION, Shape::Text),
        _ => return None,
    })
}
