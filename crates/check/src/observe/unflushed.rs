//! Output that stays in the memory of a program that ends.

use common::Context;
use nix::unistd::Pid;
use tracer::{Call, MECHANISM, Use, memory};

use super::{Observer, Run, maps};
use crate::verdict::Verdict;

/// Looks whether a program ends with its result in its memory, and has written nothing to standard output.
pub struct Unflushed<'a> {
    expected: &'a [u8],
    process: Option<Pid>,
    has_written: bool,
    found: bool,
}

impl<'a> Unflushed<'a> {
    /// For a program that should print this.
    #[must_use]
    pub fn new(expected: &'a [u8]) -> Self {
        Self { expected, process: None, has_written: false, found: false }
    }

    /// Notes in the run what was found out.
    #[must_use]
    pub fn noted_in(&self, run: Run) -> Run {
        let is_elsewhere = contains(&run.stderr.bytes, self.expected);
        Run { unflushed: self.found && run.stdout.total == 0 && !is_elsewhere, ..run }
    }

    fn is_in_memory(&self, pid: Pid) -> Verdict<bool> {
        /// More than the memory of any exercise's program at its end.
        const MOST: usize = 64 << 20;
        let mut looked_at = 0;
        for mapping in maps(pid)? {
            let length = mapping.addresses.len();
            if mapping.has_file() || !mapping.permissions.starts_with("rw-p") {
                continue;
            }
            looked_at += length;
            if looked_at > MOST {
                break;
            }
            let bytes = memory(pid, mapping.addresses.start, length).step(MECHANISM)?;
            if bytes.is_some_and(|bytes| contains(&bytes, self.expected)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Observer for Unflushed<'_> {
    fn entry(&mut self, pid: Pid, _call: &Call) -> Verdict {
        self.process.get_or_insert(pid); // The first call is the process's own; threads come later.
        Ok(())
    }

    fn exit(&mut self, _pid: Pid, call: &Call) -> Verdict {
        let [descriptor, ..] = call.arguments;
        self.has_written |= call.does() == Use::TransfersData && descriptor == 1;
        Ok(())
    }

    fn ending(&mut self, pid: Pid) -> Verdict {
        /// Fewer bytes can be in a memory by chance.
        const LEAST: usize = 8;
        if self.process == Some(pid) && !self.has_written && self.expected.len() >= LEAST {
            self.found |= self.is_in_memory(pid)?;
        }
        Ok(())
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return false };
    let mut left = bytes;
    while let Some(place) = left.iter().position(|byte| byte == first) {
        left = left.get(place + 1..).unwrap_or_default();
        if left.starts_with(rest) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_found_after_a_false_start() {
        assert!(contains(b"aab durable 0\n", b"ab d"));
        assert!(!contains(b"aab", b"abc"));
        assert!(!contains(b"", b"a"));
    }
}
