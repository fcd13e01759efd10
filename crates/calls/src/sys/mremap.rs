//! `mremap`.
//!
//! # Safety
//! Only pages of a [`Reserved`] move, to which there is no reference, to a place inside of it or to
//! one that the kernel chooses.
#![expect(unsafe_code, reason = "no crate moves memory that may vanish")]

use std::{io, ptr};

use libc::c_int;

use super::Reserved;

impl Reserved {
    /// `mremap` of `old` bytes from byte `offset` on to `new` bytes. The kernel chooses the place.
    /// Returns what is mapped now.
    ///
    /// # Errors
    /// Every errno of `mremap(2)`.
    ///
    /// # Panics
    /// If the old bytes are not inside, or for flags that need the address of a place.
    pub fn remap(&self, offset: usize, old: usize, new: usize, flags: c_int) -> io::Result<Self> {
        assert!(flags & libc::MREMAP_FIXED == 0, "a fixed place needs an address");
        // SAFETY: the old range is ours (asserted by `at`), and there is no reference to it. Without
        // MREMAP_FIXED the kernel takes only free addresses. The fifth argument is a null pointer.
        let start = unsafe {
            let nowhere = ptr::null_mut::<libc::c_void>();
            libc::mremap(self.at(offset, old).cast(), old, new, flags, nowhere)
        };
        moved(start, new)
    }

    /// `mremap` of `old` bytes from byte `offset` on to `new` bytes at this range's byte `to`.
    ///
    /// # Errors
    /// Every errno of `mremap(2)`.
    ///
    /// # Panics
    /// If the old or the new bytes are not inside.
    pub fn remap_to(
        &self,
        offset: usize,
        old: usize,
        new: usize,
        flags: c_int,
        to: usize,
    ) -> io::Result<()> {
        let to = self.at(to, new);
        // SAFETY: both ranges are ours (asserted by `at`), and there is no reference to them.
        let start = unsafe { libc::mremap(self.at(offset, old).cast(), old, new, flags, to) };
        moved(start, new).map(drop)
    }
}

/// What a successful `mremap` returns, until the process ends.
fn moved(start: *mut libc::c_void, length: usize) -> io::Result<Reserved> {
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(Reserved { start: start.cast(), length })
}
