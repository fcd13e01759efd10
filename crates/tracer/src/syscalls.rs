//! System calls: one table of what each does to files and mappings, and one call that was made.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use nix::unistd::Pid;

use crate::Opened;
use crate::arch::legacy;

/// A system call: what a tracee asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syscall {
    /// Its number: `libc::SYS_mmap`.
    pub number: i64,
    /// Its six arguments.
    pub arguments: [u64; 6],
    /// The address of the instruction that makes it.
    pub instruction: u64,
}

/// A system call that was made, with the files that its descriptors are of.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who made it.
    pub pid: Pid,
    /// Its number: `libc::SYS_mmap`.
    pub number: i64,
    /// Its six arguments.
    pub arguments: [u64; 6],
    /// What it returned: a negative errno if it failed. `None` until it has returned.
    pub result: Option<i64>,
    /// What its descriptors are of: those that it was given, or the one that it made.
    pub files: Vec<Opened>,
    /// The path that it opens, if it asks to write there.
    pub written: Option<PathBuf>,
    /// The path that it could not open or execute for want of a right (EACCES).
    pub refused: Option<PathBuf>,
}

/// What a call does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Makes a descriptor of it.
    Opens,
    /// Maps it.
    Maps,
    /// Transfers its bytes: read, write, and everything that does the same.
    TransfersData,
    /// Something else, or nothing.
    Else,
}

impl Call {
    /// A call at whose entry its tracee is stopped.
    ///
    /// # Errors
    /// As [`look()`](crate::look()): what it is about is not known.
    pub fn entered(pid: Pid, syscall: Syscall) -> io::Result<Self> {
        let Syscall { number, arguments, .. } = syscall;
        let (files, written, refused) = (Vec::new(), None, None);
        let mut call = Self { pid, number, arguments, result: None, files, written, refused };
        if call.asks_to_write()? {
            call.written = call.path()?;
        }
        let opened = call.given().filter_map(|descriptor| Opened::by(pid, descriptor).transpose());
        call.files = opened.collect::<io::Result<_>>()?;
        Ok(call)
    }

    /// The same call, now that it has returned `result`.
    ///
    /// # Errors
    /// As [`entered`](Self::entered).
    pub fn returned(mut self, result: i64) -> io::Result<Self> {
        self.result = Some(result);
        if self.does() == Use::Opens && result >= 0 {
            let made = i32::try_from(result).unwrap_or(-1);
            self.files = Opened::by(self.pid, made)?.into_iter().collect();
        }
        if result == -i64::from(libc::EACCES) {
            self.refused = self.path()?;
        }
        Ok(self)
    }

    /// What this call does with files.
    #[must_use]
    pub fn does(&self) -> Use {
        match row(self.number).map(|row| row.uses) {
            Some(Use::TransfersData) if !self.transfers_now() => Use::Else,
            uses => uses.unwrap_or(Use::Else),
        }
    }

    /// An `ioctl` transfers data only if it clones a file's bytes.
    fn transfers_now(&self) -> bool {
        const FICLONE: u64 = 0x4004_9409;
        const FICLONERANGE: u64 = 0x4020_940d;
        const FIDEDUPERANGE: u64 = 0xc018_9436;
        let [_, request, ..] = self.arguments;
        self.number != libc::SYS_ioctl || [FICLONE, FICLONERANGE, FIDEDUPERANGE].contains(&request)
    }

    /// Whether this opens a file to write in it. `openat2` keeps its flags in memory.
    fn asks_to_write(&self) -> io::Result<bool> {
        let [_, second, third, ..] = self.arguments;
        let flags = match self.number {
            legacy::SYS_open => second,
            legacy::SYS_creat => u64::MAX,
            libc::SYS_openat => third,
            libc::SYS_openat2 => self.how_to_open(third)?.unwrap_or_default(), // EFAULT.
            _ => return Ok(false),
        };
        let writes = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC;
        Ok(flags & u64::from(writes.cast_unsigned()) != 0)
    }

