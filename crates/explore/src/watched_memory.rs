//! Watched memory: the shared mappings of watched files in one address space, whose stores trap.
//!
//! A watched page is read-only to the kernel while the program believes that it can write: each of
//! its stores is a fault, and a fault is a stop *before* the store. If loads are watched, too, the page has no
//! access at all, and each load is a fault.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use nix::unistd::Pid;
use tracer::syscalls::MappingEffect;
use tracer::{Error, Syscall, Tracee};

/// Places in another file than FILE begin here.
pub(crate) const ELSEWHERE: u64 = 1 << 40;

/// The kernel's MAX_ERRNO: what a call returns just below zero is an error, lower down an address.
pub(crate) const HIGHEST_ERROR: i64 = (4 << 10) - 1;

/// Addresses at which a file of the work directory is mapped shared.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The file's byte at `start`; of another file than FILE, [`ELSEWHERE`] more.
    pub(crate) offset: u64,
    /// What the program asked for.
    pub(crate) writable: bool,
    /// How many regions there had been when this one was mapped.
    number: u64,
}

/// What the tasks of one process (and the child of a `vfork`) share.
pub(crate) struct WatchedMemory {
    file: File,
    /// Where a `syscall` instruction stands: calls are injected through it.
    pub(crate) syscall_at: u64,
    pub(crate) regions: Vec<Region>,
    /// How many regions have been mapped so far: the time by which calls of several threads are ordered.
    pub(crate) mapped: u64,
    /// Are the pages writable at the moment?
    pub(crate) unprotected: bool,
    /// Do loads trap, too?
    pub(crate) traps_loads: bool,
}

