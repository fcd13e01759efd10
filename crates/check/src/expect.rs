//! What a check may expect of a run.

use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use common::page_size;
use explore::words::denied;
use nix::errno::Errno;
use sandbox::WorkDirectory;
use tracer::arch::legacy;
use tracer::{Ending, FileId, REFUSED, Use};

use crate::counted::counted;
use crate::observe::{Fault, Run, is_anonymous, killed_for};
use crate::verdict::{CheckError, Finding, MEANS_NOT_ALLOWED, Verdict, failed};

/// Is this the text without blanks that it has at an end?
pub(crate) fn is_stripped(stored: &[u8], text: &str) -> bool {
    stored.len() < text.len() && stored.trim_ascii() == text.trim().as_bytes()
}

impl Run {
    /// It ended by itself; what killed it otherwise, and where it accessed what.
    ///
    /// # Errors
    /// `died-of-a-signal`, `past-the-mapping`.
    pub fn lives(&self) -> Verdict {
        let Ending::Killed(_) = self.ending else { return Ok(()) };
        let seen = match &self.fault {
            Some(fault) => format!("`{}` {}: {fault}", self.called, self.ending),
            None => format!("`{}` {}", self.called, self.ending),
        };
        let expected = "an exit status, whatever happens";
        let id = match &self.fault {
            Some(Fault { past: Some(_), .. }) => "past-the-mapping",
            _ => "died-of-a-signal",
        };
        let finding = Finding::new(id, expected, seen).details(self.said());
        let causes = self.about_map_failed().into_iter().chain(self.about_unmapped());
        Err(finding.details(causes).details(self.printed_by_then()).into())
    }

    /// What is said of an access to an address whose mapping the program has removed itself.
    fn about_unmapped(&self) -> Option<String> {
        let fault = self.fault.as_ref().filter(|fault| fault.mapping.is_none())?;
        let address = fault.address as u64;
        let calls: Vec<_> = self.calls.iter().flatten().collect();
        let removes =
            |call: &&tracer::Call| removed(call).is_some_and(|gone| gone.contains(&address));
        let place = calls.iter().rposition(removes)?;
        let (call, gone) = (calls.get(place)?, removed(calls.get(place)?)?);
        let length = counted(gone.end - gone.start, "byte");
        let mapped =
            calls.iter().take(place).rev().find(|call| {
                call.does() == Use::Maps && call.result == Some(gone.start.cast_signed())
            });
        let had = mapped.map(|call| call.arguments[1].next_multiple_of(page_size() as u64));
        let more = match had.filter(|had| *had < gone.end - gone.start) {
            Some(had) => format!(
                ". The mapping that mmap had made there has only {}: what lay after it is gone, too",
                counted(had, "byte")
            ),
            None => String::new(),
        };
        Some(format!(
            "before, {} of {length} at {:#x} removed what was mapped at this address{more}",
            call.name(),
            gone.start
        ))
    }

    /// What is said of an access to the result of an mmap that failed, MAP_FAILED, as an address.
    fn about_map_failed(&self) -> Option<String> {
        // MAP_FAILED is -1; of a vector that holds a byte, the access is to its first byte.
        const VECTOR: u64 = 64;
        // A place in a page may be added to it, whatever the length was.
        let page = page_size() as u64;
        let address = self.fault.as_ref()?.address as u64;
        let distance = address.wrapping_add(VECTOR);
        let failed = self.calls.iter().flatten().rev().find_map(|call| {
            let [_, length, new_length, ..] = call.arguments;
            let errno = errno_of(call)?;
            let length = match call.number {
                libc::SYS_mmap => length,
                libc::SYS_mremap => new_length,
                _ => return None,
            };
            let most = if is_anonymous(call) { length } else { length.max(page) };
            (distance < most.saturating_add(VECTOR)).then_some((call, length, errno))
        });
        let after = address.wrapping_add(1);
        match failed {
            Some((call, length, errno)) => Some(format!(
                "before, {} of {} returned MAP_FAILED ({errno:?}: {}{}), which is -1: the \
                 address is {}",
                call.name(),
                counted(length, "byte"),
                errno.desc(),
                why_it_failed(call, errno),
                match distance < length.saturating_add(VECTOR) {
                    true => "where those bytes would be if -1 were an address".into(),
                    false => format!("{after} bytes after it"),
                }
            )),
            None if (1..page).contains(&address) => Some(format!(
                "the address is {after} bytes after MAP_FAILED, which is -1, and {address} after NULL: \
                 perhaps a call failed, and its result was used. mmap also fails without a system call: the C \
                 library itself answers EINVAL if the offset is no multiple of {page}",
            )),
            None if distance < VECTOR => Some(format!(
                "the address is that of MAP_FAILED, which is -1, and no system call mmap or mremap was seen to \
                 fail. mmap also fails without a system call: the C library itself answers EINVAL if the offset \
                 is no multiple of {page}"
            )),
            None => None,
        }
    }

