//! The command as a person calls it: formats, a wrong call, a pipe, a full disk; and that what it names is
//! there.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use check::exercises::exercise;
use course::{Program, scratch};

const DOCTOR: &str = env!("CARGO_BIN_EXE_doctor");

#[test]
fn each_thing_has_one_line_with_a_state_and_no_line_is_wider_than_80_columns() {
    let scratch = scratch();
    let ended = Program::new(DOCTOR, [""; 0]).env("LESSON_SCRATCH", scratch.path()).run();
    assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}");
    assert!(!ended.stdout.contains('\x1b'), "colours in a pipe: {ended:?}");
    let is_wide = |line: &&str| line.chars().count() > 80;
    assert_eq!(ended.stdout.lines().find(is_wide), None);
    let states = ["fine", "limited", "MISSING", "unknown"];
    for name in ["kernel", "ptrace", "user namespaces", "/dev/shm", "CPUs", "cc", "just", "user"] {
        let start = format!("{name:17}");
        let line = ended.stdout.lines().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("no {name} in {ended:?}"));
        assert!(states.iter().any(|state| line[17..].starts_with(state)), "{line}");
    }
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_wrong_call_gets_usage_and_exit_status_2() {
    for (wrong, words) in [
        (&["--format", "xml"][..], "[possible values: text, json]"),
        (&["lesson-1"], "Usage: cargo doctor"),
        (&["try", "nothing"], "Usage: cargo doctor"),
    ] {
        let ended = Program::new(DOCTOR, wrong).run();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(words), "{ended:?}");
    }
}

#[test]
fn help_tells_the_exit_status() {
    let said = Program::new(DOCTOR, ["--help"]).succeed();
    assert!(said.contains("Exit status: 0") && said.contains("Usage: cargo doctor"), "{said}");
    assert!(!said.contains("confined"), "{said}");
}

#[test]
fn a_full_standard_output_is_one_line_and_exit_status_1() {
    let full = File::options().write(true).open("/dev/full").expect("open /dev/full");
    let output = Command::new(DOCTOR).stdout(full).output().expect("run it");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "error: write to standard output: No space left on device (os error 28)\n");
}

#[test]
fn a_reader_that_goes_gets_no_complaint() {
    let mut child = Command::new(DOCTOR);
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("start it");
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("read");
    assert!(child.wait().expect("wait").success());
    assert_eq!(said, "");
}

#[test]
fn nothing_is_left_in_dev_shm_and_in_the_scratch() {
    let scratch = scratch();
    let base = scratch.path().join("base");
    fs::create_dir(&base).expect("make a directory");
    let mut command = Command::new(DOCTOR);
    let child = command.env("LESSON_SCRATCH", &base).stdout(Stdio::null()).spawn();
    let mut child = child.expect("start it");
    let object = format!("/dev/shm/doctor-{:x}", child.id());
    child.wait().expect("wait");
    assert!(!Path::new(&object).exists(), "{object}");
    assert_eq!(fs::read_dir(&base).expect("list it").count(), 0);
}

/// The texts in which the command names checks and claims.
fn own_sources() -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    texts_below(&directory).concat()
}

fn texts_below(directory: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(directory).expect("list the sources").flatten() {
        let path: PathBuf = entry.path();
        match path.is_dir() {
            true => texts.extend(texts_below(&path)),
            false => texts.push(fs::read_to_string(&path).unwrap_or_default()),
        }
    }
    texts
}

/// What stands between quotation marks.
fn literals(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').skip(1).step_by(2)
}

#[test]
fn every_check_that_is_named_is_one_of_its_exercise() {
    let source = own_sources();
    let calls: Vec<_> = source.split("checks(").skip(1).collect();
    let mut named = 0;
    for call in calls {
        let call = call.split_once(')').map_or(call, |(call, _)| call);
        let Some((number, ids)) = call.split_once(", &[") else { continue };
        let Ok(number) = number.trim().parse() else { continue };
        let exercise = exercise(number).expect("an exercise");
        for id in literals(ids) {
            assert!(exercise.checks.iter().any(|check| check.id == id), "{number}: {id}");
            named += 1;
        }
    }
    assert!(named >= 15, "looked in the wrong place: {named}");
}

#[test]
fn every_claim_that_is_named_has_its_test() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let lessons = fs::read_dir(&crates).expect("list the crates").flatten();
    let lessons =
        lessons.filter(|entry| entry.file_name().to_string_lossy().starts_with("lesson-"));
    let tests: String =
        lessons.flat_map(|entry| texts_below(&entry.path().join("tests"))).collect();
    let source = own_sources();
    let is_claim = |literal: &&str| {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        literal.matches('_').count() >= 6 && literal.chars().all(|c| plain(c) || c == '_')
    };
    let claims: Vec<_> = literals(&source).filter(is_claim).collect();
    assert!(claims.len() >= 7, "looked in the wrong place: {claims:?}");
    for claim in claims {
        assert!(tests.contains(&format!("fn {claim}()")), "{claim} is no test");
    }
}

#[test]
fn the_lessons_with_claims_of_root_are_those_that_are_named() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut with_root: Vec<char> = Vec::new();
    for entry in fs::read_dir(&crates).expect("list the crates").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(number) = name.strip_prefix("lesson-").and_then(|rest| rest.chars().next()) else {
            continue;
        };
        let claims = texts_below(&entry.path().join("tests/claims")).concat();
        if claims.contains("#[ignore = \"needs root") {
            with_root.push(number);
        }
    }
    with_root.sort_unstable();
    assert_eq!(with_root, ['1', '2', '3', '4', '5', '7'], "src/tools.rs says: 1 to 5 and 7");
    assert!(own_sources().contains("= \"1 to 5 and 7\";"));
}
