//! Boxes, files, texts and calls that are not as they should be.

use std::fs::OpenOptions;
use std::path::Path;

use common::Context;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use rand::RngExt;
use tracer::Ending;

use super::alone::holds;
use super::{LONGEST, SIZE, full_of, mailbox, word};
use super::{second_load, together};
use crate::counted::counted;
use crate::exercises::CheckContext;
use crate::exercises::unfit::at_once;
use crate::expect::{hexed, shown};
use crate::verdict::{CheckError, Finding, Verdict, failed};

pub(super) fn unusual_texts(context: &mut CheckContext) -> Verdict {
    const PROMISE: &str = "`post` waits for an empty message to be taken";
    there_and_back(context, "")?;
    match together::beside_an_empty_message(context) {
        Err(CheckError::Cannot(why)) => context.could_not_be_made(PROMISE, why),
        judged => judged?,
    }
    // What another program has posted. Not every language can be given such an argument.
    let (bytes, length) = (b"caf\xe9 \x80\xff", 7);
    context.new_work_directory()?.write("FILE", &mailbox(1, length, bytes))?;
    let run = context.run(&["take", "FILE"])?;
    run.lives()?;
    if run.ending == Ending::Exited(0) && run.stdout.bytes == [&bytes[..], b"\n"].concat() {
        return Ok(());
    }
    let expected = format!("`{}` prints {} and a newline", run.called, hexed(bytes));
    let seen = format!("{}; it printed {}", run.ending, printed(&run.stdout.bytes));
    Err(Finding::new("not-utf-8", expected, seen).details(run.said()).into())
}

/// What was printed, byte by byte.
fn printed(bytes: &[u8]) -> String {
    if bytes.is_empty() { "nothing".into() } else { hexed(bytes) }
}

/// One message, posted and taken.
fn there_and_back(context: &mut CheckContext, text: &str) -> Verdict {
    context.run(&["post", "FILE", text])?.succeeds()?;
    holds(&context.read("FILE")?, text)?;
    let run = context.run(&["take", "FILE"])?;
    run.succeeds()?;
    if run.stdout.bytes == format!("{text}\n").as_bytes() {
        return Ok(());
    }
    let expected = format!("a text of {} and a newline", counted(text.len() as u64, "byte"));
    failed("wrong-output", expected, counted(run.stdout.total, "byte"))
}

pub(super) fn long_text(context: &mut CheckContext) -> Verdict {
    there_and_back(context, &"m".repeat(LONGEST))?;
    let before = mailbox(0, 3, b"old");
    context.new_work_directory()?.write("FILE", &before)?;
    let run = context.run(&["post", "FILE", &"m".repeat(LONGEST + 1)])?;
    let after = context.read("FILE")?;
    if run.ending == Ending::Exited(0) || after != before {
        let what = if after == before { "FILE as it was" } else { "FILE changed" };
        let expected =
            format!("a text of {} bytes: exit status 1, and nothing changed", LONGEST + 1);
        let seen = format!("{}, {what}", run.ending);
        let finding = Finding::new("long-text-accepted", expected, seen);
        return Err(finding.details(run.said()).into());
    }
    run.fails_naming(&["FILE"])
}

/// The text in them.
const TEXT: &[u8] = b"x";

/// Boxes that another program has spoilt: the diagnosis if one is believed, what it is, its bytes.
fn spoilt(context: &CheckContext) -> Vec<(&'static str, String, Vec<u8>)> {
    let lengths = [4089, u32::MAX].map(|length| {
        ("length-trusted", format!("a `length` of {length}"), mailbox(1, length, TEXT))
    });
    // Of some of these, one byte alone, or one half, is 0 or 1; others are 0 or 1 but for one bit.
    let drawn = context.random().random_range(2..u32::MAX);
    let marks = [2, 257, 256, 1 << 24, 0x1_0001, 0x8000_0001, 0x8000_0000, u32::MAX, drawn];
    let marks =
        marks.map(|full| ("full-trusted", format!("a `full` of {full}"), mailbox(full, 1, TEXT)));
    lengths.into_iter().chain(marks).collect()
}

