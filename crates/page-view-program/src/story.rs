//! A lesson's program in its hidden role `steps`: what it tells, one pause at a time, and which
//! processes belong to it.

use std::fs;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use common::{Context, Failure, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use page_view::{RECORD_SEPARATOR, View, mappings_of};
use procfs::process::all_processes;

use crate::output::harmless;

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
}

impl Story {
    /// Starts lesson `number`'s program, which was built beside this one.
    pub(crate) fn of(number: usize) -> Result<Self> {
        let program = program(number)?;
        let (told, to) = io::pipe().step("make a pipe")?;
        let errors = to.try_clone().step("make a pipe")?; // What goes wrong is told in its place.
        let mut command = Command::new(&program);
        command.arg("steps").stdin(Stdio::piped()).stdout(to).stderr(errors);
        let mut child = command.spawn().step_on("start", &program)?;
        let (keys, lines) = (child.stdin.take(), vec![String::new()]);
        Ok(Self { program, child, keys, told: Some(told), lines, ended: None, waiting: false })
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
        for (index, part) in text.split('\n').enumerate() {
            if index > 0 {
                match self.lines.last_mut() {
                    Some(last) if last == RECORD_SEPARATOR => {
                        last.clear();
                        self.waiting = true;
                    }
                    _ => self.lines.push(String::new()),
                }
            }
            if let Some(last) = self.lines.last_mut() {
                last.push_str(part);
            }
        }
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
            // If it has ended meanwhile, its output says so.
            let _ = self.keys.as_mut().map(|keys| writeln!(keys));
        }
    }

    /// The lines from the heading of the step that is being told on.
    pub(crate) fn step(&self) -> &[String] {
        let is_heading = |line: &String| {
            line.split_once(". ").is_some_and(|(number, _)| number.parse::<usize>().is_ok())
        };
        &self.lines[self.lines.iter().rposition(is_heading).unwrap_or(0)..]
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

    /// The mappings of the story's own files in its processes, as they are at this moment, each
    /// with the name of its process and its file.
    pub(crate) fn views(&self) -> Vec<(String, View)> {
        let mut views = Vec::new();
        for (index, pid) in self.processes().into_iter().enumerate() {
            // A process may end at any moment: then it has nothing to show.
            for mapping in mappings_of(pid).unwrap_or_default() {
                let path = mapping.path.clone().unwrap_or_default();
                let name = path.rsplit('/').next().unwrap_or_default();
                // A shared memory object is named after its run's directory, which differs each time.
                let run = name.strip_prefix("mmap-course-").and_then(|name| name.split_once('.'));
                let name = run.map_or(name, |(_, name)| name);
                let shared =
                    ["/memfd:", "/dev/zero", "/SYSV"].iter().any(|start| path.starts_with(start));
                if mapping.has_file() && (shared || path.contains("/mmap-course-")) {
                    let who =
                        if index == 0 { "the story".into() } else { format!("process {index}") };
                    let label = format!("{who}: {}, {}", harmless(name), mapping.permissions);
                    views.extend(View::of(pid, mapping.addresses).ok().map(|view| (label, view)));
                }
            }
        }
        let widest = views.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        for (label, _) in &mut views {
            *label = format!("{label:widest$}");
        }
        views
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
