//! What a learner meets: starters, cards, hints, the way back. And that all of it is made from the
//! same list of checks.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use check::build::{source, starter};
use check::cards::{card, width};
use check::exercises::{COMMON, Check, EXERCISES, Exercise, Part, exercise};
use check::hints::{HintState, text};
use check::language::Language;
use check::machine::{Machine, Refused};
use check::progress::table;
use check::report::{CheckResult, ExerciseOutcome, Format, Named, Report, written};
use check::reset::reset;
use check::verdict::Finding;
use common::root;
use course::{Program, make_checkout};
use nix::pty::openpty;
use sandbox::Isolation;

#[test]
#[ignore = "for CI, as `just ci` runs it: a learner's own changes are no fault"]
fn the_shipped_starters_are_the_ones_that_the_proof_refuses() {
    for number in 1..=6 {
        let shipped = fs::read_to_string(source(number).expect("the checkout"))
            .expect("read the shipped starter");
        let copy = starter(number).expect("read the proof's copy");
        assert!(shipped == copy, "exercise {number}: the starter and the proof's copy differ");
        assert!(copy.contains("//! Begin: "), "exercise {number} does not say where to begin");
        assert!(copy.contains("not solved yet"), "exercise {number}");
    }
}

#[test]
fn a_card_names_every_check_with_its_points_and_the_file_to_edit() {
    for exercise in EXERCISES {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let card = words(&card(exercise, width(None)));
        for check in exercise.checks {
            let line = format!("- {} ({}", check.promise, check.points);
            assert!(card.contains(&words(&line)), "{}: {card}", check.id);
        }
        let listed = card.matches(" - ").count();
        assert_eq!(listed, exercise.checks.len(), "{card}");
        assert!(
            card.contains(&format!("crates/exercises/src/bin/exercise-{}.rs", exercise.number))
        );
        let other = format!("cargo check-exercise {} --program PATH", exercise.number);
        assert!(card.contains(&other), "{card}");
        assert!(card.contains(&words(exercise.core)), "{card}");
        assert!(card.contains(&words(exercise.edges)), "{card}");
        // Only these are called with numbers.
        assert_eq!(card.contains("decimal"), [1, 5].contains(&exercise.number), "{card}");
    }
}

#[test]
fn the_usage_on_a_card_is_the_one_that_the_starter_prints() {
    for exercise in EXERCISES {
        let starter = starter(exercise.number).expect("read the proof's copy");
        let name = format!("exercise-{} ", exercise.number);
        let calls = exercise.usage.iter().map(|usage| usage.strip_prefix(&name).unwrap_or(usage));
        let printed = format!("usage: {name}{}", calls.collect::<Vec<_>>().join(" | "));
        assert!(
            starter.contains(&format!("\"{printed}\"")),
            "the starter does not print {printed}"
        );
    }
}

fn write(checkout: &Path, name: &str, text: &str) {
    let path = checkout.join(name);
    fs::create_dir_all(path.parent().expect("a directory")).expect("make it");
    fs::write(path, text).expect("write");
}

/// A checkout that has nothing but the proof's copies of the starters.
fn with_the_proofs_starters() -> tempfile::TempDir {
    let checkout = tempfile::tempdir().expect("make a directory");
    make_checkout(checkout.path());
    for number in 1..=6 {
        let name = format!("crates/check/proof/exercise-{number}/starter.rs");
        let proof = root().expect("the checkout").join(&name);
        let starter = fs::read_to_string(proof).expect("read the proof's starter");
        write(checkout.path(), &name, &starter);
    }
    checkout
}

