//! Unix: POSIX's calls, by libc.

use std::{io, net::IpAddr, os::fd::AsRawFd as _, ptr};

use protocol::PollEvent;
use socket2::{SockAddr, SockRef};

/// `setsockopt(2)` with the bytes of the option's C value.
pub(crate) fn setsockopt(socket: &SockRef<'_>, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
    let length = libc::socklen_t::try_from(value.len()).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while `socket` borrows it; the kernel reads `length` bytes of `value`, which are there.
    #[allow(unsafe_code, reason = "a system call")]
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, value.as_ptr().cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `getsockopt(2)`: as much of the option's C value as `value` has room for. Returns how many bytes the system wrote.
pub(crate) fn getsockopt_into(socket: &SockRef<'_>, level: i32, name: i32, value: &mut [u8]) -> io::Result<usize> {
    let mut length = libc::socklen_t::try_from(value.len()).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while `socket` borrows it; the kernel writes at most `length` bytes to `value`, which has as many.
    #[allow(unsafe_code, reason = "a system call")]
    let result = unsafe { libc::getsockopt(socket.as_raw_fd(), level, name, value.as_mut_ptr().cast(), &raw mut length) };
    if result == 0 { Ok(value.len().min(length as usize)) } else { Err(io::Error::last_os_error()) }
}

/// `poll(2)` without waiting: what can be had now of `wanted`, and errors and hang-ups, which always count.
pub(crate) fn poll(socket: &SockRef<'_>, wanted: &[PollEvent]) -> io::Result<Vec<PollEvent>> {
    let bit = |event| match event {
        PollEvent::In => libc::POLLIN,
        PollEvent::Out => libc::POLLOUT,
        PollEvent::Err => libc::POLLERR,
        PollEvent::Hup => libc::POLLHUP,
    };
    let events = wanted.iter().fold(0, |bits, event| bits | bit(*event));
    let mut polled = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
    // SAFETY: one `pollfd`, which is there; the descriptor is open while `socket` borrows it.
    #[allow(unsafe_code, reason = "a system call")]
    let result = unsafe { libc::poll(&raw mut polled, 1, 0) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    let all = [PollEvent::In, PollEvent::Out, PollEvent::Err, PollEvent::Hup];
    Ok(all.into_iter().filter(|event| polled.revents & bit(*event) != 0).collect())
}

/// `getifaddrs(3)`: the addresses of this machine's interfaces, of IPv4 and of IPv6.
pub(crate) fn interface_addresses() -> io::Result<Vec<IpAddr>> {
    let mut first = ptr::null_mut();
    // SAFETY: the system writes one pointer, which there is room for.
    #[allow(unsafe_code, reason = "a system call")]
    let result = unsafe { libc::getifaddrs(&raw mut first) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut found = Vec::new();
    let mut next = first;
    while !next.is_null() {
        // SAFETY: the list is whole until it is freed below: an entry is there, and the next one or null behind it.
        #[allow(unsafe_code, reason = "a system call")]
        let entry = unsafe { &*next };
        found.extend(interface_address(entry));
        next = entry.ifa_next;
    }
    // SAFETY: it is the list that `getifaddrs` made, which nothing points into any more.
    #[allow(unsafe_code, reason = "a system call")]
    unsafe {
        libc::freeifaddrs(first);
    }
    Ok(found)
}

/// The address of one entry, where it has one of IPv4 or IPv6.
fn interface_address(entry: &libc::ifaddrs) -> Option<IpAddr> {
    if entry.ifa_addr.is_null() {
        return None;
    }
    // SAFETY: an entry's address begins with its family.
    #[allow(unsafe_code, reason = "a system call")]
    let family = i32::from(unsafe { (*entry.ifa_addr).sa_family });
    let length = match family {
        libc::AF_INET => size_of::<libc::sockaddr_in>(),
        libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
        _ => return None,
    };
    // SAFETY: an address of this family is that long, and the storage is longer.
    #[allow(unsafe_code, reason = "a system call")]
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, storage_length| {
            ptr::copy_nonoverlapping(entry.ifa_addr.cast::<u8>(), storage.cast::<u8>(), length);
            *storage_length = length as libc::socklen_t;
            Ok(())
        })
        .ok()?
    };
    Some(address.as_socket()?.ip())
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

/// `proc_pidfdinfo` of this process (`libproc.h`): what the system knows of one of its descriptors. Returns how many bytes it wrote.
#[cfg(target_os = "macos")]
pub(crate) fn fd_info(socket: &SockRef<'_>, flavor: i32, value: &mut [u8]) -> io::Result<usize> {
    let length = i32::try_from(value.len()).map_err(io::Error::other)?;
    let own_pid = i32::try_from(std::process::id()).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while `socket` borrows it; the system writes at most `length` bytes to `value`, which has as many.
    #[allow(unsafe_code, reason = "a system call")]
    let written = unsafe { libc::proc_pidfdinfo(own_pid, socket.as_raw_fd(), flavor, value.as_mut_ptr().cast(), length) };
    usize::try_from(written).ok().filter(|written| *written > 0).ok_or_else(io::Error::last_os_error)
}

/// `sysctlbyname(3)`: the whole value of `name`, which may change its size at any time.
#[cfg(target_os = "macos")]
pub(crate) fn sysctl(name: &std::ffi::CStr) -> io::Result<Vec<u8>> {
    // SAFETY: `name` ends with NUL; a null pointer asks for the size alone; otherwise the system writes at most `length` bytes, which are there.
    #[allow(unsafe_code, reason = "a system call")]
    let read = |value: *mut libc::c_void, length: &mut usize| unsafe {
        libc::sysctlbyname(name.as_ptr(), value, &raw mut *length, ptr::null_mut(), 0)
    };
    loop {
        let mut length = 0;
        if read(ptr::null_mut(), &mut length) != 0 {
            return Err(io::Error::last_os_error());
        }
        let mut value = vec![0; length];
        if read(value.as_mut_ptr().cast(), &mut length) == 0 {
            value.truncate(length);
            return Ok(value);
        }
        let error = io::Error::last_os_error();
        // It grew meanwhile.
        if error.raw_os_error() != Some(libc::ENOMEM) {
            return Err(error);
        }
    }
}
