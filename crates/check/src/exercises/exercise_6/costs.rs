//! Looks while `lines` runs: how many mappings of FILEs there are, how much private memory, how much of it
//! is copies of FILEs' pages, and how many page faults it took in the end.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use common::{Context, page_size};
use nix::unistd::Pid;
use procfs::process::Process;
use tracer::{Call, FileId, MECHANISM, Use, look, read_text};

use super::populated::Populated;
use crate::exercises::CheckContext;
use crate::observe::Observer;
use crate::verdict::{Verdict, failed};

/// Mappings of FILEs that may exist at a time.
const MOST_MAPPINGS: usize = 8;

/// Private memory must be below this, above what the program has when it opens a FILE first: that of
/// Java's runtime alone is more.
const MOST_MEMORY: u64 = 16 << 20;

/// No runtime takes more than this for itself.
const MOST_OF_A_RUNTIME: u64 = 128 << 20;

/// The observer.
pub(super) struct CostsObserver {
    /// Where the FILEs are.
    directory: PathBuf,
    /// Mappings made by a thread at an address, and their lengths, of which not all was seen to go: never too
    /// few.
    made: BTreeMap<(Pid, u64), u64>,
    mappings: usize,
    /// How many bytes were given back of how many, of a mapping of which only the first part went.
    part_of: Option<[u64; 2]>,
    /// Private memory when a FILE was opened first.
    runtime: Option<u64>,
    memory: u64,
    faults: u64,
    /// A FILE is mapped privately, and for stores.
    stores_privately: bool,
    /// Private copies of FILEs' pages that are gone again, and the most that there were in all, in bytes.
    copies_gone: u64,
    copies: u64,
    /// Of which file it is counted how often it is populated.
    file: Option<FileId>,
    populated: Populated,
}

impl CostsObserver {
    /// For a program that runs in this context's directory.
    pub(super) fn new(context: &CheckContext) -> Self {
        let directory = context.work_directory().path().into();
        Self {
            directory,
            made: BTreeMap::new(),
            mappings: 0,
            part_of: None,
            runtime: None,
            memory: 0,
            faults: 0,
            stores_privately: false,
            copies_gone: 0,
            copies: 0,
            file: None,
            populated: Populated::default(),
        }
    }

    /// The same, which also counts how often this file is populated.
    pub(super) fn of(self, file: FileId) -> Self {
        Self { file: Some(file), ..self }
    }

    /// What was populated of that file.
    pub(super) fn populated(&self) -> &Populated {
        &self.populated
    }

    /// How many pages of FILEs the kernel has copied because the program stored to them.
    pub(super) fn copies(&self) -> u64 {
        self.copies / page_size() as u64
    }

    /// How many pages of memory of its own it had at most, above what it had when it opened a FILE first.
    pub(super) fn own_pages(&self) -> u64 {
        self.memory.saturating_sub(self.runtime.unwrap_or_default()) / page_size() as u64
    }

    /// Minor and major faults of the whole run.
    pub(super) fn faults(&self) -> u64 {
        self.faults
    }

    /// Neither too many mappings, nor too much memory.
    ///
    /// # Errors
    /// `private-copies`, `too-much-memory`, `too-many-mappings`.
    pub(super) fn within_bounds(&self) -> Verdict {
        let runtime = self.runtime.unwrap_or_default().min(MOST_OF_A_RUNTIME);
        let memory = self.memory.saturating_sub(runtime);
        if memory >= MOST_MEMORY {
            let most = MOST_MEMORY >> 20;
            let expected = format!(
                "private memory below {most} MiB, above what it has when it opens a FILE first"
            );
            if self.copies < memory / 2 {
                return failed("too-much-memory", expected, format!("{} MiB", memory >> 20));
            }
            let copies = self.copies();
            let seen = format!(
                "{} MiB: {copies} pages of FILE were copied, because the program stored to them",
                memory >> 20
            );
            return failed("private-copies", expected, seen);
        }
        if self.mappings > MOST_MAPPINGS {
            let expected = format!("at most {MOST_MAPPINGS} mappings of FILEs at a time");
            let part = self.part_of.map(|[part, whole]| {
                format!("; munmap gave back {part} bytes of a mapping of {whole} bytes")
            });
            let seen = format!("{} at a time{}", self.mappings, part.unwrap_or_default());
            return failed("too-many-mappings", expected, seen);
        }
        Ok(())
    }

