//! What a batch and `check merge` tell a teacher besides the results: what is not graded, which results lack a
//! check or a part of the class, and what to do next.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::class::{CHECK, Class, complaints, lines};

fn merged(files: &[&Path], arguments: &[&str]) -> Output {
    let mut command = Command::new(CHECK);
    command.arg("merge").args(files).args(arguments).output().expect("merge")
}

/// The files of three parts of a class with so many students.
fn parts(class: &Class, students: u8) -> Vec<PathBuf> {
    for number in 0..students {
        class.hand_in_script(&format!("student-{number}"), "exercise-4", 2);
    }
    let part = |number: u8| {
        let path = class.path(&format!("part-{number}.jsonl"));
        let file = path.to_str().expect("UTF-8");
        let shard = format!("{number}/3");
        let ended = class.judged(&["4", "--seed", "7", "--shard", &shard, "--results", file]);
        assert_eq!(ended.status.code(), Some(0), "{}", complaints(&ended));
        path
    };
    (1..=3).map(part).collect()
}

/// A change of one line of results.
fn changed(line: &str, change: impl Fn(&mut Value)) -> String {
    let mut entry: Value = serde_json::from_str(line).expect("JSON");
    change(&mut entry);
    entry.to_string() + "\n"
}

/// A result of a machine that could not make the last check of a part of the contract.
fn with_open_check(line: &str, part: &str) -> String {
    changed(line, |entry| {
        let checks = entry["report"]["checks"].as_array_mut().expect("checks");
        let of_part = checks.iter_mut().filter(|check| check["part"] == part);
        let open = of_part.last().expect("a check of this part");
        open["state"] = "cannot".into();
        open["actual"] = "the machine was too busy".into();
    })
}

/// The results of a batch of exercise 4, a line each.
fn judged_lines(class: &Class) -> Vec<String> {
    lines(&class.judged(&["4", "--format", "jsonl", "--seed", "7"]))
}

#[test]
fn a_part_of_a_class_that_is_lost_is_named_when_the_others_are_joined() {
    let class = Class::new();
    let parts = parts(&class, 6);
    let [first, second, third] = parts.as_slice() else { panic!("{parts:?}") };
    let said = "warning: part 2 of 3 is not among these files: its submissions are missing";
    let without = merged(&[first, third], &["--format", "csv"]);
    assert_eq!(without.status.code(), Some(3), "{without:?}");
    assert!(complaints(&without).contains(said), "{without:?}");
    let whole = merged(&[first, second, third], &["--format", "csv"]);
    assert_eq!(whole.status.code(), Some(0), "{whole:?}");
    assert!(!complaints(&whole).contains("is not among"), "{whole:?}");
    // What was joined without a part still lacks it.
    let joined = class.path("joined.jsonl");
    let without = merged(&[first, third], &["--format", "jsonl"]);
    fs::write(&joined, &without.stdout).expect("write");
    assert_eq!(merged(&[&joined], &[]).status.code(), Some(3));
    // The lines of an older judge say nothing of parts.
    let older = class.path("older.jsonl");
    let text = fs::read_to_string(first).expect("read");
    let older_line = |line: &str| {
        changed(line, |entry| drop(entry.as_object_mut().expect("an object").remove("shard")))
    };
    fs::write(&older, text.lines().map(older_line).collect::<String>()).expect("write");
    assert_eq!(merged(&[&older], &[]).status.code(), Some(0));
    // The rest can be judged without parts.
    let results = joined.to_str().expect("UTF-8");
    let rest = class.judged(&["4", "--results", results, "--resume"]);
    assert_eq!(rest.status.code(), Some(0), "{rest:?}");
    let whole = merged(&[&joined], &[]);
    assert_eq!(whole.status.code(), Some(0), "{}", complaints(&whole));
}

#[test]
fn a_part_without_a_student_is_not_missed() {
    let class = Class::new();
    let parts = parts(&class, 2);
    let files: Vec<_> = parts.iter().map(PathBuf::as_path).collect();
    let joined = merged(&files, &["--format", "csv"]);
    assert_eq!(joined.status.code(), Some(0), "{}", complaints(&joined));
}

