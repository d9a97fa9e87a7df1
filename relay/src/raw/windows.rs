//! Windows: Winsock's calls, by windows-sys.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::windows::io::AsRawSocket as _,
    ptr,
};

use protocol::PollEvent;
use socket2::SockRef;
use windows_sys::Win32::{
    Foundation::{ERROR_INSUFFICIENT_BUFFER, NO_ERROR},
    NetworkManagement::IpHelper,
    Networking::WinSock::{self, SOCKET, SOCKET_ERROR, WSAPOLLFD},
};

fn handle(socket: &SockRef<'_>) -> SOCKET {
    socket.as_raw_socket() as SOCKET
}

/// Winsock's result. Its errors are read as the system's own: `WSAGetLastError` and `GetLastError` are the same.
fn checked(result: i32) -> io::Result<()> {
    if result == SOCKET_ERROR { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// `setsockopt` with the bytes of the option's C value.
pub(crate) fn setsockopt(socket: &SockRef<'_>, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
    let length = i32::try_from(value.len()).map_err(io::Error::other)?;
    // SAFETY: the socket is open while `socket` borrows it; the system reads `length` bytes of `value`, which are there.
    #[allow(unsafe_code, reason = "a system call")]
    checked(unsafe { WinSock::setsockopt(handle(socket), level, name, value.as_ptr(), length) })
}

/// `getsockopt`: as much of the option's C value as `value` has room for. Returns how many bytes the system wrote.
pub(crate) fn getsockopt_into(socket: &SockRef<'_>, level: i32, name: i32, value: &mut [u8]) -> io::Result<usize> {
    let mut length = i32::try_from(value.len()).map_err(io::Error::other)?;
    // SAFETY: the socket is open while `socket` borrows it; the system writes at most `length` bytes to `value`, which has as many.
    #[allow(unsafe_code, reason = "a system call")]
    checked(unsafe { WinSock::getsockopt(handle(socket), level, name, value.as_mut_ptr(), &raw mut length) })?;
    Ok(usize::try_from(length).unwrap_or(0).min(value.len()))
}

/// `WSAPoll` without waiting: what can be had now of `wanted`, and errors and hang-ups, which always count.
pub(crate) fn poll(socket: &SockRef<'_>, wanted: &[PollEvent]) -> io::Result<Vec<PollEvent>> {
    let bit = |event| match event {
        PollEvent::In => WinSock::POLLRDNORM,
        PollEvent::Out => WinSock::POLLWRNORM,
        PollEvent::Err => WinSock::POLLERR,
        PollEvent::Hup => WinSock::POLLHUP,
    };
    // WSAPoll refuses to be asked for what it reports in any case.
    let asked = wanted.iter().filter(|event| matches!(event, PollEvent::In | PollEvent::Out));
    let events = asked.fold(0, |bits, event| bits | bit(*event));
    let mut polled = WSAPOLLFD { fd: handle(socket), events, revents: 0 };
    // SAFETY: one `WSAPOLLFD`, which is there; the socket is open while `socket` borrows it.
    #[allow(unsafe_code, reason = "a system call")]
    checked(unsafe { WinSock::WSAPoll(&raw mut polled, 1, 0) })?;
    let all = [PollEvent::In, PollEvent::Out, PollEvent::Err, PollEvent::Hup];
    Ok(all.into_iter().filter(|event| polled.revents & bit(*event) != 0).collect())
}

/// GetUnicastIpAddressTable: the addresses of this machine's interfaces, of IPv4 and of IPv6.
pub(crate) fn interface_addresses() -> io::Result<Vec<IpAddr>> {
    let mut table = ptr::null_mut();
    // SAFETY: the system writes one pointer, which there is room for.
    #[allow(unsafe_code, reason = "a system call")]
    let result = unsafe { IpHelper::GetUnicastIpAddressTable(WinSock::AF_UNSPEC, &raw mut table) };
    if result != NO_ERROR {
        return Err(io::Error::from_raw_os_error(result.cast_signed()));
    }
    // SAFETY: the table is whole until it is freed below, and has as many rows as it says; an address has the form of its family.
    #[allow(unsafe_code, reason = "a system call")]
    let found = unsafe {
        let rows = std::slice::from_raw_parts(
            (&raw const (*table).Table).cast::<IpHelper::MIB_UNICASTIPADDRESS_ROW>(),
            (*table).NumEntries as usize,
        );
        let address = |row: &IpHelper::MIB_UNICASTIPADDRESS_ROW| match row.Address.si_family {
            WinSock::AF_INET => Some(IpAddr::V4(Ipv4Addr::from(row.Address.Ipv4.sin_addr.S_un.S_addr.to_ne_bytes()))),
            WinSock::AF_INET6 => Some(IpAddr::V6(Ipv6Addr::from(row.Address.Ipv6.sin6_addr.u.Byte))),
            _ => None,
        };
        rows.iter().filter_map(address).collect()
    };
    // SAFETY: it is the table that was made above, which nothing points into any more.
    #[allow(unsafe_code, reason = "a system call")]
    unsafe {
        IpHelper::FreeMibTable(table.cast_const().cast());
    }
    Ok(found)
}

/// `WSAIoctl`: what the system answers to `request`, as far as `output` has room for it. Returns how many bytes it wrote.
pub(crate) fn ioctl(socket: &SockRef<'_>, request: u32, input: &[u8], output: &mut [u8]) -> io::Result<usize> {
    let size = |bytes: usize| u32::try_from(bytes).map_err(io::Error::other);
    let (input_size, output_size) = (size(input.len())?, size(output.len())?);
    let mut written = 0;
    // SAFETY: the socket is open while `socket` borrows it; the system reads `input` and writes at most `output_size` bytes to `output`, which has as many.
    #[allow(unsafe_code, reason = "a system call")]
    checked(unsafe {
        WinSock::WSAIoctl(
            handle(socket),
            request,
            input.as_ptr().cast(),
            input_size,
            output.as_mut_ptr().cast(),
            output_size,
            &raw mut written,
            ptr::null_mut(),
            None,
        )
    })?;
    Ok(output.len().min(written as usize))
}

/// The system's tables of TCP sockets over IPv4 and IPv6: GetTcpTable and GetTcp6Table, each as it lies in memory.
pub(crate) fn tcp_tables() -> io::Result<[Vec<u8>; 2]> {
    // SAFETY: the system writes at most `size` bytes to `table`, which has as many, and is aligned for its rows of 32-bit words.
    #[allow(unsafe_code, reason = "a system call")]
    let v4 = table(|table, size| unsafe { IpHelper::GetTcpTable(table.cast(), size, 0) })?;
    // SAFETY: as above.
    #[allow(unsafe_code, reason = "a system call")]
    let v6 = table(|table, size| unsafe { IpHelper::GetTcp6Table(table.cast(), size, 0) })?;
    Ok([v4, v6])
}

/// A table that `fill` writes, which may change its size at any time.
fn table(fill: impl Fn(*mut u32, &mut u32) -> u32) -> io::Result<Vec<u8>> {
    let mut words = Vec::new();
    loop {
        let mut size = u32::try_from(4 * words.len()).map_err(io::Error::other)?;
        match fill(words.as_mut_ptr(), &mut size) {
            NO_ERROR => return Ok(words.into_iter().flat_map(u32::to_ne_bytes).collect()),
            ERROR_INSUFFICIENT_BUFFER => words.resize(size.div_ceil(4) as usize, 0),
            error => return Err(io::Error::from_raw_os_error(error.cast_signed())),
        }
    }
}