    /// It ended with this status.
    ///
    /// # Errors
    /// `died-of-a-signal`, `wrong-exit-status`.
    pub fn ends_with(&self, status: i32) -> Verdict {
        self.lives()?;
        if self.ending == Ending::Exited(status) {
            return Ok(());
        }
        let expected = format!("`{}` ends with exit status {status}", self.called);
        Err(self.wrong_status(status, expected).into())
    }

    /// What is said of an exit status that is not the one that was expected, by its cause, if that was seen.
    fn wrong_status(&self, expected_status: i32, expected: String) -> Finding {
        let failed = self.calls.iter().flatten().rev().find_map(failed_call);
        let says_usage = self.stderr.text().to_lowercase().contains("usage");
        let (id, seen) = match (expected_status, self.ending, failed) {
            (0 | 1, Ending::Exited(_), _) if self.is_not_started() => ("does-not-start", None),
            (0, Ending::Exited(_), _) if self.takes_the_command_for_a_file() => {
                ("command-word-as-file", None)
            }
            (0, Ending::Exited(2), _) if says_usage => ("right-call-refused", None),
            (0, Ending::Exited(_), _) if !self.denied.is_empty() => (MEANS_NOT_ALLOWED, None),
            (0, Ending::Exited(2), None) => ("wrong-exit-status", None),
            (0, Ending::Exited(_), Some(call)) => ("fails-wrongly", Some(call)),
            (1, Ending::Exited(0), Some(call)) => {
                ("failed-call-ignored", Some(format!("{call}, and the program went on")))
            }
            _ => ("wrong-exit-status", None),
        };
        let seen = seen.map(|seen| format!("; {seen}")).unwrap_or_default();
        let means = self.denied.iter().filter(|_| id == MEANS_NOT_ALLOWED);
        let means = means.map(|what| format!("it {}", denied(what)));
        let finding = Finding::new(id, expected, format!("{}{seen}", self.ending));
        finding.details(means).details(self.said())
    }

    /// A shell, `env` or Python has told that it cannot run the program.
    fn is_not_started(&self) -> bool {
        let says = |words: &str| self.stderr.text().lines().any(|line| line.starts_with(words));
        match self.ending {
            Ending::Exited(126 | 127) => says("env: ") || says("/usr/bin/env: "),
            Ending::Exited(1) => {
                ["SyntaxError: ", "IndentationError: ", "TabError: "].map(says).contains(&true)
            }
            _ => false,
        }
    }

    /// It has told that there is no file of the name that is the command word.
    fn takes_the_command_for_a_file(&self) -> bool {
        let Some(word) = self.called.split(' ').nth(1) else { return false };
        let said = self.stderr.text();
        let names =
            |line: &str| line.split(|mark: char| !mark.is_alphanumeric()).any(|one| one == word);
        said.lines().any(|line| line.contains("No such file or directory") && names(line))
    }

    /// It ended with status 0.
    ///
    /// # Errors
    /// As [`ends_with`](Self::ends_with).
    pub fn succeeds(&self) -> Verdict {
        self.ends_with(0)
    }

    /// It failed: a status other than 0, and no signal.
    ///
    /// # Errors
    /// `died-of-a-signal`, `wrong-exit-status`.
    pub fn fails(&self) -> Verdict {
        self.lives()?;
        if self.ending != Ending::Exited(0) {
            return Ok(());
        }
        let expected = format!("`{}` fails: an exit status other than 0", self.called);
        Err(self.wrong_status(1, expected).into())
    }

    /// It failed as the contract says: status 1, and one line that names each of `names`.
    ///
    /// # Errors
    /// As [`ends_with`](Self::ends_with), `no-error-line` and `too-many-error-lines`.
    pub fn fails_naming(&self, names: &[&str]) -> Verdict {
        self.ends_with(1)?;
        let said = String::from_utf8_lossy(&self.stderr.bytes).into_owned();
        let named = names.iter().all(|name| said.contains(name));
        if said.lines().count() == 1 && named {
            return Ok(());
        }
        let expected = format!(
            "`{}` says one line on standard error, with {} in it",
            self.called,
            names.join(" and ")
        );
        let id = if named { "too-many-error-lines" } else { "no-error-line" };
        Err(Finding::new(id, expected, complaint(&said)).details(several(&said)).into())
    }

