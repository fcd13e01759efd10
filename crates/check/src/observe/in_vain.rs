//! A program that waits in vain: each of its threads sleeps in `open`, for the other end of a FIFO. No clock is needed
//! to see that: nobody else can open this FIFO, and nobody is left who could wake them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use nix::unistd::Pid;
use tracer::{Call, LimitExceeded, SharedTable, look, signals_caught, sleeps_soundly};

/// Looks at the processes of a run, again and again.
#[derive(Default)]
pub(super) struct InVain {
    /// All threads were asleep at the look before, and no thread has stopped since.
    all_slept: bool,
}

impl InVain {
    /// Ends all processes, if all threads wait in vain at two looks in a row. `entered`: the calls in which they are.
    ///
    /// # Errors
    /// As [`look()`](tracer::look()).
    pub(super) fn look(
        &mut self,
        table: &SharedTable,
        entered: &BTreeMap<Pid, Call>,
    ) -> io::Result<()> {
        let all = table.lock().all();
        let mut all_sleep = !all.is_empty();
        for pid in all {
            all_sleep = all_sleep
                && match entered.get(&pid) {
                    Some(call) => waits_in_vain(pid, call)?,
                    None => false,
                };
        }
        if all_sleep && self.all_slept {
            table.lock().end(LimitExceeded::Fifo);
        }
        self.all_slept = all_sleep;
        Ok(())
    }
}

/// Whether a thread sleeps in this call, which opens a FIFO, and no signal can make the call return. If it handles
/// other signals than these, a timer of its own may send one: then the clock decides.
fn waits_in_vain(pid: Pid, call: &Call) -> io::Result<bool> {
    // A person sends the first signal, a memory access raises the next two, and the end of a child sends the last.
    const NEVER_SENT: [i32; 4] = [libc::SIGINT, libc::SIGSEGV, libc::SIGBUS, libc::SIGCHLD];
    let harmless = NEVER_SENT.iter().fold(0, |mask, signal| mask | 1 << (signal - 1));
    Ok(opens_a_fifo(pid, call)?
        && sleeps_soundly(pid)?
        && signals_caught(pid)?.is_some_and(|caught| caught & !harmless == 0))
}

/// Whether a call opens a FIFO by its name.
fn opens_a_fifo(pid: Pid, call: &Call) -> io::Result<bool> {
    let Some(name) = call.opened_from_here()? else { return Ok(false) };
    let path = Path::new(&format!("/proc/{pid}/cwd")).join(name);
    let found = look(pid, path.display().to_string(), fs::metadata(&path));
    // A path that leads nowhere, or that the judge may not look at, is not the path of a FIFO.
    Ok(found.unwrap_or_default().is_some_and(|found| found.file_type().is_fifo()))
}
