//! Each of the two alone, on a box that need not be waited for.

use std::path::PathBuf;

use common::Context;
use nix::unistd::Pid;
use tracer::{Call, FileId, Use};

use super::{SIZE, full_of, mailbox, word};
use crate::counted::counted;
use crate::exercises::{CheckContext, draw};
use crate::expect::{is_stripped, shown};
use crate::observe::{Observer, Run};
use crate::verdict::{CheckError, Verdict, failed};

/// The box in FILE holds this message and is full.
pub(super) fn holds(found: &[u8], text: &str) -> Verdict {
    if found.len() != SIZE {
        let seen = format!("it has {}", found.len());
        return failed("wrong-size", format!("FILE has {SIZE} bytes"), seen);
    }
    let called = format!("after `post FILE {}`", shown(text));
    if word(found, 0) != Some(1) {
        let seen = format!("it is {}", word(found, 0).unwrap_or_default());
        return failed("not-marked-full", format!("{called} `full` (bytes 0 to 3) is 1"), seen);
    }
    let length = word(found, 4).unwrap_or_default();
    if length as usize != text.len() {
        let expected = format!("{called} `length` (bytes 4 to 7) is {}", text.len());
        let stored = found[8..].get(..length as usize).unwrap_or_default();
        if is_stripped(stored, text) {
            let seen =
                format!("it is {length}; the text is {}", shown(&String::from_utf8_lossy(stored)));
            return failed("text-changed", expected, seen);
        }
        return failed("wrong-layout", expected, format!("it is {length}"));
    }
    match &found[8..8 + text.len()] == text.as_bytes() {
        true => Ok(()),
        false => {
            let seen = String::from_utf8_lossy(&found[8..8 + text.len().max(16)]).into_owned();
            failed("wrong-layout", format!("{called} the text begins at byte 8"), shown(&seen))
        }
    }
}

/// If `full` has not become this, the mapping is not a private one.
fn stores_in_file(context: &CheckContext, run: &Run, full: u32) -> Verdict {
    if word(&context.read("FILE")?, 0) == Some(full) {
        return Ok(());
    }
    match run.stores_elsewhere(context.identity("FILE")?) {
        None => Ok(()),
        Some((diagnosis, how)) => failed(diagnosis, "FILE is mapped with MAP_SHARED", how),
    }
}

pub(super) fn posts(context: &mut CheckContext) -> Verdict {
    let run = context.run(&["post", "FILE", "a message"])?;
    run.writes_nowhere_else(context.work_directory())?;
    run.succeeds()?;
    stores_in_file(context, &run, 1)?;
    holds(&context.read("FILE")?, "a message")?;
    context.new_work_directory()?.write("FILE", &[])?;
    // Blanks at its ends are bytes of the text, too.
    let text = " into a file that was empty\t";
    context.run(&["post", "FILE", text])?.succeeds()?;
    holds(&context.read("FILE")?, text)?;
    let drawn = draw::letters(context, 1..40);
    context.new_work_directory()?;
    context.run(&["post", "FILE", &drawn])?.succeeds()?;
    holds(&context.read("FILE")?, &drawn)?;
    // What a longer message has left behind is none of the new one's.
    context
        .new_work_directory()?
        .write("FILE", &mailbox(0, 31, b"an older and much longer message"))?;
    context.run(&["post", "FILE", "new"])?.succeeds()?;
    holds(&context.read("FILE")?, "new")?;
    context.same_untraced(&["post", "FILE", "a message"], None)
}

/// Of a `take` that waits for a message which it has itself taken away.
fn or_emptied(context: &CheckContext, error: CheckError) -> CheckError {
    let is_empty = |found: Vec<u8>| found.iter().all(|byte| *byte == 0);
    match context.read("FILE").is_ok_and(is_empty) {
        true => error
            .known_as("hang", "empties-file")
            .details(["FILE held a message; when the program was ended, it held zeros".into()]),
        false => error,
    }
}

/// A full box. What a longer message has left behind comes after the text.
fn over_an_older_one(text: &str) -> Vec<u8> {
    const OLDER: &[u8] =
        b"an older message, of which only the end is left: it was longer than any other";
    let mut bytes = full_of(text);
    for (at, byte) in OLDER.iter().enumerate().skip(text.len()) {
        bytes[8 + at] = *byte;
    }
    bytes
}

