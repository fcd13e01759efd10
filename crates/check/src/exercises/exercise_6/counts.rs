//! Lines and bytes, of a few files and of thousands.

use common::{Context, page_size};
use rand::RngExt;
use tracer::{Ending, FileId};

use super::costs::CostsObserver;
use super::tally::Tally;
use crate::exercises::CheckContext;
use crate::expect::complaint;
use crate::observe::{NoopObserver, Run};
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
    let actual = format!("{}, {:?}, {}", run.ending, out.trim(), complaint(&err));
    failed("empty-file", "exit status 0 and the line `0 0 EMPTY`", actual)
}

/// Each kind of file by itself, then all in one call.
pub(super) fn counts(context: &mut CheckContext) -> Verdict {
    let page = page_size();
    let mut any_bytes = vec![0; 5 * page - 3];
    context.random().fill(&mut any_bytes[..]);
    any_bytes.push(b'\n');
    let paged = |length: usize| -> Vec<u8> {
        let step = context.random().random_range(3..70);
        (0..length).rev().map(|left| if left % step == 0 { b'\n' } else { b'x' }).collect()
    };
    let newlines = page + context.random().random_range(1..page);
    let files: [(&str, Vec<u8>); 5] = [
        ("words", b"one\ntwo\nthree\n".into()),
        ("newlines", vec![b'\n'; newlines]),
        ("a-page", paged(page)),
        ("a-byte-more", paged(page + 1)),
        ("any-bytes", any_bytes),
    ];
    counted(context, &files)?;
    let names = names(context, 3);
    let drawn = names.iter().map(|name| (name.as_str(), random_lines(context)));
    counted(context, &drawn.collect::<Vec<_>>())?;
    named_as_given(context)?;
    let [.., (_, content)] = &files;
    context.same_untraced(&["lines", "FILE"], Some(content))
}

/// A name is printed as it was given, whatever bytes it has, and as often as it was given.
fn named_as_given(context: &CheckContext) -> Verdict {
    let files = [("a-list", &b"one\ntwo\nthree\n"[..]), ("100%d of all that was asked for", b"\n")];
    for (name, content) in files {
        context.work_directory().write(name, content)?;
    }
    let [(list, lines), (percent, newline)] = files;
    let path = format!("./{list}");
    let mut tally = Tally::default();
    for (name, content) in
        [(path.as_str(), lines), (percent, newline), (list, lines), (list, lines)]
    {
        tally.add(name, content);
    }
    let run = context.run(&["lines", &path, percent, list, list])?;
    run.succeeds()?;
    tally.with_total().expect(&run)
}

/// FILE's bytes go through mappings.
pub(super) fn mapping(context: &mut CheckContext) -> Verdict {
    let file = context.work_directory().write("FILE", b"one\ntwo\n")?;
    let id = FileId::of(&file).step("fstat")?;
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
            run.leaves_bytes_to_mappings(FileId::of(&file).step("fstat")?)?;
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

/// Some files of three pages each: are their mappings released?
pub(super) fn released(context: &mut CheckContext) -> Verdict {
    context.needs_tracing("no mappings could be counted")?;
    let names = names(context, SOME);
    let mut files = Vec::new();
    for name in &names {
        // More than a page: what gives back one page of a mapping has not released it.
        let mut content = random_lines(context);
        while content.len() <= 2 * page_size() {
            content.extend(random_lines(context));
        }
        let file = context.work_directory().write(name, &content)?;
        files.push(FileId::of(&file).step("fstat")?);
    }
    let mut costs = CostsObserver::new(context);
    let run = context.observe(&context.start(&call(&names)), &mut costs)?;
    run.succeeds()?;
    files.into_iter().try_for_each(|file| run.leaves_bytes_to_mappings(file))?;
    costs.within_bounds()?;
    // So many files fail a program only in the check of its own. What it says of them must be true.
    context.new_work_directory()?;
    let many = context.random().random_range(THOUSANDS / 2..THOUSANDS);
    let (run, tally) = many_files(context, many)?;
    if run.ending == Ending::Exited(0) { tally.with_total().expect(&run) } else { Ok(()) }
}

/// A run on so many names, of files of a few bytes each, and what it must say. A program must read a
/// file to know its counts: names, sizes and lines are drawn at random.
fn many_files(context: &mut CheckContext, count: usize) -> Verdict<(Run, Tally)> {
    let names = names(context, count);
    let (mut tally, mut contents) = (Tally::default(), Vec::new());
    for name in &names {
        if contents.len() < FILES {
            let content = random_lines(context);
            context.work_directory().write(name, &content)?;
            tally.add(name, &content);
            contents.push(content);
        } else {
            let of = context.random().random_range(0..FILES);
            link(context, &names[of], name)?;
            tally.add(name, &contents[of]);
        }
    }
    // At its own speed: thousands of stops would take longer than the run.
    let start = context.start(&call(&names)).without_syscall_tracing();
    Ok((context.observe(&start, &mut NoopObserver)?, tally))
}

/// Two thousand names.
pub(super) fn small_files(context: &mut CheckContext) -> Verdict {
    let (run, tally) = many_files(context, THOUSANDS)?;
    let said = run.stderr.text();
    if said.contains("Too many open files") || said.contains("os error 24") {
        let expected = format!("all {THOUSANDS} files can be opened, one after another");
        return failed("descriptors-kept", expected, complaint(&said));
    }
    run.succeeds()?;
    tally.with_total().expect(&run)
}

/// So many names, each with a number of its own, in no order.
fn names(context: &CheckContext, count: usize) -> Vec<String> {
    let numbers = rand::seq::index::sample(&mut *context.random(), 10_000, count);
    numbers.iter().map(|number| format!("file-{number:04}")).collect()
}

/// One to 99 lines of up to five letters. Each ends with a newline: what a last line without one counts as
/// is an edge.
fn random_lines(context: &CheckContext) -> Vec<u8> {
    let mut random = context.random();
    let mut content = Vec::new();
    for _ in 0..random.random_range(1..100) {
        let length = random.random_range(0..6);
        content.extend((0..length).map(|_| random.random_range(b'a'..=b'z')));
        content.push(b'\n');
    }
    content
}

fn call(names: &[String]) -> Vec<&str> {
    ["lines"].into_iter().chain(names.iter().map(String::as_str)).collect()
}

fn link(context: &CheckContext, file: &str, name: &str) -> common::Result<()> {
    let directory = context.work_directory().path();
    std::fs::hard_link(directory.join(file), directory.join(name))
        .step_on("link", &directory.join(name))
}
