//! Looks while `lines` runs: how many mappings of FILEs there are, how much private memory, and how
//! many page faults it took in the end.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use common::Context;
use nix::unistd::Pid;
use procfs::process::Process;
use tracer::{Call, MECHANISM, look, read_text};

use crate::exercises::CheckContext;
use crate::observe::Observer;
use crate::verdict::{Verdict, failed};

/// Mappings of FILEs that may exist at a time.
const MOST_MAPPINGS: usize = 8;

/// Private memory must be below this.
const MOST_MEMORY: u64 = 16 << 20;

/// The observer.
pub(super) struct Watch {
    /// Where the FILEs are.
    directory: PathBuf,
    /// Mappings made and not seen to go since they were counted last: never too few.
    perhaps: usize,
    mappings: usize,
    memory: u64,
    faults: u64,
}

impl Watch {
    /// For a program that runs in this context's directory.
    pub(super) fn new(context: &CheckContext) -> Self {
        let directory = context.work_directory().path().into();
        Self { directory, perhaps: 0, mappings: 0, memory: 0, faults: 0 }
    }

    /// Minor and major faults of the whole run.
    pub(super) fn faults(&self) -> u64 {
        self.faults
    }

    /// Neither too many mappings, nor too much memory.
    ///
    /// # Errors
    /// `too-much-memory`, `too-many-mappings`.
    pub(super) fn within_bounds(&self) -> Verdict {
        if self.memory >= MOST_MEMORY {
            let expected = format!("private memory below {} MiB", MOST_MEMORY >> 20);
            return failed("too-much-memory", expected, format!("{} MiB", self.memory >> 20));
        }
        if self.mappings > MOST_MAPPINGS {
            let expected = format!("at most {MOST_MAPPINGS} mappings of FILEs at a time");
            return failed("too-many-mappings", expected, format!("{} at a time", self.mappings));
        }
        Ok(())
    }

    /// Memory of its own, which only a call can give back: so it is looked at before such calls.
    fn look_at_memory(&mut self, pid: Pid) -> common::Result<()> {
        let path = format!("/proc/{pid}/status");
        let status = read_text(pid, &path).step(MECHANISM)?;
        let status = status.unwrap_or_default(); // None: it is gone.
        let anonymous = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kilobytes =
            anonymous.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        self.memory = self.memory.max(kilobytes.unwrap_or_default() << 10);
        Ok(())
    }

    fn count_mappings(&mut self, pid: Pid) -> common::Result<()> {
        let path = format!("/proc/{pid}/maps");
        let maps = look(pid, &path, fs::read(&path)).step(MECHANISM)?;
        let maps = maps.unwrap_or_default(); // None: it is gone.
        let directory = [self.directory.as_os_str().as_bytes(), b"/"].concat();
        let in_directory =
            |line: &&[u8]| line.windows(directory.len()).any(|part| part == directory);
        self.perhaps = maps.split(|byte| *byte == b'\n').filter(in_directory).count();
        self.mappings = self.mappings.max(self.perhaps);
        Ok(())
    }
}

/// Calls by which memory is given back.
const GIVES_BACK: [i64; 5] =
    [libc::SYS_munmap, libc::SYS_brk, libc::SYS_madvise, libc::SYS_mremap, libc::SYS_execve];

impl Observer for Watch {
    fn entry(&mut self, pid: Pid, call: &Call) -> Verdict {
        // Thousands of small mappings go one by one: so little is not worth a look.
        let [_, length, ..] = call.arguments;
        let small = call.number == libc::SYS_munmap && length < 1 << 16;
        if GIVES_BACK.contains(&call.number) && !small {
            self.look_at_memory(pid)?;
        }
        Ok(())
    }

    fn exit(&mut self, pid: Pid, call: &Call) -> Verdict {
        if call.number == libc::SYS_mmap && call.files.iter().any(|opened| opened.regular) {
            self.perhaps += 1;
            if self.perhaps > MOST_MAPPINGS {
                self.count_mappings(pid)?;
            }
        } else if call.number == libc::SYS_munmap {
            self.perhaps = self.perhaps.saturating_sub(1);
        }
        Ok(())
    }

    fn ending(&mut self, pid: Pid) -> Verdict {
        self.look_at_memory(pid)?;
        // A thread's end shows its process's counts so far; the last one has them all.
        if let Ok(counts) = Process::new(pid.as_raw()).and_then(|process| process.stat()) {
            let faults = counts.minflt + counts.majflt + counts.cminflt + counts.cmajflt;
            self.faults = self.faults.max(faults);
        }
        Ok(())
    }
}
