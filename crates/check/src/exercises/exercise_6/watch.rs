//! Looks while `lines` runs: how many mappings of FILEs there are, how much private memory, and how
//! many page faults it took in the end.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use common::Context;
use nix::unistd::Pid;
use procfs::process::Process;
use tracer::{Call, MECHANISM, Use, look, read_text};

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
pub(super) struct Watch {
    /// Where the FILEs are.
    directory: PathBuf,
    /// Mappings made and not seen to go since they were counted last: never too few.
    perhaps: usize,
    mappings: usize,
    /// Private memory when a FILE was opened first.
    runtime: Option<u64>,
    memory: u64,
    faults: u64,
}

impl Watch {
    /// For a program that runs in this context's directory.
    pub(super) fn new(context: &CheckContext) -> Self {
        let directory = context.work_directory().path().into();
        Self { directory, perhaps: 0, mappings: 0, runtime: None, memory: 0, faults: 0 }
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
        let runtime = self.runtime.unwrap_or_default().min(MOST_OF_A_RUNTIME);
        let memory = self.memory.saturating_sub(runtime);
        if memory >= MOST_MEMORY {
            let most = MOST_MEMORY >> 20;
            let expected = format!(
                "private memory below {most} MiB, above what it has when it opens a FILE first"
            );
            return failed("too-much-memory", expected, format!("{} MiB", memory >> 20));
        }
        if self.mappings > MOST_MAPPINGS {
            let expected = format!("at most {MOST_MAPPINGS} mappings of FILEs at a time");
            return failed("too-many-mappings", expected, format!("{} at a time", self.mappings));
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
        let Some(descriptor) = call.result.filter(|_| call.does() == Use::Opens) else {
            return Ok(false);
        };
        let link = format!("/proc/{pid}/fd/{descriptor}");
        let target = look(pid, &link, fs::read_link(&link)).step(MECHANISM)?;
        Ok(target.is_some_and(|target| target.starts_with(&self.directory)))
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

fn private_memory(pid: Pid) -> common::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = read_text(pid, &path).step(MECHANISM)?;
    let status = status.unwrap_or_default(); // None: it is gone.
    let anonymous = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = anonymous.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kilobytes.unwrap_or_default() << 10)
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
        if self.runtime.is_none() && self.opens_a_file(pid, call)? {
            self.runtime = Some(private_memory(pid)?);
        }
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