/// `take` fails on each, and prints nothing of the box. (Where its words about the failure go is an edge.)
pub(super) fn lies(context: &mut CheckContext) -> Verdict {
    for (id, what, before) in spoilt(context) {
        context.new_work_directory()?.write("FILE", &before)?;
        let held = |error: CheckError| error.details([format!("FILE held {what}")]);
        let run = context.run(&["take", "FILE"]).map_err(held)?;
        let fails = matches!(run.ending, Ending::Exited(status) if status != 0);
        let prints_the_box = run.stdout.bytes.starts_with(TEXT);
        if !fails || prints_the_box {
            let seen = format!("{}, {} printed", run.ending, counted(run.stdout.total, "byte"));
            let expected =
                format!("{what}: an exit status other than 0, and nothing of the text printed");
            return failed(id, expected, seen);
        }
    }
    second_load::changes(context)
}

/// And says so.
pub(super) fn error_lines(context: &mut CheckContext) -> Verdict {
    for (_, _, before) in spoilt(context) {
        context.new_work_directory()?.write("FILE", &before)?;
        context.run(&["take", "FILE"])?.fails_naming(&["FILE"])?;
    }
    Ok(())
}

pub(super) fn calls(context: &mut CheckContext) -> Verdict {
    let wrong: [&[&str]; 8] = [
        &[],
        &["send", "FILE", "x"],
        &["post"],
        &["post", "FILE"],
        &["post", "FILE", "x", "y"],
        &["take"],
        &["take", "FILE", "x"],
        &[""],
    ];
    for arguments in wrong {
        context.run(arguments)?.refuses_the_call()?;
    }
    Ok(())
}

pub(super) fn files(context: &mut CheckContext) -> Verdict {
    at_once(context);
    for (size, arguments) in [
        (1, &["post", "FILE", "x"][..]),
        (SIZE - 1, &["take", "FILE"]),
        (SIZE + 1, &["post", "FILE", "x"]),
        (2 * SIZE, &["take", "FILE"]),
    ] {
        let before: Vec<u8> = full_of("x").into_iter().chain([0; SIZE]).take(size).collect();
        context.new_work_directory()?.write("FILE", &before)?;
        let bytes = counted(size as u64, "byte");
        let run = context.run(arguments).map_err(|error| match error {
            CheckError::Wrong(finding) if finding.diagnosis == "hang" => {
                let called = arguments.join(" ");
                let expected =
                    format!("`{called}` fails at once: FILE has {bytes}, and neither 0 nor {SIZE}");
                let finding = Finding { diagnosis: "odd-size-accepted", expected, ..*finding };
                CheckError::Wrong(Box::new(finding))
            }
            other => other,
        })?;
        let found = context.read("FILE")?;
        if run.ending == Ending::Exited(0) || found != before {
            let expected = format!("a FILE of {bytes} is a failure, and stays as it is");
            let now = match found == before {
                true => "FILE stayed as it was".into(),
                false if found.len() == size => "its bytes have changed".into(),
                false => format!("FILE has {} now", counted(found.len() as u64, "byte")),
            };
            return failed("odd-size-accepted", expected, format!("{}; {now}", run.ending));
        }
        run.fails_naming(&["FILE"])?;
    }
    let path = context.new_work_directory()?.path().join("FILE");
    std::fs::create_dir(&path).step_on("mkdir", &path)?;
    context.run(&["post", "FILE", "x"])?.fails_naming(&["FILE"])?;
    let path = context.new_work_directory()?.path().join("FILE");
    mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).step_on("mkfifo", &path)?;
    context.work_directory().hand_over("FILE".as_ref())?;
    context.run(&["take", "FILE"])?.fails_naming(&["FILE"])
}

/// Standard output that takes nothing.
pub(super) fn output(context: &mut CheckContext) -> Verdict {
    context.new_work_directory()?.write("FILE", &full_of("nobody will read this"))?;
    let full = Path::new("/dev/full");
    let file = OpenOptions::new().write(true).open(full).step_on("open", full)?;
    let start = context.start(&["take", "FILE"]).stdout(file);
    let run = context.observe(&start, &mut crate::observe::NoopObserver)?;
    let said = run.stderr.text();
    if run.ending != Ending::Exited(1) || !said.contains("standard output") {
        let seen = format!("{}, and {}", run.ending, shown(&said));
        let expected = "exit status 1, and a line that names `standard output`";
        let finding = Finding::new("output-failure-ignored", expected, seen);
        return Err(finding.details(run.failed_output()).into());
    }
    if word(&context.read("FILE")?, 0) == Some(1) {
        return Ok(());
    }
    let expected = "a message that could not be printed is still in the box";
    let finding = Finding::new("message-thrown-away", expected, "the box is empty");
    Err(finding.details(run.failed_output()).into())
}
