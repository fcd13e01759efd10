//! A thermometer's file: made, checked, mapped, and known to have a writer or none.
//! `cargo lesson-2 measure FILE` writes one, `cargo lesson-2 watch FILE` reads it.
//!
//! # Safety
//! A [`Writer`] or [`Reader`] owns a shared mapping of [`SIZE`] bytes, so the address stays mapped
//! while it lives; a page's start is aligned for any field. A [`Thermometer`] is atomics and nothing
//! else, and any bytes are valid ones, so it is no matter who stores to it. Functions that take a
//! `Reader` make `Relaxed` loads of at most eight bytes only, which are allowed on pages without
//! write permission. A file cut short is SIGBUS: a process that ends, not undefined behaviour.
#![expect(unsafe_code, reason = "an address becomes a layout in one place")]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{Ordering::Acquire, Ordering::Relaxed, Ordering::Release, fence};

use common::{Context, Failure, Result};
use memmap2::{MmapOptions, MmapRaw};
use nix::fcntl::{FcntlArg, fcntl, posix_fallocate};

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

/// Opens a regular file; never waits, whatever `path` names.
///
/// # Errors
/// The system's; a refusal of what is no regular file.
pub fn open(options: &mut OpenOptions, path: &Path) -> Result<File> {
    let file = options.custom_flags(libc::O_NONBLOCK).open(path).step_on("open", path)?;
    match file.metadata().step_on("stat", path)?.is_file() {
        true => Ok(file),
        false => Err(Failure::refusal("open", path, "not a regular file")),
    }
}

/// Whether `file` is a thermometer: `Ok(false)` if it may become one, since it is empty or has no
/// magic number yet.
///
/// # Errors
/// A refusal of every other file, in a sentence.
pub fn is_published(file: &File, path: &Path) -> Result<bool> {
    let refuse = |why: String| Err(Failure::refusal("read", path, why));
    match file.metadata().step_on("stat", path)?.len() {
        0 => return Ok(false),
        length if length != SIZE as u64 => {
            return refuse(format!("not a thermometer: {length} bytes instead of {SIZE}"));
        }
        _ => {}
    }
    match Reader::of(file).step_on("mmap", path)?.tag() {
        (0, _) => Ok(false),
        (MAGIC, VERSION) => Ok(true),
        (MAGIC, version) => refuse(format!("a thermometer of version {version}, not {VERSION}")),
        _ => refuse("not a thermometer: another magic number".into()),
    }
}

/// Gives the file its size and blocks on the disk: what a full disk refuses, it refuses here with
/// `ENOSPC`, where a store to a hole would be SIGBUS.
///
/// # Errors
/// `ENOSPC`, `EFBIG`, `EDQUOT`.
pub fn reserve(file: &File, path: &Path) -> Result<()> {
    posix_fallocate(file, 0, SIZE as libc::off_t).step_on("posix_fallocate", path)
}

/// Takes the writer's place: `false` if another process has it. It is free again when the process
/// ends, however it ends.
///
/// # Errors
/// `ENOLCK`, `EINVAL` where the file system has no locks.
pub fn take_writers_place(file: &File, path: &Path) -> Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_WRLCK))) {
        Ok(_) => Ok(true),
        Err(nix::Error::EAGAIN | nix::Error::EACCES) => Ok(false),
        Err(error) => Err(error).step_on("fcntl F_OFD_SETLK", path),
    }
}

/// Whether somebody measures: asks for the lock's holder and takes nothing.
///
/// # Errors
/// As [`take_writers_place`].
pub fn has_writer(file: &File, path: &Path) -> Result<bool> {
    let mut lock = whole_file(libc::F_RDLCK);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock)).step_on("fcntl F_OFD_GETLK", path)?;
    Ok(libc::c_int::from(lock.l_type) != libc::F_UNLCK)
}

/// A thermometer of a story's own, published and without a reading.
pub(crate) fn demonstration(path: &Path) -> Result<File> {
    let file = open(OpenOptions::new().read(true).write(true).create_new(true), path)?;
    reserve(&file, path)?;
    Writer::of(&file).step_on("mmap", path)?.announce();
    Ok(file)
}

fn whole_file(kind: libc::c_int) -> libc::flock {
    let kind = libc::c_short::try_from(kind).unwrap_or_default(); // Three small numbers.
    libc::flock { l_type: kind, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0 } // From 0 to the end.
}
