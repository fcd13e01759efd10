//! Each of the two alone, on a box that need not be waited for.

use common::Context;
use tracer::FileId;

use super::{SIZE, full_of, mailbox, word};
use crate::exercises::{CheckContext, draw};
use crate::expect::shown;
use crate::observe::Run;
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
    match run.stores_privately(context.identity("FILE")?) {
        None => Ok(()),
        Some(how) => failed("private-mapping", "FILE is mapped with MAP_SHARED", how),
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

pub(super) fn takes(context: &mut CheckContext) -> Verdict {
    let drawn = draw::letters(context, 1..40);
    for text in ["a message", "two\nlines", "ein Gruß", " blanks\t", &drawn] {
        let file = context.new_work_directory()?.write("FILE", &full_of(text))?;
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
        if let Some(file) = FileId::at(&context.work_directory().path().join("FILE")) {
            run.leaves_bytes_to_mappings(file)?;
        }
    }
    Ok(())
}
