//! Judging the learner's own programs, and the table of the last verdicts: on these programs, or on others that
//! a person has named. What is remembered of a verdict for this table lies under `target/check`.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use common::{Context, Result, root};
use serde::{Deserialize, Serialize};

use crate::build::{self, Built, build, is_untouched, source, source_name};
use crate::cards::wrapped;
use crate::exercises::{EXERCISES, Exercise, Part};
use crate::hints::{or_say, remember};
use crate::judge::judge;
use crate::machine::Settings;
use crate::report::Report;

/// What is remembered of the last verdict on an exercise.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    state: String,
    points: u32,
    most: u32,
    diagnosis: Option<String>,
    /// Of which content of the source, or of the program: another one is not judged yet.
    source: u64,
    /// Which program was judged, if it was not the learner's own one. Older files do not say it: there it always was.
    #[serde(default)]
    program: Option<PathBuf>,
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
    let source_before = hash(&source(exercise.number)?)?;
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
        or_say(keep(&report, None, source_before)); // A replay has no points.
    }
    Ok(report)
}

/// The hash of a program that a person has named. Taken before it is judged, for [`remember_other`].
#[must_use]
pub fn content_of(program: &Path) -> u64 {
    hash(program).unwrap_or(UNREADABLE)
}

/// Remembers the verdict on a program that is not the learner's own one, and was `content` when it was judged.
///
/// # Errors
/// There is no checkout.
pub fn remember_other(report: &Report, program: &Path, content: u64) -> Result<()> {
    root()?;
    // A folder without a program has a report, too.
    if report.replayed.is_none() && program.is_file() {
        or_say(keep(report, Some(program), content));
    }
    Ok(())
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

/// All exercises, a row each, with the last verdict, for so many columns. Nothing is judged for it.
///
/// # Errors
/// Those of reading the programs.
pub fn table(columns: usize) -> Result<String> {
    let mut rows = vec![["", "exercise", "state", "points", "diagnosis"].map(str::to_owned)];
    for exercise in EXERCISES {
        rows.push(row(exercise, source_now(exercise.number)?));
    }
    let state = rows.iter().map(|[_, _, state, ..]| state.chars().count()).max();
    let state = state.unwrap_or_default().max(USUAL_STATE);
    let mut lines: Vec<_> = rows.iter().flat_map(|row| folded(row, state, columns)).collect();
    lines.push(String::new());
    let below = [
        "Judge one:  just check N, or cargo check-exercise N",
        "The task:   just exercise N, or cargo check-exercise card N",
        "These are the last verdicts. A name in brackets is the program that was judged, as given by --program. \
         Without a name, the verdict is on your Rust program in crates/exercises.",
    ];
    let below = build::missing_sources()?.into_iter().chain(below.map(str::to_owned));
    lines.extend(below.flat_map(|text| wrapped(&text, columns, "", "  ")));
    Ok(lines.join("\n") + "\n")
}

/// What the program of an exercise is now.
enum Source {
    /// There is none.
    Missing,
    /// The starter as it was shipped.
    Starter,
    /// Something of the learner's: what is kept of the last verdict, and the hash of what it is now.
    Begun(Option<Kept>, u64),
    /// A program that a person has named was judged last: its name, the verdict, and the hash of what it is now, if
    /// it is there.
    Other(String, Kept, Option<u64>),
}

fn source_now(number: u8) -> Result<Source> {
    let kept = kept(number);
    if let Some(kept) = &kept
        && let Some(program) = &kept.program
    {
        let now = program.exists().then(|| content_of(program));
        return Ok(Source::Other(short_name(program), kept.clone(), now));
    }
    if build::missing_source(number)?.is_some() {
        return Ok(Source::Missing);
    }
    Ok(match is_untouched(number)? {
        true => Source::Starter,
        false => Source::Begun(kept, hash(&source(number)?)?),
    })
}

/// The name of a program's file. Of a long one, the end: versions of a program mostly differ there.
fn short_name(program: &Path) -> String {
    const MOST: usize = 24;
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let shown: Vec<_> = name.chars().filter(|letter| !letter.is_control()).collect();
    match shown.len().checked_sub(MOST) {
        None | Some(0) => shown.iter().collect(),
        Some(left_out) => format!("…{}", shown.iter().skip(left_out + 1).collect::<String>()),
    }
}

/// The cells of an exercise.
fn row(exercise: &Exercise, source: Source) -> [String; 5] {
    const MISSING: &str = "file is missing";
    let all = exercise.points(Part::Core) + exercise.points(Part::Edge);
    let (name, kept, now) = match source {
        Source::Missing => return cells(exercise, MISSING, "-", all, None),
        Source::Starter => return cells(exercise, "not begun", "0", all, None),
        Source::Begun(None, _) => return cells(exercise, "not judged yet", "-", all, None),
        Source::Begun(Some(kept), now) => (String::new(), kept, Some(now)),
        Source::Other(name, kept, now) => (format!(" ({name})"), kept, now),
    };
    let (most, diagnosis) = (kept.most, kept.diagnosis);
    let (state, points, diagnosis) = match now {
        None => (MISSING, "-".into(), None),
        Some(now) if now != kept.source => ("changed since judged", kept.points.to_string(), None),
        Some(_) => (kept.state.as_str(), kept.points.to_string(), diagnosis),
    };
    cells(exercise, &format!("{state}{name}"), &points, most, diagnosis)
}

fn cells(
    exercise: &Exercise,
    state: &str,
    points: &str,
    most: u32,
    diagnosis: Option<String>,
) -> [String; 5] {
    let (number, points) = (exercise.number.to_string(), format!("{points}/{most}"));
    [number, exercise.title.into(), state.into(), points, diagnosis.unwrap_or_default()]
}

/// How wide the states are without the name of a program.
const USUAL_STATE: usize = 22;

/// A row of the table, whose states are `width` wide; cells that do not fit go on the next line.
fn folded(row: &[String; 5], width: usize, columns: usize) -> Vec<String> {
    let [number, title, state, points, diagnosis] = row;
    let longest = EXERCISES.iter().map(|exercise| exercise.title.len()).max().unwrap_or_default();
    let mut line = format!("{number:1}  {title:longest$}");
    let mut lines = Vec::new();
    let cells = [format!("{state:width$}"), format!("{points:>7}"), diagnosis.clone()];
    for cell in cells.iter().filter(|cell| !cell.is_empty()) {
        match line.chars().count() + 2 + cell.chars().count() <= columns {
            true => line += &format!("  {cell}"),
            false => lines.push(std::mem::replace(&mut line, format!("   {cell}"))),
        }
    }
    lines.push(line);
    // The name of a program can make a cell wider than the terminal.
    let folded = lines.iter().flat_map(|line| match line.trim_end() {
        line if line.chars().count() <= columns => vec![line.to_owned()],
        line => wrapped(line.trim_start(), columns, "   ", "   "),
    });
    folded.collect()
}

fn keep(report: &Report, program: Option<&Path>, source: u64) -> Result<()> {
    let kept = Kept {
        state: report.verdict().into(),
        points: report.totals.points,
        most: report.totals.most,
        diagnosis: report.diagnosis.clone(),
        source,
        program: program.map(Path::to_path_buf),
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

/// The hash of a program that may be executed, and not read.
const UNREADABLE: u64 = 0;

fn hash(file: &Path) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    fs::read(file).step_on("read", file)?.hash(&mut hasher);
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_counts_for_the_source_that_was_judged() {
        let Some(exercise) = EXERCISES.first() else { panic!("there is an exercise") };
        let diagnosis = Some("wrong-mode".to_owned());
        let kept = Kept {
            state: "solved".into(),
            points: 90,
            most: 100,
            diagnosis,
            source: 7,
            program: None,
        };
        let row = |source| row(exercise, source).join(" ");
        let same = row(Source::Begun(Some(kept.clone()), 7));
        assert!(same.contains("solved") && same.ends_with("90/100 wrong-mode"), "{same}");
        let changed = row(Source::Begun(Some(kept.clone()), 8));
        assert!(changed.contains("changed since judged"), "{changed}");
        assert!(!changed.contains("solved") && !changed.contains("wrong-mode"), "{changed}");
        assert!(row(Source::Begun(None, 8)).contains("not judged yet"));
        assert!(row(Source::Starter).contains("not begun"));
        assert!(row(Source::Missing).contains("file is missing"));
        let other = |now| row(Source::Other("my.c".into(), kept.clone(), now));
        assert!(other(Some(7)).ends_with("solved (my.c) 90/100 wrong-mode"), "{}", other(Some(7)));
        assert!(
            other(Some(8)).ends_with("changed since judged (my.c) 90/100 "),
            "{}",
            other(Some(8))
        );
        assert!(other(None).ends_with("file is missing (my.c) -/100 "), "{}", other(None));
    }

    #[test]
    fn of_a_long_name_the_end_is_shown() {
        let shown = |name: &str| short_name(&Path::new("/home/ada").join(name));
        assert_eq!(shown("my.c"), "my.c");
        assert_eq!(shown("a-name-of-24-characters."), "a-name-of-24-characters.");
        assert_eq!(shown("exercise-5-third-attempt-by-flock.py"), "…ird-attempt-by-flock.py");
        assert_eq!(shown("line\nbreak"), "linebreak");
    }

    #[test]
    fn a_row_is_one_line_where_it_fits_and_loses_no_cell_where_not() {
        let cells = ["5", "add and transfer", "changed since judged", "100/100", "lost-addition"];
        let cells = cells.map(str::to_owned);
        assert_eq!(
            folded(&cells, 22, 78),
            ["5  add and transfer  changed since judged    100/100  lost-addition"]
        );
        assert_eq!(
            folded(&cells, 22, 60),
            ["5  add and transfer  changed since judged    100/100", "   lost-addition"]
        );
        assert_eq!(
            folded(&cells, 22, 40),
            ["5  add and transfer", "   changed since judged    100/100", "   lost-addition"]
        );
        let named = "solved, edges included (…tself_for_a_long_time.c)";
        assert_eq!(
            folded(&["6", "lines", named, "100/100", ""].map(str::to_owned), 49, 40),
            [
                "6  lines",
                "   solved, edges included",
                "   (…tself_for_a_long_time.c)",
                "   100/100"
            ]
        );
    }
}
