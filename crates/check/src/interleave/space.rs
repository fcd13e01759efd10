//! An address space under watch: where the shared file is mapped in it, and the lock on those
//! pages.
//!
//! A watched page is read-only to the kernel while the program believes that it can write: each of
//! its stores is a fault, and a fault is a stop *before* the store.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::unistd::Pid;

use super::task::{self, Fault};

/// Places in another file than FILE begin here.
pub(super) const ELSEWHERE: u64 = 1 << 40;

/// Addresses at which a file of the scratch directory is mapped shared.
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The file's byte at `start`; of another file than FILE, [`ELSEWHERE`] more.
    pub(super) offset: u64,
    /// What the program asked for.
    pub(super) writable: bool,
}

/// What the tasks of one process (and the child of a `vfork`) share.
pub(super) struct Space {
    memory: File,
    /// Where a `syscall` instruction stands: calls are injected through it.
    pub(super) syscall_at: u64,
    pub(super) regions: Vec<Region>,
    /// Are the pages writable at the moment?
    pub(super) lifted: bool,
}

impl Space {
    /// The address space of a process that has just begun, or begun anew.
    pub(super) fn of(process: Pid) -> io::Result<Self> {
        let memory = File::options().read(true).write(true).open(format!("/proc/{process}/mem"))?;
        Ok(Self { memory, syscall_at: 0, regions: Vec::new(), lifted: false })
    }

    /// A forked child's: its own copy of the same mappings.
    pub(super) fn forked(&self, child: Pid) -> io::Result<Self> {
        let copy = Self::of(child)?;
        let (regions, syscall_at, lifted) = (self.regions.clone(), self.syscall_at, self.lifted);
        Ok(Self { regions, syscall_at, lifted, ..copy })
    }

    /// The region that `address` lies in.
    pub(super) fn region(&self, address: u64) -> Option<&Region> {
        self.regions.iter().find(|region| (region.start..region.end).contains(&address))
    }

    /// Up to `size` bytes at `address`, as far as its region reaches.
    pub(super) fn read(&self, address: u64, size: usize) -> io::Result<Vec<u8>> {
        let end = self.region(address).map_or(u64::MAX, |region| region.end);
        let room = usize::try_from(end - address).unwrap_or(usize::MAX);
        let mut bytes = vec![0; size.min(room)];
        self.memory.read_exact_at(&mut bytes, address)?;
        Ok(bytes)
    }

    /// Up to `size` bytes of code: fewer where the next page is not mapped.
    pub(super) fn code(&self, address: u64, size: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; size];
        let read = self.memory.read_at(&mut bytes, address)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// One word of a task's own memory.
    pub(super) fn word(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        self.memory.read_exact_at(&mut bytes, address).ok()?;
        Some(u64::from_ne_bytes(bytes))
    }

    /// Puts bytes in; the pages must be lifted.
    pub(super) fn write(&self, address: u64, bytes: &[u8]) -> io::Result<()> {
        self.memory.write_all_at(bytes, address)
    }

    /// Makes the watched pages writable, by calls that `tid` makes for us.
    pub(super) fn lift(&mut self, tid: Pid) -> Result<(), Fault> {
        self.protect(tid, libc::PROT_READ | libc::PROT_WRITE)?;
        self.lifted = true;
        Ok(())
    }

    /// Makes them read-only again.
    pub(super) fn lower(&mut self, tid: Pid) -> Result<(), Fault> {
        self.protect(tid, libc::PROT_READ)?;
        self.lifted = false;
        Ok(())
    }

    fn protect(&self, tid: Pid, protection: i32) -> Result<(), Fault> {
        for region in self.regions.iter().filter(|region| region.writable) {
            let length = region.end - region.start;
            let arguments = [region.start, length, u64::from(protection.cast_unsigned())];
            let result = task::inject(tid, self.syscall_at, libc::SYS_mprotect, arguments)?;
            if result != 0 {
                return Err(io::Error::other(format!("injected mprotect: {result}")).into());
            }
        }
        Ok(())
    }

    /// Forgets what was mapped between two addresses.
    pub(super) fn unmapped(&mut self, start: u64, end: u64) {
        let cut = |region: Region| {
            let before = Region { end: region.end.min(start), ..region.clone() };
            let skipped = end.clamp(region.start, region.end) - region.start;
            let (from, offset) = (region.start + skipped, region.offset + skipped);
            let after = Region { start: from.max(region.start), offset, ..region.clone() };
            if start >= region.end || end <= region.start {
                return vec![region];
            }
            [before, after].into_iter().filter(|part| part.start < part.end).collect()
        };
        self.regions = std::mem::take(&mut self.regions).into_iter().flat_map(cut).collect();
    }

    /// A region moved, or changed its size.
    pub(super) fn moved(&mut self, from: u64, length: u64, to: u64, new_length: u64) {
        let Some(region) = self.region(from).cloned() else {
            return;
        };
        self.unmapped(from, from + length);
        self.unmapped(to, to + new_length);
        let offset = region.offset + (from - region.start);
        self.regions.push(Region { start: to, end: to + new_length, offset, ..region });
    }

    /// Does the program's own view of any watched page overlap these addresses?
    pub(super) fn watches(&self, start: u64, end: u64) -> bool {
        self.regions.iter().any(|region| region.start < end && start < region.end)
    }
}
