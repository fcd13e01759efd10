//! `check N --html FILE`: a verdict as one page. The tests in `book/tests` open such a page in a browser.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use check::proof::build_in_c;
use course::{Ended, Program, make_checkout};
use serde_json::{Value, json};

/// A wrong answer to exercise 5, without debug information, and a schedule in which it goes wrong.
static PROGRAM: LazyLock<PathBuf> =
    LazyLock::new(|| build_in_c("exercise-5/load_then_store").expect("build the answer"));
const SCHEDULE: [&str; 2] = ["--schedule", "two-additions/A2/B-"];

/// Judges the answer in this order, and gives the page beside what came of the call.
fn page() -> (Ended, String) {
    page_about("5", &PROGRAM, &SCHEDULE)
}

/// Judges a program, and gives the page beside what came of the call.
fn page_about(exercise: &str, program: &Path, more: &[&str]) -> (Ended, String) {
    let checkout = tempfile::tempdir().expect("make a directory");
    make_checkout(checkout.path());
    let page = checkout.path().join("verdict.html");
    let [program, html] = [program, &page].map(|path| path.to_string_lossy().into_owned());
    let call = [&[exercise, "--program", &*program, "--html", &html][..], more].concat();
    let check = Program::new(env!("CARGO_BIN_EXE_check"), call);
    let ended = check.env("CARGO_MANIFEST_DIR", checkout.path()).run();
    let text = std::fs::read_to_string(&page).expect("read the page");
    (ended, text)
}

/// The timelines of a page.
fn timelines(page: &str) -> Vec<Value> {
    let parts = page.split("<div class=\"replay\"><script type=\"application/json\">").skip(1);
    let json = parts.map(|rest| rest.split("</script>").next().expect("it has an end"));
    json.map(|json| serde_json::from_str(json).expect("the steps are JSON")).collect()
}

/// Copies answers into a directory, and compiles the first of them there, with debug information.
fn compiled_beside_its_source(directory: &Path, names: &[&str]) -> PathBuf {
    let answers = Path::new(env!("CARGO_MANIFEST_DIR")).join("proof");
    for name in names {
        let file = Path::new(name).file_name().expect("it has a name");
        std::fs::copy(answers.join(name), directory.join(file)).expect("copy an answer");
    }
    let first = Path::new(names[0]).file_name().expect("it has a name");
    let mut cc = Command::new("cc");
    let cc = cc.args(["-O2", "-g", "-pthread", "-o", "program"]).arg(first).current_dir(directory);
    assert!(cc.status().expect("run cc").success());
    directory.join("program")
}

/// The steps of a timeline in which a process stores this.
fn step_told<'v>(timeline: &'v Value, words: &str) -> &'v Value {
    let steps = timeline["steps"].as_array().expect("it has steps");
    let told = |step: &&Value| step["told"].to_string().contains(words);
    steps.iter().find(told).unwrap_or_else(|| panic!("no step {words:?}: {timeline:#}"))
}

/// FILE's pages after the step that is told so. A step that changes no page has none of its own.
fn pages_at<'v>(timeline: &'v Value, words: &str) -> &'v Value {
    let steps = timeline["steps"].as_array().expect("it has steps");
    let last = steps.iter().position(|step| step["told"].to_string().contains(words));
    let last = last.unwrap_or_else(|| panic!("no step {words:?}: {timeline:#}"));
    let mut looks = steps[..=last].iter().map(|step| &step["pages"]);
    looks.rfind(|pages| !pages.is_null()).unwrap_or(&timeline["pages"])
}

#[test]
fn a_failed_verdict_is_a_page_with_each_step_and_the_schedule_to_replay() {
    let (ended, page) = page();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("lost-addition"), "{ended:?}");
    let steps = timelines(&page).pop().expect("it has steps");
    assert_eq!(steps["file"][0], json!(["the counter", "41"]));
    let last = steps["steps"].as_array().and_then(|steps| steps.last()).expect("a last step");
    assert_eq!(last["file"][0][1], "42", "{steps:#}");
    assert!(page.contains("--schedule two-additions/A2/B-"), "{page}");
    assert!(page.contains("const Replay = "), "the component is not in the page");
    assert!(page.contains("the program has no debug information"), "{page}");
}

