//! The process that tells a lesson's story: its text, one pause at a time; what it reports for
//! figures; and the pages that the story is about.

use std::fs;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use common::{Context, Failure, PAUSE_MARK, Result, page_size};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use page_view::{Mapping, Report, Row, View, mappings_of};
use procfs::process::all_processes;

use crate::text::harmless;

/// How long a story that is asked to end may take, in milliseconds.
const PATIENCE: u16 = 2000;

/// A story that is being told.
pub(crate) struct Story {
    program: PathBuf,
    child: Child,
    keys: Option<ChildStdin>,
    told: Option<PipeReader>,
    /// What has been told, a line each; the last may be unfinished.
    lines: Vec<String>,
    /// How it ended, if it has.
    ended: Option<ExitStatus>,
    waiting: bool,
    /// What the story has reported in this step.
    reports: Vec<Report>,
    /// How many of them came before the last pause.
    before_pause: usize,
    /// The addresses that the story drew last.
    rows: Vec<Row>,
}

/// Some pages of one of the story's processes.
pub(crate) struct Seen {
    /// The process: 0 tells the story.
    pub(crate) process: usize,
    /// The pages.
    pub(crate) view: View,
}

impl Story {
    /// Starts lesson `number`'s program, which was built beside this one.
    pub(crate) fn of(number: usize) -> Result<Self> {
        let program = program(number)?;
        let (told, to) = io::pipe().step("make a pipe")?;
        let errors = to.try_clone().step("make a pipe")?; // An error stands where it happened.
        let mut command = Command::new(&program);
        command.arg("steps").stdin(Stdio::piped()).stdout(to).stderr(errors);
        let mut child = command.spawn().step_on("start", &program)?;
        Ok(Self {
            keys: child.stdin.take(),
            child,
            program,
            told: Some(told),
            lines: vec![String::new()],
            ended: None,
            waiting: false,
            reports: Vec::new(),
            before_pause: 0,
            rows: Vec::new(),
        })
    }