pub(super) fn takes(context: &mut CheckContext) -> Verdict {
    let drawn = draw::letters(context, 1..40);
    for text in ["a message", "two\nlines", "ein Gruß", " blanks\t", &drawn] {
        let file = context.new_work_directory()?.write("FILE", &over_an_older_one(text))?;
        let id = FileId::of(&file).step("fstat")?;
        let line = format!("{text}\n");
        let run = context.run_printing(&["take", "FILE"], line.as_bytes());
        let run = run.map_err(|error| or_emptied(context, error))?;
        run.writes_nowhere_else(context.work_directory())?;
        if let Some(how) = run.empties(id) {
            return failed("empties-file", "`take` finds the message that FILE held", how);
        }
        run.succeeds()?;
        run.flushes()?;
        if run.stdout.bytes != line.as_bytes() {
            let expected = format!("{} and a newline", shown(text));
            let is_longer = run.stdout.total > line.len() as u64;
            if is_longer && run.stdout.bytes.starts_with(text.as_bytes()) {
                let expected = format!("{expected}: `length` is {}", text.len());
                return failed("past-the-length", expected, shown(&run.stdout.text()));
            }
            return failed("wrong-output", expected, shown(&run.stdout.text()));
        }
        stores_in_file(context, &run, 0)?;
        let full = word(&context.read("FILE")?, 0);
        if full != Some(0) {
            let seen = full.map_or("FILE is too short".into(), |full| format!("it is {full}"));
            return failed("not-marked-empty", "after `take` the box's `full` is 0", seen);
        }
    }
    Ok(())
}

/// Looks at `full` each time that something is printed.
struct MarksLast {
    path: PathBuf,
    /// By which call something was printed when the box was marked empty already.
    late: Option<String>,
}

impl Observer for MarksLast {
    fn entry(&mut self, _pid: Pid, call: &Call) -> Verdict {
        let [descriptor, _, length, ..] = call.arguments;
        let vectors = [libc::SYS_writev, libc::SYS_pwritev].contains(&call.number);
        let prints = call.does() == Use::TransfersData && descriptor == 1 && length > 0;
        if prints && self.late.is_none() {
            let found = std::fs::read(&self.path).step_on("read", &self.path)?;
            let how =
                if vectors { String::new() } else { format!(" of {}", counted(length, "byte")) };
            self.late = (word(&found, 0) == Some(0)).then(|| call.name() + &how);
        }
        Ok(())
    }
}

/// The box is marked empty when all is printed, and not before.
pub(super) fn marks_last(context: &mut CheckContext) -> Verdict {
    context.needs_tracing("the order of the mark and the output does not show")?;
    for text in ["a message", "two\nlines"] {
        context.new_work_directory()?.write("FILE", &full_of(text))?;
        let path = context.work_directory().path().join("FILE");
        let mut marks = MarksLast { path, late: None };
        let run = context.observe(&context.start(&["take", "FILE"]), &mut marks)?;
        run.succeeds()?;
        if let Some(how) = marks.late {
            let expected =
                format!("`{}` prints the text and a newline, then stores 0 in `full`", run.called);
            let seen = format!("`full` was 0 already when it called {how} to standard output");
            return failed("marked-before-printed", expected, seen);
        }
    }
    Ok(())
}

pub(super) fn mapping(context: &mut CheckContext) -> Verdict {
    let post: &[&str] = &["post", "FILE", "x"];
    let cases: [(&[&str], Option<Vec<u8>>); 3] = [
        (post, Some(mailbox(0, 0, b""))),
        (&["take", "FILE"], Some(full_of("x"))),
        (post, None), // Its zeros, too.
    ];
    for (arguments, before) in cases {
        let directory = context.new_work_directory()?;
        if let Some(bytes) = before {
            directory.write("FILE", &bytes)?;
        }
        let run = context.run(arguments)?;
        run.succeeds()?;
        if let Some(file) = context.identity_if_there("FILE")? {
            run.leaves_bytes_to_mappings(file)?;
        }
    }
    Ok(())
}
