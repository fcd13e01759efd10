//! A disk that cannot write: the results of the flushes are changed as the kernel would change them.
//!
//! The kernel tells an error of writing once to each open file description. After that, the pages count as
//! clean, so the next flush has nothing to write and returns 0, though the bytes are not on the disk. A page
//! that is stored to again is dirty again, and fails again.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use common::{Context, page_size};
use nix::unistd::Pid;
use tracer::{Call, FileId, Use};

use crate::disk::{Flush, Flushes, is_dirty};
use crate::observe::{Observer, is_anonymous};
use crate::verdict::Verdict;

/// A recipient, to which the kernel reports each error once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Recipient {
    /// An open file description of FILE, by the order in which they were made.
    Description(usize),
    /// One whose origin was not seen.
    Unknown,
    /// `syncfs`, which counts for itself.
    FileSystem,
}

/// Refuses the flushes of a file's bytes.
pub(super) struct Refusing {
    path: PathBuf,
    flushes: Flushes,
    /// How often the disk has failed to write.
    errors: u32,
    /// How many of these errors were reported to each recipient.
    reported: BTreeMap<Recipient, u32>,
    opened: usize,
    descriptors: BTreeMap<u64, Recipient>,
    mappings: Vec<(Range<u64>, Recipient)>,
    /// Calls under way, and whether they are to fail.
    begun: BTreeMap<Pid, bool>,
    /// A flush that can tell its caller of a failure was called; and one that cannot.
    reports: bool,
    silent: bool,
    /// What came of the flushes, for people.
    story: Vec<String>,
    /// A flush returned 0 after another one had failed.
    succeeded_later: bool,
    cannot: Option<&'static str>,
}

impl Refusing {
    /// For the file at `path`.
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.into(),
            flushes: Flushes::of(path),
            errors: 0,
            reported: BTreeMap::new(),
            opened: 0,
            descriptors: BTreeMap::new(),
            mappings: Vec::new(),
            begun: BTreeMap::new(),
            reports: false,
            silent: false,
            story: Vec::new(),
            succeeded_later: false,
            cannot: None,
        }
    }

    /// Whether nothing but `sync` has flushed FILE: it returns nothing, whatever happens.
    pub(super) fn cannot_be_noticed(&self) -> bool {
        self.silent && !self.reports
    }

    /// Whether a flush has failed and a later one has returned 0.
    pub(super) fn has_succeeded_later(&self) -> bool {
        self.succeeded_later
    }

    /// What came of the flushes, a line each.
    pub(super) fn story(&self) -> &[String] {
        &self.story
    }

    /// Why no result could be changed.
    pub(super) fn cannot(&self) -> Option<&'static str> {
        self.cannot
    }

    /// Does a flush find a page that must be written?
    fn finds_dirty(&self, flush: &Flush) -> Verdict<bool> {
        let Some(file) = self.flushes.open()? else { return Ok(false) };
        for page in (0..flush.content.len()).step_by(page_size()) {
            let has_part =
                |range: &Range<usize>| range.start < page + page_size() && page < range.end;
            if flush.ranges.iter().any(has_part) && is_dirty(&file, page as u64)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The recipient to which a flush would report an error.
    fn recipient(&self, call: &Call) -> Recipient {
        let [first, length, ..] = call.arguments;
        let reached = first..first.saturating_add(length);
        let known = match call.number {
            libc::SYS_syncfs => Some(Recipient::FileSystem),
            libc::SYS_msync => {
                let mut latest_first = self.mappings.iter().rev();
                let mapped = latest_first
                    .find(|(range, _)| range.start < reached.end && reached.start < range.end);
                mapped.map(|(_, recipient)| *recipient)
            }
            _ => self.descriptors.get(&descriptor(first)).copied(),
        };
        known.unwrap_or(Recipient::Unknown)
    }

    /// Notes which open file descriptions there are, and which mappings go with them.
    fn note_description(&mut self, call: &Call) -> Verdict {
        const COPIES: [i64; 3] = [libc::SYS_dup, libc::SYS_dup3, libc::SYS_fcntl];
        let [first, length, _, _, fifth, _] = call.arguments;
        let Some(result) = call.result.filter(|result| *result >= 0).map(i64::cast_unsigned) else {
            return Ok(());
        };
        let file = FileId::at(&self.path).step_on("look at", &self.path)?;
        let is_file = || file.is_some_and(|file| call.is_about(file));
        if call.does() == Use::Opens && is_file() {
            let new = Recipient::Description(self.opened);
            self.opened += 1;
            // An error that was reported to any recipient is over. An error that was not yet reported is reported to
            // the new one, too.
            let over = self.reported.values().copied().max().unwrap_or_default();
            self.reported.insert(new, over);
            self.descriptors.insert(result, new);
        } else if call.does() == Use::Maps && is_file() && !is_anonymous(call) {
            let of =
                self.descriptors.get(&descriptor(fifth)).copied().unwrap_or(Recipient::Unknown);
            self.mappings.push((result..result.saturating_add(length), of));
        } else if COPIES.contains(&call.number)
            && let Some(of) = self.descriptors.get(&descriptor(first)).copied()
        {
            self.descriptors.insert(result, of);
        }
        Ok(())
    }
}

/// A descriptor is an int: the kernel looks at the lower half only.
fn descriptor(argument: u64) -> u64 {
    argument & u64::from(u32::MAX)
}

impl Observer for Refusing {
    fn entry(&mut self, pid: Pid, call: &Call) -> Verdict {
        let flush = self.flushes.by(pid, call)?.filter(|flush| !flush.ranges.is_empty());
        let Some(flush) = flush else { return Ok(()) };
        // The kernel may have tried to write the page before the first flush.
        if self.errors == 0 || self.finds_dirty(&flush)? {
            self.errors += 1;
        }
        if call.number == libc::SYS_sync {
            self.silent = true;
            return Ok(());
        }
        self.reports = true;
        let had_failed = self.reported.values().any(|reported| *reported > 0);
        let before = self.reported.insert(self.recipient(call), self.errors);
        let fails = before.unwrap_or_default() < self.errors;
        self.succeeded_later |= had_failed && !fails;
        self.story.push(match fails {
            true => format!("it called {}, which returned EIO (made up here)", call.name()),
            false => format!(
                "then it called {}, which returned 0 and wrote nothing: the kernel tells an error once, and \
                 then the page counts as clean",
                call.name()
            ),
        });
        self.begun.insert(pid, fails);
        Ok(())
    }

    fn exit(&mut self, pid: Pid, call: &Call) -> Verdict {
        self.note_description(call)?;
        if self.begun.remove(&pid) == Some(true) && !answer(pid, libc::EIO) {
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