    /// Memory of its own, which only a call can give back: so it is looked at before such calls.
    fn look_at_memory(&mut self, pid: Pid) -> common::Result<()> {
        self.memory = self.memory.max(private_memory(pid)?);
        Ok(())
    }

    /// Has this call opened one of the FILEs?
    fn opens_a_file(&self, pid: Pid, call: &Call) -> common::Result<bool> {
        match call.result.filter(|_| call.does() == Use::Opens) {
            Some(descriptor) => self.is_of_a_file(pid, descriptor),
            None => Ok(false),
        }
    }

    /// Has this call mapped one of the FILEs privately, and for stores?
    fn maps_for_private_stores(&self, pid: Pid, call: &Call) -> common::Result<bool> {
        const PROT_WRITE: u64 = libc::PROT_WRITE as u64;
        const MAP_PRIVATE: u64 = libc::MAP_PRIVATE as u64;
        let [_, _, protection, flags, descriptor, _] = call.arguments;
        let stores = protection & PROT_WRITE != 0 && flags & 3 == MAP_PRIVATE;
        let regular = call.files.iter().any(|opened| opened.regular);
        Ok(stores && regular && self.is_of_a_file(pid, descriptor.cast_signed())?)
    }

    /// Is this a descriptor of one of the FILEs?
    fn is_of_a_file(&self, pid: Pid, descriptor: i64) -> common::Result<bool> {
        let link = format!("/proc/{pid}/fd/{descriptor}");
        let target = look(pid, &link, fs::read_link(&link)).step(MECHANISM)?;
        Ok(target.is_some_and(|target| target.starts_with(&self.directory)))
    }

    /// Counts the private copies of FILEs' pages, before those at `goes` may go.
    fn look_at_copies(&mut self, pid: Pid, goes: &Range<u64>) -> common::Result<()> {
        if !self.stores_privately {
            return Ok(());
        }
        let (mut there, mut gone, mut mapping) = (0, 0, None);
        let smaps = read_text(pid, &format!("/proc/{pid}/smaps")).step(MECHANISM)?;
        let directory = format!("{}/", self.directory.display());
        for line in smaps.unwrap_or_default().lines() {
            // A mapping's first line begins with its addresses; the others are `Name: value kB`.
            if let Some(addresses) = addresses(line) {
                mapping = Some(addresses).filter(|_| line.contains(&directory));
            } else if let Some(Range { start, end }) = &mapping
                && let Some(bytes) = kilobytes(line, "Anonymous:")
            {
                there += bytes;
                gone += if *start < goes.end && goes.start < *end { bytes } else { 0 };
            }
        }
        self.copies = self.copies.max(self.copies_gone + there);
        self.copies_gone += gone;
        Ok(())
    }

    fn count_mappings(&mut self, pid: Pid) -> common::Result<()> {
        let path = format!("/proc/{pid}/maps");
        let maps = look(pid, &path, fs::read(&path)).step(MECHANISM)?;
        let maps = maps.unwrap_or_default(); // None: it is gone.
        let directory = [self.directory.as_os_str().as_bytes(), b"/"].concat();
        let in_directory =
            |line: &&[u8]| line.windows(directory.len()).any(|part| part == directory);
        let there = maps.split(|byte| *byte == b'\n').filter(in_directory).count();
        self.mappings = self.mappings.max(there);
        Ok(())
    }

