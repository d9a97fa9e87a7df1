//! The allocator's way with large blocks.

/// From how many bytes on a block has pages of its own: the threshold that glibc begins with.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_PAGES_BYTES: libc::c_int = 128 << 10;

/// Lets what a stalled socket held go back to the system as soon as it is freed.
///
/// glibc raises its threshold to the size of the largest block that was freed, up to 32 MiB, and keeps later blocks below that in heaps, which shrink only at their
/// end (`mallopt(3)`, M_MMAP_THRESHOLD): sockets that hold a window each then cost half as much again. A threshold that is set stays.
pub(crate) fn give_large_blocks_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it changes one number of the allocator, under the allocator's own lock.
        #[allow(unsafe_code, reason = "a call of the C library")]
        let is_set = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES_BYTES) };
        if is_set == 0 {
            tracing::debug!("the allocator keeps its own way with large blocks");
        }
    }
}
