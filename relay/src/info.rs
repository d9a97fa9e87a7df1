//! What the kernel knows of a socket, behind one interface. Linux tells everything, without privileges; other systems what they have, and the rest is absent.

use std::{io, net::SocketAddr};

use protocol::{Holder, Info};
use socket2::SockRef;

/// What the kernel knows of an open socket.
///
/// # Errors
///
/// What the system calls say.
pub(crate) fn of_socket(socket: &SockRef<'_>) -> io::Result<Info> {
    system::of_socket(socket)
}

/// What the system's table has of the connection between `local` and `peer`, whoever's it is or was.
///
/// # Errors
///
/// The table cannot be read.
pub(crate) fn of_connection(local: SocketAddr, peer: SocketAddr) -> io::Result<Option<Info>> {
    system::of_connection(local, peer)
}

/// The backlog in effect of a socket that listens.
pub(crate) fn backlog(socket: &SockRef<'_>) -> Option<u32> {
    of_socket(socket).ok().and_then(|info| info.accept_queue).map(|queue| queue.backlog)
}

/// Who holds the port of `address`, so that it is in use.
pub(crate) fn holder(address: SocketAddr) -> Option<Holder> {
    system::holder(address)
}

#[cfg(not(target_os = "linux"))]
mod system {
    //! Nothing is told here: the page says so.

    use std::{io, net::SocketAddr};

    use protocol::{Holder, Info};
    use socket2::SockRef;

    pub(super) fn of_socket(_socket: &SockRef<'_>) -> io::Result<Info> {
        Ok(Info::default())
    }

    pub(super) fn of_connection(_local: SocketAddr, _peer: SocketAddr) -> io::Result<Option<Info>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn holder(_address: SocketAddr) -> Option<Holder> {
        None
    }
}

#[cfg(target_os = "linux")]
#[path = "info_linux.rs"]
mod system;
