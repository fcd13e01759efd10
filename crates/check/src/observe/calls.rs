//! A system call, and which of its descriptors are of which files.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use common::{Context, Result};
use nix::sys::ptrace;
use nix::unistd::Pid;

use super::Opened;

/// One system call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who made it.
    pub pid: Pid,
    /// Its number: `libc::SYS_mmap`.
    pub number: i64,
    /// Its six arguments.
    pub arguments: [u64; 6],
    /// What it answered: a negative errno if it failed. `None` until it has returned.
    pub result: Option<i64>,
    /// What its descriptors are of: those that it was given, or the one that it made.
    pub files: Vec<Opened>,
    /// The path that it opens, if it asks to write there.
    pub written: Option<PathBuf>,
}

/// What a call does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Makes a descriptor of it.
    Opens,
    /// Maps it.
    Maps,
    /// Carries its bytes: read, write, and everything that does the same.
    Carries,
    /// Something else, or nothing.
    Else,
}

impl Call {
    /// The call at whose entry the process is stopped; `None` if it is stopped elsewhere.
    ///
    /// # Errors
    /// ESRCH: it has been killed meanwhile.
    pub fn entered(pid: Pid) -> Result<Option<Self>> {
        let information = ptrace::syscall_info(pid).step("ptrace PTRACE_GET_SYSCALL_INFO")?;
        if information.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
            return Ok(None);
        }
        let entry = super::sys::entry(&information);
        let number = i64::try_from(entry.nr).unwrap_or(i64::MAX);
        let mut call = Self {
            pid,
            number,
            arguments: entry.args,
            result: None,
            files: Vec::new(),
            written: None,
        };
        call.written = call.asks_to_write();
        call.files = call.given().filter_map(|descriptor| Opened::by(pid, descriptor)).collect();
        Ok(Some(call))
    }

    /// The same call, now that it has returned.
    ///
    /// # Errors
    /// ESRCH: it has been killed meanwhile.
    pub fn returned(mut self) -> Result<Self> {
        let information = ptrace::syscall_info(self.pid).step("ptrace PTRACE_GET_SYSCALL_INFO")?;
        if information.op == libc::PTRACE_SYSCALL_INFO_EXIT {
            let result = super::sys::exit(&information).sval;
            self.result = Some(result);
            if self.does() == Use::Opens && result >= 0 {
                let made = i32::try_from(result).unwrap_or(-1);
                self.files = Opened::by(self.pid, made).into_iter().collect();
            }
        }
        Ok(self)
    }

    /// What this call does with files.
    #[must_use]
    pub fn does(&self) -> Use {
        if OPENS.contains(&self.number) {
            Use::Opens
        } else if self.number == libc::SYS_mmap {
            Use::Maps
        } else if CARRIES.iter().any(|(number, _)| *number == self.number) && self.carries_now() {
            Use::Carries
        } else {
            Use::Else
        }
    }

    /// An `ioctl` carries bytes only if it clones them.
    fn carries_now(&self) -> bool {
        const FICLONE: u64 = 0x4004_9409;
        const FICLONERANGE: u64 = 0x4020_940d;
        const FIDEDUPERANGE: u64 = 0xc018_9436;
        let [_, request, ..] = self.arguments;
        self.number != libc::SYS_ioctl || [FICLONE, FICLONERANGE, FIDEDUPERANGE].contains(&request)
    }

    /// The path, if this opens a file to write in it. `openat2` keeps its flags in memory.
    fn asks_to_write(&self) -> Option<PathBuf> {
        let [first, second, third, ..] = self.arguments;
        let (path, flags) = match self.number {
            #[cfg(target_arch = "x86_64")]
            libc::SYS_open => (first, second),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_creat => (first, u64::MAX),
            libc::SYS_openat => (second, third),
            libc::SYS_openat2 => (second, self.how_to_open(third)?),
            _ => return None,
        };
        let _ = first;
        let writes = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC;
        if flags & u64::from(writes.cast_unsigned()) == 0 {
            return None;
        }
        let path = super::process::string(self.pid, usize::try_from(path).ok()?).ok()?;
        Some(OsString::from_vec(path).into())
    }

    fn how_to_open(&self, address: u64) -> Option<u64> {
        let bytes = super::memory(self.pid, usize::try_from(address).ok()?, 8).ok()?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    }

    /// Its descriptors among the arguments.
    fn given(&self) -> impl Iterator<Item = i32> + '_ {
        let carried = CARRIES.iter().find(|(number, _)| *number == self.number);
        let places: &[usize] = match carried {
            Some((_, places)) => places,
            None if self.number == libc::SYS_mmap => &[4],
            None => &[],
        };
        // A descriptor is an int: the kernel looks at the lower half only.
        let number = |place: &usize| {
            let lower = self.arguments.get(*place)? & u64::from(u32::MAX);
            i32::try_from(lower).ok() // The upper half of these are negative: no descriptors.
        };
        places.iter().filter_map(number)
    }

    /// Whether one of its descriptors is of this file.
    #[must_use]
    pub fn is_about(&self, file: super::FileId) -> bool {
        self.files.iter().any(|opened| opened.file == file)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        let known = NAMES.iter().find(|(number, _)| *number == self.number);
        known.map_or_else(|| format!("call {}", self.number), |(_, name)| name.replace("SYS_", ""))
    }
}

macro_rules! calls {
    ($($name:ident)*) => { &[$((libc::$name, stringify!($name))),*] };
}

const NAMES: &[(i64, &str)] = calls! {
    SYS_read SYS_pread64 SYS_readv SYS_preadv SYS_preadv2 SYS_write SYS_pwrite64 SYS_writev
    SYS_pwritev SYS_pwritev2 SYS_sendfile SYS_splice SYS_copy_file_range SYS_ioctl
    SYS_io_uring_setup SYS_io_setup SYS_mmap SYS_munmap SYS_msync SYS_openat SYS_ftruncate
    SYS_fallocate SYS_fsync SYS_fdatasync SYS_mremap SYS_madvise SYS_mprotect SYS_futex SYS_fcntl
    SYS_flock
};

const OPENS: &[i64] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_open_by_handle_at,
    libc::SYS_memfd_create,
];

/// What carries bytes, and where its descriptors are.
const CARRIES: &[(i64, &[usize])] = &[
    (libc::SYS_read, &[0]),
    (libc::SYS_pread64, &[0]),
    (libc::SYS_readv, &[0]),
    (libc::SYS_preadv, &[0]),
    (libc::SYS_preadv2, &[0]),
    (libc::SYS_write, &[0]),
    (libc::SYS_pwrite64, &[0]),
    (libc::SYS_writev, &[0]),
    (libc::SYS_pwritev, &[0]),
    (libc::SYS_pwritev2, &[0]),
    (libc::SYS_sendfile, &[0, 1]),
    (libc::SYS_splice, &[0, 2]),
    (libc::SYS_copy_file_range, &[0, 2]),
    (libc::SYS_ioctl, &[0, 2]),
    (libc::SYS_io_uring_setup, &[]),
    (libc::SYS_io_setup, &[]),
];