impl WatchedMemory {
    /// The address space of a process that has just started, or has just executed a program.
    pub(crate) fn of(process: Pid, traps_loads: bool) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(format!("/proc/{process}/mem"))?;
        let regions = Vec::new();
        Ok(Self { file, syscall_at: 0, regions, mapped: 0, unprotected: false, traps_loads })
    }

    /// A forked child's: its own copy of the same mappings.
    pub(crate) fn forked(&self, child: Pid) -> io::Result<Self> {
        let copy = Self::of(child, self.traps_loads)?;
        let (regions, syscall_at, mapped, unprotected) =
            (self.regions.clone(), self.syscall_at, self.mapped, self.unprotected);
        Ok(Self { regions, syscall_at, mapped, unprotected, ..copy })
    }

    /// The region that `address` lies in.
    pub(crate) fn region(&self, address: u64) -> Option<&Region> {
        self.regions.iter().find(|region| (region.start..region.end).contains(&address))
    }

    /// The file's byte at `address`.
    pub(crate) fn offset(&self, address: u64) -> u64 {
        self.region(address).map_or(0, |region| region.offset + (address - region.start))
    }

    /// Up to `size` bytes at `address`, as far as its region reaches.
    pub(crate) fn read(&self, address: u64, size: usize) -> io::Result<Vec<u8>> {
        let end = self.region(address).map_or(u64::MAX, |region| region.end);
        let room = usize::try_from(end - address).unwrap_or(usize::MAX);
        let mut bytes = vec![0; size.min(room)];
        self.file.read_exact_at(&mut bytes, address)?;
        Ok(bytes)
    }

    /// Up to `size` bytes of code: fewer where the next page is not mapped.
    pub(crate) fn code(&self, address: u64, size: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; size];
        let read = self.file.read_at(&mut bytes, address)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// One word of the process's own memory.
    pub(crate) fn word(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, address).ok()?;
        Some(u64::from_ne_bytes(bytes))
    }

    /// Puts bytes in; the pages must be unprotected.
    pub(crate) fn write(&self, address: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, address)
    }

    /// Makes the watched pages writable, by calls that a tracee makes for us.
    pub(crate) fn unprotect(&mut self, tracee: &mut Tracee) -> Result<(), Error> {
        self.set_protection(tracee, libc::PROT_READ | libc::PROT_WRITE)?;
        self.unprotected = true;
        Ok(())
    }

    /// Makes them readable, so that a load which has trapped can be made.
    pub(crate) fn allow_loads(&mut self, tracee: &mut Tracee) -> Result<(), Error> {
        self.set_protection(tracee, libc::PROT_READ)
    }

    /// Makes their stores trap again, and their loads if these are watched.
    pub(crate) fn protect(&mut self, tracee: &mut Tracee) -> Result<(), Error> {
        self.set_protection(tracee, self.protection())?;
        self.unprotected = false;
        Ok(())
    }

    /// What the kernel allows on watched pages while their program runs.
    fn protection(&self) -> i32 {
        if self.traps_loads { libc::PROT_NONE } else { libc::PROT_READ }
    }

    /// Maps private memory for redirected stores, by a call that a tracee makes for us.
    pub(crate) fn map_redirect_buffer(
        &self,
        tracee: &mut Tracee,
        size: u64,
    ) -> Result<Range<u64>, Error> {
        let (protection, flags) =
            (bit(libc::PROT_READ | libc::PROT_WRITE), bit(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS));
        let arguments = [0, in_pages(size), protection, flags, u64::MAX, 0];
        let result = tracee.inject(self.syscall_at, libc::SYS_mmap, arguments)?;
        if (-HIGHEST_ERROR..0).contains(&result) {
            let errno = i32::try_from(-result).unwrap_or(libc::EINVAL);
            return Err(Error::System(io::Error::from_raw_os_error(errno)));
        }
        let start = result.cast_unsigned();
        Ok(start..start + in_pages(size))
    }

    fn set_protection(&self, tracee: &mut Tracee, protection: i32) -> Result<(), Error> {
        for region in self.regions.iter().filter(|region| region.writable) {
            let length = region.end - region.start;
            let protection = u64::from(protection.cast_unsigned());
            let arguments = [region.start, length, protection, 0, 0, 0];
            let result = tracee.inject(self.syscall_at, libc::SYS_mprotect, arguments)?;
            if result != 0 {
                return Err(io::Error::other(format!("injected mprotect: {result}")).into());
            }
        }
        Ok(())
    }

    /// At the entry of a call: takes the right to write out of its arguments, if it would make watched
    /// memory writable. Whether that was done. `maps_watched_file`: the call's descriptor is of one.
    pub(crate) fn strip(
        &self,
        tracee: &mut Tracee,
        call: Syscall,
        maps_watched_file: bool,
    ) -> Result<bool, Error> {
        let [address, length, protection, ..] = call.arguments;
        let concerned = match call.mapping_effect() {
            Some(MappingEffect::Map) => maps_watched_file,
            Some(MappingEffect::Protect) => self.overlaps(address, address.saturating_add(length)),
            _ => false,
        };
        if !concerned || protection & bit(libc::PROT_WRITE) == 0 {
            return Ok(false);
        }
        // A page that can be written can be read here, so it stays readable if only stores trap.
        let kept = protection & !bit(libc::PROT_READ | libc::PROT_WRITE);
        tracee.set_argument(2, kept | bit(self.protection()))?;
        Ok(true)
    }

    /// After a call that changed mappings, and returned `start`: what is mapped where now. `file` says
    /// where the bytes of a watched file begin; `writable`, what the program asked for; `began`, how many
    /// regions had been mapped when the call was entered.
    ///
    /// A thread that has unmapped addresses may stand in the queue for a processor before it tells of that,
    /// and another thread may get these addresses for a region meanwhile. Such a region is younger than
    /// the call, and stays.
    pub(crate) fn follow(
        &mut self,
        call: Syscall,
        start: u64,
        file: Option<u64>,
        (writable, began): (bool, u64),
    ) {
        let [address, length, new_length, .., offset] = call.arguments;
        let end = address.saturating_add(in_pages(length));
        match call.mapping_effect() {
            Some(MappingEffect::Map) => {
                let end = start.saturating_add(in_pages(length));
                self.unmapped(start, end, began);
                if let Some(base) = file {
                    self.mapped(Region { start, end, offset: base + offset, writable, number: 0 });
                }
            }
            Some(MappingEffect::Unmap) => self.unmapped(address, end, began),
            Some(MappingEffect::Move) => {
                self.moved(address, in_pages(length), (start, in_pages(new_length)), began);
            }
            Some(MappingEffect::Protect) => {
                let over = |region: &&mut Region| region.start < end && address < region.end;
                for region in self.regions.iter_mut().filter(over) {
                    region.writable = writable;
                }
            }
            None => {}
        }
    }

    /// A new region.
    fn mapped(&mut self, region: Region) {
        self.regions.push(Region { number: self.mapped, ..region });
        self.mapped += 1;
    }

    /// Forgets what was mapped between two addresses when there had been `began` regions.
    fn unmapped(&mut self, start: u64, end: u64, began: u64) {
        let cut = |region: Region| {
            let before = Region { end: region.end.min(start), ..region.clone() };
            let skipped = end.clamp(region.start, region.end) - region.start;
            let (from, offset) = (region.start + skipped, region.offset + skipped);
            let after = Region { start: from.max(region.start), offset, ..region.clone() };
            if start >= region.end || end <= region.start || region.number >= began {
                return vec![region];
            }
            [before, after].into_iter().filter(|part| part.start < part.end).collect()
        };
        self.regions = std::mem::take(&mut self.regions).into_iter().flat_map(cut).collect();
    }

    /// A region moved, or changed its size.
    fn moved(&mut self, from: u64, length: u64, (to, new_length): (u64, u64), began: u64) {
        let Some(region) = self.region(from).filter(|region| region.number < began).cloned() else {
            return;
        };
        self.unmapped(from, from.saturating_add(length), began);
        self.unmapped(to, to.saturating_add(new_length), began);
        let offset = region.offset + (from - region.start);
        self.mapped(Region { start: to, end: to.saturating_add(new_length), offset, ..region });
    }

    /// Does the program's own view of any watched page overlap these addresses?
    fn overlaps(&self, start: u64, end: u64) -> bool {
        self.regions.iter().any(|region| region.start < end && start < region.end)
    }
}

