//! A C structure as the bytes that a system call wrote, whose fields are read at their offsets.

/// The bytes. A field beyond their end is absent: this system's structure is an older one, and shorter.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn bytes<const N: usize>(self, offset: usize) -> Option<&'a [u8; N]> {
        self.0.get(offset..)?.first_chunk()
    }

    pub(super) fn u32(self, offset: usize) -> Option<u32> {
        self.bytes(offset).copied().map(u32::from_ne_bytes)
    }

    pub(super) fn u64(self, offset: usize) -> Option<u64> {
        self.bytes(offset).copied().map(u64::from_ne_bytes)
    }
}