    /// It refused the call: status 2 and one line.
    ///
    /// # Errors
    /// As [`ends_with`](Self::ends_with), `no-usage-line` and `too-many-error-lines`.
    pub fn refuses_the_call(&self) -> Verdict {
        self.ends_with(2)?;
        let said = String::from_utf8_lossy(&self.stderr.bytes).into_owned();
        if said.lines().count() == 1 && !said.trim().is_empty() {
            return Ok(());
        }
        let expected = format!("`{}` says one line of usage on standard error", self.called);
        let id = if said.trim().is_empty() { "no-usage-line" } else { "too-many-error-lines" };
        Err(Finding::new(id, expected, complaint(&said)).details(several(&said)).into())
    }

    /// No call carried bytes of this file: all went through mappings.
    ///
    /// # Errors
    /// `bytes-not-by-mapping`, `anonymous-mapping`; that calls cannot be seen here.
    pub fn leaves_bytes_to_mappings(&self, file: FileId) -> Verdict {
        let Some(calls) = &self.calls else { return Err(calls_cannot_be_seen()) };
        let rings = [libc::SYS_io_uring_setup, libc::SYS_io_setup];
        let carries = |call: &&tracer::Call| {
            call.does() == Use::TransfersData
                && (call.is_about(file) || rings.contains(&call.number))
        };
        if let Some(call) = calls.iter().find(carries) {
            let expected = "FILE's bytes are reached through a mapping only";
            let descriptor = call.arguments[0];
            let seen = format!("`{}` called {}({descriptor}, …) on FILE", self.called, call.name());
            return failed("bytes-not-by-mapping", expected, seen);
        }
        match self.maps_anonymously(file) {
            None => Ok(()),
            Some(how) => failed("anonymous-mapping", "FILE itself is mapped", how),
        }
    }

    /// It maps this file, and all its mappings of it that may be stored to are private. The words for that.
    #[must_use]
    pub fn stores_privately(&self, file: FileId) -> Option<String> {
        const WRITABLE: u64 = 2; // PROT_WRITE.
        const PRIVATE: u64 = 2; // MAP_PRIVATE, of the two bits for the kind.
        let writable: Vec<_> =
            self.mapped(file).filter(|call| call.arguments[2] & WRITABLE != 0).collect();
        let is_private = |call: &&tracer::Call| call.arguments[3] & 3 == PRIVATE;
        (!writable.is_empty() && writable.iter().all(is_private)).then(|| {
            format!("`{}` maps FILE with PROT_WRITE and MAP_PRIVATE, and never shared", self.called)
        })
    }

    /// It gave this file's descriptor to `mmap`, with MAP_ANONYMOUS, and has no other mapping of it. The words
    /// for that.
    #[must_use]
    pub fn maps_anonymously(&self, file: FileId) -> Option<String> {
        let call = self.mapped_with(file).find(|call| is_anonymous(call))?;
        self.mapped(file).next().is_none().then(|| {
            format!(
                "`{}` called mmap of {} with FILE's descriptor and with MAP_ANONYMOUS, and has no other \
                 mapping of FILE",
                self.called,
                counted(call.arguments[1], "byte")
            )
        })
    }

    /// Why its stores do not reach this file, if its mappings show that: the diagnosis, and the words.
    #[must_use]
    pub fn stores_elsewhere(&self, file: FileId) -> Option<(&'static str, String)> {
        let private = self.stores_privately(file).map(|how| ("private-mapping", how));
        private.or_else(|| Some(("anonymous-mapping", self.maps_anonymously(file)?)))
    }