#[test]
fn the_steps_show_what_each_process_loads_and_which_one_loses_the_update() {
    let (_, page) = page();
    let timeline = timelines(&page).pop().expect("it has steps");
    let steps = timeline["steps"].as_array().expect("it has steps");
    let own = |actor| steps.iter().filter(move |step| step["actor"] == actor);
    for actor in [0, 1] {
        let said: String = own(actor).map(|step| step["told"].to_string()).collect();
        assert!(said.contains("loads 41 from the counter"), "{actor}: {said}");
    }
    let wrong: Vec<_> = steps.iter().filter(|step| step["wrong"] == true).collect();
    let [lost] = &wrong[..] else { panic!("one step is wrong: {timeline:#}") };
    assert_eq!(lost["actor"], 0);
    let at = lost["wrongAt"].as_u64().and_then(|at| usize::try_from(at).ok()).expect("its place");
    let told = lost["told"][at].as_str().expect("its words");
    assert!(told.contains("stores 42 in the counter") && told.ends_with("is LOST"), "{told}");
    assert_eq!(timeline["without_loads"], Value::Null);
}

#[test]
fn a_load_of_its_own_is_a_step() {
    let program = build_in_c("exercise-2/length_after_full").expect("build the answer");
    let (_, page) = page_about("2", &program, &[]);
    let timelines = timelines(&page);
    let told = timelines.iter().map(|timeline| timeline["steps"].to_string()).collect::<String>();
    assert!(told.contains("loads 1 from `full`"), "{told}");
    assert!(told.contains("from `length`"), "{told}");
}

/// Takes a lock if its mapping has no access rights, as while the judge notes loads.
const NOTICES: &str = r#"
#include "guarded.h"
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
static int is_watched(void) {
    char line[512];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) found |= strstr(line, "---s") != NULL;
    if (maps) fclose(maps);
    return found;
}
static void prepare(struct bank *bank, int fd) {}
static void take(struct bank *bank, int fd) { if (is_watched()) flock(fd, LOCK_EX); }
static void give(struct bank *bank, int fd) { if (is_watched()) flock(fd, LOCK_UN); }
"#;

#[test]
fn if_the_loads_cannot_be_shown_the_page_says_why_and_the_verdict_stands() {
    let directory = tempfile::tempdir().expect("make a directory");
    let names = ["exercise-5/load_then_store.c", "exercise-5/bank.h", "exercise-5/guarded.h"];
    compiled_beside_its_source(directory.path(), &names);
    std::fs::write(directory.path().join("load_then_store.c"), NOTICES).expect("write the answer");
    let mut cc = Command::new("cc");
    let cc = cc.args(["-O2", "-g", "-o", "program", "load_then_store.c"]);
    assert!(cc.current_dir(directory.path()).status().expect("run cc").success());
    let (ended, page) = page_about("5", &directory.path().join("program"), &SCHEDULE);
    assert!(ended.stdout.contains("lost-addition"), "{ended:?}");
    let timeline = timelines(&page).into_iter().next().expect("it has steps");
    assert_eq!(timeline["without_loads"], "the processes then do something else");
    assert!(page.contains("<p>The steps do not show what the processes load: the processes then"));
    assert_eq!(step_told(&timeline, "is LOST")["wrong"], true);
    assert!(timeline["pages"].is_object(), "the run was looked at: {timeline:#}");
}

#[test]
fn each_step_has_its_source_line_also_if_the_c_library_makes_the_call() {
    let directory = tempfile::tempdir().expect("make a directory");
    let names = ["exercise-5/load_then_store.c", "exercise-5/bank.h", "exercise-5/guarded.h"];
    let program = compiled_beside_its_source(directory.path(), &names);
    let (_, page) = page_about("5", &program, &SCHEDULE);
    let timeline = timelines(&page).pop().expect("it has steps");
    let opens = &step_told(&timeline, "opens FILE")["source"];
    assert_eq!(opens["name"], "bank.h");
    assert!(opens["text"].as_str().is_some_and(|text| text.contains("open(path")), "{opens}");
    let stores = &step_told(&timeline, "is LOST")["source"];
    assert_eq!(stores["text"], "bank->counter = bank->counter + 1;");
    assert!(!page.contains("no debug information"), "{page}");
}