#[test]
fn without_a_number_the_last_verdicts_are_shown_and_nothing_is_judged() {
    let checkout = with_the_proofs_starters();
    let write = |name: &str, text: &str| write(checkout.path(), name, text);
    for number in 1..=6 {
        let begun =
            if number == 2 { "fn main() {}" } else { &*starter(number).expect("a starter") };
        write(&format!("crates/exercises/src/bin/exercise-{number}.rs"), begun);
    }
    let program = Program::new(env!("CARGO_BIN_EXE_check"), [""; 0]);
    // Without cargo, no program can be built, so none can be judged.
    let program = program.env("CARGO_MANIFEST_DIR", checkout.path()).env("CARGO", "/nonexistent");
    let said = program.run();
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(said.stdout.matches("not begun").count(), 5, "{said:?}");
    assert_eq!(said.stdout.matches("not judged yet").count(), 1, "{said:?}");
    assert!(said.stdout.contains("cargo check-exercise N"), "{said:?}");
    // A missing file is told, and hides no other one.
    let name = "crates/exercises/src/bin/exercise-3.rs";
    fs::remove_file(checkout.path().join(name)).expect("remove");
    let check = |arguments: &[&str]| {
        let program = Program::new(env!("CARGO_BIN_EXE_check"), arguments);
        program.env("CARGO_MANIFEST_DIR", checkout.path()).run()
    };
    let said = check(&[]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(1), ""), "{said:?}");
    assert_eq!(said.stdout.matches("not begun").count(), 4, "{said:?}");
    assert_eq!(said.stdout.matches("not judged yet").count(), 1, "{said:?}");
    assert_eq!(said.stdout.matches("file is missing").count(), 1, "{said:?}");
    let told = format!("{name} is missing. Get the starter back: just reset 3");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&said.stdout).contains(&told), "{said:?}");
    fs::remove_file(checkout.path().join("crates/exercises/src/bin/exercise-2.rs"))
        .expect("remove");
    let said = check(&["--format", "jsonl"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(1), ""), "{said:?}");
    assert_eq!(said.stdout.matches("\"diagnosis\":\"missing\"").count(), 2, "{said:?}");
    let said = check(&["3"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(1), ""), "{said:?}");
    assert!(words(&said.stdout).contains(&told), "{said:?}");
    let said = check(&["hint", "3"]);
    assert!(words(&said.stdout).contains(&told), "{said:?}");
}