    /// It takes all bytes of this file away, which held some: by which call, in words.
    #[must_use]
    pub fn empties(&self, file: FileId) -> Option<&'static str> {
        self.calls_on(file).find_map(empties)
    }

    /// An `msync` that failed because of its address.
    #[must_use]
    pub fn unaligned_msync(&self) -> Option<String> {
        self.calls.iter().flatten().find_map(unaligned_msync)
    }

    /// It was not killed for a limit.
    ///
    /// # Errors
    /// The limit's diagnosis, which ends the exercise.
    pub fn stays_within_the_limits(&self) -> Verdict {
        let called = format!("`{}`", self.called);
        let expected = || format!("{called} ends by itself, within the limits");
        let Some(limit) = self.limit_exceeded else { return Ok(()) };
        let where_it_was = self.calls.as_ref().map(|_| match &self.unfinished {
            Some(call) => format!("when it was ended, it was in the system call {call}"),
            None => "when it was ended, it was in no system call".into(),
        });
        let lines = where_it_was.into_iter().chain(self.printed_by_then());
        Err(killed_for(limit, expected(), &called).details(lines))
    }

    /// Of a command that prints and was killed: how much of its output was seen.
    fn printed_by_then(&self) -> Option<String> {
        let command = self.called.split(' ').nth(1)?;
        PRINT.contains(&command).then(|| printed_by_then(self.stdout.total))
    }

    /// Nothing was printed after the program's end.
    ///
    /// # Errors
    /// `prints-after-its-end`.
    pub fn prints_in_time(&self) -> Verdict {
        if !self.printed_late {
            return Ok(());
        }
        let expected = format!("`{}` ends when all is printed", self.called);
        let seen =
            "it had ended, and a process that it has started wrote to standard output after that";
        failed("prints-after-its-end", expected, seen)
    }

    /// What it should print did not stay in its memory.
    ///
    /// # Errors
    /// `unflushed-output`.
    pub fn flushes(&self) -> Verdict {
        if !self.unflushed {
            return Ok(());
        }
        let expected = format!("`{}` writes its result to standard output", self.called);
        failed(
            "unflushed-output",
            expected,
            format!(
                "{}; no call has written to standard output, and the whole result was in the \
                 program's memory when it ended",
                self.ending
            ),
        )
    }

    /// Its standard output was full: it failed and named it.
    ///
    /// # Errors
    /// `died-of-a-signal`, `output-failure-ignored`.
    pub fn notices_a_full_output(&self) -> Verdict {
        self.lives()?;
        let said = String::from_utf8_lossy(&self.stderr.bytes).into_owned();
        let named = said.lines().count() == 1 && said.contains("standard output");
        if self.ending == Ending::Exited(1) && named {
            return Ok(());
        }
        let expected = format!(
            "`{} > /dev/full` ends with exit status 1 and one line that names standard output",
            self.called
        );
        let seen = format!("{}; it said {}", self.ending, shown(&said));
        let id = if named { "wrong-exit-status" } else { "output-failure-ignored" };
        let finding = Finding::new(id, expected, seen);
        Err(finding.details(self.flushed_again()).details(self.failed_output()).into())
    }

    /// Why the status is 120: of a Python program whose last flush has failed.
    pub fn flushed_again(&self) -> Option<String> {
        const OF_PYTHON: i32 = 120;
        (self.ending == Ending::Exited(OF_PYTHON)).then(|| {
            "120 is Python's status if its own flush of standard output fails at its end: it flushes again \
             what could not be written before"
                .into()
        })
    }

    /// Which write to standard output failed, and whether it was the last thing that the program did.
    pub fn failed_output(&self) -> Option<String> {
        let calls = self.calls.as_ref()?;
        let fails = |call: &tracer::Call| {
            let [descriptor, ..] = call.arguments;
            let error = call.result.filter(|result| *result < 0)?;
            let errno = Errno::from_raw(i32::try_from(-error).ok()?);
            (call.does() == Use::TransfersData && descriptor == 1).then_some((call.name(), errno))
        };
        let place = calls.iter().rposition(|call| fails(call).is_some())?;
        let (name, errno) = calls.get(place).and_then(fails)?;
        // A program that failed has looked at the result.
        let is_ignored = self.ending == Ending::Exited(0);
        let is_about_a_file =
            |call: &&tracer::Call| call.does() != Use::Else || call.number == libc::SYS_msync;
        let is_last = !calls.iter().skip(place + 1).any(|call| is_about_a_file(&call));
        let last = match is_last && is_ignored {
            true => {
                ". It was the program's last call about a file. At its end, a program flushes what is \
                 left, and nobody looks at the result"
            }
            false => "",
        };
        Some(format!("{name} to standard output failed ({errno:?}: {}){last}", errno.desc()))
    }

    /// It opened nothing for writing outside the directory; that Landlock refused it is no excuse.
    ///
    /// # Errors
    /// `writes-elsewhere`.
    pub fn writes_nowhere_else(&self, directory: &WorkDirectory) -> Verdict {
        let opened = self.calls.iter().flatten().filter_map(|call| call.written.as_deref());
        let elsewhere = |path: &&Path| !may_be_written(path, directory.path());
        match opened.into_iter().find(elsewhere) {
            None => Ok(()),
            Some(path) => failed(
                "writes-elsewhere",
                "nothing but FILE and its directory is opened for writing",
                format!("`{}` opened {path:?} for writing", self.called),
            ),
        }
    }

    /// What it wrote to standard error, as lines below a finding.
    pub(crate) fn said(&self) -> Vec<String> {
        said(&self.stderr.text())
    }
}