#[test]
fn the_text_of_a_file_that_is_not_beside_the_program_is_not_shown() {
    let directory = tempfile::tempdir().expect("make a directory");
    let names = ["exercise-5/load_then_store.c", "exercise-5/bank.h", "exercise-5/guarded.h"];
    let header = directory.path().join("guarded.h");
    compiled_beside_its_source(directory.path(), &names);
    let text = std::fs::read_to_string(&header).expect("read the header");
    std::fs::write(&header, format!("#line 1 \"/etc/passwd\"\n{text}")).expect("write the header");
    let mut cc = Command::new("cc");
    let cc = cc.args(["-O2", "-g", "-pthread", "-o", "program", "load_then_store.c"]);
    assert!(cc.current_dir(directory.path()).status().expect("run cc").success());
    let (_, page) = page_about("5", &directory.path().join("program"), &SCHEDULE);
    let timeline = timelines(&page).pop().expect("it has steps");
    let stores = &step_told(&timeline, "is LOST")["source"];
    assert_eq!(stores["name"], "passwd");
    assert_eq!(stores["text"], Value::Null);
}

#[test]
fn each_step_has_files_pages_as_the_kernel_reports_them() {
    let (_, page) = page();
    let timeline = timelines(&page).pop().expect("it has steps");
    let state = |pages: &Value| pages["files"][0]["pages"][0]["state"].clone();
    let parts = |pages: &Value, process: usize| pages["processes"][process]["parts"].clone();
    assert_eq!(timeline["pages"]["processes"], json!([]), "nobody has begun");
    assert_ne!(state(&timeline["pages"]), "dirty", "the judge has flushed FILE");
    let opens = pages_at(&timeline, "opens FILE");
    assert_eq!(parts(opens, 0), json!([]), "A has not mapped FILE yet: {opens}");
    let stops = pages_at(&timeline, "is interrupted");
    assert_eq!(parts(stops, 0)[0]["kind"], "shared mapping");
    assert_eq!(parts(stops, 0)[0]["entries"][0]["leads"], "leads to the page cache");
    assert_eq!(parts(stops, 1), json!([]), "B has not begun: {stops}");
    let stores = pages_at(&timeline, "stores 42 in the counter, where");
    assert_eq!(parts(stores, 1)[0]["entries"][0]["leads"], "leads to the page cache");
    // The judge works in LESSON_SCRATCH, or below the copy of the checkout.
    let place = std::env::var_os("LESSON_SCRATCH").map_or_else(std::env::temp_dir, PathBuf::from);
    match course::file_system(&place) {
        "ext4" | "xfs" | "btrfs" => assert_eq!(state(stores), "dirty"),
        "tmpfs" => assert_eq!(state(stores), "present", "tmpfs has no disk"),
        _ => {}
    }
}

#[test]
fn a_ledger_that_is_not_flushed_shows_what_the_disk_has() {
    let directory = tempfile::tempdir().expect("make a directory");
    let names = ["exercise-3/ms-async.c", "exercise-3/right-in-c.c"];
    let program = compiled_beside_its_source(directory.path(), &names);
    let (ended, page) = page_about("3", &program, &[]);
    if ended.stdout.contains("no disk below the scratch") {
        println!("no disk below the scratch: nothing is judged here");
        return;
    }
    let timeline = timelines(&page).into_iter().next().expect("it has steps");
    assert_eq!(timeline["heads"], json!(["record FILE \"paid 42\"", ""]));
    let calls = step_told(&timeline, "MS_ASYNC");
    assert_eq!(calls["source"]["name"], "right-in-c.c");
    let says = step_told(&timeline, "writes `durable 67`");
    assert_eq!(says["wrong"], true);
    assert_eq!(says["file"][1], json!(["slot 67", "\"paid 42\""]));
    assert_eq!(says["disk"][0], json!(["slot 67", "free"]), "nothing has flushed it");
}

#[test]
fn a_page_is_complete_in_itself() {
    let (_, page) = page();
    for link in ["src=", "href=\"http", "url(", "@import"] {
        assert!(!page.contains(link), "{link} leads to another file");
    }
}

#[test]
fn a_page_that_cannot_be_written_is_an_error_with_its_path() {
    let program = PROGRAM.to_string_lossy();
    let file = "/nonexistent/verdict.html";
    let call = [&["5", "--program", &*program, "--html", file][..], &SCHEDULE].concat();
    assert!(!Path::new(file).exists());
    let ended = Program::new(env!("CARGO_BIN_EXE_check"), call).run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("create \"/nonexistent/verdict.html\""), "{ended:?}");
}