    /// The path that it opens or executes.
    fn path(&self) -> io::Result<Option<PathBuf>> {
        let [first, second, ..] = self.arguments;
        let address = match self.number {
            legacy::SYS_open | legacy::SYS_creat | libc::SYS_execve => first,
            libc::SYS_openat | libc::SYS_openat2 | libc::SYS_execveat => second,
            _ => return Ok(None),
        };
        let address = usize::try_from(address).map_err(io::Error::other)?;
        let path = crate::memory::string(self.pid, address)?;
        Ok(path.map(|path| OsString::from_vec(path).into()))
    }

    fn how_to_open(&self, address: u64) -> io::Result<Option<u64>> {
        let address = usize::try_from(address).map_err(io::Error::other)?;
        let bytes = crate::memory(self.pid, address, 8)?;
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(u64::from_ne_bytes))
    }

    /// Its descriptors among the arguments.
    fn given(&self) -> impl Iterator<Item = i32> + '_ {
        let places = row(self.number).map_or(&[][..], |row| row.descriptors);
        // A descriptor is an int: the kernel looks at the lower half only.
        let number = |place: &usize| {
            let lower = self.arguments.get(*place)? & u64::from(u32::MAX);
            i32::try_from(lower).ok() // The upper half of these are negative: no descriptors.
        };
        places.iter().filter_map(number)
    }

    /// Whether one of its descriptors is of this file.
    #[must_use]
    pub fn is_about(&self, file: crate::FileId) -> bool {
        self.files.iter().any(|opened| opened.file == file)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        name(self.number)
    }
}

/// Calls in which a process waits, and which do nothing to files or mappings.
const WAITS: [(i64, &str); 15] = [
    (legacy::SYS_pause, "pause"),
    (libc::SYS_nanosleep, "nanosleep"),
    (libc::SYS_clock_nanosleep, "clock_nanosleep"),
    (libc::SYS_sched_yield, "sched_yield"),
    (libc::SYS_wait4, "wait4"),
    (libc::SYS_waitid, "waitid"),
    (libc::SYS_ppoll, "ppoll"),
    (libc::SYS_pselect6, "pselect6"),
    (libc::SYS_epoll_pwait, "epoll_pwait"),
    (libc::SYS_rt_sigsuspend, "rt_sigsuspend"),
    (libc::SYS_rt_sigtimedwait, "rt_sigtimedwait"),
    (libc::SYS_semop, "semop"),
    (libc::SYS_semtimedop, "semtimedop"),
    (libc::SYS_msgrcv, "msgrcv"),
    (libc::SYS_futex, "futex"),
];

fn name(number: i64) -> String {
    let waits = || WAITS.iter().find(|(of, _)| *of == number).map(|(_, name)| (*name).to_owned());
    row(number)
        .map(|row| row.name.into())
        .or_else(waits)
        .unwrap_or_else(|| format!("number {number}"))
}

/// What a call does to the mappings of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MappingEffect {
    /// Makes a mapping.
    Map,
    /// Removes mappings.
    Unmap,
    /// Moves a mapping, or changes its size.
    Move,
    /// Changes what accesses are allowed.
    Protect,
}

impl Syscall {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        name(self.number)
    }

    /// Does it install a filter through which every later call of its caller goes?
    #[must_use]
    pub fn filters_calls(&self) -> bool {
        let [operation, ..] = self.arguments;
        let is = |number: u32| operation == u64::from(number);
        match self.number {
            libc::SYS_prctl => operation == u64::from(libc::PR_SET_SECCOMP.cast_unsigned()),
            libc::SYS_seccomp => {
                is(libc::SECCOMP_SET_MODE_STRICT) || is(libc::SECCOMP_SET_MODE_FILTER)
            }
            _ => false,
        }
    }

    /// What it does to the mappings of its process.
    #[must_use]
    pub fn mapping_effect(&self) -> Option<MappingEffect> {
        row(self.number)?.maps
    }
}

struct Row {
    number: i64,
    name: &'static str,
    /// Which arguments are descriptors.
    descriptors: &'static [usize],
    uses: Use,
    maps: Option<MappingEffect>,
}

fn row(number: i64) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.number == number)
}

