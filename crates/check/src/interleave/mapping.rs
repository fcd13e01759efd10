//! The calls that map, protect, move and unmap: a shared mapping of a watched file never becomes
//! writable to the kernel, whatever the program asks for.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;

use super::registers::Registers;
use super::space::{ELSEWHERE, Region};
use super::task::{Call, Fault};
use super::world::World;

/// The kernel's MAX_ERRNO: what is returned just below zero is an error, lower down an address.
const HIGHEST_ERROR: i64 = (4 << 10) - 1;

impl World {
    /// At the entry: takes the right to write out of the arguments.
    pub(super) fn enter_mapping(&mut self, tid: i32, call: Call) -> Result<(), Fault> {
        let [address, length, protection, flags, descriptor, _] = call.arguments;
        let watched = match call.number {
            libc::SYS_mmap => shared(flags) && self.watched(tid, descriptor).is_some(),
            libc::SYS_mprotect => self.tasks.get(&tid).is_some_and(|task| {
                task.space.borrow().watches(address, address.saturating_add(length))
            }),
            _ => false,
        };
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(());
        };
        task.stripped = watched && protection & bit(libc::PROT_WRITE) != 0;
        if task.stripped {
            let mut registers = Registers::of(task.tid)?;
            // A page that can be written can be read here, so it stays readable.
            registers.arguments[2] = (protection & !bit(libc::PROT_WRITE)) | bit(libc::PROT_READ);
            registers.put(task.tid)?;
        }
        Ok(())
    }

    /// At the exit: what is mapped where now.
    pub(super) fn leave_mapping(&mut self, tid: i32, call: Call, result: i64) -> Result<(), Fault> {
        let [address, length, .., descriptor, offset] = call.arguments;
        let failed = (-HIGHEST_ERROR..0).contains(&result);
        let found = match call.number {
            libc::SYS_mmap if shared(call.arguments[3]) => self.watched(tid, descriptor),
            _ => None,
        };
        let Some(task) = self.tasks.get_mut(&tid) else {
            return Ok(());
        };
        let writable = std::mem::take(&mut task.stripped);
        let space = Rc::clone(&task.space);
        let mut space = space.borrow_mut();
        if writable {
            // The caller finds its registers as it left them.
            let mut registers = Registers::of(task.tid)?;
            registers.arguments[2] = call.arguments[2];
            registers.put(task.tid)?;
        }
        if failed {
            return Ok(());
        }
        let start = result.cast_unsigned();
        match call.number {
            libc::SYS_mmap => {
                let end = start.saturating_add(in_pages(length));
                space.unmapped(start, end);
                if let Some(base) = found {
                    let offset = base + offset;
                    space.regions.push(Region { start, end, offset, writable });
                }
            }
            libc::SYS_munmap => space.unmapped(address, address.saturating_add(in_pages(length))),
            libc::SYS_mremap => {
                let new_length = in_pages(call.arguments[2]);
                space.moved(address, in_pages(length), start, new_length);
            }
            libc::SYS_mprotect => {
                let end = address.saturating_add(in_pages(length));
                let over = |region: &&mut Region| region.start < end && address < region.end;
                for region in space.regions.iter_mut().filter(over) {
                    region.writable = writable;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Where the bytes of a descriptor's file begin, if it is a regular file of the directory.
    fn watched(&self, tid: i32, descriptor: u64) -> Option<u64> {
        let process = self.tasks.get(&tid)?.process;
        let descriptor = descriptor.cast_signed();
        let link = format!("/proc/{process}/fd/{descriptor}");
        let inside = fs::read_link(&link).ok()?.starts_with(&self.directory);
        let found = fs::metadata(&link).ok()?;
        let file = fs::symlink_metadata(self.directory.join("FILE"));
        let ours = file.is_ok_and(|file| file.ino() == found.ino());
        (inside && found.is_file()).then_some(if ours { 0 } else { ELSEWHERE })
    }
}

fn shared(flags: u64) -> bool {
    let kind = flags & bit(libc::MAP_TYPE);
    let named = flags & bit(libc::MAP_ANONYMOUS) == 0;
    named && (kind == bit(libc::MAP_SHARED) || kind == bit(libc::MAP_SHARED_VALIDATE))
}

fn bit(flag: i32) -> u64 {
    u64::from(flag.cast_unsigned())
}

fn in_pages(length: u64) -> u64 {
    length.next_multiple_of(common::page_size() as u64)
}
