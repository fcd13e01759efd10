//! The examples in `grading/` that judge one submission: of Gradescope, PrairieLearn, GitHub Actions and
//! GitLab CI. Each one's commands are taken from the file itself and run as the platform runs them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::class::{CHECK, answer, complaints};
use crate::examples::{as_github_does, example, in_the_image, step, text, variables, yaml};

const RIGHT: &str = "exercise-3/right-in-c.c";
const WRONG: &str = "exercise-3/no-msync.c";

/// A directory with a student's file in a folder of it.
fn handed_in(folder: &str, name: &str, answer_of: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("make a directory");
    let folder = directory.path().join(folder);
    fs::create_dir_all(&folder).expect("mkdir");
    fs::write(folder.join(name), answer(answer_of)).expect("write");
    directory
}

/// A judge that ends with this status, in place of the real one.
fn failing_judge(path: &Path, status: u8) {
    fs::create_dir_all(path.parent().expect("a directory")).expect("mkdir");
    fs::write(path, format!("#!/bin/sh\nexit {status}\n")).expect("write");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("chmod");
}

fn document(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("read the document");
    serde_json::from_str(&text).expect("JSON")
}

/// Runs Gradescope's script; its status, and where its results are.
fn autograder(answer_of: &str, judge: Option<u8>) -> (Option<i32>, TempDir, PathBuf) {
    let directory = handed_in("submission", "exercise-3.c", answer_of);
    let built = directory.path().join("source/course/target/debug");
    fs::create_dir_all(&built).expect("mkdir");
    let grading = directory.path().join("source/course/grading");
    symlink(example(""), grading).expect("symlink");
    fs::create_dir(directory.path().join("results")).expect("mkdir");
    match judge {
        Some(status) => failing_judge(&built.join("check"), status),
        None => symlink(CHECK, built.join("check")).expect("symlink"),
    }
    let script = example("gradescope/run_autograder").display().to_string();
    let given = [("AUTOGRADER".to_owned(), directory.path().display().to_string())].into();
    let ended = in_the_image(directory.path(), &[&script], &given);
    let results = directory.path().join("results/results.json");
    (ended.status.code(), directory, results)
}

#[test]
fn gradescopes_script_gives_the_grade_and_no_zero_if_the_judge_fails() {
    let (status, _directory, results) = autograder(RIGHT, None);
    assert_eq!(status, Some(0));
    let right = document(&results);
    assert_eq!(right["score"], 100.0, "{right}");
    // What Gradescope asks of the document.
    for test in right["tests"].as_array().expect("tests") {
        assert!(test["name"].is_string() && test["output"].is_string(), "{test}");
        assert!(test["score"].is_u64() && test["max_score"].is_u64(), "{test}");
        assert!(["passed", "failed"].contains(&test["status"].as_str().expect("status")), "{test}");
    }
    let (status, _directory, results) = autograder(WRONG, None);
    assert_eq!(status, Some(0), "Gradescope takes every other status for a failure of the script");
    let wrong = document(&results);
    assert!(wrong["score"].as_f64().is_some_and(|score| score < 80.0), "{wrong}");
    for status in [3, 4] {
        let (ended, _directory, results) = autograder(RIGHT, Some(status));
        assert_eq!(ended, Some(i32::from(status)));
        assert!(!results.exists(), "a failure of the judge costs points");
    }
}

/// Runs PrairieLearn's entry point as `info.json` names it.
fn prairielearn(answer_of: &str, judge: Option<u8>) -> Value {
    let directory = handed_in("student", "exercise-3.c", answer_of);
    if let Some(status) = judge {
        failing_judge(&directory.path().join("programs/check"), status);
    }
    let options = &document(&example("prairielearn/info.json"))["externalGradingOptions"];
    let entry: Vec<_> = options["entrypoint"].as_array().expect("entrypoint").iter().collect();
    let [script, exercise] = entry.as_slice() else { panic!("{entry:?}") };
    // In the image, the course is in /course.
    let script = script.as_str().and_then(|path| path.strip_prefix("/course/grading/"));
    let script = example(script.expect("a script of the image")).display().to_string();
    let call = [script.as_str(), exercise.as_str().expect("a number")];
    let given = [("GRADE".to_owned(), directory.path().display().to_string())].into();
    let ended = in_the_image(directory.path(), &call, &given);
    assert_eq!(ended.status.code(), Some(0), "{}", complaints(&ended));
    let results = directory.path().join("results/results.json");
    assert!(fs::metadata(&results).expect("results").len() < 1 << 20, "PrairieLearn's limit");
    document(&results)
}

