//! Looks while `lines` runs: how many mappings of FILEs there are, how much private memory, how much of it
//! is copies of FILEs' pages, whether a call gets their bytes from a mapping, and how many page faults it took in the
//! end.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use common::{Context, page_size};
use nix::unistd::Pid;
use procfs::process::Process;
use tracer::{Call, FileId, MECHANISM, Use, look, memory, read_text, status_number};

use super::populated::Populated;
use crate::counted::counted;
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
    /// Mappings made by a process at an address, and their lengths, of which not all was seen to go: never too
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
    /// A call that got bytes of a mapping of a FILE, in words.
    carried: Option<String>,
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
            carried: None,
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

    /// Neither too many mappings, nor too much memory, nor bytes of a mapping for a call.
    ///
    /// # Errors
    /// `private-copies`, `too-much-memory`, `too-many-mappings`, `bytes-not-by-mapping`.
    pub(super) fn within_bounds(&self) -> Verdict {
        if let Some(seen) = &self.carried {
            let expected = "the program itself loads FILE's bytes from the mapping";
            return failed("bytes-not-by-mapping", expected, seen.as_str());
        }
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

    /// Counts the mappings that all processes have now. Those that a process has inherited do not count.
    fn count_mappings(&mut self) -> common::Result<()> {
        let mut made: BTreeMap<Pid, usize> = BTreeMap::new();
        for (process, _) in self.made.keys() {
            *made.entry(*process).or_default() += 1;
        }
        let mut there = 0;
        for (process, made) in made {
            there += made.min(self.mappings_of(process)?.len());
        }
        self.mappings = self.mappings.max(there);
        Ok(())
    }

    /// The mappings of FILEs that a process has now; none if it is gone.
    fn mappings_of(&self, process: Pid) -> common::Result<Vec<Range<u64>>> {
        let path = format!("/proc/{process}/maps");
        let maps = look(process, &path, fs::read(&path)).step(MECHANISM)?;
        let maps = maps.unwrap_or_default();
        let directory = [self.directory.as_os_str().as_bytes(), b"/"].concat();
        let in_directory =
            |line: &&[u8]| line.windows(directory.len()).any(|part| part == directory);
        let lines = maps.split(|byte| *byte == b'\n').filter(in_directory);
        Ok(lines.filter_map(|line| addresses(&String::from_utf8_lossy(line))).collect())
    }

    /// Does this call get bytes of a mapping of a FILE?
    fn note_carried(&mut self, pid: Pid, call: &Call) -> common::Result<()> {
        if self.carried.is_some() || self.made.is_empty() {
            return Ok(());
        }
        let process = process_of(pid)?;
        for (address, length) in handed_over(pid, call)? {
            let end = address.saturating_add(length);
            let is_in = |((of, at), whole): (&(Pid, u64), &u64)| {
                *of == process && *at < end && address < at.saturating_add(*whole)
            };
            if length > 0
                && self.made.iter().any(is_in)
                && self.mappings_of(process)?.iter().any(|range| range.contains(&address))
            {
                let of = counted(length, "byte");
                self.carried =
                    Some(format!("`{}` was given {of} of a mapping of FILE", call.name()));
            }
        }
        Ok(())
    }

    /// A call has made a mapping of so many bytes.
    fn note_mapped(&mut self, pid: Pid, call: &Call, length: u64) -> common::Result<()> {
        if let Some(address) = call.result.filter(|result| *result > 0) {
            self.made.insert((process_of(pid)?, address.cast_unsigned()), length);
        }
        Ok(())
    }

    /// A mapping is gone if all its pages are: a call may give back a part only.
    fn note_unmapped(&mut self, process: Pid, [start, length]: [u64; 2]) {
        let in_pages = |bytes: u64| bytes.next_multiple_of(page_size() as u64);
        let end = start.saturating_add(in_pages(length));
        if let Some(whole) =
            self.made.get(&(process, start)).filter(|whole| in_pages(**whole) > end - start)
        {
            self.part_of.get_or_insert([length, *whole]);
        }
        self.made.retain(|(of, at), whole| {
            *of != process || *at < start || at.saturating_add(in_pages(*whole)) > end
        });
    }
}

/// The process of a thread.
fn process_of(thread: Pid) -> common::Result<Pid> {
    let process = status_number(thread, "Tgid").step(MECHANISM)?;
    let process = process.and_then(|number| i32::try_from(number).ok());
    Ok(process.map_or(thread, Pid::from_raw)) // None: it is gone.
}

/// Where in its memory a call finds bytes that it hands over to a file, a pipe or a socket: addresses and lengths.
fn handed_over(pid: Pid, call: &Call) -> common::Result<Vec<(u64, u64)>> {
    const SIZE: usize = 16;
    const MOST: u64 = 1024; // The kernel's UIO_MAXIOV.
    let [_, buffer, length, ..] = call.arguments;
    match call.number {
        libc::SYS_write | libc::SYS_pwrite64 | libc::SYS_sendto => Ok(vec![(buffer, length)]),
        libc::SYS_writev | libc::SYS_pwritev | libc::SYS_pwritev2 | libc::SYS_vmsplice => {
            let count = usize::try_from(length.min(MOST)).unwrap_or_default();
            let at = usize::try_from(buffer).unwrap_or(usize::MAX);
            let vector = memory(pid, at, count * SIZE).step(MECHANISM)?.unwrap_or_default();
            let (words, _) = vector.as_chunks();
            let words: Vec<_> = words.iter().map(|word| u64::from_ne_bytes(*word)).collect();
            let (pairs, _) = words.as_chunks();
            Ok(pairs.iter().map(|[address, length]| (*address, *length)).collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// Private memory, and shared memory that belongs to no file.
fn private_memory(pid: Pid) -> common::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = read_text(pid, &path).step(MECHANISM)?;
    let status = status.unwrap_or_default(); // None: it is gone.
    let counted = |name| status.lines().find_map(|line| kilobytes(line, name)).unwrap_or_default();
    let shared = match counted("RssShmem:") {
        0 => 0,
        _ => shared_memory_without_a_file(pid)?, // A FILE on a tmpfs counts as shared memory, too.
    };
    Ok(counted("RssAnon:") + shared)
}

fn shared_memory_without_a_file(pid: Pid) -> common::Result<u64> {
    const NAMES: [&str; 4] = ["/dev/zero (deleted)", "/memfd:", "/SYSV", "[anon_shmem:"];
    let smaps = read_text(pid, &format!("/proc/{pid}/smaps")).step(MECHANISM)?;
    let (mut sum, mut counts) = (0, false);
    for line in smaps.unwrap_or_default().lines() {
        if addresses(line).is_some() {
            counts = NAMES.iter().any(|name| line.contains(name));
        } else if counts && let Some(bytes) = kilobytes(line, "Rss:") {
            sum += bytes;
        }
    }
    Ok(sum)
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
        self.note_carried(pid, call)?;
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
            self.note_mapped(pid, call, call.arguments[1])?;
            if self.made.len() > MOST_MAPPINGS {
                self.count_mappings()?;
            }
        } else if call.number == libc::SYS_munmap && call.result == Some(0) {
            let [address, length, ..] = call.arguments;
            self.note_unmapped(process_of(pid)?, [address, length]);
        } else if call.number == libc::SYS_mremap && call.result > Some(0) {
            // It may have made a second mapping of the same pages.
            if self.made.keys().any(|(_, at)| *at == call.arguments[0]) {
                self.note_mapped(pid, call, call.arguments[2])?;
            }
            self.count_mappings()?;
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