/// What a program wrote to standard error: of many lines the first two and the last two, because the first
/// line of a panic says what happened. Of a Python traceback, the last three: they say where it was, and
/// which exception.
pub(crate) fn said(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !is_underline(line)).collect();
    let told = |lines: &[&str]| -> Vec<String> {
        lines.iter().map(|line| format!("it said: {}", shown(line))).collect()
    };
    let is_traceback = lines.iter().any(|line| line.starts_with("Traceback (most recent call"));
    match &lines[..] {
        [.., before, line, last] if is_traceback && lines.len() > 3 => {
            [vec!["…".into()], told(&[before, line, last])].concat()
        }
        [first, second, .., before, last] if lines.len() > 5 => {
            [told(&[first, second]), vec!["…".into()], told(&[before, last])].concat()
        }
        few => told(few),
    }
}

/// Whether a line says nothing: it is empty, or Python's marks below a line of source.
fn is_underline(line: &str) -> bool {
    line.trim().chars().all(|mark| "^~".contains(mark))
}

/// What a program wrote to standard error, in short: of several lines, how many, and the last one.
pub(crate) fn complaint(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    match &lines[..] {
        [_, .., last] => format!("{} lines, the last is {}", lines.len(), shown(last)),
        _ => shown(text.trim_end()),
    }
}

/// Several lines of standard error, as [`said`].
fn several(text: &str) -> Vec<String> {
    if text.lines().count() > 1 { said(text) } else { Vec::new() }
}

/// Whether a program may open this path to write: in its directory, a device, or what `/proc` lets a
/// process say of itself, as runtimes do.
fn may_be_written(path: &Path, directory: &Path) -> bool {
    const ITS_OWN: [&str; 4] = ["comm", "coredump_filter", "oom_score_adj", "timerslack_ns"];
    let mut whole = PathBuf::new();
    for part in directory.join(path).components() {
        match part {
            Component::ParentDir => drop(whole.pop()),
            part => whole.push(part),
        }
    }
    if whole.starts_with(directory) {
        return true; // The scratch may itself be in /dev/shm.
    }
    if whole.starts_with("/dev") {
        return !whole.starts_with("/dev/shm");
    }
    let of_itself = ["/proc/self", "/proc/thread-self"].iter().find_map(|own| {
        let rest: Vec<_> = whole.strip_prefix(own).ok()?.iter().filter_map(OsStr::to_str).collect();
        match rest[..] {
            ["cwd", ..] => Some(true),
            [name] | ["task", _, name] => Some(ITS_OWN.contains(&name)),
            [..] => None,
        }
    });
    of_itself.unwrap_or(false)
}

/// Whether a call takes away all bytes of its file, in words.
fn empties(call: &tracer::Call) -> Option<&'static str> {
    let [_, second, third, ..] = call.arguments;
    let truncates = |flags: u64| flags & u64::from(libc::O_TRUNC.cast_unsigned()) != 0;
    match call.number {
        libc::SYS_openat if truncates(third) => Some("FILE was opened with O_TRUNC"),
        legacy::SYS_open if truncates(second) => Some("FILE was opened with O_TRUNC"),
        legacy::SYS_creat => Some("FILE was opened by `creat`, which empties it"),
        libc::SYS_ftruncate if second == 0 => Some("`ftruncate` set FILE's size to 0"),
        _ => None,
    }
}

/// No call can be seen where tracing is refused.
pub(super) fn calls_cannot_be_seen() -> CheckError {
    CheckError::Cannot(format!("{REFUSED}, so that no call of the program can be seen"))
}

/// The error of a call, if the call has failed.
fn errno_of(call: &tracer::Call) -> Option<Errno> {
    let error = call.result.filter(|result| *result < 0)?;
    Some(Errno::from_raw(i32::try_from(-error).ok()?))
}

/// Which addresses a call has taken from its process.
fn removed(call: &tracer::Call) -> Option<Range<u64>> {
    let [start, length, ..] = call.arguments;
    let end = start.checked_add(length)?.checked_next_multiple_of(page_size() as u64)?;
    let result = call.result.filter(|result| *result >= 0)?;
    match call.number {
        libc::SYS_munmap => Some(start..end),
        libc::SYS_mremap if result.cast_unsigned() != start => Some(start..end),
        _ => None,
    }
}

