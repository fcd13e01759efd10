//! A thermometer in memory: the side that stores and the side that loads.
//! `cargo lesson-2 measure FILE` is the one, `cargo lesson-2 watch FILE` the other.
//!
//! # Safety
//! A [`Writer`] or [`Reader`] owns a shared mapping of [`SIZE`] bytes, so the address stays mapped
//! while it lives; a page's start is aligned for any field. A [`Thermometer`] is atomics and nothing
//! else, and any bytes are valid ones, so it is no matter who stores to it. Functions that take a
//! `Reader` make `Relaxed` loads of at most eight bytes only, which are allowed on pages without
//! write permission. A file cut short is SIGBUS: a process that ends, not undefined behaviour.
#![expect(unsafe_code, reason = "an address becomes a layout in one place")]

use std::fs::File;
use std::io;
use std::sync::atomic::{Ordering::Acquire, Ordering::Relaxed, Ordering::Release, fence};

use memmap2::{MmapOptions, MmapRaw};

use crate::layout::{MAGIC, Reading, SIZE, Thermometer, VERSION};

/// The side that stores.
pub struct Writer(MmapRaw);

/// The side that loads; its pages are for reading only.
pub struct Reader(MmapRaw);

impl Writer {
    /// Maps the thermometer for loading and storing.
    ///
    /// # Errors
    /// `EACCES` if `file` is not open for both.
    pub fn of(file: &File) -> io::Result<Self> {
        MmapOptions::new().len(SIZE).map_raw(file).map(Self)
    }

    /// Says that this is a thermometer, when everything else in it stands.
    pub fn announce(&self) {
        self.thermometer().version.store(VERSION, Relaxed);
        // Partner: the fence in `Reader::tag`. Who sees the magic number sees the version, too.
        self.thermometer().magic.store(MAGIC, Release);
    }

    /// What a predecessor left: its last number and temperature, whole or not.
    pub fn last(&self) -> Reading {
        let shared = self.thermometer();
        let (number, millidegrees) = (&shared.number, &shared.millidegrees);
        let (number, millidegrees) = (number.load(Relaxed), millidegrees.load(Relaxed));
        Reading { number, millidegrees, nanoseconds: shared.nanoseconds.load(Relaxed) }
    }

    pub(crate) fn thermometer(&self) -> &Thermometer {
        // SAFETY: SIZE bytes from a page's start are mapped while `self` lives, and all of the
        // layout is atomics (the module's preface).
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

    /// The magic number and the version, in this order; 0 stands where nothing was stored yet.
    pub fn tag(&self) -> (u64, u32) {
        let magic = self.thermometer().magic.load(Relaxed);
        fence(Acquire); // Partner: the magic number's store in `Writer::announce`.
        (magic, self.thermometer().version.load(Relaxed))
    }

    pub(crate) fn thermometer(&self) -> &Thermometer {
        // SAFETY: SIZE bytes from a page's start are mapped while `self` lives, and all of the
        // layout is atomics (the module's preface).
        unsafe { &*self.0.as_ptr().cast() }
    }
}
