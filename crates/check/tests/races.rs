//! Interleavings: the same order is found on every run, shown as a table, and replayed.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use check::exercises::exercise;
use check::judge::judge;
use check::machine::{Machine, Settings};
use check::report::{ExerciseOutcome, Format, Report, State, written};
use common::Scratch;
use course::make_checkout;

const CHECK: &str = env!("CARGO_BIN_EXE_check");

/// One of the answers in C, compiled.
fn answer(directory: &Path, exercise: u8, name: &str) -> PathBuf {
    let source = format!("{}/proof/exercise-{exercise}/{name}.c", env!("CARGO_MANIFEST_DIR"));
    compiled(Path::new(&source), &directory.join(name))
}

fn compiled(source: &Path, program: &Path) -> PathBuf {
    let mut compiler = Command::new("cc");
    compiler
        .args(["-O2", "-w", "-pthread", "-I"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/proof/exercise-5"));
    let done = compiler.arg("-o").arg(program).arg(source).status().expect("run cc");
    assert!(done.success(), "{} compiles", source.display());
    program.into()
}

/// What `check` says, and its exit status.
fn says(exercise: u8, program: &Path, more: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(CHECK);
    command.arg(exercise.to_string()).arg("--program").arg(program).args(more);
    // A checkout of its own, so that the learner's next hint stays.
    let checkout = tempfile::tempdir().expect("make a directory");
    make_checkout(checkout.path());
    command.env("CARGO_MANIFEST_DIR", checkout.path());
    let output = command.output().expect("run check");
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
}

/// The lines of the check whose schedule this is.
fn table(said: &str, schedule: &str) -> Vec<String> {
    let from =
        said.lines().skip_while(|line| !line.contains(&format!("replay   --schedule {schedule}")));
    let rows = from.skip(1).take_while(|line| !line.starts_with("           FILE:"));
    rows.map(str::to_owned).collect()
}

#[test]
fn the_same_order_is_found_on_every_run() {
    let directory = tempfile::tempdir().expect("make a directory");
    let program = answer(directory.path(), 5, "test_then_set");
    let mut first = None;
    for _ in 0..3 {
        let (said, status) = says(5, &program, &[]);
        assert_eq!(status, Some(1), "{said}");
        let rows = table(&said, "two-additions/A2/B3");
        // `>` marks the step in which the value is lost.
        assert!(rows.iter().any(|row| row.starts_with("> ")), "{said}");
        assert!(rows.iter().all(|row| row.chars().count() <= 80), "{said}");
        let words = rows.iter().flat_map(|row| row.split_whitespace());
        let words: Vec<_> = words.filter(|word| *word != ">").collect();
        assert!(words.windows(2).any(|two| two == ["is", "LOST"]), "{said}");
        assert_eq!(first.get_or_insert(rows.clone()), &rows);
    }
}

#[test]
fn a_schedule_is_replayed_and_nothing_else_is_tried() {
    let directory = tempfile::tempdir().expect("make a directory");
    let program = answer(directory.path(), 5, "one_instruction");
    let (said, status) = says(5, &program, &["--schedule", "two-additions/A2/B-"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(!table(&said, "two-additions/A2/B-").is_empty(), "{said}");
    // Stopped before it has opened the file, it loses nothing.
    let (said, status) = says(5, &program, &["--schedule", "two-additions/A1/B-"]);
    assert!(!said.contains("lost-addition"), "{said}");
    // That is no verdict: the other orders were not tried.
    let first = "Replay of two-additions/A1/B-: nothing wrong in this order. This is no verdict.";
    assert_eq!(said.lines().next(), Some(first), "{said}");
    assert!(!said.contains("points:"), "{said}");
    assert_eq!(status, Some(3), "{said}");
    // An order that does not come about was not seen: it is not said that nothing is wrong in it.
    for (schedule, missed) in [
        ("two-additions/A99/B-", "A did not come to its point 99"),
        ("two-additions/A1/B99", "B did not come"),
    ] {
        let program = answer(directory.path(), 5, "flock");
        let (said, status) = says(5, &program, &["--schedule", schedule]);
        let first = format!("Replay of {schedule}: it could not be made. This is no verdict.");
        assert_eq!(said.lines().next(), Some(&*first), "{said}");
        assert!(said.contains(missed), "{said}");
        assert_eq!(status, Some(3), "{said}");
    }
    let (said, status) = says(5, &program, &["--schedule", "no schedule"]);
    assert_ne!(status, Some(0), "{said}");
}

/// Whoever reads a process's memory map in `/proc` just as the process dies holds its file locks a little longer than
/// the process lives.
#[test]
fn a_right_program_is_solved_while_others_read_the_memory_maps_of_its_processes() {
    let directory = tempfile::tempdir().expect("make a directory");
    let program = directory.path().join("looked-at");
    fs::rename(answer(directory.path(), 5, "flock"), &program).expect("rename it");
    let over = AtomicBool::new(false);
    let said = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    read_memory_maps("looked-at")
                }
            });
        }
        let said = says(5, &program, &[]);
        over.store(true, Relaxed);
        said
    });
    assert_eq!(said.1, Some(0), "{}", said.0);
}