/// What is said of a call about the size of a file or about a mapping, if it failed; and the reason, if there
/// is one that can be seen.
fn failed_call(call: &tracer::Call) -> Option<String> {
    let errno = errno_of(call)?;
    let [start, length, protection, flags, ..] = call.arguments;
    let bytes = counted(length, "byte");
    let text = match call.number {
        libc::SYS_mmap if is_anonymous(call) => return None,
        libc::SYS_mmap => {
            let kind = if has(flags, libc::MAP_SHARED) { "MAP_SHARED" } else { "MAP_PRIVATE" };
            format!("mmap({bytes}, {}, {kind})", rights(protection))
        }
        libc::SYS_munmap => format!("munmap({start:#x}, {bytes})"),
        libc::SYS_mremap => format!("mremap({start:#x}, {bytes}, {})", counted(protection, "byte")),
        libc::SYS_mprotect => format!("mprotect({start:#x}, {bytes}, {})", rights(protection)),
        libc::SYS_msync => format!("msync({start:#x}, {bytes}, …)"),
        libc::SYS_ftruncate => format!("ftruncate to {bytes}"),
        libc::SYS_fallocate => "fallocate".into(),
        _ => return None,
    };
    Some(format!("{text} failed ({errno:?}: {}){}", errno.desc(), why_it_failed(call, errno)))
}

fn has(word: u64, bit: i32) -> bool {
    word & u64::from(bit.cast_unsigned()) != 0
}

/// The protection that a call asks for.
fn rights(protection: u64) -> String {
    let names = [(libc::PROT_READ, "PROT_READ"), (libc::PROT_WRITE, "PROT_WRITE")];
    let asked: Vec<_> =
        names.iter().filter(|(bit, _)| has(protection, *bit)).map(|(_, name)| *name).collect();
    if asked.is_empty() { "no protection".into() } else { asked.join("|") }
}

/// Why a call has failed, as far as its arguments and its file show that; else nothing.
fn why_it_failed(call: &tracer::Call, errno: Errno) -> String {
    let [start, length, protection, flags, ..] = call.arguments;
    let access = call.files.first().map(|file| file.flags & libc::O_ACCMODE);
    let stores = has(protection, libc::PROT_WRITE) && has(flags, libc::MAP_SHARED);
    let past = start % page_size() as u64;
    let text = match (call.number, errno, access) {
        (libc::SYS_mmap, Errno::EACCES, Some(libc::O_WRONLY)) => ": FILE is open for writing only",
        (libc::SYS_mmap, Errno::EACCES, Some(libc::O_RDONLY)) if stores => {
            ": FILE is open for reading only"
        }
        (libc::SYS_mmap, Errno::EINVAL, _) if length == 0 => ": no mapping has 0 bytes",
        (libc::SYS_mmap, Errno::EINVAL, _) => return unaligned(call).unwrap_or_default(),
        (
            libc::SYS_munmap | libc::SYS_mremap | libc::SYS_mprotect | libc::SYS_msync,
            Errno::EINVAL,
            _,
        ) if past != 0 => ": the address is not the start of a page",
        (libc::SYS_munmap, Errno::EINVAL, _) if length == 0 => ": the length is 0",
        (libc::SYS_mremap, Errno::EFAULT, _) => ": these bytes are not all in one mapping",
        (libc::SYS_mprotect | libc::SYS_msync, Errno::ENOMEM, _) => {
            ": not all of these addresses are mapped"
        }
        (libc::SYS_mprotect, Errno::EACCES, _) => ": FILE is not open for writing",
        _ => "",
    };
    text.into()
}

/// What is said of the offset of an `mmap`, if it is no multiple of the page size.
fn unaligned(call: &tracer::Call) -> Option<String> {
    let [.., offset] = call.arguments;
    let page = page_size() as u64;
    let is_it =
        call.number == libc::SYS_mmap && !is_anonymous(call) && !offset.is_multiple_of(page);
    is_it.then(|| format!(": its offset, {offset}, is no multiple of {page}"))
}

/// Whether a call of `mmap` failed with EINVAL, and its offset is no multiple of the page size: the words.
pub(crate) fn unaligned_mmap(call: &tracer::Call) -> Option<String> {
    let is_it = errno_of(call) == Some(Errno::EINVAL) && unaligned(call).is_some();
    is_it.then(|| failed_call(call)).flatten()
}

/// What is said of an `msync` that failed because its address is no page's.
pub(crate) fn unaligned_msync(call: &tracer::Call) -> Option<String> {
    let [address, length, ..] = call.arguments;
    let past = address % page_size() as u64;
    let is_it = call.number == libc::SYS_msync
        && call.result == Some(-i64::from(libc::EINVAL))
        && past != 0;
    is_it.then(|| {
        format!(
            "msync({address:#x}, {length}, …) returned EINVAL: the address is {} past the start of a \
             page of {} bytes",
            counted(past, "byte"),
            page_size()
        )
    })
}

