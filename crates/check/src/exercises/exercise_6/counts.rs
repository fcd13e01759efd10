//! Lines and bytes, of a few files and of thousands.

use common::{Context, page_size};
use tracer::{Ending, FileId};

use super::tally::Tally;
use super::watch::Watch;
use crate::exercises::CheckContext;
use crate::observe::NoopObserver;
use crate::verdict::{Verdict, failed};

/// How many files are thousands, and how many are enough to see whether mappings pile up.
const THOUSANDS: usize = 2000;
const SOME: usize = 40;

/// How many of them are files; the rest are links to them, because to make a file takes longer
/// than to count it.
const FILES: usize = 100;

/// An empty file, by itself.
pub(super) fn empty(context: &mut CheckContext) -> Verdict {
    context.work_directory().write("EMPTY", b"")?;
    let run = context.run(&["lines", "EMPTY"])?;
    run.lives()?;
    if run.ending == Ending::Exited(0) && run.stdout.bytes == b"0 0 EMPTY\n" {
        return Ok(());
    }
    let (out, err) = (run.stdout.text(), run.stderr.text());
    let actual = format!("{}, {:?}, {:?}", run.ending, out.trim(), err.trim());
    failed("empty-file", "exit status 0 and the line `0 0 EMPTY`", actual)
}

/// Each kind of file by itself, then all in one call.
pub(super) fn counts(context: &mut CheckContext) -> Verdict {
    let page = page_size();
    let mut any_bytes: Vec<u8> = (0..=u8::MAX).cycle().take(5 * page - 3).collect();
    any_bytes.push(b'\n');
    let paged = |length: usize| -> Vec<u8> {
        (0..length).rev().map(|left| if left % 7 == 0 { b'\n' } else { b'x' }).collect()
    };
    let files: [(&str, Vec<u8>); 5] = [
        ("words", b"one\ntwo\nthree\n".into()),
        ("newlines", vec![b'\n'; page + 1]),
        ("a-page", paged(page)),
        ("a-byte-more", paged(page + 1)),
        ("any-bytes", any_bytes),
    ];
    counted(context, &files)
}

/// FILE's bytes go through mappings.
pub(super) fn mapping(context: &mut CheckContext) -> Verdict {
    let file = context.work_directory().write("FILE", b"one\ntwo\n")?;
    let id = FileId::of(&file.metadata().step("fstat")?);
    let run = context.run(&["lines", "FILE"])?;
    run.succeeds()?;
    run.leaves_bytes_to_mappings(id)?;
    if run.mapped(id).next().is_none() {
        return failed("bytes-not-by-mapping", "FILE is mapped", "it never was");
    }
    Ok(())
}

/// Files that do not end in a newline, an empty one among them.
pub(super) fn unended(context: &mut CheckContext) -> Verdict {
    let page = page_size();
    let bytes = (0..=u8::MAX).cycle().take(5 * page - 3).collect();
    let files: [(&str, Vec<u8>); 4] = [
        ("unended", b"one\ntwo\nthree".into()),
        ("no newline", b"x".into()),
        ("any-bytes", bytes),
        ("a-page", vec![b'x'; page]),
    ];
    counted(context, &files)
}

fn counted(context: &CheckContext, files: &[(&str, Vec<u8>)]) -> Verdict {
    let mut all = Tally::default();
    for (name, content) in files {
        let file = context.work_directory().write(name, content)?;
        let run = context.run(&["lines", name])?;
        run.succeeds()?;
        if run.calls.is_some() {
            // Where calls cannot be seen, the check `mapping` says so.
            run.leaves_bytes_to_mappings(FileId::of(&file.metadata().step("fstat")?))?;
        }
        run.writes_nowhere_else(context.work_directory())?;
        let mut one = Tally::default();
        one.add(name, content);
        one.expect(&run)?;
        all.add(name, content);
    }
    let mut call = vec!["lines"];
    call.extend(files.iter().map(|(name, _)| *name));
    let run = context.run(&call)?;
    run.succeeds()?;
    all.with_total().expect(&run)
}

/// Some files of a few bytes each: are their mappings released?
pub(super) fn released(context: &mut CheckContext) -> Verdict {
    context.needs_tracing("no mappings could be counted")?;
    let names: Vec<_> = (0..SOME).map(|number| format!("file-{number:04}")).collect();
    for name in &names {
        context.work_directory().write(name, b"one\ntwo\n")?;
    }
    let call: Vec<_> = ["lines"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let mut watch = Watch::new(context);
    context.observe(&context.start(&call), &mut watch)?.succeeds()?;
    watch.within_bounds()
}

/// Two thousand names, of files of a few bytes each.
pub(super) fn small_files(context: &mut CheckContext) -> Verdict {
    let (mut tally, mut names) = (Tally::default(), Vec::new());
    for number in 0..THOUSANDS {
        let name = format!("file-{number:04}");
        let of = number % FILES;
        let content = format!("{}\n", "x\n".repeat(of));
        match number {
            0..FILES => drop(context.work_directory().write(&name, content.as_bytes())?),
            _ => link(context, &format!("file-{of:04}"), &name)?,
        }
        tally.add(&name, content.as_bytes());
        names.push(name);
    }
    let mut call = vec!["lines"];
    call.extend(names.iter().map(String::as_str));
    // At its own speed: thousands of stops would take longer than the run.
    let run =
        context.observe(&context.start(&call).without_syscall_tracing(), &mut NoopObserver)?;
    let said = run.stderr.text();
    if said.contains("Too many open files") || said.contains("os error 24") {
        let expected = format!("all {THOUSANDS} files can be opened, one after another");
        let first = said.lines().next().unwrap_or_default().to_owned();
        return failed("descriptors-kept", expected, first);
    }
    run.succeeds()?;
    tally.with_total().expect(&run)
}

fn link(context: &CheckContext, file: &str, name: &str) -> common::Result<()> {
    let directory = context.work_directory().path();
    std::fs::hard_link(directory.join(file), directory.join(name))
        .step_on("link", &directory.join(name))
}