#[test]
fn the_table_tells_which_program_was_judged_last_and_not_a_class() {
    let checkout = with_the_proofs_starters();
    let write = |name: &str, text: &str| write(checkout.path(), name, text);
    for number in 1..=6 {
        let name = format!("crates/exercises/src/bin/exercise-{number}.rs");
        write(&name, &starter(number).expect("a starter"));
    }
    let check = |arguments: &[&str]| {
        let program = Program::new(env!("CARGO_BIN_EXE_check"), arguments);
        program.env("CARGO_MANIFEST_DIR", checkout.path()).run()
    };
    let row = |number: usize| {
        let said = check(&[]);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{said:?}");
        let row = said.stdout.lines().nth(number).expect("a row");
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let c = cc(checkout.path(), "in-c", "int main(void) { return 0; }");
    let shell = script(checkout.path(), "in-shell", "#!/bin/sh\n");
    // A program reads this verdict, not a person.
    let name = c.to_str().expect("UTF-8");
    check(&["1", "--program", name, "--format", "json"]);
    assert!(row(1).contains(" not begun "), "{}", row(1));
    for (program, told) in [(&c, "not solved (in-c)"), (&shell, "not solved (in-shell)")] {
        check(&["1", "--program", program.to_str().expect("UTF-8")]);
        assert!(row(1).contains(told), "no {told} in {}", row(1));
    }
    // The starter is no program that is judged.
    check(&["1"]);
    assert!(row(1).contains("not solved (in-shell)"), "{}", row(1));
    write("class/ada/exercise-1", "#!/bin/sh\n");
    script(&checkout.path().join("class/ada"), "exercise-1", "#!/bin/sh\n");
    let class = checkout.path().join("class");
    let judged = check(&["1", "--batch", class.to_str().expect("UTF-8")]);
    assert!(judged.stdout.contains("ada"), "{judged:?}");
    assert!(row(1).contains("not solved (in-shell)"), "{}", row(1));
    script(checkout.path(), "in-shell", "#!/bin/sh\nexit 1\n");
    assert!(row(1).contains("changed since judged (in-shell)"), "{}", row(1));
    fs::remove_file(&shell).expect("remove");
    assert!(row(1).contains("file is missing (in-shell)"), "{}", row(1));
    // As it was kept before programs had names: it is about the learner's own one.
    let kept = r#"{"state":"solved","points":90,"most":100,"diagnosis":null,"source":7}"#;
    write("target/check/progress-1.json", kept);
    assert!(row(1).contains(" not begun "), "{}", row(1));
    write("crates/exercises/src/bin/exercise-1.rs", "fn main() {}");
    assert!(row(1).contains("changed since judged 90/100"), "{}", row(1));
}

#[test]
fn on_a_terminal_a_hint_and_the_first_step_fit_and_lose_no_word() {
    let checkout = tempfile::tempdir().expect("make a directory");
    make_checkout(checkout.path());
    let name = "crates/check/proof/exercise-3/starter.rs";
    let proof = root().expect("the checkout").join(name);
    let begun = checkout.path().join("crates/exercises/src/bin/exercise-3.rs");
    for (path, text) in [
        (checkout.path().join(name), fs::read_to_string(proof).expect("read the starter")),
        (begun, starter(3).expect("a starter")),
    ] {
        fs::create_dir_all(path.parent().expect("a directory")).expect("mkdir");
        fs::write(path, text).expect("write");
    }
    let check = |arguments: &[&str], output: Stdio| {
        let mut check = Command::new(env!("CARGO_BIN_EXE_check"));
        check.args(arguments).env("CARGO_MANIFEST_DIR", checkout.path()).env("COLUMNS", "60");
        check.stdout(output).spawn().expect("start").wait_with_output().expect("wait")
    };
    for arguments in [&["hint", "3"][..], &["3"]] {
        let words = |text: &[u8]| -> Vec<String> {
            let text = String::from_utf8_lossy(text).replace("\x1b[1m", "").replace("\x1b[0m", "");
            text.split_whitespace().map(str::to_owned).collect()
        };
        let whole = check(arguments, Stdio::piped()).stdout;
        let pty = openpty(None, None).expect("make a terminal");
        check(arguments, Stdio::from(pty.slave.try_clone().expect("duplicate the terminal")));
        let mut shown = vec![0; 1 << 16];
        let length = fs::File::from(pty.master).read(&mut shown).expect("read from the terminal");
        shown.truncate(length);
        let longest =
            String::from_utf8_lossy(&shown).lines().map(|line| line.chars().count()).max();
        assert!(longest.is_some_and(|longest| longest <= 60 + "\x1b[1m\x1b[0m".len()), "{shown:?}");
        assert_eq!(words(&shown), words(&whole));
    }
}

#[test]
fn a_card_and_the_table_of_the_verdicts_fit_into_the_terminal_and_lose_no_word() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let fits = |text: &str, columns: usize| {
        for line in text.lines() {
            // A path is not cut, however narrow the terminal is.
            let is_one_word = words(line).len() == 1;
            assert!(line.chars().count() <= columns || is_one_word, "{columns} columns: {line}");
        }
    };
    assert_eq!([None, Some(20), Some(60), Some(200)].map(width), [78, 40, 60, 78]);
    for columns in [40, 60, 78] {
        for exercise in EXERCISES {
            let narrow = card(exercise, columns);
            fits(&narrow, columns);
            assert_eq!(words(&narrow), words(&card(exercise, width(None))));
        }
        let narrow = table(columns).expect("the table");
        fits(&narrow, columns);
        assert_eq!(words(&narrow), words(&table(width(None)).expect("the table")));
    }
}