#[test]
fn markdown_gives_the_sums_of_the_text_report_and_the_reason_of_each_check_that_was_not_made() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    let file = class.path("open.jsonl");
    let line = judged_lines(&class).pop().expect("a result");
    fs::write(&file, with_open_check(&line, "edge")).expect("write");
    let said = lines(&merged(&[&file], &["--format", "markdown"])).join("\n");
    for part in [
        "of 100 points: ",
        " for the core, ",
        " of these could not be judged on this machine. They are neither given nor taken.",
        "cannot   ",
        "because  the machine was too busy",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    let skipped = said.matches("skipped  ").count();
    assert!(skipped > 0 && said.matches("because  ").count() > skipped, "{said}");
}

#[test]
fn markdown_has_a_section_for_a_submission_that_is_missing() {
    let class = Class::new();
    class.hand_in("ada", "exercise_4.c", "int main(void) { return 0; }");
    fs::create_dir(class.students().join("brian")).expect("mkdir");
    let said = lines(&class.judged(&["4", "--format", "markdown"])).join("\n");
    let first = "There is no file exercise-4, nor one that ends in .rs, .c, .cpp, .py.";
    for student in ["ada", "brian"] {
        assert!(said.contains(&format!("## {student}: Exercise 4: ")), "{said}");
    }
    assert_eq!(said.matches(first).count(), 2, "{said}");
    assert_eq!(said.matches("Not graded: `exercise_4.c`").count(), 1, "{said}");
}

#[test]
fn a_check_that_could_not_be_made_is_told_and_made_again_if_that_is_asked_for() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    class.hand_in_script("brian", "exercise-4", 2);
    let whole = judged_lines(&class);
    let [first, second] = whole.as_slice() else { panic!("two results: {whole:?}") };
    let file = class.path("class.jsonl");
    let name = file.to_str().expect("UTF-8");
    fs::write(&file, with_open_check(first, "edge") + second + "\n").expect("write");
    let arguments = ["4", "--results", name, "--resume"];
    let kept = class.judged(&arguments);
    assert_eq!(kept.status.code(), Some(3), "{kept:?}");
    let said = lines(&kept).join("\n");
    let open = "1 submission has a grade, and checks that could not be made.";
    assert!(said.contains(open), "{said}");
    assert!(said.contains("--resume --again-if-open"), "{said}");
    assert_eq!(merged(&[&file], &[]).status.code(), Some(3));
    // A machine that could make the check has the result.
    let elsewhere = class.path("elsewhere.jsonl");
    fs::write(&elsewhere, format!("{first}\n")).expect("write");
    for files in [[&file, &elsewhere], [&elsewhere, &file]] {
        let joined = merged(&files.map(PathBuf::as_path), &[]);
        assert_eq!(joined.status.code(), Some(0), "{joined:?}");
    }
    let again = class.judged(&[&arguments[..], &["--again-if-open"]].concat());
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    let now = fs::read_to_string(&file).expect("read");
    assert!(now.contains(second.as_str()) && !now.contains("too busy"), "{now}");
}

#[test]
fn a_check_that_needs_a_special_machine_does_not_change_the_status() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    let line = judged_lines(&class).pop().expect("a result");
    let special = changed(&with_open_check(&line, "edge"), |entry| {
        for check in entry["report"]["checks"].as_array_mut().expect("checks") {
            check["where_possible"] = (check["state"] == "cannot").into();
        }
    });
    let file = class.path("special.jsonl");
    fs::write(&file, special).expect("write");
    let joined = merged(&[&file], &[]);
    assert_eq!(joined.status.code(), Some(0), "{joined:?}");
    assert!(!lines(&joined).join("\n").contains("could not be made"), "{joined:?}");
}

#[test]
fn a_stray_answer_beside_the_folders_of_students_is_named_and_the_class_is_judged() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    fs::write(class.students().join("exercise-2.c"), "int main;").expect("write");
    let ended = class.judged(&["4"]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let stray = "students/exercise-2.c is not graded: it is in no student's folder";
    assert!(complaints(&ended).contains(stray), "{ended:?}");
}

