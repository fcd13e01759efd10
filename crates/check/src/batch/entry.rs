//! A student's result, as a line of JSON Lines and in the other formats.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use common::{Context, Failure, Result, say};
use serde::{Deserialize, Serialize};

use super::Shard;
use super::students::Submission;
use crate::counted::counted;
use crate::exercises::{Part, exercise};
use crate::printable::printable_name;
use crate::report::{
    Format, Named, Report, Row, State, Unreported, heading, markdown_section, no_file, row,
    written, written_grade,
};

/// The states of a submission that has no report.
pub(super) const MISSING: &str = "missing";
pub(super) const FAULT: &str = "fault in the judge";

/// One submission's result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The folder's name.
    pub student: String,
    /// 1 to 6.
    pub exercise: u8,
    /// The verdict in a few words, or `missing`, or `fault in the judge`.
    pub state: String,
    /// Points of the checks that passed.
    pub points: u32,
    /// Points of checks that this machine could not make: neither given nor taken.
    pub open_points: u32,
    /// Points of the checks that could be made and that apply to the program.
    #[serde(default)]
    pub of: u32,
    /// The points for a gradebook, of 100: 0 without a file, `None` if it must be judged again.
    #[serde(default)]
    pub grade: Option<f64>,
    /// The first failed check's diagnosis.
    pub diagnosis: Option<String>,
    /// Why there is no report.
    pub why: Option<String>,
    /// The file that was judged.
    pub file: Option<String>,
    /// What tells one content of the file from another.
    pub digest: String,
    /// Files of the student that were probably meant, and are not graded: only if there is no file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_graded: Vec<String>,
    /// The part of the class that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The whole report.
    pub report: Option<Report>,
    /// How many checks of the core and of the edges could not be made, without those that are only made where possible.
    #[serde(skip)]
    pub open_checks: usize,
}

/// What no two submissions share.
pub(super) type Key = (String, u8);

impl Entry {
    fn of(submission: &Submission) -> Self {
        let name = submission.file.as_ref().and_then(|file| file.file_name());
        Self {
            student: submission.student.clone(),
            exercise: submission.exercise,
            state: MISSING.into(),
            points: 0,
            open_points: 0,
            of: 0,
            grade: None,
            diagnosis: None,
            why: None,
            file: name.map(|name| name.to_string_lossy().into_owned()),
            digest: submission.digest.clone(),
            not_graded: submission.not_graded.clone(),
            shard: None,
            report: None,
            open_checks: 0,
        }
    }

    /// There is no file.
    pub(super) fn missing(submission: &Submission) -> Self {
        Self { grade: Some(0.0), ..Self::of(submission) }
    }

    /// It was judged.
    pub(super) fn judged(submission: &Submission, report: Report) -> Self {
        Self {
            state: report.verdict().into(),
            points: report.totals.points,
            open_points: report.open_points(),
            of: report.judged_points(),
            grade: report.grade(),
            diagnosis: report.diagnosis.clone(),
            open_checks: open_checks(&report),
            report: Some(report),
            ..Self::of(submission)
        }
    }

    /// The judge failed.
    pub(super) fn fault(submission: &Submission, why: String) -> Self {
        Self { state: FAULT.into(), why: Some(why), ..Self::of(submission) }
    }

    pub(super) fn key(&self) -> Key {
        (self.student.clone(), self.exercise)
    }

    /// The same without what only a document or a comparison needs, so that a large class takes little
    /// memory.
    pub(super) fn slim(mut self) -> Self {
        if let Some(report) = &mut self.report {
            report.checks = Vec::new();
            report.not_judged = Vec::new();
            report.compiler = None;
        }
        self
    }

    /// Whether both say the same of a student.
    pub(super) fn same_result(&self, other: &Self) -> bool {
        let told = |entry: &Self| {
            (entry.state.clone(), entry.points, entry.open_points, entry.diagnosis.clone())
        };
        told(self) == told(other)
    }

    /// Whether there is a result that a gradebook can take: neither the judge nor this machine failed.
    pub(super) fn is_judged(&self) -> bool {
        self.grade.is_some()
    }

    /// Whether all checks were made that every machine can make.
    pub(super) fn is_whole(&self) -> bool {
        self.is_judged() && self.open_checks == 0
    }

    /// Whether the results differ only in checks that one of them could not make.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let (Some(one), Some(two)) = (&self.report, &other.report) else { return false };
        let decided = |state: State| matches!(state, State::Passed | State::Failed);
        self.digest == other.digest
            && one.checks.iter().all(|check| {
                let same = two.checks.iter().find(|same| same.id == check.id);
                same.is_none_or(|same| {
                    !decided(check.state) || !decided(same.state) || check.state == same.state
                })
            })
    }

    /// What a teacher reads behind the name: the state and the points, and of how many.
    pub(super) fn summary(&self) -> String {
        let points = match &self.report {
            Some(_) => {
                let open = match self.open_points {
                    0 => String::new(),
                    open => format!(" ({open} more cannot be judged here)"),
                };
                format!(", {} of {} points{open}", self.points, self.of)
            }
            None => String::new(),
        };
        let about = self.diagnosis.as_ref().or(self.why.as_ref());
        let about = about.map(|about| format!(": {about}")).unwrap_or_default();
        format!("{}{points}{about}", self.state)
    }

    /// From what its inputs were drawn.
    pub(super) fn seed(&self) -> Option<u64> {
        self.report.as_ref()?.seed
    }

    fn row(&self) -> Row {
        Row {
            student: self.student.clone(),
            exercise: self.exercise,
            state: self.state.clone(),
            grade: written_grade(self.grade),
            points: self.points,
            of: self.of,
            diagnosis: self.diagnosis.clone().or_else(|| self.why.clone()).unwrap_or_default(),
        }
    }
}