#[test]
fn the_core_comes_first_is_worth_80_points_and_needs_no_edge() {
    for exercise in EXERCISES {
        let number = exercise.number;
        let of = |id: &str| exercise.checks.iter().find(|check| check.id == id).expect("a check");
        let parts: Vec<_> = exercise.checks.iter().map(|check| check.part.word()).collect();
        let mut in_order = parts.clone();
        in_order
            .sort_by_key(|part| ["core", "edge", "extra credit"].iter().position(|of| of == part));
        assert_eq!(parts, in_order, "exercise {number}");
        assert_eq!((exercise.points(Part::Core), exercise.points(Part::Edge)), (80, 20));
        let counted = exercise.checks_of(Part::Core).filter(|check| check.points > 0).count();
        assert!((5..=8).contains(&counted), "exercise {number} has {counted} core checks");
        for check in exercise.checks_of(Part::Core) {
            for needed in check.needs {
                assert_eq!(of(needed).part, Part::Core, "{} needs {needed}", check.id);
            }
        }
    }
}

#[test]
fn checks_and_diagnoses_have_names_of_their_own_and_a_place_in_the_lesson() {
    for exercise in EXERCISES {
        let mut ids = BTreeSet::new();
        for check in exercise.checks {
            assert!(ids.insert(check.id), "two checks {}", check.id);
            // What is worth nothing is a condition of others, or cannot be made on every machine.
            let needed = exercise.checks.iter().any(|other| other.needs.contains(&check.id));
            assert!(
                check.points > 0 || needed || check.where_possible,
                "{} is worth nothing",
                check.id
            );
            for needed in check.needs {
                assert!(ids.contains(needed) && *needed != check.id, "{} needs {needed}", check.id);
            }
        }
        let lesson = root()
            .expect("the checkout")
            .join("lessons")
            .join(exercise.lesson)
            .with_extension("md");
        let lesson = fs::read_to_string(lesson).expect("read the lesson");
        let headings =
            lesson.lines().filter(|line| line.starts_with("## ") || line.starts_with("### "));
        let anchors: Vec<_> = headings.map(anchor).collect();
        let mut ids = BTreeSet::new();
        for diagnosis in exercise.diagnoses.iter().chain(COMMON) {
            let id = diagnosis.id;
            assert!(ids.insert(id), "exercise {}: two diagnoses {id}", exercise.number);
            let known = anchors.iter().any(|anchor| anchor == diagnosis.anchor);
            assert!(known, "{id}: no heading {} in {}", diagnosis.anchor, exercise.lesson);
        }
    }
}

/// The texts in quotes that follow one of these words in the code.
fn quoted_after<'c>(code: &'c str, words: &[&str]) -> Vec<&'c str> {
    let after = words.iter().flat_map(|word| code.split(word).skip(1));
    after.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).collect()
}

/// The sources below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("list the sources").flatten();
    let found = entries.flat_map(|entry| match entry.path() {
        path if path.is_dir() => sources(&path),
        path => vec![path],
    });
    found.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect()
}

