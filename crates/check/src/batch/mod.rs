//! A class: a folder of folders, one per student. Every submission is built in the sandbox and judged by
//! a process of its own, as many at once as there are processors.

mod compare;
mod each;
mod entry;
mod group;
mod merge;
mod results;
mod students;
mod workers;

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use common::clap::{self, Args};
use common::{Context, Failure, Result, Scratch, say};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Serialize};

pub use entry::Entry;
pub use merge::merged;
use results::Results;
pub use students::Submission;

use crate::exercises::exercise;
use crate::machine::{Machine, may_look_at_programs};
use crate::printable::printable_name;
use crate::report::{Format, Report, no_file};

/// What a teacher asks for.
#[derive(Args, Debug)]
pub struct Batch {
    /// Judge a class: DIR has one folder per student
    #[arg(id = "directory", long = "batch", value_name = "DIR", group = "judged")]
    pub directory: Option<PathBuf>,
    /// Judge only the students in FILE, one name per line
    #[arg(long, value_name = "FILE", requires = "directory")]
    students: Option<PathBuf>,
    /// Append each result to FILE (JSON Lines) as soon as it is known
    #[arg(long, value_name = "FILE", requires = "directory")]
    results: Option<PathBuf>,
    /// Keep the results in FILE of --results, and judge what is missing, has changed or has no grade
    #[arg(long, requires = "results")]
    resume: bool,
    /// With --resume, also judge again each submission with a check that could not be made
    #[arg(long, requires = "resume")]
    again_if_open: bool,
    /// Judge only part K of N parts of the class, such as 1/4
    #[arg(long, value_name = "K/N", requires = "directory")]
    shard: Option<Shard>,
    /// After judging, list who gets another result than in FILE (JSON Lines)
    #[arg(long, value_name = "FILE", requires = "directory")]
    compare: Option<PathBuf>,
    /// After judging, list the submissions whose runs did the same
    #[arg(long, requires = "directory")]
    group: bool,
}

/// One of several parts of a class: `K/N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Shard {
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts = text.split_once('/').and_then(|(number, of)| {
            Some(Self { number: number.parse().ok()?, of: of.parse().ok()? })
        });
        let parts = parts.filter(|part| (1..=part.of).contains(&part.number));
        parts.ok_or_else(|| "K/N, and K is 1 to N: such as 1/4".into())
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        format!("{}/{}", shard.number, shard.of)
    }
}

impl Shard {
    /// Whether the student at this place of the sorted list is in this part.
    fn holds(self, place: usize) -> bool {
        place % self.of == self.number - 1
    }
}

/// Whether everything was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every submission has its verdict, and all checks of it were made.
    Complete,
    /// Of some, this machine could not judge all.
    Unjudged,
    /// The judge failed on some.
    Faults,
    /// The batch was stopped.
    Interrupted,
}

impl Ended {
    fn of(entries: &[Entry]) -> Self {
        match () {
            () if entries.iter().any(|entry| entry.state == entry::FAULT) => Self::Faults,
            () if entries.iter().any(|entry| !entry.is_whole()) => Self::Unjudged,
            () => Self::Complete,
        }
    }
}

/// A call that cannot be obeyed, in words.
#[derive(Debug)]
pub struct WrongCall(pub String);

