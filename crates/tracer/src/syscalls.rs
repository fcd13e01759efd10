//! System calls: one table of what each does to files and mappings, and one call that was made.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use nix::unistd::Pid;
use syscalls::Sysno;

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
            call.written = call.path()?.map(|path| call.file_behind(path)).transpose()?;
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

    /// The path that it opens, if the path begins in its caller's current directory.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub fn opened_from_here(&self) -> io::Result<Option<PathBuf>> {
        const HERE: u64 = libc::AT_FDCWD.cast_unsigned() as u64;
        let from_here = match self.number {
            legacy::SYS_open | legacy::SYS_creat => true,
            libc::SYS_openat | libc::SYS_openat2 => self.arguments[0] & u64::from(u32::MAX) == HERE,
            _ => false,
        };
        if from_here { self.path() } else { Ok(None) }
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

    /// The file that a path names. `/proc/self/fd/N` names the file that the descriptor N is of: a program opens a file
    /// in this way that it has opened by O_PATH before, to look at it first.
    fn file_behind(&self, path: PathBuf) -> io::Result<PathBuf> {
        let own = ["/proc/self/fd", "/proc/thread-self/fd", "/dev/fd"];
        let number =
            own.iter().find_map(|own| path.strip_prefix(own).ok()?.to_str()?.parse::<u32>().ok());
        let Some(number) = number else { return Ok(path) };
        let link = format!("/proc/{}/fd/{number}", self.pid);
        let file = crate::look(self.pid, link.clone(), std::fs::read_link(&link))?;
        Ok(file.unwrap_or(path)) // There is no such descriptor: the call fails.
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

fn name(number: i64) -> String {
    let known = usize::try_from(number).ok().and_then(Sysno::new);
    known.map_or_else(|| format!("number {number}"), |call| call.name().into())
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

    /// Does it open a file?
    #[must_use]
    pub fn opens(&self) -> bool {
        row(self.number).is_some_and(|row| row.uses == Use::Opens)
    }

    /// What it does to the mappings of its process.
    #[must_use]
    pub fn mapping_effect(&self) -> Option<MappingEffect> {
        row(self.number)?.maps
    }
}

struct Row {
    number: i64,
    /// Which arguments are descriptors.
    descriptors: &'static [usize],
    uses: Use,
    maps: Option<MappingEffect>,
}

fn row(number: i64) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.number == number)
}

macro_rules! table {
    ($($path:path, $descriptors:expr, $uses:ident, $maps:expr;)*) => {
        &[$(Row {
            number: $path,
            descriptors: &$descriptors,
            uses: Use::$uses,
            maps: $maps,
        }),*]
    };
}

/// Every call that does something to files or mappings: number, which arguments are descriptors, what it does
/// to files, and what it does to mappings.
#[rustfmt::skip]
const TABLE: &[Row] = table! {
    libc::SYS_read, [0], TransfersData, None;
    libc::SYS_pread64, [0], TransfersData, None;
    libc::SYS_readv, [0], TransfersData, None;
    libc::SYS_preadv, [0], TransfersData, None;
    libc::SYS_preadv2, [0], TransfersData, None;
    libc::SYS_write, [0], TransfersData, None;
    libc::SYS_pwrite64, [0], TransfersData, None;
    libc::SYS_writev, [0], TransfersData, None;
    libc::SYS_pwritev, [0], TransfersData, None;
    libc::SYS_pwritev2, [0], TransfersData, None;
    libc::SYS_sendfile, [0, 1], TransfersData, None;
    libc::SYS_splice, [0, 2], TransfersData, None;
    libc::SYS_copy_file_range, [0, 2], TransfersData, None;
    libc::SYS_ioctl, [0, 2], TransfersData, None;
    libc::SYS_io_uring_setup, [], TransfersData, None;
    libc::SYS_io_setup, [], TransfersData, None;
    legacy::SYS_open, [], Opens, None;
    legacy::SYS_creat, [], Opens, None;
    libc::SYS_openat, [], Opens, None;
    libc::SYS_openat2, [], Opens, None;
    libc::SYS_open_by_handle_at, [], Opens, None;
    libc::SYS_memfd_create, [], Opens, None;
    libc::SYS_mmap, [4], Maps, Some(MappingEffect::Map);
    libc::SYS_munmap, [], Else, Some(MappingEffect::Unmap);
    libc::SYS_mremap, [], Else, Some(MappingEffect::Move);
    libc::SYS_mprotect, [], Else, Some(MappingEffect::Protect);
    libc::SYS_pkey_mprotect, [], Else, Some(MappingEffect::Protect);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_that_a_program_may_make_has_its_name() {
        let known = [
            (libc::SYS_clone, "clone"),
            (libc::SYS_clone3, "clone3"),
            (libc::SYS_recvfrom, "recvfrom"),
            (libc::SYS_epoll_pwait2, "epoll_pwait2"),
            (libc::SYS_rseq, "rseq"),
        ];
        for (number, expected) in known {
            assert_eq!(name(number), expected);
        }
        #[cfg(target_arch = "x86_64")]
        assert_eq!(name(legacy::SYS_pause), "pause");
        assert_eq!(name(100_000), "number 100000");
        assert_eq!(name(-1), "number -1");
    }
}