/// Does this call map a file shared?
pub(crate) fn maps_a_file_shared(call: Syscall) -> bool {
    let flags = call.arguments[3];
    let kind = flags & bit(libc::MAP_TYPE);
    let named = flags & bit(libc::MAP_ANONYMOUS) == 0;
    let shared = kind == bit(libc::MAP_SHARED) || kind == bit(libc::MAP_SHARED_VALIDATE);
    call.mapping_effect() == Some(MappingEffect::Map) && named && shared
}

fn bit(flag: i32) -> u64 {
    u64::from(flag.cast_unsigned())
}

/// A length in whole pages. Calls that map nothing may pass any number here.
fn in_pages(length: u64) -> u64 {
    length.checked_next_multiple_of(common::page_size() as u64).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u64 = 4 << 10;

    fn call(number: i64, arguments: [u64; 6]) -> Syscall {
        Syscall { number, arguments, instruction: 0 }
    }

    /// The regions' first and last addresses after these calls: what was called, what it returned, where
    /// the watched file's bytes begin, how many regions there had been when it was entered.
    fn regions_after(calls: &[(Syscall, u64, Option<u64>, u64)]) -> Vec<(u64, u64)> {
        let mut memory = WatchedMemory::of(nix::unistd::getpid(), false).unwrap();
        for (call, result, file, began) in calls {
            memory.follow(*call, *result, *file, (true, *began));
        }
        memory.regions.iter().map(|region| (region.start, region.end)).collect()
    }

    #[test]
    fn a_region_that_another_thread_maps_while_a_call_unmaps_its_addresses_stays() {
        let at = 16 * PAGE;
        let map = call(libc::SYS_mmap, [0, PAGE, 0, 0, 3, 0]);
        let unmap = call(libc::SYS_munmap, [at - PAGE, 4 * PAGE, 0, 0, 0, 0]);
        let moves = call(libc::SYS_mremap, [at, PAGE, 2 * PAGE, 0, 0, 0]);
        let fixed = call(libc::SYS_mmap, [at, 4 * PAGE, 0, 0, 0, 0]);
        // The first call is entered before the region is mapped, and tells of its end after that.
        for late in [(unmap, 0), (moves, 64 * PAGE), (fixed, at)] {
            let seen = regions_after(&[(map, at, Some(0), 0), (late.0, late.1, None, 0)]);
            assert_eq!(seen, [(at, at + PAGE)], "{:?}", late.0);
        }
        // The same calls when they are entered after that.
        let gone = [(unmap, 0, vec![]), (fixed, at, vec![])];
        let moved = (moves, 64 * PAGE, vec![(64 * PAGE, 66 * PAGE)]);
        for (late, result, left) in gone.into_iter().chain([moved]) {
            let seen = regions_after(&[(map, at, Some(0), 0), (late, result, None, 1)]);
            assert_eq!(seen, left, "{late:?}");
        }
    }

    #[test]
    fn a_region_stays_where_nothing_is_unmapped() {
        let at = 16 * PAGE;
        let map = call(libc::SYS_mmap, [0, 3 * PAGE, 0, 0, 3, 0]);
        let unmap = call(libc::SYS_munmap, [at + PAGE, PAGE, 0, 0, 0, 0]);
        let seen = regions_after(&[(map, at, Some(0), 0), (unmap, 0, None, 1)]);
        assert_eq!(seen, [(at, at + PAGE), (at + 2 * PAGE, at + 3 * PAGE)]);
    }

    #[test]
    fn any_number_is_a_length_in_pages() {
        let page = common::page_size() as u64;
        assert_eq!((in_pages(0), in_pages(1), in_pages(page + 1)), (0, page, 2 * page));
        assert_eq!(in_pages(u64::MAX), u64::MAX);
    }
}