/// Reads the memory maps of all processes with this name.
fn read_memory_maps(name: &str) {
    for process in fs::read_dir("/proc").expect("list processes").flatten() {
        let comm = fs::read_to_string(process.path().join("comm"));
        let mut is_it = comm.is_ok_and(|comm| comm.trim_end() == name);
        while is_it {
            // It may end at any moment.
            is_it = fs::read(process.path().join("smaps")).is_ok_and(|maps| !maps.is_empty());
        }
    }
}

#[test]
fn without_tracing_races_are_looked_for_and_the_report_says_how() {
    let directory = open_directory();
    let program = answer(directory.path(), 5, "flock");
    let judged = without_tracing(5, &program);
    let state = |id: &str| {
        let found = judged.checks.iter().find(|check| check.id == id);
        found.map(|check| check.state).expect("a check of this name")
    };
    assert_eq!(state("additions"), State::Passed);
    assert_eq!(state("kills"), State::Cannot);
    assert_eq!(state("waiting"), State::Cannot);
    assert_eq!(judged.outcome, ExerciseOutcome::CannotBeJudged);
    let said = written(&[(&judged).into()], Format::Text).expect("write the report");
    assert!(said.contains(tracer::REFUSED), "{said}");
}

#[test]
fn without_tracing_a_wide_window_is_found() {
    let directory = open_directory();
    let source = directory.path().join("slow.c");
    let slow = "
        #include \"bank.h\"
        static void prepare(struct bank *bank, int fd) {}
        static void add_one(struct bank *bank, int fd) {
            static int waited;
            uint64_t seen = bank->counter;
            if (!waited++) usleep(50000);
            bank->counter = seen + 1;
        }
        static const char *move_money(struct bank *bank, int fd, int from, int to, uint64_t amount) {
            if (ACCOUNT(bank, from) < amount) return \"not enough money\";
            if (ACCOUNT(bank, to) > UINT64_MAX - amount) return \"too much money\";
            ACCOUNT(bank, from) -= amount;
            ACCOUNT(bank, to) += amount;
            return NULL;
        }";
    fs::write(&source, slow).expect("write the source");
    let program = compiled(&source, &directory.path().join("slow"));
    let judged = without_tracing(5, &program);
    let additions = judged.checks.iter().find(|check| check.id == "additions").expect("it is one");
    assert_eq!(additions.state, State::Failed, "{judged:?}");
    let details = additions.details.join("\n");
    assert!(details.contains("found by stress"), "{details}");
    assert_eq!(judged.outcome, ExerciseOutcome::NotSolved);
}

/// What a judge says that may not trace.
fn without_tracing(number: u8, program: &Path) -> Report {
    sandbox::launch_by(CHECK);
    let scratch = Scratch::new().expect("a scratch directory");
    let mut machine = Machine::of(&scratch).expect("look at the machine");
    machine.refuse_tracing();
    let settings = Settings::new(machine);
    judge(exercise(number).expect("the exercise"), program, &settings).expect("judge")
}

/// A directory whose programs the ordinary user can reach, as whom they are judged.
fn open_directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("make a directory");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(directory.path(), open).expect("chmod");
    directory
}
