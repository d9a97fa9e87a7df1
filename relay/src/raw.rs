//! The system calls on a socket that std and socket2 have no safe or exact form of. Unix only.

use std::{io, os::fd::AsRawFd as _};

use socket2::SockRef;

/// `setsockopt(2)` with the bytes of the option's C value.
pub(crate) fn setsockopt(socket: &SockRef<'_>, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
    let length = libc::socklen_t::try_from(value.len()).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while `socket` borrows it; the kernel reads `length` bytes of `value`, which are there.
    #[allow(unsafe_code, reason = "a system call")]
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, value.as_ptr().cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `getsockopt(2)`: at most `N` bytes of the option's C value; those that it does not have are 0.
pub(crate) fn getsockopt<const N: usize>(socket: &SockRef<'_>, level: i32, name: i32) -> io::Result<[u8; N]> {
    let mut value = [0_u8; N];
    let mut length = libc::socklen_t::try_from(N).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while `socket` borrows it; the kernel writes at most `length` bytes to `value`, which has as many.
    #[allow(unsafe_code, reason = "a system call")]
    let result = unsafe { libc::getsockopt(socket.as_raw_fd(), level, name, value.as_mut_ptr().cast(), &raw mut length) };
    if result == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}

/// `poll(2)` without waiting: which of `events` can be had now; POLLERR and POLLHUP always count.
pub(crate) fn poll(socket: &SockRef<'_>, events: i16) -> io::Result<i16> {
    let mut polled = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
    // SAFETY: one `pollfd`, which is there; the descriptor is open while `socket` borrows it.
    #[allow(unsafe_code, reason = "a system call")]
    let result = unsafe { libc::poll(&raw mut polled, 1, 0) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(polled.revents) }
}

/// `ioctl(2)` with a request that writes an `int`.
#[cfg(target_os = "linux")]
pub(crate) fn ioctl_int(socket: &SockRef<'_>, request: libc::Ioctl) -> io::Result<i32> {
    let mut value: i32 = 0;
    // SAFETY: the requests of this program (SIOCINQ, SIOCOUTQ) write one int; the descriptor is open while `socket` borrows it.
    #[allow(unsafe_code, reason = "a system call")]
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), request, &raw mut value) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(value) }
}
