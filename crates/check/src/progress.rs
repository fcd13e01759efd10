//! Judging the learner's own programs, and the table of the last verdicts on them. What is remembered of a
//! verdict for this table lies under `target/check`.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use common::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::build::{self, Built, build, is_untouched, source, source_name};
use crate::cards::wrapped;
use crate::exercises::{EXERCISES, Exercise, Part};
use crate::hints::{or_say, remember};
use crate::judge::judge;
use crate::machine::Settings;
use crate::report::Report;

/// What is remembered of the last verdict on a learner's program.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    state: String,
    points: u32,
    most: u32,
    diagnosis: Option<String>,
    /// Of which source: another one is not judged yet.
    source: u64,
}

/// Builds and judges the learner's program, and remembers the diagnosis.
///
/// # Errors
/// Faults of the judge.
pub fn judge_with_progress(exercise: &Exercise, settings: &Settings) -> Result<Report> {
    if let Some(said) = build::missing_source(exercise.number)? {
        let source = source(exercise.number)?;
        return Ok(Report::missing(exercise, &source, &settings.machine, &said));
    }
    let source_before = hash_of_source(exercise.number)?;
    let (built, warnings) = build(exercise.number)?;
    let report = match built {
        Built::Program(program) => Report { warnings, ..judge(exercise, &program, settings)? },
        Built::Refused(said) => {
            Report::not_built(exercise, &source(exercise.number)?, &settings.machine, &said)
        }
    };
    if report.is_verdict() {
        remember(&report, None)?;
    }
    if report.replayed.is_none() {
        or_say(keep(&report, source_before)); // A replay has no points.
    }
    Ok(report)
}

/// What a newcomer reads: the file is as it was shipped.
///
/// # Errors
/// Those of reading it.
pub fn welcome(exercise: &Exercise) -> Result<String> {
    let number = exercise.number;
    let path = source(number)?;
    let text = fs::read_to_string(&path).step_on("read", &path)?;
    let begin =
        text.lines().skip_while(|line| !line.starts_with("//! Begin: ")).take_while(|line| {
            line.starts_with("//! ") // The paragraph ends at an empty line.
        });
    let step: Vec<_> = begin.map(|line| line.trim_start_matches("//! ")).collect();
    let step = step.join(" ");
    let lines = [
        format!("Exercise {number}: this is the start, and nothing is broken."),
        "The program is the starter as it was shipped; it solves nothing yet.".into(),
        format!("Edit:  {}", source_name(number)),
        format!("Read:  just exercise {number}, or cargo check-exercise card {number}"),
        step,
    ];
    Ok(lines.join("\n") + "\n")
}

/// All programs that somebody has begun, judged; those whose source is missing, too.
///
/// # Errors
/// Faults of the judge.
pub fn all(settings: &Settings) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    for exercise in EXERCISES {
        if !is_untouched(exercise.number)? {
            reports.push(judge_with_progress(exercise, settings)?);
        }
    }
    Ok(reports)
}

/// All exercises, a row each, with the last verdict on the learner's program, for so many columns. Nothing is
/// judged for it.
///
/// # Errors
/// Those of reading the programs.
pub fn table(columns: usize) -> Result<String> {
    let mut rows = vec![["", "exercise", "state", "points", "diagnosis"].map(str::to_owned)];
    for exercise in EXERCISES {
        rows.push(row(exercise, source_now(exercise.number)?));
    }
    let mut lines: Vec<_> = rows.iter().flat_map(|row| folded(row, columns)).collect();
    lines.push(String::new());
    let below = [
        "Judge one:  just check N, or cargo check-exercise N",
        "The task:   just exercise N, or cargo check-exercise card N",
        "These are the last verdicts on your Rust programs in crates/exercises. Verdicts on other \
         programs (--program) are not kept.",
    ];
    let below = build::missing_sources()?.into_iter().chain(below.map(str::to_owned));
    lines.extend(below.flat_map(|text| wrapped(&text, columns, "", "  ")));
    Ok(lines.join("\n") + "\n")
}

/// What the learner's source of an exercise is now.
enum Source {
    /// There is none.
    Missing,
    /// The starter as it was shipped.
    Starter,
    /// Something of the learner's: what is kept of the last verdict, and the hash of what it is now.
    Begun(Option<Kept>, u64),
}

fn source_now(number: u8) -> Result<Source> {
    if build::missing_source(number)?.is_some() {
        return Ok(Source::Missing);
    }
    Ok(match is_untouched(number)? {
        true => Source::Starter,
        false => Source::Begun(kept(number), hash_of_source(number)?),
    })
}

