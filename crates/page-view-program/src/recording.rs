//! A recording of one step of a lesson's story, for the page map of the book: memory at each pause, as
//! JSON. What differs from run to run (process numbers, addresses, frames) is not in it.

use std::path::Path;

use common::{Failure, Result};
use page_view::{Cell, Report};
use serde::Serialize;

use crate::contents::{self, Contents, Held};
use crate::figure::moment;
use crate::moment::{Axis, Frame, Moment, Part, is_own};
use crate::output;
use crate::story_process::Story;
use crate::words;

/// A map of more pages than this in one part of memory is not readable.
const MOST_PAGES: u64 = 16;

#[derive(Serialize)]
struct Recording {
    lesson: usize,
    step: usize,
    heading: String,
    looks: Vec<Look>,
}

/// Memory at one pause.
#[derive(Serialize)]
struct Look {
    title: String,
    /// What the story has told since the last pause.
    told: Vec<String>,
    processes: Vec<Process>,
    files: Vec<File>,
}

#[derive(Clone, Serialize)]
struct Process {
    name: String,
    parts: Vec<Mapped>,
    /// Its last access, if it has died of it. Then its pages are those before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    killed: Option<Killed>,
}

/// An access that killed its process.
#[derive(Clone, Serialize)]
struct Killed {
    /// The number of the page in the picture.
    page: u64,
    what: String,
    signal: String,
}

/// Pages of one mapping, or pages where nothing is mapped.
#[derive(Clone, Serialize)]
struct Mapped {
    /// `shared mapping`, `private mapping`, …; empty where nothing is mapped.
    kind: String,
    /// The index of its file in `files`.
    file: Option<usize>,
    entries: Vec<Entry>,
}

/// A page's entry in the page table.
#[derive(Clone, Serialize)]
struct Entry {
    /// The number of the page in the picture.
    label: u64,
    /// The page of the file.
    page: u64,
    /// What it leads to, in words.
    leads: &'static str,
    /// Which memory it leads to, if that belongs to no file. In one look, equal numbers are one memory.
    own: Option<usize>,
    /// What this memory begins with, and what comes then.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<String>,
}

#[derive(Serialize)]
struct File {
    name: String,
    on_disk: bool,
    /// How many bytes it has, if it is on a disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    pages: Vec<Cached>,
}

/// A page of a file.
#[derive(Serialize)]
struct Cached {
    page: u64,
    /// What the page cache and the disk have of it, in words; `past the end of the file`.
    state: &'static str,
    /// What it begins with in the page cache, and what comes then.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<String>,
    /// The same on the disk: what the page held in the page cache when it was last clean.
    #[serde(skip_serializing_if = "Option::is_none")]
    disk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_then: Option<String>,
}

/// Prints the recording of the step `name`: `lesson-N-step-S`.
///
/// # Errors
/// The story's own; and a refusal if there is no such step, or if it is about too many pages.
pub(crate) fn print(name: &str) -> Result<()> {
    let refuse = |why: &str| Failure::refusal("record", Path::new(name), why);
    let (lesson, step) = parse(name).ok_or_else(|| refuse("not lesson-N-step-S"))?;
    let mut story = Story::of(lesson)?;
    let start = format!("{step}. ");
    let mut recording = Recording { lesson, step, heading: String::new(), looks: Vec::new() };
    let mut told = 1; // The heading stands by itself.
    let (mut processes, mut contents) = (Vec::new(), Contents::default());
    while story.ended().is_none() {
        if !story.is_waiting() {
            story.listen()?;
            continue;
        }
        let lines = story.step();
        if let Some(heading) = lines.first().and_then(|line| line.strip_prefix(&start)) {
            recording.heading = heading.into();
            let complete = lines.len() - 1; // The last line is still empty.
            let (new, memory) = (shifted(&lines[told.min(complete)..complete]), moment(&story));
            told = complete;
            if !memory.processes.is_empty() {
                let mut look = look(&memory, new, &mut contents).map_err(refuse)?;
                let last = recording.looks.last();
                look.processes.extend(last.and_then(|last| killed(&story, &processes, last)));
                recording.looks.push(look);
            }
            processes = story.processes();
        } else if !recording.looks.is_empty() {
            break;
        }
        story.go_on();
    }
    story.result()?;
    if recording.looks.is_empty() {
        return Err(refuse("there is no such step"));
    }
    let json = serde_json::to_string_pretty(&recording).map_err(|error| refuse(&error.to_string()));
    output::write((json? + "\n").as_bytes())
}