#[test]
fn a_symbolic_link_or_a_fifo_is_no_submission() {
    let class = Class::new();
    class.hand_in("ada", "notes.txt", "hello");
    symlink("exercise-4.py", class.students().join("ada/exercise-4.py")).expect("symlink");
    let fifo = class.students().join("ada/exercise-4.c");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("mkfifo");
    let ended = class.judged(&["4"]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let link = "ada/exercise-4.py is not graded: it is a symbolic link";
    assert!(complaints(&ended).contains(link), "{ended:?}");
    let fifo = "ada/exercise-4.c is not graded: it is no regular file";
    assert!(complaints(&ended).contains(fifo), "{ended:?}");
    assert!(lines(&ended).join("\n").contains("ada, exercise 4: missing"), "{ended:?}");
}

#[test]
fn many_files_of_other_exercises_and_students_who_are_not_asked_for_are_counted() {
    let class = Class::new();
    for student in ["ada", "brian", "carol", "dennis", "edsger"] {
        class.hand_in_script(student, "exercise-4", 2);
        class.hand_in_script(student, "exercise-1", 2);
    }
    let names = class.path("names");
    let students = ["--students", names.to_str().expect("UTF-8")];
    fs::write(&names, "ada\nbrian\ncarol\ndennis\n").expect("write");
    let said = complaints(&class.judged(&[&["4"][..], &students].concat()));
    assert!(said.contains("4 files of other exercises are not graded"), "{said}");
    assert!(!said.contains("another exercise was asked for"), "{said}");
    let one = "edsger is not graded: the list of students does not name it";
    assert!(said.contains(one), "{said}");
    fs::write(&names, "ada\n").expect("write");
    let said = complaints(&class.judged(&[&["4"][..], &students].concat()));
    let one = "ada/exercise-1 is not graded: another exercise was asked for";
    assert!(said.contains(one), "{said}");
    let folders = "4 folders are not graded: the list of students does not name them";
    assert!(said.contains(folders) && !said.contains("edsger"), "{said}");
}

#[test]
fn only_what_is_asked_for_is_compared_and_checks_are_told_by_their_sentence() {
    let class = Class::new();
    for student in ["ada", "brian", "carol"] {
        class.hand_in_script(student, "exercise-4", 2);
    }
    let old = class.path("old.jsonl");
    let passed = |line: &String| {
        changed(line, |entry| {
            entry["points"] = 80.into();
            entry["report"]["checks"][0]["state"] = "passed".into();
        })
    };
    let before = judged_lines(&class);
    let report: Value = serde_json::from_str(&before[0]).expect("JSON");
    let promise = report["report"]["checks"][0]["promise"].as_str().expect("a sentence");
    fs::write(&old, before.iter().map(passed).collect::<String>()).expect("write");
    let names = class.path("names");
    fs::write(&names, "ada\n").expect("write");
    let (old, names) = (old.to_str().expect("UTF-8"), names.to_str().expect("UTF-8"));
    let said = lines(&class.judged(&["4", "--students", names, "--compare", old])).join("\n");
    assert!(!said.contains("not judged now"), "{said}");
    let others = "2 older results are not compared: of other students or exercises.";
    assert!(said.contains(others), "{said}");
    assert!(said.contains(&format!("    check: {promise}")), "{said}");
}

#[test]
fn the_end_of_a_batch_says_how_to_get_the_grades() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    let file = class.path("the class.jsonl");
    let name = file.to_str().expect("UTF-8");
    let next = format!("Grades as a table: cargo check-exercise merge '{name}' --format csv");
    let ended = class.judged(&["4", "--results", name]);
    assert_eq!(lines(&ended).last(), Some(&next), "{ended:?}");
    let said = lines(&class.judged(&["4"])).join("\n");
    assert!(!said.contains("Grades as a table"), "{said}");
    assert!(said.contains("1 submission: 0 solved, 1 not solved"), "{said}");
}

