//! The commands of the teaching notes that grade a class, in their order, each as it stands there.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Output};

use common::root;

use crate::class::{CHECK, Class, answer, complaints};

/// The shell blocks of the section on grading.
fn blocks() -> Vec<String> {
    let notes = root().expect("the checkout").join("lessons/teaching.md");
    let text = fs::read_to_string(notes).expect("read the teaching notes");
    let (_, section) = text.split_once("\n## Grade a class\n").expect("the section");
    let blocks = section.split("\n```sh\n").skip(1);
    blocks.map(|block| block.split("\n```").next().unwrap_or_default().to_owned()).collect()
}

/// A directory in which `cargo check-exercise` is the judge, and the students are in `class`.
fn directory() -> Class {
    let class = Class::new();
    class.hand_in("ada", "exercise-3.c", &answer("exercise-3/right-in-c.c"));
    class.hand_in("brian", "exercise-3.c", &answer("exercise-3/no-msync.c"));
    class.hand_in("carol", "exercise_3.py", "print()\n");
    class.hand_in_script("dennis", "exercise-3", 2);
    class.hand_in_script("edsger", "exercise-3", 2);
    symlink(class.students(), class.path("class")).expect("symlink");
    symlink(root().expect("the checkout").join("grading"), class.path("grading")).expect("symlink");
    let judge = "[ \"$1\" = check-exercise ] || exit 99\nshift";
    fs::write(class.path("cargo"), format!("#!/bin/sh\n{judge}\nexec '{CHECK}' \"$@\"\n"))
        .expect("write");
    fs::set_permissions(class.path("cargo"), fs::Permissions::from_mode(0o755)).expect("chmod");
    class
}

fn run(class: &Class, script: &str) -> Output {
    let path = std::env::var("PATH").expect("PATH");
    let mut command = Command::new("sh");
    command.args(["-e", "-c", script]).current_dir(class.path(""));
    command.env("PATH", format!("{}:{path}", class.path("").display()));
    command.env("GIT_DIR", root().expect("the checkout").join(".git"));
    command.output().expect("run a command of the notes")
}

#[test]
fn the_commands_of_the_teaching_notes_grade_a_class() {
    let (class, mut said) = (directory(), String::new());
    let blocks = blocks();
    assert!(blocks.len() >= 9, "{blocks:?}");
    for block in &blocks {
        let ended = run(&class, block);
        said += &String::from_utf8_lossy(&ended.stdout);
        said += &complaints(&ended);
        assert_eq!(ended.status.code(), Some(0), "{block}: {said}");
    }
    for part in [
        "exercise_3.py is not graded: a file named exercise-3.py would be",
        "ada, exercise 3: solved, edges included, 100 of 100 points",
        "5 submissions: 1 solved, 3 not solved, 1 missing,",
        "exercise 3, 2 submissions, right-call-refused: see dennis; the same: edsger",
        "0 of 5 results differ.",
        "\"score\": 100.0",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    let grades = fs::read_to_string(class.path("grades.csv")).expect("read the grades");
    let rows: Vec<_> = grades.lines().collect();
    assert_eq!(rows.len(), 6, "{grades}");
    assert_eq!(rows.get(1), Some(&"ada,3,\"solved, edges included\",100,100,100,"), "{grades}");
    assert!(grades.contains("carol,3,missing,0,0,0,"), "{grades}");
    let feedback = fs::read_to_string(class.path("feedback.md")).expect("read the feedback");
    assert!(feedback.contains("## brian: Exercise 3: "), "{feedback}");
    assert!(fs::metadata(class.path("autograder.zip")).expect("the archive").len() > 100_000);
}
