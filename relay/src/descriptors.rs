//! How many descriptors the process may have. Each socket takes two: its own, and that of its page's WebSocket; and a third one while a `poll` waits.

use std::io;

#[cfg(target_os = "macos")]
use crate::raw;

/// Raises the limit to what the system permits without asking for rights, and returns it. Login shells begin with 1,024, which a room uses up.
///
/// # Errors
///
/// What `getrlimit(2)` and `setrlimit(2)` say; the limit is as it was then.
#[cfg(unix)]
pub fn raise_descriptor_limit() -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: one `rlimit`, which is there, is written.
    #[allow(unsafe_code, reason = "a system call")]
    let result = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    let wanted = limit.rlim_max.min(most()).max(limit.rlim_cur);
    if wanted > limit.rlim_cur {
        limit.rlim_cur = wanted;
        // SAFETY: one `rlimit`, which is there, is read.
        #[allow(unsafe_code, reason = "a system call")]
        let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(limit.rlim_cur)
}

/// The most that is asked for.
#[cfg(all(unix, not(target_os = "macos")))]
fn most() -> libc::rlim_t {
    1 << 20
}

/// The most that macOS takes, whatever it says is permitted.
#[cfg(target_os = "macos")]
fn most() -> libc::rlim_t {
    let told = raw::sysctl(c"kern.maxfilesperproc").ok().and_then(|value| value.first_chunk().copied().map(i32::from_ne_bytes));
    told.and_then(|most| most.try_into().ok()).unwrap_or(10_240)
}

/// Handles are not limited there.
///
/// # Errors
///
/// None.
#[cfg(windows)]
pub fn raise_descriptor_limit() -> io::Result<u64> {
    Ok(u64::MAX)
}