#[test]
fn why_a_file_is_not_graded_names_the_file_that_is_and_the_endings_that_are_known() {
    let class = Class::new();
    class.hand_in("ada", "exercise-4.cpp", "int main() { return 1; }");
    class.hand_in_script("ada", "exercise-4", 2);
    class.hand_in("ada", "exercise-6.txt", "hello");
    let said = complaints(&class.judged(&["4"]));
    for part in [
        "exercise-4.cpp is not graded: another file answers the same exercise: exercise-4\n",
        "exercise-6.txt is not graded: its ending .txt is not one of .rs .c .cpp .py",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

#[test]
fn one_thing_is_counted_in_the_singular() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    let fault = changed(&judged_lines(&class).pop().expect("a result"), |entry| {
        entry["state"] = "fault in the judge".into();
        entry["why"] = "signal: 9".into();
        entry["report"] = Value::Null;
        entry["grade"] = Value::Null;
    });
    let file = class.path("fault.jsonl");
    fs::write(&file, fault).expect("write");
    let said = lines(&merged(&[&file], &[])).join("\n");
    assert!(said.contains("1 submission: ") && said.contains(" 1 fault of the judge."), "{said}");
    assert!(said.contains("1 has no grade yet. Judge it again"), "{said}");
}

#[test]
fn each_student_gets_a_file_of_feedback_and_no_other_file_is_overwritten() {
    let class = Class::new();
    class.hand_in_script("ada", "exercise-4", 2);
    fs::create_dir(class.students().join("brian")).expect("mkdir");
    let (file, feedback) = (class.path("class.jsonl"), class.path("feedback"));
    fs::write(&file, judged_lines(&class).join("\n") + "\n").expect("write");
    let each = ["--each", feedback.to_str().expect("UTF-8")];
    for _ in ["the first time", "again"] {
        assert_eq!(merged(&[&file], &each).status.code(), Some(0));
    }
    let read = |name: &str| fs::read_to_string(feedback.join(name)).expect("read the feedback");
    assert!(read("ada.md").starts_with("## ada: Exercise 4: "), "{}", read("ada.md"));
    assert!(read("brian.md").contains("There is no file exercise-4"), "{}", read("brian.md"));
    fs::write(feedback.join("ada.md"), "my notes\n").expect("write");
    let refused = merged(&[&file], &each);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert_eq!(complaints(&refused).lines().count(), 1, "{refused:?}");
    assert_eq!(read("ada.md"), "my notes\n");
    // A name from a file of results is no path.
    let elsewhere = changed(&judged_lines(&class)[0], |entry| entry["student"] = "../out".into());
    fs::write(&file, elsewhere).expect("write");
    fs::remove_file(feedback.join("ada.md")).expect("remove");
    assert_eq!(merged(&[&file], &each).status.code(), Some(0));
    assert!(!class.path("out.md").exists() && feedback.join("_._out.md").exists());
}

#[test]
fn two_different_results_of_one_submission_are_a_wrong_call_of_merge() {
    let class = Class::new();
    class.hand_in_script("student-1", "exercise-4", 2);
    let line = judged_lines(&class).remove(0);
    let other = changed(&line, |entry| entry["diagnosis"] = "hang".into());
    let write = |name: &str, text: &str| {
        let path = class.path(name);
        fs::write(&path, text).expect("write");
        path
    };
    let files = [write("one.jsonl", &line), write("two.jsonl", &other)];
    let ended = merged(&[&files[0], &files[1]], &[]);
    assert_eq!(ended.status.code(), Some(2), "{}", complaints(&ended));
    let said = complaints(&ended);
    assert!(said.contains("another result for student-1, exercise 4"), "{said}");
    assert!(ended.stdout.is_empty());
}

#[test]
fn no_escape_of_a_student_reaches_the_terminal_of_the_teacher() {
    const ESCAPE: char = '\u{1b}';
    let class = Class::new();
    let student = format!("eve{ESCAPE}[31m");
    class.hand_in(&student, "exercise-4.c", &format!("#error {ESCAPE}[31m is red\n"));
    class.hand_in(&student, &format!("notes{ESCAPE}[2J"), "none");
    class.hand_in("ada", "exercise-4.c", &format!("#error {ESCAPE}[31m is red\n"));
    for format in ["text", "csv", "markdown", "jsonl", "junit", "gradescope", "prairielearn"] {
        let ended = class.judged(&["4", "--format", format, "--group"]);
        let [said, warned] =
            [&ended.stdout, &ended.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(
            !said.contains(ESCAPE) && !warned.contains(ESCAPE),
            "{format}: {said:?} {warned:?}"
        );
        assert!(warned.contains("notes\\u{1b}[2J is not graded"), "{format}: {warned:?}");
    }
}