/// Judges a class, and prints each result as soon as it is known.
///
/// # Errors
/// [`WrongCall`] in the inner result; else what the system refuses.
pub fn judge_class(
    asked: &Batch,
    directory: &Path,
    exercise: Option<u8>,
    seed: Option<u64>,
    format: Format,
) -> Result<std::result::Result<Ended, WrongCall>> {
    may_look_at_programs()?;
    let class = match students::listed(directory, asked.students.as_deref(), exercise)? {
        Ok(class) => class,
        Err(why) => return Ok(Err(WrongCall(why))),
    };
    for warning in &class.warnings {
        warn(warning);
    }
    let mut submissions = class.submissions(exercise);
    submissions.retain(|submission| asked.shard.is_none_or(|shard| shard.holds(submission.place)));
    let opened = |path| Results::open(path, asked.resume);
    let files = asked.compare.as_deref().map(entry::read).transpose();
    let files = files.and_then(|old| Ok((old, asked.results.as_deref().map(opened).transpose()?)));
    let (old, results) = match files {
        Ok(files) => files,
        Err(failure) => return Ok(Err(WrongCall(failure.to_string()))),
    };
    let (results, found) = results.unzip();
    let (known, others) = kept(asked, &submissions, found.unwrap_or_default());
    let done: BTreeSet<_> = known.iter().map(Entry::key).collect();
    submissions.retain(|submission| !done.contains(&submission.key()));
    let all = others.iter().chain(&known);
    let log = results.map(|results| results.replace(all)).transpose()?;
    let printer = entry::Printer::new(format);
    // What is judged now gets the inputs of what was judged before.
    let seed = seed.or_else(|| known.iter().find_map(Entry::seed)).unwrap_or_else(rand::random);
    let whole = old.is_some() || !format.is_of_lines();
    let judge = Judge { seed, shard: asked.shard, whole, printer: &printer };
    let Some(entries) = judge.one_by_one(submissions, known, log)? else {
        let how = match &asked.results {
            Some(_) => "the same command with --resume goes on",
            None => "with --results FILE, the next one can be resumed",
        };
        warn(&format!("stopped: {how}"));
        return Ok(Ok(Ended::Interrupted));
    };
    printer.end(&entries)?;
    warn_of_seeds(&entries);
    if let Some(old) = old {
        beside(format, &compare::table(&old, &entries))?;
    }
    if asked.group {
        beside(format, &group::table(&entries))?;
    }
    say_what_is_next(asked, &entries, format)?;
    Ok(Ok(Ended::of(&entries)))
}

/// Which results of a file are kept as those of these submissions, and which results are of others: of students or
/// exercises that this call does not ask for. Results that are in neither are made again.
fn kept(asked: &Batch, submissions: &[Submission], found: Vec<Entry>) -> (Vec<Entry>, Vec<Entry>) {
    let (mut known, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|entry| submissions.iter().any(|one| one.key() == entry.key()));
    let is_done = |entry: &Entry| match asked.again_if_open {
        true => entry.is_whole(),
        false => entry.is_judged(),
    };
    known.retain(|entry| is_done(entry) && submissions.iter().any(|one| one.is_of(entry)));
    // They may be of a part, and this call of the whole class.
    known.iter_mut().for_each(|entry| entry.shard = asked.shard);
    (known, others)
}

/// What a teacher can do after a batch, a line each.
fn say_what_is_next(asked: &Batch, entries: &[Entry], format: Format) -> Result<()> {
    if let Some(open) = entry::told_of_open_checks(entries) {
        beside(format, &open)?;
    }
    let Some(results) = &asked.results else { return Ok(()) };
    let file = quoted(results);
    let next = match asked.shard {
        Some(shard) if shard.of > 1 => format!(
            "Grades as a table, from the files of all {} parts: cargo check-exercise merge {file} … --format csv",
            shard.of
        ),
        _ => format!("Grades as a table: cargo check-exercise merge {file} --format csv"),
    };
    beside(format, &next)
}

/// A path as a word of a shell.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+,:@%".contains(letter);
    match path.chars().all(is_plain) {
        true => path,
        false => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

/// How the submissions of a batch are judged.
struct Judge<'p> {
    /// From what the inputs are drawn.
    seed: u64,
    /// The part of the class that was asked for.
    shard: Option<Shard>,
    /// Whether the reports are needed at the end, too.
    whole: bool,
    printer: &'p entry::Printer,
}

impl Judge<'_> {
    /// Judges the submissions, keeps and prints each result as soon as it is known, after those that were
    /// known before; `None` if the batch was stopped.
    fn one_by_one(
        &self,
        submissions: Vec<Submission>,
        known: Vec<Entry>,
        mut log: Option<Results>,
    ) -> Result<Option<Vec<Entry>>> {
        let keep = |entry: Entry| if self.whole { entry } else { entry.slim() };
        self.printer.begin()?;
        for entry in &known {
            self.printer.one(entry)?;
        }
        let bar = progress(submissions.len());
        let mut entries: Vec<_> = known.into_iter().map(keep).collect();
        let interrupted = workers::run(submissions, self.seed, |entry| {
            let entry = Entry { shard: self.shard, ..entry };
            if let Some(log) = &mut log {
                log.append(&entry)?;
            }
            bar.suspend(|| self.printer.one(&entry))?;
            bar.inc(1);
            entries.push(keep(entry));
            Ok(())
        })?;
        bar.finish_and_clear();
        entries.sort_by_key(Entry::key);
        Ok((!interrupted).then_some(entries))
    }
}