/// Lines as the story printed them, without the indentation that all lines of a story have.
fn shifted(lines: &[String]) -> Vec<String> {
    const INDENTATION: &str = "   ";
    let shift = |line: &String| line.strip_prefix(INDENTATION).unwrap_or(line).trim_end().into();
    lines.iter().map(shift).collect()
}

fn parse(name: &str) -> Option<(usize, usize)> {
    let (lesson, step) = name.strip_prefix("lesson-")?.split_once("-step-")?;
    Some((lesson.parse().ok()?, step.parse().ok()?))
}

/// The process that has died of an access since the `last` look, as it was then.
fn killed(story: &Story, before: &[u32], last: &Look) -> Option<Process> {
    let (name, report) = story.killed(before)?;
    let Report::Killed { page, what, signal, .. } = report else { return None };
    let process = last.processes.iter().find(|process| process.name == name)?;
    let killed = Killed { page: *page, what: what.clone(), signal: signal.clone() };
    Some(Process { killed: Some(killed), ..process.clone() })
}

fn look(
    moment: &Moment,
    told: Vec<String>,
    contents: &mut Contents,
) -> std::result::Result<Look, &'static str> {
    let parts = || moment.processes.iter().flat_map(|process| &process.parts);
    if parts().any(|part| part.pages.end - part.pages.start > MOST_PAGES) {
        return Err("it shows more pages than a map has room for");
    }
    let mut axes: Vec<&Axis> = Vec::new();
    for part in parts().filter(|part| part.file.is_some()) {
        if !axes.contains(&&part.axis) {
            axes.push(&part.axis);
        }
    }
    let mut frames = Vec::new();
    let processes = moment.processes.iter().map(|process| Process {
        name: process.name.clone(),
        parts: process.parts.iter().map(|part| mapped(part, &axes, &mut frames)).collect(),
        killed: None,
    });
    let processes = processes.collect();
    let files = axes.iter().map(|axis| file(moment, axis, contents)).collect();
    Ok(Look { title: moment.title.clone(), told, processes, files })
}

fn mapped(part: &Part, axes: &[&Axis], frames: &mut Vec<Frame>) -> Mapped {
    let entries = part.pages.clone().map(|page| {
        let state = part.state_at(page);
        let own = part.own.iter().find(|(at, _)| *at == page && is_own(&state));
        let own = own.map(|(_, frame)| match frames.iter().position(|known| known == frame) {
            Some(known) => known,
            None => {
                frames.push(frame.clone());
                frames.len() - 1
            }
        });
        let label = page + part.first_label - part.pages.start;
        let (holds, then) = parts_of(own.and_then(|_| contents::of_process(part, page)));
        Entry { label, page, leads: Cell::of(&state).leads(false), own, holds, then }
    });
    Mapped {
        kind: part.kind.clone(),
        file: part.file.as_ref().and_then(|_| axes.iter().position(|axis| **axis == part.axis)),
        entries: entries.collect(),
    }
}

fn file(moment: &Moment, axis: &Axis, contents: &mut Contents) -> File {
    let parts = moment.processes.iter().flat_map(|process| &process.parts);
    let parts: Vec<&Part> = parts.filter(|part| part.axis == *axis).collect();
    let Some(file) = parts.iter().find_map(|part| part.file.as_ref()) else {
        return File { name: String::new(), on_disk: false, size: None, pages: Vec::new() };
    };
    let first = parts.iter().map(|part| part.pages.start).min().unwrap_or_default();
    let end = parts.iter().map(|part| part.pages.end).max().unwrap_or_default();
    let pages = (first..end).map(|page| {
        let state = words::in_the_cache(file, &moment.state_of(axis, page));
        let state = state.unwrap_or("past the end of the file");
        let holds = contents::of_file(&parts, file, page).filter(|_| contents::is_cached(state));
        let disk = contents.on_the_disk(&file.name, page, state, holds.as_ref());
        let (disk, disk_then) = parts_of(disk.filter(|_| file.is_on_disk()));
        let (holds, then) = parts_of(holds);
        Cached { page, state, holds, then, disk, disk_then }
    });
    let (name, on_disk) = (file.name.clone(), file.is_on_disk());
    let size = file.facts.filter(|_| on_disk).map(|facts| facts.length);
    File { name, on_disk, size, pages: pages.collect() }
}

fn parts_of(held: Option<Held>) -> (Option<String>, Option<String>) {
    held.map_or((None, None), |held| (Some(held.start), held.then))
}
