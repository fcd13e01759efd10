//! The recorded runs that the lessons cite: their verdicts follow from their values, and the charts in
//! `lessons/figures` are what the records draw. `just bench-figures` draws them again.
#![expect(clippy::expect_used, reason = "a helper of the tests fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use bench::{Comparison, LEVEL, Run, Spread};
use course::{Program, scratch};

const PROGRAMS: [(&str, &str); 2] = [
    ("bench-read", env!("CARGO_BIN_EXE_bench-read")),
    ("bench-ipc", env!("CARGO_BIN_EXE_bench-ipc")),
];

fn lessons() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons")
}

fn path(program: &str) -> PathBuf {
    lessons().join(format!("measurements/{program}.json"))
}

fn record(program: &str) -> Run {
    serde_json::from_slice(&fs::read(path(program)).expect("a record")).expect("a run")
}

/// The names of the charts of a program in a directory.
fn charts(directory: &Path, program: &str) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
    let names = names.map(|name| name.expect("UTF-8"));
    let begin = format!("{program}-");
    let wanted = |name: &String| name.starts_with(&begin) && name.ends_with(".svg");
    let mut names: Vec<_> = names.filter(wanted).collect();
    names.sort_unstable();
    names
}

#[test]
fn the_charts_are_what_the_records_draw() {
    for (program, binary) in PROGRAMS {
        let scratch = scratch();
        let (record, output) = (path(program), scratch.path().join("out"));
        let options =
            ["--draw".as_ref(), record.as_os_str(), "--output".as_ref(), output.as_os_str()];
        Program::new(binary, options).succeed();
        let (drawn, committed) = (charts(&output, program), lessons().join("figures"));
        assert!(drawn.len() >= 5, "{drawn:?}");
        assert_eq!(charts(&committed, program), drawn, "run `just bench-figures`");
        for name in drawn {
            let read = |at: &Path| fs::read_to_string(at.join(&name)).expect("a chart");
            assert!(read(&committed) == read(&output), "{name}: run `just bench-figures`");
        }
    }
}

#[test]
fn the_verdicts_follow_from_the_recorded_values() {
    for (program, _) in PROGRAMS {
        let run = record(program);
        assert_eq!(run.program, program);
        assert!(!run.quick, "a quick run proves nothing");
        assert!(run.comparisons.len() > 30, "{}", run.comparisons.len());
        let mut again: Vec<_> = run
            .comparisons
            .iter()
            .map(|recorded| {
                let (group, subject) = run.row(&recorded.subject).expect("the subject");
                let (_, baseline) = run.row(&recorded.baseline).expect("the baseline");
                let subject = (recorded.subject.clone(), &subject.values[..]);
                let baseline = (recorded.baseline.clone(), &baseline.values[..]);
                Comparison::of(subject, baseline, group.unit)
            })
            .collect();
        Comparison::correct(&mut again);
        assert_eq!(again, run.comparisons);
        assert!(run.test.level == LEVEL && run.test.comparisons == again.len());
        for row in run.groups.iter().flat_map(|group| &group.rows) {
            assert_eq!(row.spread, Spread::of(&row.values), "{}", row.method);
            assert!(row.values.len() >= 20, "{}", row.method);
        }
    }
}

#[test]
fn a_record_of_the_other_program_is_refused() {
    let [(read, binary), (ipc, _)] = PROGRAMS;
    let record = path(ipc);
    let options = ["--draw".as_ref(), record.as_os_str()];
    let ended = Program::new(binary, options).run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains(&format!("a record of {ipc}, not of {read}")), "{ended:?}");
    let missing = Program::new(binary, ["--draw", "/nonexistent"]).run();
    assert!(missing.stderr.contains("/nonexistent\": No such file"), "{missing:?}");
    let other = Program::new(binary, ["--draw", "/proc/version"]).run();
    assert!(other.stderr.contains("not a record of bench-read"), "{other:?}");
}
