//! FILEs that cannot be counted, calls that are wrong, an output that is full.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use common::Context;
use tracer::Ending;

use super::tally::Tally;
use crate::exercises::CheckContext;
use crate::exercises::unfit::{at_once, make_directory, make_fifo, notices_a_full_output};
use crate::expect::complaint;
use crate::verdict::{Verdict, failed};

/// Each FILE that fails has its line; all others are counted.
pub(super) fn others_are_counted(context: &mut CheckContext) -> Verdict {
    let unfit = ["MISSING", "DIRECTORY", "FIFO", "UNREADABLE"];
    let (first, last) = (&b"one\ntwo\n"[..], &b"three\nfour\n"[..]);
    context.work_directory().write("FIRST", first)?;
    context.work_directory().write("LAST", last)?;
    make_directory(context.work_directory(), "DIRECTORY")?;
    make_fifo(context.work_directory(), "FIFO")?;
    let unreadable = context.work_directory().write("UNREADABLE", b"secret\n")?;
    unreadable.set_permissions(Permissions::from_mode(0o000)).step("fchmod")?;
    at_once(context);
    for name in unfit {
        among_others(context, &[name], first, last)?;
    }
    among_others(context, &unfit, first, last)
}

fn among_others(context: &CheckContext, unfit: &[&str], first: &[u8], last: &[u8]) -> Verdict {
    let call = [&["lines", "FIRST"][..], unfit, &["LAST"]].concat();
    let mut tally = Tally::default();
    tally.add("FIRST", first);
    tally.add("LAST", last);
    let tally = tally.with_total();
    let run = context.run_printing(&call, tally.text().as_bytes())?;
    run.lives()?;
    run.flushes()?;
    let expected = format!("`{}` counts LAST all the same", run.called);
    if run.stdout.total == 0 {
        let seen = "nothing was printed, FIRST's line neither. What is in a buffer is lost if the program \
                    ends by `process::exit` or `_exit`, which do not flush it";
        return failed("stops-at-failure", expected, seen);
    }
    if !run.stdout.text().lines().any(|line| line.ends_with(" LAST")) {
        return failed("stops-at-failure", expected, "there is no line of it");
    }
    let said = run.stderr.text();
    if let Some(name) = unfit.iter().find(|name| !said.lines().any(|line| line.contains(**name))) {
        let expected = format!("a line on standard error that names {name}");
        return failed("failure-not-told", expected, complaint(&said));
    }
    if run.ending == Ending::Exited(0) {
        let expected = format!("`{}` ends with exit status 1", run.called);
        return failed("failure-not-told", expected, "exit status 0");
    }
    run.ends_with(1)?;
    if said.lines().count() != unfit.len() {
        let expected = format!("one line on standard error for each of {}", unfit.join(", "));
        return failed("too-many-error-lines", expected, complaint(&said));
    }
    tally.expect(&run)
}

/// Wrong calls.
pub(super) fn usage(context: &mut CheckContext) -> Verdict {
    context.work_directory().write("FILE", b"one\n")?;
    let wrong: [&[&str]; 4] = [&[], &["lines"], &["count", "FILE"], &["FILE"]];
    wrong.iter().try_for_each(|words| context.run(words)?.refuses_the_call())
}

/// Standard output is full.
pub(super) fn full_output(context: &mut CheckContext) -> Verdict {
    context.work_directory().write("FILE", b"one\n")?;
    notices_a_full_output(context, &["lines", "FILE"])
}
