//! What the kernel says of sockets and processes. Linux only, as the tests that ask are.

use std::fs;

/// One line of `/proc/net/tcp` (proc_net_tcp.5).
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its own port.
    pub(crate) local_port: u16,
    /// The other end's; 0 for a listener.
    pub(crate) peer_port: u16,
    /// The state's number, as in the kernel's `tcp_states.h`.
    pub(crate) state: u8,
    /// Unread bytes; for a listener the connections that wait for `accept`.
    pub(crate) receive_queue: u64,
}

/// `TCP_ESTABLISHED`.
pub(crate) const ESTABLISHED: u8 = 1;
/// `TCP_SYN_SENT`.
pub(crate) const SYN_SENT: u8 = 2;
/// `TCP_TIME_WAIT`.
pub(crate) const TIME_WAIT: u8 = 6;
/// `TCP_LISTEN`.
pub(crate) const LISTEN: u8 = 10;

/// The IPv4 TCP sockets of this machine.
pub(crate) fn sockets() -> Vec<Entry> {
    let table = fs::read_to_string("/proc/net/tcp").expect("/proc/net/tcp can be read");
    table.lines().skip(1).map(|line| parse(line).unwrap_or_else(|| panic!("an odd line in /proc/net/tcp: {line}"))).collect()
}

fn parse(line: &str) -> Option<Entry> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let port = |field: &str| u16::from_str_radix(field.split(':').nth(1)?, 16).ok();
    Some(Entry {
        local_port: port(fields.get(1)?)?,
        peer_port: port(fields.get(2)?)?,
        state: u8::from_str_radix(fields.get(3)?, 16).ok()?,
        receive_queue: u64::from_str_radix(fields.get(4)?.split(':').nth(1)?, 16).ok()?,
    })
}

/// How many connections wait for `accept` at the listener of this port.
pub(crate) fn accept_queue(port: u16) -> Option<u64> {
    sockets().iter().find(|entry| entry.state == LISTEN && entry.local_port == port).map(|entry| entry.receive_queue)
}

/// How many bytes wait to be read by the end that has port `local`, of the connection to port `peer`.
pub(crate) fn unread_bytes(local: u16, peer: u16) -> Option<u64> {
    let found = sockets().into_iter().find(|entry| entry.local_port == local && entry.peer_port == peer && entry.state == ESTABLISHED);
    found.map(|entry| entry.receive_queue)
}

/// The resident memory of a process, in bytes.
pub(crate) fn resident_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS is there");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") * 1024
}

/// The descriptors that a process has open.
pub(crate) fn descriptors(pid: u32) -> Vec<usize> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs");
    let number = |name: std::ffi::OsString| name.to_str().and_then(|name| name.parse().ok()).expect("a number");
    entries.map(|entry| number(entry.expect("the process runs").file_name())).collect()
}

/// How many threads a process has.
pub(crate) fn threads(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs").count()
}