    /// What to wait on for more.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.told.as_ref().map(|told| told.as_fd())
    }

    /// Takes in what has been told; the end of it is the story's end.
    pub(crate) fn listen(&mut self) -> Result<()> {
        let mut bytes = [0; 1 << 12];
        let Some(told) = &mut self.told else { return Ok(()) };
        match told.read(&mut bytes).step_on("read from", &self.program)? {
            0 => {
                self.told = None;
                self.ended = Some(self.child.wait().step_on("wait for", &self.program)?);
            }
            count => self.take_in(&String::from_utf8_lossy(&bytes[..count])),
        }
        Ok(())
    }

    fn take_in(&mut self, text: &str) {
        let mut parts = text.split('\n');
        if let (Some(last), Some(part)) = (self.lines.last_mut(), parts.next()) {
            last.push_str(part);
        }
        for part in parts {
            self.end_line();
            self.lines.push(part.into());
        }
    }

    /// The last line is complete: a mark and a report are no text.
    fn end_line(&mut self) {
        let Some(last) = self.lines.last() else { return };
        if last == PAUSE_MARK {
            self.waiting = true;
        } else if let Some(report) = Report::parse(last) {
            self.take_report(report);
        } else {
            if is_heading(last) {
                self.reports.clear();
                self.rows.clear();
                self.before_pause = 0;
            }
            return;
        }
        self.lines.pop();
    }

    fn take_report(&mut self, report: Report) {
        if let Report::Rows(rows) = &report {
            if !self.reports[self.before_pause..].iter().any(is_rows) {
                self.rows.clear(); // The first rows since the last pause.
            }
            self.rows.extend(
                rows.iter().filter(|row| !self.rows.contains(row)).cloned().collect::<Vec<_>>(),
            );
        }
        self.reports.push(report);
    }

    /// Whether it waits for a key.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        self.ended
    }

    /// Lets it go on.
    pub(crate) fn go_on(&mut self) {
        if std::mem::take(&mut self.waiting) {
            self.before_pause = self.reports.len();
            // If it has ended meanwhile, its output says so.
            let _ = self.keys.as_mut().map(|keys| writeln!(keys));
        }
    }

    /// The lines of the step that is being told, its heading first.
    pub(crate) fn step(&self) -> &[String] {
        let heading = self.lines.iter().rposition(|line| is_heading(line));
        &self.lines[heading.unwrap_or(0)..]
    }

    /// What the story has reported in this step.
    pub(crate) fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// The title that the story gave to the pause that it is in.
    pub(crate) fn title(&self) -> Option<&str> {
        self.reports[self.before_pause..].iter().rev().find_map(|report| match report {
            Report::Title(title) => Some(title.as_str()),
            _ => None,
        })
    }

    /// The process that has died of an access since the last pause, if one has: its name, counted among the
    /// processes of the last pause, and the report.
    pub(crate) fn killed(&self, before: &[u32]) -> Option<(String, &Report)> {
        self.reports[self.before_pause..].iter().find_map(|report| match report {
            Report::Killed { pid, .. } => {
                let index = before.iter().position(|known| known == pid)?;
                Some((process_name(index), report))
            }
            _ => None,
        })
    }

    /// Its process and those that it started, and those that they did.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let mut family = vec![self.child.id()];
        let stats = all_processes()
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|process| process.stat().ok());
        let parents: Vec<_> =
            stats.map(|stat| (stat.pid.cast_unsigned(), stat.ppid.cast_unsigned())).collect();
        let mut index = 0;
        while let Some(parent) = family.get(index).copied() {
            family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| pid));
            index += 1;
        }
        family
    }

    /// The pages that the story is about, as they are at this moment: what it drew last in this
    /// step, and the same parts of the same files in its other processes. A story that has drawn
    /// nothing in this step is about all mappings of its own files.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let processes = self.processes();
        let drawn: Vec<Seen> =
            self.rows.iter().filter_map(|row| look_at(&processes, row)).collect();
        // A process may end at any moment: then it has nothing to show.
        let all = processes.iter().flat_map(|pid| {
            let mappings = mappings_of(*pid).unwrap_or_default();
            mappings.into_iter().map(|mapping| (*pid, mapping)).collect::<Vec<_>>()
        });
        let others: Vec<Row> = match self.rows.is_empty() {
            true => all
                .filter(|(_, mapping)| is_of_story(mapping))
                .map(|(pid, mapping)| Row { pid, addresses: mapping.addresses })
                .collect(),
            false => all.filter_map(|(pid, mapping)| same_part(pid, &mapping, &drawn)).collect(),
        };
        let is_drawn = |row: &Row| {
            self.rows.iter().any(|drawn| {
                drawn.pid == row.pid
                    && drawn.addresses.start < row.addresses.end
                    && row.addresses.start < drawn.addresses.end
            })
        };
        let others = others.iter().filter(|row| !is_drawn(row));
        let mut seen: Vec<Seen> = others.filter_map(|row| look_at(&processes, row)).collect();
        // What was drawn before the last pause and has been unmapped since is no picture any more.
        let is_new = self.reports[self.before_pause..].iter().any(is_rows);
        seen.extend(drawn.into_iter().filter(|seen| is_new || !seen.view.mappings.is_empty()));
        seen.sort_by_key(|seen| (seen.process, seen.view.addresses.start));
        seen
    }

    /// The same, each with a label for a terminal.
    pub(crate) fn views(&self) -> Vec<(String, View)> {
        let label = |Seen { process, view }: Seen| {
            let name = view.mappings.first().map(file_name).unwrap_or_default();
            (format!("{}: {}", process_name(process), name).trim_end_matches(": ").into(), view)
        };
        self.seen().into_iter().map(label).collect()
    }

    /// What a story that failed is to be told as.
    pub(crate) fn result(&self) -> Result<()> {
        match self.ended {
            Some(status) if !status.success() => {
                Err(Failure::refusal("tell", &self.program, status.to_string()))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Story {
    /// The end of its input ends it; if it does not listen, it is killed.
    fn drop(&mut self) {
        self.keys = None;
        while let Some(told) = &self.told {
            let mut asked = [PollFd::new(told.as_fd(), PollFlags::POLLIN)];
            match poll(&mut asked, PollTimeout::from(PATIENCE)) {
                Ok(1..) if self.listen().is_ok() => {}
                _ => break,
            }
        }
        let _ = self.child.kill(); // It may have ended.
        let _ = self.child.wait();
    }
}

fn is_rows(report: &Report) -> bool {
    matches!(report, Report::Rows(_))
}

fn is_heading(line: &str) -> bool {
    line.split_once(". ").is_some_and(|(number, _)| number.parse::<usize>().is_ok())
}

/// What a story's process is called: a PID differs from run to run.
pub(crate) fn process_name(index: usize) -> String {
    match ["first", "second", "third", "fourth", "fifth"].get(index) {
        Some(ordinal) => format!("{ordinal} process"),
        None => format!("process {}", index + 1),
    }
}

/// The name of a mapping's file without its directory, which differs from run to run.
pub(crate) fn file_name(mapping: &Mapping) -> String {
    let path = mapping.path.as_deref().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    // Shared memory without a name: the kernel keeps it in a file that nobody can open.
    if path.starts_with("/dev/zero") {
        return "anonymous memory".into();
    }
    let name = match path.starts_with("/memfd:") {
        true => name.trim_end_matches(" (deleted)"),
        false => name,
    };
    // A shared memory object has its run's name in its own.
    let run = name.strip_prefix("mmap-course-").and_then(|name| name.split_once('.'));
    harmless(run.map_or(name, |(_, name)| name))
}

/// Whether the mapping's file is one of the story's own.
fn is_of_story(mapping: &Mapping) -> bool {
    let path = mapping.path.as_deref().unwrap_or_default();
    let unnamed = ["/memfd:", "/dev/zero", "/SYSV"].iter().any(|start| path.starts_with(start));
    mapping.has_file() && (unnamed || path.contains("/mmap-course-"))
}

fn look_at(processes: &[u32], row: &Row) -> Option<Seen> {
    let process = processes.iter().position(|pid| *pid == row.pid)?;
    View::of(row.pid, row.addresses.clone()).ok().map(|view| Seen { process, view })
}

/// The part of `mapping` that maps the same bytes of the same file as one of these views.
fn same_part(pid: u32, mapping: &Mapping, drawn: &[Seen]) -> Option<Row> {
    let shared = drawn.iter().filter_map(|seen| {
        let [theirs] = seen.view.mappings.as_slice() else { return None };
        let same = (theirs.device, theirs.inode) == (mapping.device, mapping.inode);
        let inside = seen.view.addresses.start.checked_sub(theirs.addresses.start)?;
        let start = theirs.offset + inside as u64;
        let end = start + seen.view.addresses.len() as u64;
        (same && theirs.has_file()).then_some(start..end)
    });
    let bytes = shared.reduce(|one, next| one.start.min(next.start)..one.end.max(next.end))?;
    let start = bytes.start.max(mapping.offset);
    let end = bytes.end.min(mapping.offset + mapping.addresses.len() as u64);
    let address = |byte: u64| {
        let inside = usize::try_from(byte.checked_sub(mapping.offset)?).ok()?;
        Some(mapping.addresses.start + inside.next_multiple_of(page_size()))
    };
    (start < end).then_some(())?;
    Some(Row { pid, addresses: address(start)?..address(end)? })
}

/// The program `lesson-N-…` in this program's directory.
fn program(number: usize) -> Result<PathBuf> {
    let here = std::env::current_exe().step("find this program")?;
    let directory = here.parent().unwrap_or(Path::new("/"));
    let start = format!("lesson-{number}-");
    let is_it = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| name.starts_with(&start)) && path.extension().is_none()
    };
    let listing = fs::read_dir(directory).step_on("list", directory)?;
    let found = listing.flatten().map(|entry| entry.path()).find(is_it);
    let missing = || {
        let why = format!("it is not built, or there is none; `just step {number}` builds it");
        Failure::refusal("find", Path::new(&format!("{start}…")), why)
    };
    found.ok_or_else(missing)
}
