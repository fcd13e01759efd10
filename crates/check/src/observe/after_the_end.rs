//! What a program still does after its end: by a process that it has started and not waited for.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use common::Context;
use nix::unistd::Pid;
use tracer::{Call, FileId, MECHANISM, Opened, Use};

use super::Observer;
use crate::verdict::{Verdict, failed};

/// Looks whether FILE changes, or something is printed, after the program's first process has ended.
pub struct AfterTheEnd<'o> {
    inner: &'o mut dyn Observer,
    path: PathBuf,
    /// FILE's bytes at the end, if other processes went on then.
    at_the_end: Option<Vec<u8>>,
    has_ended: bool,
    /// The program's standard output.
    output: Option<FileId>,
    /// The call by which one of the others has printed.
    printed_by: Option<String>,
}

impl<'o> AfterTheEnd<'o> {
    /// For FILE at `path`; another observer looks, too.
    pub fn new(inner: &'o mut dyn Observer, path: PathBuf) -> Self {
        Self { inner, path, at_the_end: None, has_ended: false, output: None, printed_by: None }
    }

    /// FILE's bytes: none, if there is no such file for the program's user, or if it is no regular file or longer
    /// than any file that is compared.
    ///
    /// # Errors
    /// FILE cannot be looked at, for a reason that is not the program's.
    fn content(&self) -> Verdict<Vec<u8>> {
        const MOST: u64 = 1 << 20;
        // A symbolic link, a directory of mode 0, or a FIFO: the program has made it so.
        const NO_FILE: [i32; 5] =
            [libc::ENOENT, libc::ENOTDIR, libc::ELOOP, libc::EACCES, libc::ENXIO];
        let mut content = Vec::new();
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = match File::options().read(true).custom_flags(flags).open(&self.path) {
            Err(error) if error.raw_os_error().is_some_and(|errno| NO_FILE.contains(&errno)) => {
                return Ok(content);
            }
            file => file.step_on("open", &self.path)?,
        };
        let found = file.metadata().step_on("fstat", &self.path)?;
        if found.is_file() && found.len() <= MOST {
            file.take(MOST).read_to_end(&mut content).step_on("read", &self.path)?;
        }
        Ok(content)
    }

    /// All was done when the program ended.
    ///
    /// # Errors
    /// `works-after-its-end`.
    pub fn verdict(&self, called: &str) -> Verdict {
        let expected = format!("when `{called}` ends, all its work is done");
        let by = "a process that it had started and not waited for";
        if let Some(call) = &self.printed_by {
            let seen = format!("`{called}` had ended; then {by} printed, by {call}");
            return failed("works-after-its-end", expected, seen);
        }
        match &self.at_the_end {
            Some(before) if *before != self.content()? => {
                let seen = format!("`{called}` had ended; then {by} changed FILE");
                failed("works-after-its-end", expected, seen)
            }
            _ => Ok(()),
        }
    }
}

impl Observer for AfterTheEnd<'_> {
    fn entry(&mut self, pid: Pid, call: &Call) -> Verdict {
        if self.output.is_none() && !self.has_ended {
            self.output = Opened::by(pid, 1).step(MECHANISM)?.map(|opened| opened.file);
        }
        let is_about_it = self.output.is_some_and(|output| call.is_about(output));
        if self.has_ended && call.does() == Use::TransfersData && is_about_it {
            self.printed_by.get_or_insert_with(|| call.name());
        }
        self.inner.entry(pid, call)
    }

    fn exit(&mut self, pid: Pid, call: &Call) -> Verdict {
        self.inner.exit(pid, call)
    }

    fn signal(&mut self, pid: Pid, signal: i32) -> Verdict<bool> {
        self.inner.signal(pid, signal)
    }

    fn ending(&mut self, pid: Pid) -> Verdict {
        self.inner.ending(pid)
    }

    fn ended(&mut self, others_go_on: bool) -> Verdict {
        self.has_ended = true;
        self.at_the_end = if others_go_on { Some(self.content()?) } else { None };
        self.inner.ended(others_go_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::NoopObserver;
    use crate::verdict::CheckError;

    fn at_the_end(path: &str) -> Verdict<Vec<u8>> {
        let mut inner = NoopObserver;
        let mut looks = AfterTheEnd::new(&mut inner, path.into());
        looks.ended(true)?;
        Ok(looks.at_the_end.unwrap_or_default())
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_empty_file_and_no_fault_of_the_program() {
        // A regular file, whose first byte cannot be read: EIO.
        let seen = at_the_end("/proc/self/mem");
        assert!(
            matches!(&seen, Err(CheckError::Cannot(_) | CheckError::Fault(_))),
            "{:?}",
            seen.map(|bytes| bytes.len())
        );
    }

    #[test]
    fn a_file_that_is_missing_or_a_directory_has_no_bytes() {
        for path in ["/nowhere", "/proc/self", "/proc/self/exe", "/dev/null"] {
            assert!(at_the_end(path).is_ok_and(|bytes| bytes.is_empty()), "{path}");
        }
    }
}
