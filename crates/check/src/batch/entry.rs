//! A student's result, as a line of JSON Lines and in the other formats.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use common::{Context, Failure, Result, say};
use serde::{Deserialize, Serialize};

use super::students::Submission;
use crate::report::{Format, Named, Report, Row, heading, row, written, written_grade};

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
    /// The whole report.
    pub report: Option<Report>,
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
            report: None,
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
                say!("{}, exercise {}: {}", entry.student, entry.exercise, entry.summary())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn end(&self, entries: &[Entry]) -> Result<()> {
        match self.format {
            Format::Csv | Format::Jsonl => Ok(()),
            Format::Text => {
                let count =
                    |state: &str| entries.iter().filter(|one| one.state.starts_with(state)).count();
                let faults = count(FAULT);
                let open = entries.iter().filter(|entry| !entry.is_judged()).count() - faults;
                say!(
                    "{} submissions: {} solved, {} not solved, {} missing, {} that this machine \
                     cannot judge, {faults} faults of the judge.",
                    entries.len(),
                    count("solved"),
                    count("not solved"),
                    count(MISSING),
                    count("cannot be judged"),
                )?;
                match open + faults {
                    0 => Ok(()),
                    without => say!(
                        "{without} have no grade yet. Judge them again, if need be on another machine: \
                         --resume does so."
                    ),
                }
            }
            _ => {
                let named: Vec<_> = entries
                    .iter()
                    .filter_map(|entry| {
                        let report = entry.report.as_ref()?;
                        Some(Named { student: Some(&entry.student), report })
                    })
                    .collect();
                say!("{}", written(&named, self.format)?)
            }
        }
    }
}
