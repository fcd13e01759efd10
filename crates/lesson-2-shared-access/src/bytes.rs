//! Memory that other processes may store to, byte by byte. Each byte is an atomic; the program never
//! makes a slice of them. Every step of `cargo lesson-2` uses it.
//!
//! # Safety
//! [`Bytes`] owns its mapping, so the addresses stay mapped while it lives. Any process may store to
//! the bytes at any moment, so this module loads and stores each byte as an `AtomicU8`, and makes
//! nothing else of the address. Of a read-only mapping it makes `Relaxed` loads only: Rust allows
//! these on pages without write permission. A page past the end of the file is SIGBUS, which ends
//! the process; it is not undefined behaviour.
#![expect(unsafe_code, reason = "an address becomes an atomic in one place")]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use memmap2::{MmapOptions, MmapRaw, RemapOptions};

use crate::sys::{Anonymous, Inherited};

/// Bytes that this process may share with others.
pub struct Bytes {
    mapping: Mapping,
    writable: bool,
}

enum Mapping {
    OfFile(MmapRaw),
    Anonymous(Anonymous),
}

impl Bytes {
    /// `mmap(…, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)`: the first `length` bytes of `file`.
    /// The file may be shorter.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for reading and writing, `EPERM` if a seal forbids the
    /// mapping, `ENODEV` if the file cannot be mapped.
    pub fn of(file: &File, length: usize) -> io::Result<Self> {
        let mapping = MmapOptions::new().len(length).map_raw(file)?;
        Ok(Self { mapping: Mapping::OfFile(mapping), writable: true })
    }

    /// `mmap(…, PROT_READ, MAP_SHARED, file, 0)`: as [`Bytes::of`], but read-only.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for reading, `ENODEV` if the file cannot be mapped.
    pub fn read_only(file: &File, length: usize) -> io::Result<Self> {
        let mapping = MmapOptions::new().len(length).map_raw_read_only(file)?;
        Ok(Self { mapping: Mapping::OfFile(mapping), writable: false })
    }

    /// `mmap(…, MAP_ANONYMOUS, -1, 0)`: memory without a file, filled with zeros, for children to
    /// inherit.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn anonymous(length: usize, inherited: Inherited) -> io::Result<Self> {
        let mapping = Mapping::Anonymous(Anonymous::new(length, inherited)?);
        Ok(Self { mapping, writable: true })
    }

    /// `mremap(…, length, MREMAP_MAYMOVE)`: makes a mapping of a file longer or shorter. Its address
    /// may change.
    ///
    /// # Errors
    /// `ENOMEM`; `Unsupported` for anonymous memory, which this lesson never resizes.
    pub fn resize(&mut self, length: usize) -> io::Result<()> {
        let options = RemapOptions::new().may_move(true);
        match &mut self.mapping {
            // SAFETY: `&mut self`: no reference into the mapping is left, so it may move. An access
            // to a page past the end of the file is SIGBUS, never a wrong address (see the module's preface).
            Mapping::OfFile(mapping) => unsafe { mapping.remap(length, options) },
            Mapping::Anonymous(_) => Err(io::ErrorKind::Unsupported.into()),
        }
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
    /// If `index` is past the mapping's end, or the mapping is read-only.
    pub fn store(&self, index: usize, value: u8) {
        assert!(self.writable, "this mapping is read-only");
        self.byte(index).store(value, Relaxed);
    }

    /// Loads all bytes, one after the other, into memory that only this process has.
    pub fn copy(&self) -> Vec<u8> {
        (0..self.len()).map(|index| self.load(index)).collect()
    }

    /// `write(to, address of the first byte, number of bytes)`: the kernel loads the bytes.
    ///
    /// # Errors
    /// `EFAULT` if a page is past the end of the file and no byte was written; and the errors of `to`.
    ///
    /// # Panics
    /// If `bytes` is not within the mapping.
    pub fn send(&self, bytes: Range<usize>, to: impl AsFd) -> io::Result<usize> {
        assert!(bytes.end <= self.len(), "bytes {bytes:?} of a mapping of {} bytes", self.len());
        let (start, fd) = (self.as_ptr().wrapping_add(bytes.start), to.as_fd().as_raw_fd());
        // SAFETY: the range is within this mapping (asserted); the kernel checks each page itself.
        let sent = unsafe { libc::write(fd, start.cast(), bytes.len()) };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }

    /// `madvise(address, length, advice)`, for the advice values that change what a child inherits.
    /// After `MADV_DONTFORK`, a child's copy of `self` has no memory: only a scenario that shows this
    /// may call it.
    ///
    /// # Errors
    /// `EINVAL` for any other advice, or if the advice does not apply to this kind of memory.
    pub(crate) fn advise(&self, advice: libc::c_int) -> io::Result<()> {
        let forks = [libc::MADV_DONTFORK, libc::MADV_DOFORK, libc::MADV_WIPEONFORK];
        if !forks.contains(&advice) {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let (start, length) = (self.as_ptr().cast_mut().cast(), self.len());
        // SAFETY: the range is this mapping; these values change a child's memory, not ours.
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

    /// The addresses of the mapping's first `length` bytes, for a picture.
    pub fn addresses(&self, length: usize) -> Range<usize> {
        let start = self.as_ptr().addr();
        start..start + length
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
        let byte: *const AtomicU8 = self.as_ptr().wrapping_add(index).cast();
        // SAFETY: the address is mapped while `self` lives (checked above), and an `AtomicU8` needs
        // no alignment and accepts every byte. All accesses of this process are atomic ones of one
        // byte. If the pages are read-only, `load` alone uses them, with `Relaxed` ("Atomic accesses
        // to read-only memory" in `std::sync::atomic`). `AtomicU8::from_ptr` would not do: it asks
        // for memory that is valid for writes.
        unsafe { &*byte }
    }
}
