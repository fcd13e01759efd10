//! Which pages of FILE were copied, over the whole run: looked for whenever a mapping may go.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use common::{Context, page_size};
use nix::unistd::Pid;
use tracer::{Call, FileId};

use super::sample::{expect_output, preview, sample, with_hashes};
use crate::exercises::CheckContext;
use crate::observe::{Observer, Run, maps, unless_ended};
use crate::verdict::{Finding, Verdict};

/// Pages of the sample.
const PAGES: usize = 24;

/// Some pages hold a FROM, at their beginning, in the middle, at their end.
pub(super) fn needed_only(context: &mut CheckContext) -> Verdict {
    let page = page_size();
    let places =
        [3 * page, 3 * page + 7, 10 * page + page / 2, 11 * page + page - 1, PAGES * page + 99];
    let needed = places.iter().map(|place| place / page).collect();
    copied(context, &with_hashes(sample(PAGES, 100), &places), b'*', &needed)?;
    copied(context, &sample(PAGES, 100), b'*', &BTreeSet::new())
}

/// FROM and TO are the same.
pub(super) fn none_if_equal(context: &mut CheckContext) -> Verdict {
    let content = with_hashes(sample(4, 0), &[0, 2 * page_size() + 5]);
    let verdict = copied(context, &content, b'#', &BTreeSet::new());
    verdict.map_err(|error| error.known_as("copied-without-need", "copied-though-equal"))
}

fn copied(context: &mut CheckContext, content: &[u8], to: u8, needed: &BTreeSet<usize>) -> Verdict {
    context.needs_tracing("no page can be looked at")?;
    context.new_work_directory()?;
    context.work_directory().write("FILE", content)?;
    let (path, id) = (context.work_directory().path().join("FILE"), context.identity("FILE")?);
    let inode = context.open("FILE")?.metadata().step("stat")?.ino();
    let mut look =
        Copies { path, inode, id, mapped: false, pages: BTreeSet::new(), populated_by: None };
    let run = context.observe(&preview(context, b'#', to), &mut look)?;
    expect_output(&run, id, content, b'#', to)?;
    if look.pages == *needed {
        return Ok(());
    }
    let diagnosis = match look.pages.is_subset(needed) {
        true if look.pages.is_empty() && is_only_shared(&run, id) => "shared-mapping-edited",
        true => "not-edited-in-place",
        false if look.populated_by.is_some() => "populated",
        false => "copied-without-need",
    };
    let called = &run.called;
    let expected = format!("`{called}` copies {} of FILE", listed(needed));
    let by = look.populated_by.filter(|_| diagnosis == "populated");
    let by = by.map_or(String::new(), |by| format!("; {by} copied pages before any store"));
    let seen = format!("it copied {}{by}", listed(&look.pages));
    let finding = Finding::new(diagnosis, expected, seen);
    let row = |title, pages: &BTreeSet<usize>| {
        let cell = |page| if pages.contains(&page) { 'C' } else { '.' };
        let row: String = (0..content.len().div_ceil(page_size())).map(cell).collect();
        format!("{title:10} {row}")
    };
    let rows = [row("needed", needed), row("copied", &look.pages)];
    Err(finding.details(rows).into())
}

/// A call that may copy pages of a writable private mapping by itself, by its name.
fn populates(call: &Call) -> Option<&'static str> {
    let [_, _, third, flags, ..] = call.arguments;
    let has = |flag: i32| flags & u64::from(flag.cast_unsigned()) != 0;
    match call.number {
        libc::SYS_mmap if has(libc::MAP_POPULATE) => Some("mmap with MAP_POPULATE"),
        libc::SYS_mmap if has(libc::MAP_LOCKED) => Some("mmap with MAP_LOCKED"),
        libc::SYS_mmap => Some("mmap, after a call of mlockall,"),
        libc::SYS_madvise if third == u64::from(libc::MADV_POPULATE_WRITE.cast_unsigned()) => {
            Some("madvise with MADV_POPULATE_WRITE")
        }
        libc::SYS_mlock => Some("mlock"),
        libc::SYS_mlock2 => Some("mlock2"),
        libc::SYS_mlockall => Some("mlockall"),
        _ => None,
    }
}

