//! `check N --html FILE`: a verdict as one page. The tests in `book/tests` open such a page in a browser.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use check::proof::build_in_c;
use course::{Ended, Program, make_checkout};

/// A wrong answer to exercise 5, and a schedule in which it goes wrong.
static PROGRAM: LazyLock<PathBuf> =
    LazyLock::new(|| build_in_c("exercise-5/load_then_store").expect("build the answer"));
const SCHEDULE: [&str; 2] = ["--schedule", "two-additions/A2/B-"];

/// Judges the answer in this order, and gives the page beside what came of the call.
fn page() -> (Ended, String) {
    let checkout = tempfile::tempdir().expect("make a directory");
    make_checkout(checkout.path());
    let page = checkout.path().join("verdict.html");
    let [program, html] = [&*PROGRAM, &page].map(|path| path.to_string_lossy().into_owned());
    let call = [&["5", "--program", &*program, "--html", &html][..], &SCHEDULE].concat();
    let check = Program::new(env!("CARGO_BIN_EXE_check"), call);
    let ended = check.env("CARGO_MANIFEST_DIR", checkout.path()).run();
    let text = std::fs::read_to_string(&page).expect("read the page");
    (ended, text)
}

#[test]
fn a_failed_verdict_is_a_page_with_each_step_and_the_schedule_to_replay() {
    let (ended, page) = page();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("lost-addition"), "{ended:?}");
    let steps = page.split("<div class=\"replay\"><script type=\"application/json\">").nth(1);
    let steps = steps.and_then(|rest| rest.split("</script>").next()).expect("it has steps");
    let steps: serde_json::Value = serde_json::from_str(steps).expect("they are JSON");
    assert_eq!(steps["file"][0], serde_json::json!(["the counter", "41"]));
    let last = steps["steps"].as_array().and_then(|steps| steps.last()).expect("a last step");
    assert_eq!(last["file"][0][1], "42", "{steps:#}");
    assert!(page.contains("--schedule two-additions/A2/B-"), "{page}");
    assert!(page.contains("const Replay = "), "the component is not in the page");
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
