//! A disk that answers EIO: the results of the flushes are changed, as if it had.

use std::path::Path;

use nix::unistd::Pid;
use tracer::Call;

use crate::disk::Flushes;
use crate::observe::Observer;
use crate::verdict::Verdict;

/// Makes every flush of a file's bytes fail.
pub(super) struct Refusing {
    flushes: Flushes,
    begun: Vec<Pid>,
    /// A flush that can tell its caller of a failure was refused; and one that cannot.
    reports: bool,
    silent: bool,
    cannot: Option<&'static str>,
}

impl Refusing {
    /// For the file at `path`.
    pub(super) fn new(path: &Path) -> Self {
        Self {
            flushes: Flushes::of(path),
            begun: Vec::new(),
            reports: false,
            silent: false,
            cannot: None,
        }
    }

    /// Whether nothing but `sync` has flushed FILE: it returns nothing, whatever happens.
    pub(super) fn cannot_be_noticed(&self) -> bool {
        self.silent && !self.reports
    }

    /// Why no result could be changed.
    pub(super) fn cannot(&self) -> Option<&'static str> {
        self.cannot
    }
}

impl Observer for Refusing {
    fn entry(&mut self, pid: Pid, call: &Call) -> Verdict {
        if self.flushes.by(pid, call)?.is_some_and(|flush| !flush.ranges.is_empty()) {
            self.begun.push(pid);
            match call.number {
                libc::SYS_sync => self.silent = true,
                _ => self.reports = true,
            }
        }
        Ok(())
    }

    fn exit(&mut self, pid: Pid, _call: &Call) -> Verdict {
        let begun = self.begun.len();
        self.begun.retain(|other| *other != pid);
        if self.begun.len() < begun && !answer(pid, libc::EIO) {
            self.cannot = Some("a call's result cannot be changed on this processor");
        }
        Ok(())
    }
}

/// Changes the result of the call from which this process is returning; whether that is possible here.
fn answer(pid: Pid, errno: i32) -> bool {
    match tracer::set_result(pid, i64::from(-errno)) {
        Err(error) => error.kind() != std::io::ErrorKind::Unsupported, // Else killed meanwhile.
        Ok(()) => true,
    }
}
