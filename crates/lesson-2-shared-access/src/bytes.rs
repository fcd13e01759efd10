//! Memory that other processes may store to, as bytes: each one an atomic, and never a slice of them.
//! `cargo lesson-2` uses it in every step.
//!
//! # Safety
//! [`Bytes`] owns its mapping, so the addresses stay mapped while it lives. Anyone may store to the
//! bytes at any moment: therefore each is loaded and stored as an `AtomicU8`, always in that one
//! size, and nothing else is ever made of the address. A mapping for reading only is loaded
//! `Relaxed` and nothing else, which Rust allows on pages without write permission. A page past the
//! end of the file is SIGBUS: a process that ends there, not undefined behaviour.
#![expect(unsafe_code, reason = "an address becomes an atomic in one place")]

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use memmap2::{MmapOptions, MmapRaw};

use crate::sys::{Anonymous, Inherited};

/// Bytes that this process shares with others.
pub struct Bytes {
    mapping: Mapping,
    writable: bool,
}

enum Mapping {
    OfFile(MmapRaw),
    Anonymous(Anonymous),
}

impl Bytes {
    /// `mmap(…, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)`: the first `length` bytes of `file`,
    /// whether it is that long or not.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for both, `EPERM` if a seal forbids it, `ENODEV` if it
    /// cannot be mapped.
    pub fn of(file: &File, length: usize) -> io::Result<Self> {
        let mapping = MmapOptions::new().len(length).map_raw(file)?;
        Ok(Self { mapping: Mapping::OfFile(mapping), writable: true })
    }

    /// The same with `PROT_READ` alone.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for reading.
    pub fn read_only(file: &File, length: usize) -> io::Result<Self> {
        let mapping = MmapOptions::new().len(length).map_raw_read_only(file)?;
        Ok(Self { mapping: Mapping::OfFile(mapping), writable: false })
    }

    /// `mmap(…, MAP_ANONYMOUS, -1, 0)`: zeros of no file, which children inherit.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn anonymous(length: usize, inherited: Inherited) -> io::Result<Self> {
        let mapping = Mapping::Anonymous(Anonymous::new(length, inherited)?);
        Ok(Self { mapping, writable: true })
    }

    /// Loads the byte `index`.
    ///
    /// # Panics
    /// If `index` is past the mapping's end.
    pub fn load(&self, index: usize) -> u8 {
        self.byte(index).load(Relaxed)
    }

    /// Stores `value` in the byte `index`.
    ///
    /// # Panics
    /// If `index` is past the mapping's end, or the mapping is for reading only.
    pub fn store(&self, index: usize, value: u8) {
        assert!(self.writable, "this mapping is for reading only");
        self.byte(index).store(value, Relaxed);
    }

    /// Loads all bytes, one after the other, into memory of this process's own.
    pub fn copy(&self) -> Vec<u8> {
        (0..self.len()).map(|index| self.load(index)).collect()
    }

    /// `write(to, address of the byte index, 1)`: the kernel does the load.
    ///
    /// # Errors
    /// `EFAULT` where a load of this process's own would be SIGBUS; what `to` refuses.
    pub fn send(&self, index: usize, to: impl AsFd) -> io::Result<()> {
        let (byte, fd) = (self.byte(index).as_ptr(), to.as_fd().as_raw_fd());
        // SAFETY: the address is one of this mapping's; the kernel checks it anew and loads one byte.
        match unsafe { libc::write(fd, byte.cast(), 1) } {
            1 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// `madvise(address, length, advice)`, for the advices that change what a child inherits. After
    /// `MADV_DONTFORK` a child's copy of `self` has no memory: only a scene that shows this may call it.
    ///
    /// # Errors
    /// `EINVAL` if the advice is none for memory of this kind, or not one of those.
    pub(crate) fn advise(&self, advice: libc::c_int) -> io::Result<()> {
        let forks = [libc::MADV_DONTFORK, libc::MADV_DOFORK, libc::MADV_WIPEONFORK];
        if !forks.contains(&advice) {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let (start, length) = (self.as_ptr().cast_mut().cast(), self.len());
        // SAFETY: the range is this mapping; the three advices change a child's memory, not ours.
        match unsafe { libc::madvise(start, length, advice) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Where the mapping begins.
    pub fn as_ptr(&self) -> *const u8 {
        match &self.mapping {
            Mapping::OfFile(mapping) => mapping.as_ptr(),
            Mapping::Anonymous(memory) => memory.as_ptr(),
        }
    }

    /// Bytes in the mapping.
    #[allow(clippy::len_without_is_empty, reason = "a mapping is never empty")]
    pub fn len(&self) -> usize {
        match &self.mapping {
            Mapping::OfFile(mapping) => mapping.len(),
            Mapping::Anonymous(memory) => memory.len(),
        }
    }

    fn byte(&self, index: usize) -> &AtomicU8 {
        assert!(index < self.len(), "byte {index} of a mapping of {} bytes", self.len());
        // SAFETY: `index` was checked; the address is mapped as long as `self` lives, and every
        // access that this crate makes to it is an atomic one of this size.
        unsafe { AtomicU8::from_ptr(self.as_ptr().cast_mut().wrapping_add(index)) }
    }
}