/// An id that no table has would make a report without an explanation and without a hint.
#[test]
fn each_diagnosis_that_the_code_names_is_in_a_table() {
    const NAMES: &[&str] = &["failed(", "Finding::new(", "diagnosis: ", "known_as(\"hang\","];
    let (mut named, mut unknown) = (0, Vec::new());
    for path in sources(&root().expect("the checkout").join("crates/check/src")) {
        let code = fs::read_to_string(&path).expect("read a source");
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let of = |exercise: &&&Exercise| {
            let folder = format!("/exercise_{}/", exercise.number);
            let its_own = path.to_string_lossy().contains(&folder);
            its_own || !path.to_string_lossy().contains("/exercise_")
        };
        let exercises: Vec<_> = EXERCISES.iter().filter(of).collect();
        for id in quoted_after(code, NAMES) {
            named += 1;
            if !exercises.iter().any(|exercise| exercise.diagnosis(id).is_some()) {
                unknown.push(format!("{}: {id}", path.display()));
            }
        }
    }
    assert!(named > 100, "only {named} were found");
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    let text = heading.trim_start_matches('#').trim();
    text.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

#[test]
fn the_section_that_a_diagnosis_of_locks_names_speaks_of_its_cause() {
    let exercise = exercise(5).expect("exercise 5");
    let path = root().expect("the checkout").join("lessons").join(exercise.lesson);
    let lesson = fs::read_to_string(path.with_extension("md")).expect("read the lesson");
    for (id, word) in [
        ("initialization-race", "Never call `sem_init` on a semaphore in use"),
        ("lock-never-made", "before `sem_init` has ended"),
        ("orphaned-lock", "Others wait for ever"),
        ("fails-after-a-kill", "`EOWNERDEAD`"),
        ("no-lock-after-a-kill", "`EOWNERDEAD`"),
        ("record-lock-ended", "its record locks on it end"),
        ("stored-in-steps", "half changed"),
        ("deadlock", "Both wait for ever"),
    ] {
        let diagnosis = exercise.diagnosis(id).expect(id);
        let is_its_heading =
            |line: &&str| line.starts_with('#') && anchor(line) == diagnosis.anchor;
        let section = lesson.lines().skip_while(|line| !is_its_heading(line)).skip(1);
        let section: Vec<_> = section.take_while(|line| !line.starts_with('#')).collect();
        let section = section.join("\n");
        assert!(section.contains(word), "{id}: #{} does not say {word:?}", diagnosis.anchor);
    }
}

const LANGUAGES: [Option<Language>; 5] =
    [Some(Language::Rust), Some(Language::C), Some(Language::Cpp), Some(Language::Python), None];

/// What only one language has; `fsencode` and the like are too many to list, and so are names of C that
/// Python's modules have.
const ONLY_RUST: &[&str] = &[
    "crate",
    "memmap2",
    "unsafe",
    "Rust",
    "rustc ",
    "nix",
    "libc::",
    "Instant",
    "checked_",
    "fs::",
    "set_len",
    "metadata()",
    "map_copy",
    "AtomicU",
    "ExitCode",
    "write_all",
    "usize",
    "as u32",
];
const ONLY_C: &[&str] = &[
    "strlen",
    "memcpy",
    "fprintf",
    "fwrite",
    "off_t",
    "uint64_t",
    "sem_init",
    "memory_order",
    "clock_gettime",
    "S_ISREG(st.",
    "errno",
];
const ONLY_PYTHON: &[&str] = &[
    "Python",
    "python",
    "mmap.mmap",
    "os.",
    "fcntl.",
    "sys.",
    "time.monotonic",
    "struct.pack",
    "memoryview",
    "ctypes",
    "`try`",
];

#[test]
fn hints_go_deeper_and_the_last_one_stays() {
    let mut judged = 0;
    for exercise in EXERCISES {
        for diagnosis in exercise.diagnoses.iter().chain(COMMON) {
            for language in LANGUAGES {
                let asked = |shown| {
                    let diagnosis = Some(diagnosis.id.to_owned());
                    text(exercise, &HintState { diagnosis, shown, language, program: None })
                };
                let hints = diagnosis.hints_for(language);
                for (shown, hint) in hints.iter().enumerate() {
                    assert!(asked(shown).contains(&format!("): {hint}\n")), "{}", asked(shown));
                }
                assert_eq!(hints.iter().collect::<BTreeSet<_>>().len(), 3, "{}", diagnosis.id);
                assert_eq!(asked(2), asked(7));
                let read = format!("Read: lessons/{}.md#{}\n", exercise.lesson, diagnosis.anchor);
                assert!(asked(0).ends_with(&read), "{}", asked(0));
                judged += 1;
            }
        }
    }
    assert!(judged > 5 * 80, "{judged}");
    let none = text(EXERCISES.first().expect("exercises"), &HintState::default());
    assert!(none.contains("no verdict has a diagnosis yet"), "{none}");
}

#[test]
fn a_hint_names_only_what_its_language_offers() {
    let mut differ = 0;
    for exercise in EXERCISES {
        for diagnosis in exercise.diagnoses.iter().chain(COMMON) {
            for language in LANGUAGES {
                let foreign = match language {
                    Some(Language::Rust) => [ONLY_C, ONLY_PYTHON],
                    Some(Language::Python) => [ONLY_RUST, ONLY_C],
                    Some(Language::C | Language::Cpp) | None => [ONLY_RUST, ONLY_PYTHON],
                };
                let [first, second, last] = diagnosis.hints_for(language);
                for word in foreign.into_iter().flatten() {
                    for hint in [first, second, last] {
                        let is_there = hint.contains(word);
                        assert!(!is_there, "{}, {language:?}: {word:?} in {hint}", diagnosis.id);
                    }
                }
            }
            let last = &diagnosis.last;
            let texts = BTreeSet::from([last.rust, last.c, last.python]);
            assert!(texts.iter().all(|text| text.ends_with(['.', '`', ')'])), "{}", diagnosis.id);
            assert!(texts.len() != 2, "{}: two languages share a last hint", diagnosis.id);
            differ += usize::from(texts.len() == 3);
        }
    }
    assert!(differ > 100, "only {differ} last hints differ by language");
}

fn cc(directory: &Path, name: &str, source: &str) -> PathBuf {
    let (source_path, program) = (directory.join("source.c"), directory.join(name));
    fs::write(&source_path, source).expect("write the source");
    let built = Command::new("cc").arg("-o").arg(&program).arg(&source_path).status();
    assert!(built.expect("run cc").success());
    program
}

fn script(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, text).expect("write the script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("chmod");
    path
}

#[test]
fn a_programs_language_is_what_its_compiler_or_its_first_line_says() {
    let directory = tempfile::tempdir().expect("make a directory");
    let directory = directory.path();
    let of = |path: &Path| Language::of_program(path);
    assert_eq!(of(&cc(directory, "program", "int main(void) { return 0; }")), Some(Language::C));
    // Not this judge: it holds the marks themselves.
    let (source, rust) = (directory.join("source.rs"), directory.join("in-rust"));
    fs::write(&source, "fn main() {}").expect("write the source");
    let built =
        Command::new("rustc").arg("-Cstrip=symbols").arg("-o").arg(&rust).arg(source).status();
    assert!(built.expect("run rustc").success());
    assert_eq!(of(&rust), Some(Language::Rust));
    let python = "#!/usr/bin/env python3\nprint()\n";
    assert_eq!(of(&script(directory, "no-ending", python)), Some(Language::Python));
    assert_eq!(of(&script(directory, "shell", "#!/bin/sh\n# python\n")), None);
    assert_eq!(of(&script(directory, "no-first-line.py", "print()\n")), Some(Language::Python));
    assert_eq!(of(&directory.join("missing")), None);
}

#[test]
fn only_a_program_in_rust_is_told_that_references_were_not_judged() {
    for exercise in EXERCISES {
        let told = |language| exercise.not_judged_in(language).join(" ");
        assert!(told(Some(Language::Rust)).contains("references. "), "{}", exercise.number);
        for other in [None, Some(Language::C), Some(Language::Cpp), Some(Language::Python)] {
            assert!(!told(other).contains("references. "), "{}", exercise.number);
        }
        assert_eq!(told(None).contains("stranded sleepers"), exercise.number == 5);
    }
}

fn machine() -> Machine {
    Machine {
        kernel: "6.18".into(),
        architecture: "x86_64".into(),
        file_system: "ext4".into(),
        page_size: common::page_size(),
        root: false,
        tracing: true,
        landlock: 1,
        isolation: Isolation { kernel_objects: true, files: true, processes: true, counts: true },
        refused: Refused::default(),
        weaker: Vec::new(),
    }
}

#[test]
fn an_edge_is_remembered_and_another_program_begins_with_its_first_hint() {
    let exercise = EXERCISES.first().expect("exercises");
    let program = Path::new("/bin/program");
    let mode = Finding::new("wrong-mode", "0600", "0644");
    let checks = exercise.checks.iter().map(|check| match check.part {
        Part::Edge => CheckResult::failed(check, exercise, &mode),
        _ => CheckResult::passed(check),
    });
    let report = Report::new(exercise, program, &machine(), checks.collect(), 0);
    assert_eq!(report.outcome, ExerciseOutcome::Solved);
    let once = HintState::default().after(&report, Some(program));
    assert_eq!((once.diagnosis.as_deref(), once.shown), (Some("wrong-mode"), 0));
    let shown = HintState { shown: 2, ..once };
    assert_eq!(shown.clone().after(&report, Some(program)).shown, 2);
    assert_eq!(shown.clone().after(&report, Some(Path::new("/bin/other"))).shown, 0);
    let own = shown.after(&report, None);
    assert_eq!((own.shown, own.program, own.language), (0, None, Some(Language::Rust)));
}

#[test]
fn extra_credit_that_is_not_earned_has_hints_and_what_is_earned_is_in_the_sum() {
    let exercise = exercise(6).expect("exercise 6");
    let program = Path::new("/bin/program");
    let of = |extra: fn(&Check, &Exercise) -> CheckResult| {
        let checks = exercise.checks.iter().map(|check| match check.part {
            Part::Extra => extra(check, exercise),
            _ => CheckResult::passed(check),
        });
        Report::new(exercise, program, &machine(), checks.collect(), 0)
    };
    let told = |report: &Report| written(&[Named::from(report)], Format::Text).expect("a text");
    let report = of(|check, exercise| {
        CheckResult::failed(check, exercise, &Finding::new("cut-crashes", "a line", "a signal"))
    });
    assert_eq!(report.diagnosis, None, "extra credit is beside the verdict");
    let state = HintState::default().after(&report, Some(program));
    assert_eq!(state.diagnosis.as_deref(), Some("cut-crashes"));
    let text = told(&report);
    assert!(text.contains("A hint: "), "{text}");
    assert!(text.contains("80 for the core, 20 for the edges.\n"), "{text}");
    let report = of(|check, _| CheckResult::passed(check));
    let text = told(&report);
    let sum = "110 of 100 points: 80 for the core, 20 for the edges, 10 extra credit.\n";
    assert!(text.contains(sum) && !text.contains("A hint: "), "{text}");
}

#[test]
fn the_hint_follows_what_was_judged_last() {
    // A checkout of its own, so that the learner's next hint stays.
    let checkout = tempfile::tempdir().expect("make a directory");
    let write = |name: &str, text: &str| {
        let path = checkout.path().join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("make it");
        fs::write(path, text).expect("write");
    };
    make_checkout(checkout.path());
    write("crates/exercises/src/bin/exercise-1.rs", &starter(1).expect("read the starter"));
    let name = "crates/check/proof/exercise-1/starter.rs";
    let proof = root().expect("the checkout").join(name);
    write(name, &fs::read_to_string(proof).expect("read the proof's starter"));
    let check = |arguments: &[&str]| {
        let program = Program::new(env!("CARGO_BIN_EXE_check"), arguments);
        program.env("CARGO_MANIFEST_DIR", checkout.path()).run()
    };
    let hint = || check(&["hint", "1"]).stdout;
    let is_the_start = |hint: &str| hint.contains("this is the start");
    assert!(is_the_start(&hint()), "{}", hint());

    let python = "#!/usr/bin/env python3\n";
    let does_nothing = "int main(void) { return 0; }";
    let c = cc(checkout.path(), "in-c", does_nothing);
    let python = script(checkout.path(), "in-python", python);
    let unknown = script(checkout.path(), "in-shell", "#!/bin/sh\n");
    for (program, last) in [
        (&c, "Hint 3 of 3 (the last, for C): "),
        (&python, "Hint 3 of 3 (the last, for Python): "),
        (&unknown, "Hint 3 of 3 (the last, as in C: "),
    ] {
        let name = program.to_str().expect("UTF-8");
        let ended = check(&["1", "--program", name]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let hints: Vec<_> = (0..3).map(|_| hint()).collect();
        for (hint, part) in hints.iter().zip(["Hint 1 of 3 ", "Hint 2 of 3 ", last]) {
            let about = format!("The last program judged: {name}\n");
            assert!(hint.starts_with(&about) && hint.contains(part), "no {part} in {hint}");
        }
    }
    // A verdict for a program to read is followed by no question.
    let name = c.to_str().expect("UTF-8");
    assert_eq!(check(&["1", "--program", name, "--format", "json"]).code, Some(1));
    assert!(hint().contains("in-shell"), "{}", hint());
    // The folder of a student.
    let folder = checkout.path().join("ada");
    fs::create_dir(&folder).expect("make a folder");
    script(&folder, "exercise-1.py", "#!/usr/bin/env python3\n");
    let name = folder.to_str().expect("UTF-8");
    assert_eq!(check(&["1", "--submission", name]).code, Some(1));
    let about = format!("The last program judged: {name}/exercise-1.py\n");
    let hints: Vec<_> = (0..3).map(|_| hint()).collect();
    assert!(hints.iter().all(|hint| hint.starts_with(&about)), "{hints:?}");
    assert!(hints.iter().any(|hint| hint.contains("(the last, for Python)")), "{hints:?}");
    // The learner's own program: it is still the starter.
    assert!(is_the_start(&check(&["1"]).stdout));
    assert!(is_the_start(&hint()), "{}", hint());
}

#[test]
fn the_way_back_keeps_what_was_written_and_never_over_an_older_one() {
    let directory = tempfile::tempdir().expect("make a directory");
    let path = directory.path().join("exercise-1.rs");
    let read = |path: &Path| fs::read_to_string(path).expect("read it");
    for mine in ["my first", "my second"] {
        fs::write(&path, mine).expect("write");
        let kept = reset(&path, "the starter").expect("reset").expect("something was kept");
        assert_eq!((read(&kept).as_str(), read(&path).as_str()), (mine, "the starter"));
        let is_a_program = kept.extension().is_some_and(|end| end == "rs");
        assert!(!is_a_program, "cargo would build {}", kept.display());
    }
    assert_eq!(reset(&path, "the starter").expect("reset"), None);
    fs::remove_file(&path).expect("remove");
    assert_eq!(reset(&path, "the starter").expect("reset"), None);
    assert_eq!(read(&path), "the starter");
    assert_eq!(fs::read_dir(directory.path()).expect("list").count(), 3);
}

#[test]
fn a_card_of_processes_that_wait_says_which_means_the_judge_does_not_allow() {
    for exercise in EXERCISES {
        let waits = [2, 5].contains(&exercise.number);
        let words = card(exercise, 1 << 10);
        for means in ["network socket", "abstract name", "no signal to", "named semaphore"] {
            assert_eq!(words.contains(means), waits, "exercise {}: {means}", exercise.number);
        }
    }
}

#[test]
fn what_no_run_shows_is_told_in_short_sentences() {
    for what in EXERCISES.iter().flat_map(|exercise| exercise.not_judged) {
        let (_name, sentences) = what.split_once(". ").expect("a name, and why it is not judged");
        for sentence in sentences.split(". ") {
            let words = sentence.split_whitespace().count();
            assert!(words <= 20, "{words} words: {sentence}");
        }
        assert!(sentences.split(". ").count() <= 2, "{what}");
    }
}