/// The cells of an exercise.
fn row(exercise: &Exercise, source: Source) -> [String; 5] {
    let most = exercise.points(Part::Core) + exercise.points(Part::Edge);
    let (state, points, most, diagnosis) = match source {
        Source::Missing => ("file is missing".into(), "-".into(), most, None),
        Source::Starter => ("not begun".into(), "0".into(), most, None),
        Source::Begun(None, _) => ("not judged yet".into(), "-".into(), most, None),
        Source::Begun(Some(kept), now) if kept.source != now => {
            ("changed since judged".into(), kept.points.to_string(), kept.most, None)
        }
        Source::Begun(Some(kept), _) => {
            (kept.state, kept.points.to_string(), kept.most, kept.diagnosis)
        }
    };
    let (number, points) = (exercise.number.to_string(), format!("{points}/{most}"));
    [number, exercise.title.into(), state, points, diagnosis.unwrap_or_default()]
}

/// A row of the table; cells that do not fit go on the next line.
fn folded(row: &[String; 5], columns: usize) -> Vec<String> {
    let [number, title, state, points, diagnosis] = row;
    let longest = EXERCISES.iter().map(|exercise| exercise.title.len()).max().unwrap_or_default();
    let mut line = format!("{number:1}  {title:longest$}");
    let mut lines = Vec::new();
    let cells = [format!("{state:22}"), format!("{points:>7}"), diagnosis.clone()];
    for cell in cells.iter().filter(|cell| !cell.is_empty()) {
        match line.len() + 2 + cell.len() <= columns {
            true => line += &format!("  {cell}"),
            false => lines.push(std::mem::replace(&mut line, format!("   {cell}"))),
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

fn keep(report: &Report, source: u64) -> Result<()> {
    let kept = Kept {
        state: report.verdict().into(),
        points: report.totals.points,
        most: report.totals.most,
        diagnosis: report.diagnosis.clone(),
        source,
    };
    let (directory, path) = (build::kept_directory()?, file(report.exercise)?);
    fs::create_dir_all(&directory).step_on("create", &directory)?;
    fs::write(&path, serde_json::to_string(&kept).step("write JSON")?).step_on("write", &path)
}

/// Gone or spoilt: then the program counts as not judged.
fn kept(exercise: u8) -> Option<Kept> {
    let text = fs::read_to_string(file(exercise).ok()?).ok()?;
    serde_json::from_str(&text).ok()
}

fn file(exercise: u8) -> Result<PathBuf> {
    Ok(build::kept_directory()?.join(format!("progress-{exercise}.json")))
}

fn hash_of_source(exercise: u8) -> Result<u64> {
    let path = source(exercise)?;
    let mut hasher = DefaultHasher::new();
    fs::read(&path).step_on("read", &path)?.hash(&mut hasher);
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_counts_for_the_source_that_was_judged() {
        let Some(exercise) = EXERCISES.first() else { panic!("there is an exercise") };
        let diagnosis = Some("wrong-mode".to_owned());
        let kept = Kept { state: "solved".into(), points: 90, most: 100, diagnosis, source: 7 };
        let row = |source| row(exercise, source).join(" ");
        let same = row(Source::Begun(Some(kept.clone()), 7));
        assert!(same.contains("solved") && same.ends_with("90/100 wrong-mode"), "{same}");
        let changed = row(Source::Begun(Some(kept), 8));
        assert!(changed.contains("changed since judged"), "{changed}");
        assert!(!changed.contains("solved") && !changed.contains("wrong-mode"), "{changed}");
        assert!(row(Source::Begun(None, 8)).contains("not judged yet"));
        assert!(row(Source::Starter).contains("not begun"));
        assert!(row(Source::Missing).contains("file is missing"));
    }

    #[test]
    fn a_row_is_one_line_where_it_fits_and_loses_no_cell_where_not() {
        let cells = ["5", "add and transfer", "changed since judged", "100/100", "lost-addition"];
        let cells = cells.map(str::to_owned);
        assert_eq!(
            folded(&cells, 78),
            ["5  add and transfer  changed since judged    100/100  lost-addition"]
        );
        assert_eq!(
            folded(&cells, 60),
            ["5  add and transfer  changed since judged    100/100", "   lost-addition"]
        );
        assert_eq!(
            folded(&cells, 40),
            ["5  add and transfer", "   changed since judged    100/100", "   lost-addition"]
        );
    }
}
