//! A class is judged: each result as soon as it is known, with the student's name, and nothing is lost
//! or judged twice when the batch is stopped.

#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

mod class;
mod examples;
mod messages;
mod platforms;
mod teaching;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use class::{CHECK, Class, answer, complaints, lines, told};

#[test]
fn each_student_is_judged_by_what_is_in_their_folder() {
    let class = Class::new();
    class.hand_in("ada", "exercise-1.c", &answer("exercise-1/in_c.c"));
    class.hand_in("brian", "exercise-1.rs", &answer("exercise-1/with_memmap2.rs"));
    let private = answer("exercise-1/reference.rs").replace("MAP_SHARED", "MAP_PRIVATE");
    class.hand_in("=carol", "exercise-1.rs", &private);
    class.hand_in("dennis", "exercise-1.rs", "fn main() { let x = ; }");
    class.hand_in_script("edsger", "exercise-1", 2);
    let secret =
        "fn main() { println!(include_str!(\"/proc/self/environ\")); include!(\"/root/x\") }";
    class.hand_in("grace", "exercise-1.rs", secret);
    class.hand_in("guido", "exercise-1.py", "import sys\nsys.exit(3)\n");
    fs::create_dir(class.students().join("nobody")).expect("mkdir");
    let ended = class.judged(&["1", "--format", "csv"]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let table = lines(&ended);
    assert_eq!(
        table.first().map(String::as_str),
        Some("student,exercise,state,grade,points,of,diagnosis")
    );
    let rows: BTreeSet<_> = table.iter().skip(1).map(String::as_str).collect();
    let expected = [
        "'=carol,1,not solved,34,34,100,private-mapping",
        "ada,1,\"solved, edges included\",100,100,100,",
        "brian,1,\"solved, edges included\",100,100,100,",
        "dennis,1,not solved,0,0,100,does-not-compile",
        "edsger,1,not solved,2,2,100,right-call-refused",
        "grace,1,not solved,0,0,100,does-not-compile",
        "guido,1,not solved,0,0,100,wrong-exit-status",
        "nobody,1,missing,0,0,0,",
    ];
    assert_eq!(rows, BTreeSet::from(expected));
}

#[test]
fn every_format_carries_the_name_of_the_student() {
    let class = Class::new();
    class.hand_in_script("ada lovelace", "exercise-4", 2);
    class.hand_in_script("jürgen", "exercise-4", 2);
    for format in
        ["text", "json", "jsonl", "junit", "gradescope", "prairielearn", "markdown", "csv"]
    {
        let output = class.judged(&["4", "--format", format]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        for name in ["ada lovelace", "jürgen"] {
            assert!(said.contains(name), "{format}: {said}");
        }
        assert_eq!(output.status.code(), Some(0), "{format}");
    }
    let output = class.judged(&["4", "--format", "gradescope"]);
    let results: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(results["jürgen"]["tests"].is_array(), "{results}");
}

#[test]
fn a_file_or_folder_that_is_not_graded_is_named() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    class.hand_in("ada", "exercise-4.c", "int main(void) { return 1; }");
    class.hand_in("ada", "exercise_2.rs", "fn main() {}");
    class.hand_in("ada", "notes.txt", "hello");
    class.hand_in("ada", "exercise-03.c", "int main(void) { return 1; }");
    fs::create_dir(class.students().join("ada/old")).expect("mkdir");
    fs::write(class.students().join("README"), "hello").expect("write");
    class.hand_in_script("brian", "exercise-1", 2);
    let names = class.path("names");
    fs::write(&names, "ada\ncarol\n").expect("write");
    let output = class.judged(&["4", "--students", names.to_str().expect("UTF-8")]);
    let said = complaints(&output);
    for part in [
        "ada/exercise-4.c is not graded: another file answers the same exercise",
        "ada/exercise_2.rs is not graded: a file named exercise-2.rs would be",
        "ada/exercise-03.c is not graded: a file named exercise-3.c would be",
        "ada/notes.txt is not graded: only files named exercise-N are",
        "ada/old is not graded: it is a folder",
        "students/README is not graded: it is no folder of a student",
        "students/brian is not graded: the list of students does not name it",
        "there is no folder ",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    let said = lines(&output).join("\n");
    assert!(said.contains("carol, exercise 4: missing"), "{said}");
    assert!(!said.contains("brian"), "{said}");
}

#[test]
fn a_directory_that_is_no_class_is_a_wrong_call() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    let check = |directory: &Path| {
        let mut command = Command::new(CHECK);
        command.arg("--batch").arg(directory).output().expect("run the batch")
    };
    let one = check(&class.students().join("ada"));
    assert_eq!(one.status.code(), Some(2));
    assert!(complaints(&one).contains("the folder of one student"), "{one:?}");
    assert_eq!(check(&class.path("nowhere")).status.code(), Some(2));
    fs::create_dir(class.path("empty")).expect("mkdir");
    assert_eq!(check(&class.path("empty")).status.code(), Some(2));
    for arguments in [["--shard", "3/2"], ["--resume", "--group"]] {
        assert_eq!(class.judged(&arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_batch_that_was_killed_goes_on_without_loss_or_repetition() {
    let class = Class::new();
    for number in 0..12 {
        class.hand_in_script(&format!("student-{number:02}"), "exercise-4", 2);
    }
    let results = class.path("results.jsonl");
    let results = results.to_str().expect("UTF-8");
    let arguments = ["4", "--results", results, "--format", "jsonl"];
    let seed = |line: &str| told(line)["report"]["seed"].clone();
    let mut command = class.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("start the batch");
    let mut known = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let first = known.next().expect("a line").expect("read a line");
    child.kill().expect("kill the batch");
    child.wait().expect("wait");
    // A crash may cut the last line.
    let kept = fs::read_to_string(results).expect("read the results");
    assert!(kept.contains(&first), "{kept}");
    fs::write(results, format!("{kept}{{\"student\":\"stud")).expect("write");
    let again = class.judged(&arguments);
    assert_eq!(again.status.code(), Some(2), "without --resume nothing is overwritten");
    let resumed = class.judged(&[&arguments[..], &["--resume"]].concat());
    assert_eq!(resumed.status.code(), Some(0), "{}", complaints(&resumed));
    let students = |text: &str| -> Vec<String> {
        let mut all: Vec<_> = text
            .lines()
            .map(|line| told(line)["student"].as_str().expect("a name").into())
            .collect();
        all.sort();
        all
    };
    let all: Vec<_> = (0..12).map(|number| format!("student-{number:02}")).collect();
    let written = fs::read_to_string(results).expect("read the results");
    assert_eq!(students(&written), all);
    assert!(written.contains(&first), "what was known was judged again");
    assert_eq!(students(&lines(&resumed).join("\n")), all);
    let same_inputs = written.lines().all(|line| seed(line) == seed(&first));
    assert!(same_inputs && seed(&first).is_u64(), "{written}");
    // Whoever hands in something else is judged again, and nobody else.
    class.hand_in_script("student-03", "exercise-4", 77);
    let compared = class.judged(&[&arguments[..], &["--resume", "--compare", results]].concat());
    assert_eq!(compared.status.code(), Some(0), "{}", complaints(&compared));
    let other = fs::read_to_string(results).expect("read the results");
    let same = written.lines().filter(|line| other.contains(*line)).count();
    assert_eq!(same, 11, "{other}");
    // Results of students who are not asked for stay in the file.
    let names = class.path("names");
    fs::write(&names, "student-05\n").expect("write");
    let chosen = ["--resume", "--students", names.to_str().expect("UTF-8")];
    let one = class.judged(&[&arguments[..], &chosen].concat());
    assert_eq!(lines(&one).len(), 1, "{one:?}");
    assert_eq!(students(&fs::read_to_string(results).expect("read the results")), all);
}

#[test]
fn ctrl_c_ends_a_batch_in_order() {
    let class = Class::new();
    for number in 0..12 {
        class.hand_in_script(&format!("student-{number:02}"), "exercise-4", 2);
    }
    let mut command = class.command(&["4", "--format", "jsonl"]);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("start the batch");
    let mut known = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    known.next().expect("a line").expect("read a line");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).expect("SIGINT");
    let rest: Vec<_> = known.map(|line| told(&line.expect("read a line"))).collect();
    let ended = child.wait_with_output().expect("wait");
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    assert!(complaints(&ended).contains("stopped: "), "{ended:?}");
    assert!(rest.len() < 11, "it went on: {rest:?}");
    assert!(rest.iter().all(|entry| entry["state"] == "not solved"), "{rest:?}");
}

#[test]
fn the_parts_of_a_class_joined_are_the_class() {
    let class = Class::new();
    for (number, status) in [2, 3, 2, 4, 2].into_iter().enumerate() {
        class.hand_in_script(&format!("student-{number}"), "exercise-4", status);
    }
    let whole = class.judged(&["4", "--format", "jsonl", "--seed", "7"]);
    let mut parts = Vec::new();
    for shard in ["1/2", "2/2"] {
        let part = class.judged(&["4", "--format", "jsonl", "--seed", "7", "--shard", shard]);
        let path = class.path(&shard.replace('/', "-"));
        fs::write(&path, &part.stdout).expect("write");
        parts.push(path);
    }
    let merge = |format: &str| {
        let mut command = Command::new(CHECK);
        command.arg("merge").args(&parts).args(["--format", format]).output().expect("merge")
    };
    let sorted = |output: &Output| {
        let mut all: Vec<_> = lines(output).iter().map(|line| told(line)).collect();
        all.sort_by_key(|entry| entry["student"].as_str().map(str::to_owned));
        all
    };
    assert!(sorted(&whole).iter().all(|entry| entry["report"]["seed"] == 7));
    let joined = merge("jsonl");
    assert_eq!(joined.status.code(), Some(0), "{}", complaints(&joined));
    assert_eq!(sorted(&joined), sorted(&whole));
    assert_eq!(lines(&merge("csv")).len(), 6);
    assert!(!complaints(&merge("csv")).contains("the same inputs"));
    let part = class.judged(&["4", "--format", "jsonl", "--seed", "8", "--shard", "2/2"]);
    fs::write(parts.last().expect("a part"), &part.stdout).expect("write");
    let said = complaints(&merge("csv"));
    assert!(said.contains("they were drawn from the seeds 7, 8"), "{said}");
}

#[test]
fn results_are_compared_with_those_of_before_and_programs_that_do_the_same_are_grouped() {
    let class = Class::new();
    for (name, status) in [("ada", 2), ("brian", 2), ("carol", 3)] {
        class.hand_in_script(name, "exercise-4", status);
    }
    let before = class.judged(&["4", "--format", "jsonl"]);
    let changed: Vec<_> = lines(&before)
        .iter()
        .map(|line| {
            let mut entry: Value = serde_json::from_str(line).expect("JSON");
            if entry["student"] == "brian" {
                entry["points"] = 80.into();
                entry["state"] = "solved".into();
                entry["report"]["checks"][0]["state"] = "passed".into();
            }
            entry.to_string()
        })
        .collect();
    let old = class.path("old.jsonl");
    fs::write(&old, changed.join("\n") + "\n").expect("write");
    let compared = class.judged(&["4", "--group", "--compare", old.to_str().expect("UTF-8")]);
    let said = lines(&compared).join("\n");
    assert!(said.contains("brian, exercise 4: not solved, "), "{said}");
    assert!(said.contains("before: solved, 80 of 100 points"), "{said}");
    assert!(said.contains("  output: FAILED (right-call-refused), before: passed"), "{said}");
    assert!(said.contains("1 of 3 results differ."), "{said}");
    let grouped = "exercise 4, 2 submissions, right-call-refused: see ada; the same: brian";
    assert!(said.contains(grouped), "{said}");
    assert!(said.contains("1 group, and 1 submission that is like no other."), "{said}");
}

#[test]
fn a_line_that_a_crash_has_cut_within_a_letter_is_left_out() {
    let class = Class::new();
    class.hand_in_script("Zoë", "exercise-4", 2);
    let results = class.path("results.jsonl");
    let name = results.to_str().expect("UTF-8");
    assert_eq!(class.judged(&["4", "--results", name]).status.code(), Some(0));
    let whole = fs::read(&results).expect("read the results");
    let within = whole.windows(2).position(|two| two == "ë".as_bytes()).expect("her name") + 1;
    fs::write(&results, [&whole[..], &whole[..within]].concat()).expect("write");
    let resumed = class.judged(&["4", "--results", name, "--resume"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", complaints(&resumed));
    assert_eq!(fs::read(&results).expect("read the results"), whole);
}

#[test]
fn a_file_that_the_caller_names_and_that_cannot_be_used_is_a_wrong_call() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    let (nothing, other) = (class.path("nowhere/file"), class.path("other"));
    let nothing = nothing.to_str().expect("UTF-8");
    fs::write(&other, "no result\n").expect("write");
    let other = other.to_str().expect("UTF-8");
    for arguments in [
        ["--students", nothing],
        ["--compare", nothing],
        ["--compare", other],
        ["--results", nothing],
        ["--results", other],
    ] {
        let ended = class.judged(&[&["4"][..], &arguments].concat());
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {ended:?}");
        assert!(complaints(&ended).contains("error: "), "{ended:?}");
    }
    for file in [nothing, other] {
        let mut merge = Command::new(CHECK);
        let ended = merge.args(["merge", file]).output().expect("merge");
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    }
    assert_eq!(fs::read_to_string(other).expect("read"), "no result\n");
}

#[test]
fn results_go_to_a_regular_file_and_never_in_place_of_something_else() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    let fifo = class.path("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("mkfifo");
    let ended = class.judged(&["4", "--results", fifo.to_str().expect("UTF-8"), "--resume"]);
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(complaints(&ended).contains("it is no regular file"), "{ended:?}");
    assert!(!fs::symlink_metadata(&fifo).expect("lstat").is_file(), "it was replaced");
    // A link stays one: what it names gets the results.
    let (link, named) = (class.path("link"), class.path("named"));
    fs::write(&named, "").expect("write");
    std::os::unix::fs::symlink(&named, &link).expect("symlink");
    let ended = class.judged(&["4", "--results", link.to_str().expect("UTF-8")]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(fs::symlink_metadata(&link).expect("lstat").is_symlink());
    assert_eq!(fs::read_to_string(&named).expect("read").lines().count(), 1);
}

#[test]
fn two_batches_never_append_to_one_file_of_results() {
    let class = Class::new();
    for number in 0..12 {
        class.hand_in_script(&format!("student-{number:02}"), "exercise-4", 2);
    }
    let results = class.path("results.jsonl");
    let results = results.to_str().expect("UTF-8");
    let arguments = ["4", "--results", results, "--format", "jsonl", "--resume"];
    let mut child = class.command(&arguments).stdout(Stdio::piped()).spawn().expect("start");
    let mut known = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    known.next().expect("a line").expect("read a line");
    let second = class.judged(&arguments);
    assert_eq!(second.status.code(), Some(2), "{second:?}");
    assert!(complaints(&second).contains("another batch appends to it"), "{second:?}");
    assert_eq!(known.count(), 11);
    assert!(child.wait().expect("wait").success());
    assert_eq!(fs::read_to_string(results).expect("read the results").lines().count(), 12);
}

/// The folder of one student, judged as a platform does it.
fn submission(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(CHECK);
    command.arg("--submission").arg(folder).args(arguments).stdin(Stdio::null());
    let output = command.output().expect("judge a folder");
    assert!(output.stderr.is_empty(), "{}", complaints(&output));
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_folder_of_one_student_gets_one_document() {
    let class = Class::new();
    class.hand_in("ada", "exercise-5.c", &answer("exercise-5/atomic_add.c"));
    class.hand_in("brian", "exercise-1.c", "int main(void) { return 1 }");
    let document = |student: &str, number: &str, format: &str| {
        let folder = class.students().join(student);
        let (status, said) = submission(&folder, &[number, "--format", format]);
        (status, serde_json::from_str::<Value>(&said).expect("JSON"))
    };
    // This answer has no lock for additions, and one for transfers: the checks about locks have passed.
    let (status, report) = document("ada", "5", "json");
    assert_eq!(status, Some(0), "{report}");
    assert_eq!(report["totals"]["points"], 100, "{report}");
    let (status, gradescope) = document("ada", "5", "gradescope");
    assert_eq!((status, &gradescope["score"]), (Some(0), &100.0.into()), "{gradescope}");
    let (status, prairielearn) = document("ada", "5", "prairielearn");
    assert_eq!((status, &prairielearn["score"]), (Some(0), &1.0.into()), "{prairielearn}");
    assert_eq!(prairielearn["gradable"], true);
    // A program that does not compile gets 0 points, and PrairieLearn counts no attempt.
    let (status, gradescope) = document("brian", "1", "gradescope");
    assert_eq!((status, &gradescope["score"]), (Some(1), &0.0.into()), "{gradescope}");
    let (status, prairielearn) = document("brian", "1", "prairielearn");
    assert_eq!((status, &prairielearn["gradable"]), (Some(1), &false.into()), "{prairielearn}");
}

#[test]
fn a_misnamed_file_gets_no_points_and_the_name_that_was_meant() {
    let class = Class::new();
    class.hand_in("ada", "exercise_4.c", "int main(void) { return 1; }");
    let folder = class.students().join("ada");
    for format in ["text", "json", "junit", "gradescope", "prairielearn", "markdown"] {
        let (status, said) = submission(&folder, &["4", "--format", format]);
        assert_eq!(status, Some(1), "{said}");
        let meant = "exercise_4.c is not graded: a file named exercise-4.c would be";
        assert!(said.contains(meant), "{format}: {said}");
    }
    let mut command = Command::new(CHECK);
    let output = command.arg("--submission").arg(&folder).output().expect("judge a folder");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(complaints(&output).contains("holds no file named exercise-N"), "{output:?}");
}

/// A result of a machine that could not make a check of the core.
fn unjudged(line: &str) -> String {
    let mut entry: Value = serde_json::from_str(line).expect("JSON");
    entry["state"] = "cannot be judged here".into();
    entry["report"]["outcome"] = "cannot-be-judged".into();
    entry["report"]["checks"][0]["state"] = "cannot".into();
    entry.to_string()
}

#[test]
fn what_one_machine_cannot_judge_has_no_grade_until_another_one_has_judged_it() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    class.hand_in_script("brian", "exercise-4", 2);
    let whole = lines(&class.judged(&["4", "--format", "jsonl", "--seed", "7"]));
    let [first, second] = whole.as_slice() else { panic!("two results: {whole:?}") };
    let (first, second) = match first.contains("\"student\":\"ada\"") {
        true => (first, second),
        false => (second, first),
    };
    let (here, elsewhere) = (class.path("here"), class.path("elsewhere"));
    fs::write(&here, format!("{}\n{second}\n", unjudged(first))).expect("write");
    fs::write(&elsewhere, format!("{first}\n")).expect("write");
    let merge = |files: &[&PathBuf]| {
        let mut command = Command::new(CHECK);
        command.arg("merge").args(files).args(["--format", "csv"]).output().expect("merge")
    };
    let open = merge(&[&here]);
    assert_eq!(open.status.code(), Some(3), "{open:?}");
    let row = "ada,4,cannot be judged here,,";
    assert!(lines(&open).iter().any(|line| line.starts_with(row)), "{open:?}");
    for files in [[&here, &elsewhere], [&elsewhere, &here]] {
        let joined = merge(&files);
        assert_eq!(joined.status.code(), Some(0), "{joined:?}");
        let row = "ada,4,not solved,2,2,100,";
        assert!(lines(&joined).iter().any(|line| line.starts_with(row)), "{joined:?}");
    }
    // A resumed batch judges only this submission again.
    let results = here.to_str().expect("UTF-8");
    let resumed = class.judged(&["4", "--results", results, "--resume"]);
    assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
    let now = fs::read_to_string(&here).expect("read");
    assert!(now.contains(second.as_str()), "{now}");
    assert!(!now.contains("cannot be judged here"), "{now}");
}
