//! What a test program printed, as a value: how each of its tests ended.

use std::collections::BTreeMap;

use crate::programs::Program;
use crate::record::{End, Ends};

/// What a test program left of one execution.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// Its standard output, in the format `pretty`.
    pub stdout: &'a str,
    /// Its standard error: which tests say that they cannot show their claim here.
    pub stderr: &'a str,
    /// Its exit status, as far as it is known.
    pub status: &'a str,
}

/// How each of `asked` ended. A test of which the output says nothing has failed.
pub fn ends(program: &Program, asked: &[String], output: Output<'_>) -> Ends {
    let left_out = left_out(output.stderr);
    let mut ends = BTreeMap::new();
    for line in output.stdout.lines() {
        let result = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "));
        let Some((test, how)) = result else { continue };
        let test = test.trim_end_matches(" - should panic");
        let end = match how {
            "ok" => left_out.get(test).map_or(End::Passed, |why| End::LeftOut((*why).into())),
            "FAILED" => End::Failed(first_line(output.stdout, test)),
            _ => match how.strip_prefix("ignored") {
                Some(why) => End::LeftOut(why.trim_start_matches(", ").into()),
                None => continue,
            },
        };
        ends.insert(program.key(test), end);
    }
    for test in asked {
        ends.entry(program.key(test)).or_insert_with(|| {
            let status = output.status;
            End::Failed(format!("the test program ended early, with exit status {status}"))
        });
    }
    ends
}

/// The tests that could not show their claim, with the reason: the lines of `course::left_out`.
fn left_out(stderr: &str) -> BTreeMap<&str, &str> {
    let said = stderr.lines().filter_map(|line| line.split_once("NOT RUN: "));
    said.filter_map(|(_, said)| said.split_once(": ")).collect()
}

/// What a failed test said, without the place and the backtrace. It is empty if it said nothing.
pub fn said<'a>(stdout: &'a str, test: &str) -> Vec<&'a str> {
    const AFTER: [&str; 3] = ["note: run with", "stack backtrace:", "---- "];
    let ends = |line: &&str| !AFTER.iter().any(|after| line.starts_with(after));
    panic(stdout, test).skip(1).take_while(ends).collect()
}

/// The source line that a failed test names: `tests/claims/a.rs:3:5`.
pub fn place<'a>(stdout: &'a str, test: &str) -> Option<&'a str> {
    let (_, place) = panic(stdout, test).next()?.split_once(" panicked at ")?;
    Some(place.trim_end_matches(':'))
}

/// The output from the first panic of a failed test on.
fn panic<'a>(stdout: &'a str, test: &str) -> impl Iterator<Item = &'a str> {
    let heading = format!("---- {test} stdout ----");
    let own = stdout.lines().skip_while(move |line| *line != heading);
    own.skip_while(|line| !line.contains(" panicked at "))
}

fn first_line(stdout: &str, test: &str) -> String {
    let lines: Vec<_> = said(stdout, test).into_iter().map(str::trim).collect();
    let first = lines.iter().take_while(|line| !line.is_empty()).take(3).copied();
    let first = first.collect::<Vec<_>>().join(" ");
    match first.is_empty() {
        true => "it said nothing".into(),
        false => first.chars().take(200).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
running 4 tests
test a::one ... ok
test a::two ... FAILED
test b::three ... ignored, needs root
test b::four - should panic ... ok

failures:

---- a::two stdout ----

thread 'a::two' (7) panicked at tests/claims/a.rs:3:5:
assertion `left == right` failed
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1`

test result: FAILED. 1 passed; 1 failed; 1 ignored
";

    fn program() -> Program {
        Program { name: "lesson-1-x claims".into(), ..Program::default() }
    }

    fn read(asked: &[&str], stdout: &str, stderr: &str) -> Ends {
        let asked: Vec<String> = asked.iter().map(|test| String::from(*test)).collect();
        ends(&program(), &asked, Output { stdout, stderr, status: "135" })
    }

    #[test]
    fn each_test_has_one_end_with_what_it_said() {
        let ends = read(&["a::one"], TEXT, "");
        let left_right = "assertion `left == right` failed left: 1 right: 2";
        assert_eq!(ends["lesson-1-x: a::one"], End::Passed);
        assert_eq!(ends["lesson-1-x: a::two"], End::Failed(left_right.into()));
        assert_eq!(ends["lesson-1-x: b::three"], End::LeftOut("needs root".into()));
        assert_eq!(ends["lesson-1-x: b::four"], End::Passed);
        assert_eq!(ends.len(), 4);
        assert_eq!(place(TEXT, "a::two"), Some("tests/claims/a.rs:3:5"));
    }

    #[test]
    fn a_backtrace_is_nothing_that_the_test_said() {
        let text = TEXT.replace(
            "note: run with `RUST_BACKTRACE=1`",
            "stack backtrace:\n   0: rust_begin_unwind\n             at ./a.rs:3:5",
        );
        assert_eq!(said(&text, "a::two").last(), Some(&" right: 2"));
        assert_eq!(read(&[], &text, ""), read(&[], TEXT, ""));
    }

    #[test]
    fn a_test_that_says_that_it_was_not_run_did_not_pass() {
        let ends = read(&[], TEXT, "other\nNOT RUN: a::one: no disk here: none\n");
        assert_eq!(ends["lesson-1-x: a::one"], End::LeftOut("no disk here: none".into()));
    }

    #[test]
    fn a_test_of_a_program_that_ended_early_has_failed() {
        let ends = read(&["one", "two"], "running 2 tests\ntest one ... ok\n", "");
        assert_eq!(ends["lesson-1-x: one"], End::Passed);
        let End::Failed(why) = &ends["lesson-1-x: two"] else { panic!("{ends:?}") };
        assert!(why.contains("135"), "{why}");
    }
}
