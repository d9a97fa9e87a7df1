//! Ports for what has to be told one before it starts.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Those below the ports that systems give by themselves (from 32,768 on Linux, 49,152 elsewhere): no other socket of these tests gets one by chance in the meantime.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port that nobody has. Each is given once in a run, and runs beside each other begin at different ones.
///
/// # Panics
///
/// Where all of them are taken.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let begin = std::process::id().wrapping_mul(101) % u32::from(COUNT);
    for _ in 0..COUNT {
        let index = (begin + u32::from(GIVEN.fetch_add(1, Ordering::Relaxed))) % u32::from(COUNT);
        let port = FIRST + index as u16;
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return port;
        }
    }
    panic!("no port from {FIRST} on is free");
}