fn is_private(call: &Call) -> bool {
    call.arguments[3] & 3 == 2 // MAP_PRIVATE, of the bits that say which kind it is.
}

fn is_writable(call: &Call) -> bool {
    call.arguments[2] & 2 != 0 // PROT_WRITE.
}

/// Is FILE mapped for writing, and shared each time?
pub(super) fn is_only_shared(run: &Run, file: FileId) -> bool {
    let mut writable = run.mapped(file).filter(|call| is_writable(call)).peekable();
    writable.peek().is_some() && writable.all(|call| !is_private(call))
}

fn listed(pages: &BTreeSet<usize>) -> String {
    let numbers: Vec<_> = pages.iter().map(usize::to_string).collect();
    match numbers.as_slice() {
        [] => "no page".into(),
        [one] => format!("page {one}"),
        [..] if numbers.len() > 8 => format!("{} pages", numbers.len()),
        [..] => format!("the pages {}", numbers.join(", ")),
    }
}

/// The observer: every private copy of a page of FILE that any of its processes has had.
struct Copies {
    path: PathBuf,
    /// A program may map FILE by another name in its directory. The inode's number tells that it is FILE.
    inode: u64,
    id: FileId,
    /// Before FILE is mapped there is nothing to look for.
    mapped: bool,
    pages: BTreeSet<usize>,
    /// The call that copied pages by itself.
    populated_by: Option<&'static str>,
}

/// Calls that may take a mapping, or its pages, away.
const TAKES_AWAY: [i64; 9] = [
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mmap, // With MAP_FIXED, over another.
    libc::SYS_madvise,
    libc::SYS_process_madvise,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_remap_file_pages,
    libc::SYS_shmat, // With SHM_REMAP, over another.
];

impl Copies {
    fn look(&mut self, pid: Pid) -> Verdict {
        let is_beside = |path: &str| Path::new(path).parent() == self.path.parent();
        for mapping in maps(pid)? {
            let is_it = |path: &str| {
                self.path.as_os_str() == path || (mapping.inode == self.inode && is_beside(path))
            };
            if !mapping.path.as_deref().is_some_and(is_it) || !mapping.permissions.ends_with('p') {
                continue;
            }
            let (start, first) = (mapping.addresses.start, mapping.offset / page_size() as u64);
            let first = usize::try_from(first).unwrap_or(usize::MAX);
            let count = mapping.addresses.len() / page_size();
            let pages = page_view::pages(pid.as_raw().cast_unsigned(), start, count);
            let pages = unless_ended(pid, pages)?;
            let copies = pages.iter().enumerate().filter(|(_, page)| page.file_page == Some(false));
            self.pages.extend(copies.map(|(number, _)| first + number));
        }
        Ok(())
    }
}

impl Observer for Copies {
    fn entry(&mut self, pid: Pid, call: &Call) -> Verdict {
        let looks = TAKES_AWAY.contains(&call.number) || populates(call).is_some();
        if self.mapped && looks { self.look(pid) } else { Ok(()) }
    }

    fn exit(&mut self, pid: Pid, call: &Call) -> Verdict {
        let maps = call.number == libc::SYS_mmap;
        self.mapped |= maps && call.is_about(self.id);
        let of_file = if maps { call.is_about(self.id) && is_private(call) } else { self.mapped };
        if let Some(name) = populates(call).filter(|_| of_file) {
            let before = self.pages.len(); // Of the look at the call's entry.
            self.look(pid)?;
            if self.pages.len() > before {
                self.populated_by = Some(name);
            }
        }
        Ok(())
    }

    fn ending(&mut self, pid: Pid) -> Verdict {
        self.look(pid)
    }
}
