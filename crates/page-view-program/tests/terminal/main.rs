//! The program on a terminal: pictures folded to its width, keys, resizing; and whatever ends it,
//! the terminal is as it was.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod pty;

use std::process::Command;

use nix::sys::signal::Signal;

use pty::{OTHER_SCREEN, Terminal, beside, page_view, starting};

const STORY: &str = r#"
echo 'Machine: a test'; echo
echo '1. The opening'; echo '   alpha'; printf '\036\n'; read key || exit 0
echo; echo '2. Another chapter'; echo '   bravo'; printf '\036\n'; read key || exit 0
"#;

#[test]
fn a_step_follows_each_key_and_q_ends_the_story() {
    let (_held, program) = beside(70, STORY);
    let mut terminal = Terminal::start(&program, &["step", "70"], 80);
    terminal.expect(OTHER_SCREEN);
    terminal.expect("The opening");
    terminal.expect("alpha");
    terminal.expect("space: next");
    terminal.press(" ");
    terminal.expect("nother chapter"); // The first letter may be the one that stood there.
    terminal.expect("bravo");
    terminal.resize(40, 10);
    terminal.expect("bravo");
    terminal.press("n");
    terminal.expect("the end   q: leave");
    terminal.press("q");
    assert!(terminal.end().0.success());

    let mut terminal = Terminal::start(&program, &["step", "70"], 80);
    terminal.expect("alpha");
    terminal.press("q");
    assert!(terminal.end().0.success());
}

/// Draws a page of its own, and ends without another word.
const DRAWN: &str = r#"
echo '1. A picture'; echo '   the sentence'
read range rest </proc/$$/maps
printf '\037rows\037%d\037%d\037%d\n' $$ $((0x${range%-*})) $((0x${range#*-}))
printf '\036\n'; read key || exit 0
echo '   the last sentence'; printf '\036\n'; read key || exit 0
"#;

#[test]
fn a_sentence_and_its_picture_are_seen_together_up_to_the_end_of_the_step() {
    let (_held, program) = beside(73, DRAWN);
    for columns in [80, 60] {
        let mut terminal = Terminal::start(&program, &["step", "73"], columns);
        terminal.expect("the sentence");
        terminal.expect("the pages now");
        terminal.expect("first process");
        terminal.expect("-> page cache");
        terminal.press("?");
        terminal.expect("right arrow: next");
        terminal.press(" ");
        terminal.expect("the last sentence");
        terminal.press(" ");
        terminal.expect("the end");
        terminal.resize(columns, 23); // Everything is drawn again.
        terminal.expect("the last sentence");
        terminal.expect("the last picture of this step");
        terminal.expect("first process");
        terminal.expect("-> page cache");
        terminal.press("q");
        assert!(terminal.end().0.success());
    }
}

#[test]
fn a_story_that_fails_says_why_and_is_a_failure() {
    let (_held, program) = beside(71, "echo '1. Hm'; echo 'error: open \"x\": no' >&2; exit 1\n");
    let mut terminal = Terminal::start(&program, &["step", "71"], 80);
    terminal.expect("error: open");
    terminal.expect("the story failed   q: leave");
    terminal.press("q");
    let (status, said) = terminal.end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("exitstatus:1"), "{said}");
}

#[test]
fn a_signal_ends_the_story_and_gives_the_terminal_back() {
    use std::os::unix::process::ExitStatusExt;
    let (_held, program) = beside(72, STORY);
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let mut terminal = Terminal::start(&program, &["step", "72"], 80);
        terminal.expect("alpha");
        terminal.signal(signal);
        let (status, _) = terminal.end();
        assert_eq!(status.signal(), Some(signal as i32));
    }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_says_why() {
    let mut terminal = Terminal::start(page_view(), &["panic-on-screen"], 80);
    terminal.expect(OTHER_SCREEN);
    let (status, said) = terminal.end();
    assert_eq!(status.code(), Some(101));
    assert!(said.contains("onthescreen,asasked"), "{said}");
}

#[test]
fn a_watched_mapping_is_drawn_on_the_screen_until_ctrl_c() {
    let me = std::process::id().to_string();
    let mut terminal = Terminal::start(page_view(), &[&me, "[stack]", "--watch"], 80);
    terminal.expect(OTHER_SCREEN);
    terminal.expect("[stack]");
    terminal.expect("q ends");
    terminal.press("\u{3}");
    assert!(terminal.end().0.success());
}

#[test]
fn a_list_is_folded_to_the_terminals_width() {
    let me = std::process::id().to_string();
    let mut terminal = Terminal::start(page_view(), &[&me], 30);
    terminal.child.0.wait().unwrap();
    drop(terminal.line);
    let text: Vec<u8> = terminal.shown.iter().flatten().collect();
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains("[stack]"), "{text}");
    assert!(text.lines().all(|line| line.trim_end().chars().count() <= 30), "{text}");
}

#[test]
fn a_lesson_that_is_not_there_is_one_line_and_so_is_no_terminal() {
    let mut terminal = Terminal::start(page_view(), &["step", "999"], 200);
    terminal.expect("error: find \"lesson-999-…\"");
    assert_eq!(terminal.child.0.wait().unwrap().code(), Some(1));
    let output = starting(|| Command::new(page_view()).args(["step", "1"]).output().unwrap());
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("needs a terminal"));
}
