//! The system calls that std and socket2 have no safe or exact form of, on sockets and of the network: one interface, a file for each kind of system.

#[cfg_attr(unix, path = "raw/unix.rs")]
#[cfg_attr(windows, path = "raw/windows.rs")]
mod system;

pub(crate) use self::system::*;

use std::io;

use socket2::SockRef;

/// `getsockopt(2)`: at most `N` bytes of the option's C value; those that it does not have are 0.
pub(crate) fn getsockopt<const N: usize>(socket: &SockRef<'_>, level: i32, name: i32) -> io::Result<[u8; N]> {
    let mut value = [0_u8; N];
    getsockopt_into(socket, level, name, &mut value)?;
    Ok(value)
}