macro_rules! table {
    ($($path:path, $name:literal, $descriptors:expr, $uses:ident, $maps:expr;)*) => {
        &[$(Row {
            number: $path,
            name: $name,
            descriptors: &$descriptors,
            uses: Use::$uses,
            maps: $maps,
        }),*]
    };
}

/// Every call that the judge knows: number, name, which arguments are descriptors, what it does to
/// files, and what it does to mappings.
#[rustfmt::skip]
const TABLE: &[Row] = table! {
    libc::SYS_read, "read", [0], TransfersData, None;
    libc::SYS_pread64, "pread64", [0], TransfersData, None;
    libc::SYS_readv, "readv", [0], TransfersData, None;
    libc::SYS_preadv, "preadv", [0], TransfersData, None;
    libc::SYS_preadv2, "preadv2", [0], TransfersData, None;
    libc::SYS_write, "write", [0], TransfersData, None;
    libc::SYS_pwrite64, "pwrite64", [0], TransfersData, None;
    libc::SYS_writev, "writev", [0], TransfersData, None;
    libc::SYS_pwritev, "pwritev", [0], TransfersData, None;
    libc::SYS_pwritev2, "pwritev2", [0], TransfersData, None;
    libc::SYS_sendfile, "sendfile", [0, 1], TransfersData, None;
    libc::SYS_splice, "splice", [0, 2], TransfersData, None;
    libc::SYS_copy_file_range, "copy_file_range", [0, 2], TransfersData, None;
    libc::SYS_ioctl, "ioctl", [0, 2], TransfersData, None;
    libc::SYS_io_uring_setup, "io_uring_setup", [], TransfersData, None;
    libc::SYS_io_setup, "io_setup", [], TransfersData, None;
    legacy::SYS_open, "open", [], Opens, None;
    legacy::SYS_creat, "creat", [], Opens, None;
    libc::SYS_openat, "openat", [], Opens, None;
    libc::SYS_openat2, "openat2", [], Opens, None;
    libc::SYS_open_by_handle_at, "open_by_handle_at", [], Opens, None;
    libc::SYS_memfd_create, "memfd_create", [], Opens, None;
    libc::SYS_mmap, "mmap", [4], Maps, Some(MappingEffect::Map);
    libc::SYS_munmap, "munmap", [], Else, Some(MappingEffect::Unmap);
    libc::SYS_mremap, "mremap", [], Else, Some(MappingEffect::Move);
    libc::SYS_mprotect, "mprotect", [], Else, Some(MappingEffect::Protect);
    libc::SYS_pkey_mprotect, "pkey_mprotect", [], Else, Some(MappingEffect::Protect);
    libc::SYS_msync, "msync", [], Else, None;
    libc::SYS_madvise, "madvise", [], Else, None;
    libc::SYS_ftruncate, "ftruncate", [], Else, None;
    libc::SYS_truncate, "truncate", [], Else, None;
    legacy::SYS_rename, "rename", [], Else, None;
    libc::SYS_renameat, "renameat", [], Else, None;
    libc::SYS_renameat2, "renameat2", [], Else, None;
    legacy::SYS_unlink, "unlink", [], Else, None;
    libc::SYS_unlinkat, "unlinkat", [], Else, None;
    libc::SYS_fallocate, "fallocate", [], Else, None;
    libc::SYS_fsync, "fsync", [], Else, None;
    libc::SYS_fdatasync, "fdatasync", [], Else, None;
    libc::SYS_futex, "futex", [], Else, None;
    libc::SYS_recvfrom, "recv", [], Else, None;
    libc::SYS_recvmsg, "recvmsg", [], Else, None;
    libc::SYS_recvmmsg, "recvmmsg", [], Else, None;
    libc::SYS_getrandom, "getrandom", [], Else, None;
    libc::SYS_process_vm_readv, "process_vm_readv", [], Else, None;
    libc::SYS_process_vm_writev, "process_vm_writev", [], Else, None;
    libc::SYS_fcntl, "fcntl", [], Else, None;
    libc::SYS_flock, "flock", [], Else, None;
};
