//! A thermometer in memory: the side that stores and the side that loads.
//! `cargo lesson-2 measure FILE` is the first, `cargo lesson-2 watch FILE` the second.
//!
//! # Safety
//! A [`Writer`] or [`Reader`] owns a shared mapping of [`SIZE`] bytes, so the address stays mapped
//! while it lives, and the start of a page is aligned for every field. A [`Thermometer`] consists of
//! atomics, and an atomic integer accepts any bytes, so any process may store to it. Functions
//! that take a `Reader` make `Relaxed` loads of at most eight bytes only: Rust allows these on pages
//! without write permission. If the file is cut to 0 bytes, a load is SIGBUS, which ends the process; it
//! is not undefined behaviour.
#![expect(unsafe_code, reason = "an address becomes a layout in one place")]

use std::fs::File;
use std::io;
use std::sync::atomic::{Ordering::Acquire, Ordering::Relaxed, Ordering::Release, fence};

use memmap2::{MmapOptions, MmapRaw};

use crate::layout::{MAGIC, Reading, SIZE, Thermometer, VERSION};

/// The side that stores.
pub struct Writer(MmapRaw);

/// The side that loads. Its pages are read-only.
pub struct Reader(MmapRaw);

impl Writer {
    /// Maps the thermometer for loading and storing.
    ///
    /// # Errors
    /// `EACCES` if `file` is not open for reading and writing.
    pub fn of(file: &File) -> io::Result<Self> {
        MmapOptions::new().len(SIZE).map_raw(file).map(Self)
    }

    /// Stores the magic number, after everything else is stored.
    pub fn announce(&self) {
        self.thermometer().version.store(VERSION, Relaxed);
        // Partner: the fence in `Reader::tag`. A reader that sees the magic number sees the version.
        self.thermometer().magic.store(MAGIC, Release);
    }

    /// The words of the last reading. They may be torn if a writer was killed halfway.
    pub fn last(&self) -> Reading {
        let shared = self.thermometer();
        let (number, millidegrees) = (&shared.number, &shared.millidegrees);
        let (number, millidegrees) = (number.load(Relaxed), millidegrees.load(Relaxed));
        Reading { number, millidegrees, nanoseconds: shared.nanoseconds.load(Relaxed) }
    }

    pub(crate) fn thermometer(&self) -> &Thermometer {
        // SAFETY: SIZE bytes from a page's start are mapped while `self` lives, and the
        // layout consists of atomics (the module's preface).
        unsafe { &*self.0.as_ptr().cast() }
    }
}

impl Reader {
    /// Maps the thermometer for loading.
    ///
    /// # Errors
    /// `EACCES` if `file` is not open for reading.
    pub fn of(file: &File) -> io::Result<Self> {
        MmapOptions::new().len(SIZE).map_raw_read_only(file).map(Self)
    }

    /// The magic number and the version. Each is 0 if it was not stored yet.
    pub fn tag(&self) -> (u64, u32) {
        let magic = self.thermometer().magic.load(Relaxed);
        fence(Acquire); // Partner: the magic number's store in `Writer::announce`.
        (magic, self.thermometer().version.load(Relaxed))
    }

    pub(crate) fn thermometer(&self) -> &Thermometer {
        // SAFETY: SIZE bytes from a page's start are mapped while `self` lives, and the
        // layout consists of atomics (the module's preface).
        unsafe { &*self.0.as_ptr().cast() }
    }
}