/// The reports on the answers in the folder of one student: one on each file, or one on the exercise that
/// was asked for, even if there is no file for it.
///
/// # Errors
/// [`WrongCall`] in the inner result if there is nothing to judge; else what the system refuses, and
/// the failures of the judge.
pub fn of_one_student(
    folder: &Path,
    exercise: Option<u8>,
    seed: Option<u64>,
) -> Result<std::result::Result<Vec<(Report, PathBuf)>, WrongCall>> {
    let class = match students::of_one(folder, exercise)? {
        Ok(class) => class,
        Err(why) => return Ok(Err(WrongCall(why))),
    };
    let (found, missing): (Vec<_>, Vec<_>) =
        class.submissions(exercise).into_iter().partition(|submission| submission.file.is_some());
    if let (Some(number), [_]) = (exercise, missing.as_slice()) {
        let report = nothing_handed_in(number, folder, &class.warnings)?;
        return Ok(Ok(vec![(report, folder.into())]));
    }
    for warning in &class.warnings {
        warn(warning);
    }
    if found.is_empty() {
        let why = format!("{} holds no file named exercise-N", folder.display());
        return Ok(Err(WrongCall(why)));
    }
    let mut reports = Vec::new();
    let interrupted = workers::run(found, seed.unwrap_or_else(rand::random), |entry| {
        let failed = |why| Failure::refusal("judge", folder, why);
        let report = entry.report.ok_or_else(|| failed(entry.why.unwrap_or_default()))?;
        reports.push((report, folder.join(entry.file.unwrap_or_default())));
        Ok(())
    })?;
    match interrupted {
        true => Err(Failure::refusal("judge", folder, "stopped by a signal")),
        false => Ok(Ok(reports)),
    }
}

/// The report on a folder without a file for the exercise. It names the files that may be misnamed.
fn nothing_handed_in(number: u8, folder: &Path, warnings: &[String]) -> Result<Report> {
    let none = || Failure::refusal("judge", folder, "there is no such exercise");
    let exercise = exercise(number).ok_or_else(none)?;
    let machine = Machine::of(&Scratch::new()?)?;
    let first = no_file(number);
    let said = std::iter::once(first).chain(warnings.iter().cloned()).collect::<Vec<_>>();
    Ok(Report::missing(exercise, folder, &machine, &said.join("\n")))
}

/// Warns if not all students have had the same inputs.
fn warn_of_seeds(entries: &[Entry]) {
    let seeds: BTreeSet<_> = entries.iter().filter_map(Entry::seed).collect();
    if seeds.len() > 1 {
        let seeds = seeds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        warn(&format!(
            "not all students had the same inputs: they were drawn from the seeds {seeds}. Give --seed \
             to judge all with the same ones"
        ));
    }
}

fn progress(length: usize) -> ProgressBar {
    let target = match std::io::stderr().is_terminal() {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(Some(length as u64), target);
    let template = "judged {pos} of {len} {wide_bar} {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// What a person reads beside the results: on standard error where a program reads the results.
fn beside(format: Format, text: &str) -> Result<()> {
    match format {
        Format::Text => say!("{text}"),
        _ => writeln!(std::io::stderr(), "{text}").step("write to standard error"),
    }
}

/// A warning on standard error.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "warning: {}", printable_name(text)); // Nowhere else to say it.
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_k_of_n() {
        assert_eq!("2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        for wrong in ["", "1", "0/4", "5/4", "1/0", "a/b", "1/2/3", "-1/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_student_is_in_one_shard() {
        for place in 0..20 {
            let parts = (1..=3).filter(|number| Shard { number: *number, of: 3 }.holds(place));
            assert_eq!(parts.count(), 1);
        }
    }
}