    /// A mapping is gone if all its pages are: a call may give back a part only.
    fn note_unmapped(&mut self, pid: Pid, [start, length]: [u64; 2]) {
        let in_pages = |bytes: u64| bytes.next_multiple_of(page_size() as u64);
        let end = start.saturating_add(in_pages(length));
        if let Some(whole) =
            self.made.get(&(pid, start)).filter(|whole| in_pages(**whole) > end - start)
        {
            self.part_of.get_or_insert([length, *whole]);
        }
        self.made.retain(|(thread, at), whole| {
            *thread != pid || *at < start || at.saturating_add(in_pages(*whole)) > end
        });
    }
}

fn private_memory(pid: Pid) -> common::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = read_text(pid, &path).step(MECHANISM)?;
    let status = status.unwrap_or_default(); // None: it is gone.
    let anonymous = status.lines().find_map(|line| kilobytes(line, "RssAnon:"));
    Ok(anonymous.unwrap_or_default())
}

/// The bytes in a line such as `RssAnon:  12 kB`.
fn kilobytes(line: &str, name: &str) -> Option<u64> {
    let number = line.strip_prefix(name)?.trim().strip_suffix(" kB")?;
    number.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// The addresses with which the first line of a mapping begins.
fn addresses(line: &str) -> Option<Range<u64>> {
    let (start, end) = line.split(' ').next()?.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    Some(address(start)?..address(end)?)
}

/// Calls by which memory is given back.
const GIVES_BACK: [i64; 5] =
    [libc::SYS_munmap, libc::SYS_brk, libc::SYS_madvise, libc::SYS_mremap, libc::SYS_execve];

impl Observer for CostsObserver {
    fn entry(&mut self, pid: Pid, call: &Call) -> Verdict {
        // Thousands of small mappings go one by one: so little is not worth a look.
        let [address, length, ..] = call.arguments;
        let small = call.number == libc::SYS_munmap && length < 1 << 16;
        if GIVES_BACK.contains(&call.number) && !small {
            self.look_at_memory(pid)?;
            let all = matches!(call.number, libc::SYS_brk | libc::SYS_execve);
            let goes = if all { 0..0 } else { address..address.saturating_add(length) };
            self.look_at_copies(pid, &goes)?;
        }
        Ok(())
    }

    fn exit(&mut self, pid: Pid, call: &Call) -> Verdict {
        if self.runtime.is_none() && self.opens_a_file(pid, call)? {
            self.runtime = Some(private_memory(pid)?);
        }
        if let Some(file) = self.file {
            self.populated.note(call, file);
        }
        if call.number == libc::SYS_mmap {
            self.stores_privately |= self.maps_for_private_stores(pid, call)?;
        }
        if call.number == libc::SYS_mmap && call.files.iter().any(|opened| opened.regular) {
            if let Some(address) = call.result.filter(|result| *result > 0) {
                self.made.insert((pid, address.cast_unsigned()), call.arguments[1]);
            }
            if self.made.len() > MOST_MAPPINGS {
                self.count_mappings(pid)?;
            }
        } else if call.number == libc::SYS_munmap && call.result == Some(0) {
            let [address, length, ..] = call.arguments;
            self.note_unmapped(pid, [address, length]);
        } else if call.number == libc::SYS_mremap && call.result > Some(0) {
            self.count_mappings(pid)?; // It may have made a second mapping of the same pages.
        }
        Ok(())
    }

    fn ending(&mut self, pid: Pid) -> Verdict {
        self.look_at_memory(pid)?;
        self.look_at_copies(pid, &(0..0))?;
        // A thread's end shows its process's counts so far; the last one has them all.
        if let Ok(counts) = Process::new(pid.as_raw()).and_then(|process| process.stat()) {
            let faults = counts.minflt + counts.majflt + counts.cminflt + counts.cmajflt;
            self.faults = self.faults.max(faults);
        }
        Ok(())
    }
}