/// The commands of the exercises that print their result.
const PRINT: [&str; 6] = ["peek", "take", "record", "list", "preview", "lines"];

/// How much a program had printed when it was killed.
pub(crate) fn printed_by_then(bytes: u64) -> String {
    match bytes {
        0 => "it had printed nothing by then; output that is not flushed is not seen".into(),
        bytes => format!("it had printed {} by then", counted(bytes, "byte")),
    }
}

/// A program's words, harmless and short.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 200;
    let cut = text.chars().count() > MOST;
    let short: String = text.chars().take(MOST).collect();
    let end = if cut { " …" } else { "" };
    // Many NULs at the end, such as a whole slot of a ledger, are counted.
    const MANY: usize = 4;
    let before = short.trim_end_matches('\0');
    match short.len() - before.len() {
        zeros if zeros >= MANY => format!("{before:?}, then {zeros} × \\0{end}"),
        _ => format!("{short:?}{end}"),
    }
}

/// The first bytes of something, for people.
pub(super) fn hexed(bytes: &[u8]) -> String {
    const MOST: usize = 16;
    let shown: Vec<_> = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
    let text: String = bytes
        .iter()
        .take(MOST)
        .map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        })
        .collect();
    let more = if bytes.len() > MOST { " …" } else { "" };
    format!("{}{more} |{text}|", shown.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_complaint_the_first_and_the_last_lines_are_told() {
        let five = said("1\n2\n\n3\n4\n5\n");
        assert_eq!(five.len(), 5);
        let told = said("thread 'main' panicked:\n2\n3\n4\n5\nnote\n");
        let (first, last) = (told.first(), told.last());
        assert!(first.is_some_and(|line| line.contains("panicked")), "{told:?}");
        assert!(last.is_some_and(|line| line.contains("note")), "{told:?}");
        assert_eq!(told.len(), 5);
    }

    #[test]
    fn of_a_traceback_the_exceptions_line_is_told() {
        let traceback = "Traceback (most recent call last):\n  File 1\n    one\n  File 2\n    two\nKeyError: 7\n";
        let told = said(traceback);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told.iter().all(|line| !line.contains("Traceback")), "{told:?}");
        assert!(told.last().is_some_and(|line| line.contains("KeyError: 7")), "{told:?}");
        assert_eq!(complaint(traceback), "6 lines, the last is \"KeyError: 7\"");
    }

    fn called(number: i64, arguments: [u64; 6], result: i64) -> tracer::Call {
        let pid = nix::unistd::Pid::from_raw(1);
        let (files, written, refused) = (Vec::new(), None, None);
        tracer::Call { pid, number, arguments, result: Some(result), files, written, refused }
    }

    #[test]
    fn only_a_program_that_succeeds_has_not_looked_at_its_last_write() {
        let write = || called(libc::SYS_write, [1, 0, 1, 0, 0, 0], -i64::from(libc::ENOSPC));
        let told = |status: i32| {
            let mut run = Run::ended("exercise-2 take FILE", Ending::Exited(status));
            run.calls = Some(vec![write()]);
            run.failed_output().unwrap_or_default()
        };
        assert!(told(0).contains("ENOSPC") && told(0).contains("nobody looks"), "{}", told(0));
        for looked in [1, 101] {
            assert!(told(looked).contains("ENOSPC"), "{}", told(looked));
            assert!(!told(looked).contains("nobody looks"), "{}", told(looked));
        }
    }

    #[test]
    fn a_call_that_takes_all_bytes_away_is_told() {
        let flags = |flags: i32| [0, 0, u64::from(flags.cast_unsigned()), 0, 0, 0];
        let opens = |how: i32| empties(&called(libc::SYS_openat, flags(how), 3));
        assert_eq!(opens(libc::O_RDWR | libc::O_TRUNC), Some("FILE was opened with O_TRUNC"));
        assert_eq!(opens(libc::O_RDWR | libc::O_CREAT), None);
        let cut = |size: u64| empties(&called(libc::SYS_ftruncate, [3, size, 0, 0, 0, 0], 0));
        assert_eq!(cut(0), Some("`ftruncate` set FILE's size to 0"));
        assert_eq!(cut(100), None);
    }

    #[test]
    fn the_marks_below_a_line_of_a_traceback_take_no_place() {
        let traceback = "Traceback (most recent call last):\n  File 1\n    one()\n    ~~~^^\n  File 2\n    \
                         two()\n    ^^^^^\nKeyError: 7\n";
        let told = said(traceback);
        assert!(told.iter().all(|line| !line.contains('^')), "{told:?}");
        assert!(told.iter().any(|line| line.contains("two()")), "{told:?}");
    }

    #[test]
    fn many_nuls_at_the_end_are_counted() {
        assert_eq!(shown(&format!("record 1{}", "\0".repeat(56))), "\"record 1\", then 56 × \\0");
        assert_eq!(shown("a\0"), "\"a\\0\"");
    }

    #[test]
    fn a_status_names_the_call_that_failed_and_each_kind_has_hints_of_its_own() {
        let call = |number: i64, arguments: [u64; 6], errno: i32, flags: i32| {
            let file = std::fs::File::open("/").unwrap();
            let file = FileId::of(&file).unwrap();
            let files = vec![tracer::Opened { file, regular: true, length: 9, flags }];
            let (result, written, refused) = (Some(-i64::from(errno)), None, None);
            let pid = nix::unistd::Pid::from_raw(1);
            tracer::Call { pid, number, arguments, result, files, written, refused }
        };
        let map = call(libc::SYS_mmap, [0, 9, 3, 1, 3, 0], libc::EACCES, libc::O_WRONLY);
        let grow = call(libc::SYS_ftruncate, [3, 1 << 62, 0, 0, 0, 0], libc::EFBIG, libc::O_RDWR);
        let told = |expected: i32, status: i32, call: Option<&tracer::Call>, said: &str| {
            let mut run = Run::ended("exercise-1 poke FILE 0 x", Ending::Exited(status));
            run.calls = Some(call.into_iter().cloned().collect());
            run.stderr.bytes = said.into();
            let Err(CheckError::Wrong(finding)) = run.ends_with(expected) else {
                panic!("{status}")
            };
            (finding.diagnosis, finding.actual)
        };
        let (id, seen) = told(0, 1, Some(&map), "");
        assert_eq!(id, "fails-wrongly");
        let words = "mmap(9 bytes, PROT_READ|PROT_WRITE, MAP_SHARED) failed (EACCES: Permission denied): \
                     FILE is open for writing only";
        assert!(seen.ends_with(words), "{seen}");
        let (id, seen) = told(1, 0, Some(&grow), "");
        assert_eq!(id, "failed-call-ignored");
        assert!(seen.contains("EFBIG") && seen.ends_with("and the program went on"), "{seen}");
        assert_eq!(told(0, 2, None, "Usage: preview FILE FROM TO\n").0, "right-call-refused");
        let missing = "FileNotFoundError: [Errno 2] No such file or directory: ";
        assert_eq!(told(0, 1, None, &format!("{missing}'poke'\n")).0, "command-word-as-file");
        assert_eq!(told(0, 1, None, &format!("{missing}'FILE'\n")).0, "wrong-exit-status");
        let env = "/usr/bin/env: 'python3\\r': No such file or directory\n";
        assert_eq!(told(0, 127, None, env).0, "does-not-start");
        assert_eq!(told(0, 1, None, "SyntaxError: invalid syntax\n").0, "does-not-start");
        assert_eq!(told(0, 127, None, "").0, "wrong-exit-status");
        for (expected, status) in [(0, 1), (0, 2), (1, 0), (2, 0), (2, 1)] {
            assert_eq!(told(expected, status, None, "").0, "wrong-exit-status");
        }
    }

    #[test]
    fn only_the_directory_devices_and_what_a_process_says_of_itself_may_be_written() {
        let may = |path: &str| may_be_written(path.as_ref(), "/var/judge/place".as_ref());
        for path in [
            "FILE",
            "./a/../FILE",
            "/var/judge/place/FILE",
            "/dev/null",
            "/proc/self/coredump_filter",
            "/proc/thread-self/comm",
            "/proc/self/task/17/comm",
            "/proc/self/cwd/FILE",
        ] {
            assert!(may(path), "{path}");
        }
        assert!(may_be_written("FILE".as_ref(), "/dev/shm/judge/place".as_ref()));
        for path in [
            "../FILE",
            "a/../../FILE",
            "/var/judge/place/../FILE",
            "/tmp/FILE",
            "/dev/shm/FILE",
            "/dev/../tmp/FILE",
            "/proc/self/mem",
            "/proc/self/root/tmp/FILE",
            "/proc/self/cwd/../FILE",
            "/proc/17/comm",
            "/proc/sys/vm/drop_caches",
        ] {
            assert!(!may(path), "{path}");
        }
    }
}