fn open_checks(report: &Report) -> usize {
    let open = report.checks.iter().filter(|check| check.state == State::Cannot);
    open.filter(|check| check.part != Part::Extra && !check.where_possible).count()
}

/// Appends a line, at once.
pub(super) fn append(file: &mut File, entry: &Entry) -> io::Result<()> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    file.write_all(&line)
}

/// The results in a file. A last line that a crash cut is left out, wherever it was cut.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>> {
    let text = std::fs::read(path).step_on("read", path)?;
    let mut entries = Vec::new();
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match serde_json::from_slice::<Entry>(line) {
            Ok(mut entry) => {
                // An older judge wrote neither of them.
                match &entry.report {
                    Some(report) => {
                        (entry.of, entry.grade) = (report.judged_points(), report.grade());
                        entry.open_checks = open_checks(report);
                    }
                    None => entry.grade = (entry.state == MISSING).then_some(0.0),
                }
                entries.push(entry);
            }
            Err(_) if !line.ends_with(b"\n") => {}
            Err(error) => {
                let why = format!("line {} is no result: {error}", number + 1);
                return Err(Failure::refusal("read", path, why));
            }
        }
    }
    Ok(entries)
}

/// Prints results: a line each as soon as it is known, or one document at the end.
pub(super) struct Printer {
    format: Format,
}

impl Printer {
    pub(super) fn new(format: Format) -> Self {
        Self { format }
    }

    pub(super) fn begin(&self) -> Result<()> {
        match self.format {
            Format::Csv => say!("{}", heading()?),
            _ => Ok(()),
        }
    }

    pub(super) fn one(&self, entry: &Entry) -> Result<()> {
        match self.format {
            Format::Csv => say!("{}", row(&entry.row())?),
            Format::Jsonl => say!("{}", serde_json::to_string(entry).step("write JSON")?),
            Format::Text => {
                let student = printable_name(&entry.student);
                say!("{student}, exercise {}: {}", entry.exercise, entry.summary())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn end(&self, entries: &[Entry]) -> Result<()> {
        match self.format {
            Format::Csv | Format::Jsonl => Ok(()),
            Format::Text => sums(entries),
            Format::Markdown => say!("{}", feedback(entries)?),
            _ => {
                let named: Vec<_> = entries.iter().filter_map(named).collect();
                say!("{}", written(&named, self.format)?)
            }
        }
    }
}

fn named(entry: &Entry) -> Option<Named<'_>> {
    let report = entry.report.as_ref()?;
    Some(Named { student: Some(&entry.student), report })
}

/// How many submissions came out in which way.
fn sums(entries: &[Entry]) -> Result<()> {
    let count = |state: &str| entries.iter().filter(|one| one.state.starts_with(state)).count();
    let faults = count(FAULT);
    let open = entries.iter().filter(|entry| !entry.is_judged()).count() - faults;
    say!(
        "{}: {} solved, {} not solved, {} missing, {} that this machine cannot judge, {} of the judge.",
        counted(entries.len() as u64, "submission"),
        count("solved"),
        count("not solved"),
        count(MISSING),
        count("cannot be judged"),
        counted(faults as u64, "fault"),
    )?;
    let (have, them) = match open + faults {
        0 => return Ok(()),
        1 => ("1 has".to_owned(), "it"),
        without => (format!("{without} have"), "them"),
    };
    say!(
        "{have} no grade yet. Judge {them} again, if need be on another machine: --resume does so."
    )
}

/// What is said of submissions that have a grade, although checks of them could not be made.
pub(super) fn told_of_open_checks(entries: &[Entry]) -> Option<String> {
    let (have, them) = match entries.iter().filter(|one| one.is_judged() && !one.is_whole()).count()
    {
        0 => return None,
        1 => ("1 submission has".to_owned(), "it"),
        open => (format!("{open} submissions have"), "them"),
    };
    Some(format!(
        "{have} a grade, and checks that could not be made. Judge {them} again while the machine is less busy, \
         or on another machine: --resume --again-if-open does so."
    ))
}

/// Markdown for students: a section for each submission, also for one without a report.
pub(super) fn feedback<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Result<String> {
    let sections = entries.into_iter().map(|entry| match named(entry) {
        Some(named) => written(&[named], Format::Markdown),
        None => Ok(section_without_report(entry)),
    });
    Ok(sections.collect::<Result<Vec<_>>>()?.join("\n"))
}

fn section_without_report(entry: &Entry) -> String {
    let number = entry.exercise;
    let said = match entry.state == MISSING {
        true => no_file(number),
        false => {
            let why = entry.why.as_deref().unwrap_or_default();
            format!("The judge failed, not your program. Your teacher can judge it again. {why}")
        }
    };
    markdown_section(&Unreported {
        student: &entry.student,
        exercise: number,
        title: exercise(number).map_or("", |exercise| exercise.title),
        state: &entry.state,
        said: &said,
        not_graded: &entry.not_graded,
    })
}