#[test]
fn prairielearns_script_gives_the_score_and_counts_no_attempt_if_the_judge_fails() {
    let right = prairielearn(RIGHT, None);
    assert_eq!((&right["gradable"], &right["score"]), (&true.into(), &1.0.into()), "{right}");
    let wrong = prairielearn(WRONG, None);
    assert_eq!(wrong["gradable"], true, "{wrong}");
    assert!(wrong["score"].as_f64().is_some_and(|score| (0.0..0.8).contains(&score)), "{wrong}");
    let tests = wrong["tests"].as_array().expect("tests");
    assert!(tests.iter().any(|test| test["message"] == "FAILED"), "{wrong}");
    let failed = prairielearn(RIGHT, Some(4));
    assert_eq!(failed["gradable"], false, "{failed}");
    assert!(failed["score"].is_null() && failed["format_errors"].is_string(), "{failed}");
}

/// Runs the step of the workflow for a student's repository; its status, its output and its summary.
fn student_workflow(answer_of: &str, judge: Option<u8>) -> (Option<i32>, String, String) {
    let workflow = yaml("github/student.yml");
    let job = &workflow["jobs"]["judge"];
    let mut given = variables(&job["env"]);
    let directory = handed_in(&given["FOLDER"], "exercise-3.c", answer_of);
    if let Some(status) = judge {
        failing_judge(&directory.path().join("programs/check"), status);
    }
    let summary = directory.path().join("summary");
    given.insert("GITHUB_STEP_SUMMARY".into(), summary.display().to_string());
    let one = step(job, "Judge the exercise");
    let script = directory.path().join("script").display().to_string();
    fs::write(&script, text(&one["run"])).expect("write");
    let ended = in_the_image(directory.path(), &as_github_does(one, &script), &given);
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    (ended.status.code(), said, fs::read_to_string(summary).unwrap_or_default())
}

#[test]
fn the_workflow_of_a_students_repository_tells_whose_failure_it_is() {
    let (status, _, summary) = student_workflow(RIGHT, None);
    assert_eq!(status, Some(0), "{summary}");
    assert!(
        summary.contains("## Exercise 3: record and list: solved, edges included"),
        "{summary}"
    );
    let (status, said, summary) = student_workflow(WRONG, None);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("::error::Exercise 3 is not solved"), "{said}");
    assert!(summary.contains("| FAILED | "), "{summary}");
    let (status, said, _) = student_workflow(RIGHT, Some(3));
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("::error::The judge or this machine failed"), "{said}");
}

/// Runs GitLab's job; its status and its report.
fn gitlab(answer_of: &str) -> (Option<i32>, String) {
    let job = &yaml("gitlab-ci.yml")["judge"];
    let given: BTreeMap<_, _> = variables(&job["variables"]);
    let directory = handed_in(&given["FOLDER"], "exercise-3.c", answer_of);
    let script: Vec<_> = job["script"].as_vec().expect("a script").iter().map(text).collect();
    let script = script.join("\n");
    let ended = in_the_image(directory.path(), &["sh", "-e", "-c", &script], &given);
    let report = directory.path().join(text(&job["artifacts"]["reports"]["junit"]));
    (ended.status.code(), fs::read_to_string(report).expect("the report"))
}

#[test]
fn gitlabs_job_has_a_case_for_each_check_and_warns_if_the_judge_fails() {
    let count = |report: &str, name: &str| {
        let document = roxmltree::Document::parse(report).expect("well-formed XML");
        document.descendants().filter(|node| node.has_tag_name(name)).count()
    };
    let (status, report) = gitlab(RIGHT);
    assert_eq!((status, count(&report, "failure")), (Some(0), 0), "{report}");
    assert!(count(&report, "testcase") > 5, "{report}");
    let (status, report) = gitlab(WRONG);
    assert_eq!(status, Some(1), "{report}");
    assert!(count(&report, "failure") > 0, "{report}");
    let codes = yaml("gitlab-ci.yml")["judge"]["allow_failure"]["exit_codes"].clone();
    let codes: Vec<_> = codes.as_vec().expect("codes").iter().map(text).collect();
    assert_eq!(codes, ["3", "4"], "the machine's failure, and the judge's");
}
