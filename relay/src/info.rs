//! What the kernel knows of a socket, behind one interface. Each system tells what it has, without privileges; the rest is absent.
//!
//! A system's file has two functions: `of_socket`, and `table`, the system's own list of TCP sockets.

#[cfg(any(target_os = "linux", target_os = "macos", windows))]
mod fields;
#[cfg(any(target_os = "macos", test))]
mod pcblist;
mod processes;
#[cfg_attr(target_os = "linux", path = "info/linux.rs")]
#[cfg_attr(target_os = "macos", path = "info/macos.rs")]
#[cfg_attr(windows, path = "info/windows.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "macos", windows)), path = "info/elsewhere.rs")]
mod system;

use std::{io, net::SocketAddr};

use protocol::{Holder, Info, TcpState};
use socket2::SockRef;

pub use self::processes::Process;

/// What the kernel knows of an open socket.
///
/// # Errors
///
/// What the system calls say.
pub(crate) fn of_socket(socket: &SockRef<'_>) -> io::Result<Info> {
    system::of_socket(socket)
}

/// What the system's table has of the connection between `local` and `peer`, whoever's it is or was: who asks must have a right to know.
///
/// # Errors
///
/// The table cannot be read.
pub(crate) fn of_connection(local: SocketAddr, peer: SocketAddr) -> io::Result<Option<Info>> {
    let wanted = |row: &Row| row.local == canonical(local) && row.peer == canonical(peer);
    let found = system::table()?.into_iter().find(wanted);
    Ok(found.map(|row| Info {
        state: Some(row.state),
        recv_queue_bytes: row.recv_queue_bytes,
        send_queue_bytes: row.send_queue_bytes,
        ends_in_ms: row.ends_in_ms,
        ..Info::default()
    }))
}

/// The backlog in effect of a socket that listens.
pub(crate) fn backlog(socket: &SockRef<'_>) -> Option<u32> {
    of_socket(socket).ok().and_then(|info| info.accept_queue).map(|queue| queue.backlog)
}

/// Who holds the port of `address`, so that it is in use.
pub(crate) fn holder(address: SocketAddr) -> Option<Holder> {
    let rows = rows_at(address);
    let listener = rows.iter().find(|row| row.state == TcpState::LISTEN);
    let longest = rows.iter().max_by_key(|row| (row.state != TcpState::TIME_WAIT, row.ends_in_ms));
    let row = listener.or(longest)?;
    Some(Holder { state: row.state, ends_in_ms: row.ends_in_ms.filter(|_| row.state == TcpState::TIME_WAIT) })
}

/// The process that listens at the port of `address`, where the system tells: Linux does of one's own processes.
pub fn listening_process(address: SocketAddr) -> Option<Process> {
    let listener = rows_at(address).into_iter().find(|row| row.state == TcpState::LISTEN)?;
    processes::with_socket(listener.inode?)
}

/// What the system's table has of the port of `address`, as far as it keeps others from binding there.
fn rows_at(address: SocketAddr) -> Vec<Row> {
    let address = canonical(address);
    let overlaps = |row: &Row| {
        let (one, other) = (row.local.ip(), address.ip());
        row.local.port() == address.port() && (one == other || one.is_unspecified() || other.is_unspecified())
    };
    // Where the table cannot be read, nothing is known.
    system::table().unwrap_or_default().into_iter().filter(overlaps).collect()
}

/// A line of the system's table of TCP sockets.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    local: SocketAddr,
    /// Of port 0 where there is none.
    peer: SocketAddr,
    state: TcpState,
    send_queue_bytes: Option<u64>,
    recv_queue_bytes: Option<u64>,
    ends_in_ms: Option<u64>,
    /// The number by which Linux names the socket among the descriptors of its process.
    inode: Option<u64>,
}

/// Without the mapping of IPv4 into IPv6, and without a zone, which not every table has.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
