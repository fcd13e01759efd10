//! Lines and bytes, of a few files and of thousands.

use std::fmt::Write as _;

use common::{Context, page_size};

use super::tally::Tally;
use super::watch::{MOST_MAPPINGS, Watch};
use crate::exercises::{Bench, Trouble, Verdict, failed};
use crate::observe::FileId;
use crate::supervise::Ending;

/// How many files are thousands.
const THOUSANDS: usize = 2000;

/// An empty file, by itself.
pub(super) fn empty(bench: &mut Bench) -> Verdict {
    bench.room().write("EMPTY", b"")?;
    let run = bench.run(&["lines", "EMPTY"])?;
    run.lives()?;
    if run.ending == Ending::Exited(0) && run.stdout.bytes == b"0 0 EMPTY\n" {
        return Ok(());
    }
    let (out, err) = (run.stdout.text(), run.stderr.text());
    let actual = format!("{}, {:?}, {:?}", run.ending, out.trim(), err.trim());
    failed("empty-file", "exit status 0 and the line `0 0 EMPTY`", actual)
}

/// Each kind of file by itself, then all in one call.
pub(super) fn counts(bench: &mut Bench) -> Verdict {
    let page = page_size();
    let paged = |length: usize| -> Vec<u8> {
        (0..length).map(|at| if at % 7 == 6 { b'\n' } else { b'x' }).collect()
    };
    let files: [(&str, Vec<u8>); 8] = [
        ("ended", b"one\ntwo\nthree\n".into()),
        ("unended", b"one\ntwo\nthree".into()),
        ("no newline", b"x".into()),
        ("newlines", vec![b'\n'; page + 1]),
        ("a-page", paged(page)),
        ("a-byte-more", paged(page + 1)),
        ("any-bytes", (0..=u8::MAX).cycle().take(5 * page - 3).collect()),
        ("empty", Vec::new()),
    ];
    let mut all = Tally::default();
    for (name, content) in &files {
        let file = bench.room().write(name, content)?;
        let run = bench.run(&["lines", name])?;
        run.succeeds()?;
        match run.leaves_bytes_to_mappings(FileId::of(&file.metadata().step("fstat")?)) {
            Err(Trouble::Cannot(_)) => {} // The mappings are not seen, either: that check says so.
            verdict => verdict?,
        }
        let mut one = Tally::default();
        one.add(name, content);
        one.expect(&run)?;
        all.add(name, content);
    }
    let mut call = vec!["lines"];
    call.extend(files.iter().map(|(name, _)| *name));
    let run = bench.run(&call)?;
    run.succeeds()?;
    all.with_total().expect(&run)
}

/// Two thousand files, a few bytes each.
pub(super) fn small_files(bench: &mut Bench) -> Verdict {
    let (mut tally, mut names, mut content) = (Tally::default(), Vec::new(), String::new());
    for number in 0..THOUSANDS {
        let name = format!("file-{number:04}");
        writeln!(content, "{number}").unwrap_or_else(|_| unreachable!("a String takes all"));
        let kept = content.len().min(40);
        content.drain(..content.len() - kept);
        bench.room().write(&name, content.as_bytes())?;
        tally.add(&name, content.as_bytes());
        names.push(name);
    }
    let mut call = vec!["lines"];
    call.extend(names.iter().map(String::as_str));
    let mut watch = Watch::new(bench);
    let run = bench.observe(&bench.start(&call), &mut watch)?;
    let said = run.stderr.text();
    if said.contains("Too many open files") || said.contains("os error 24") {
        let expected = format!("all {THOUSANDS} files can be opened, one after another");
        let first = said.lines().next().unwrap_or_default().to_owned();
        return failed("descriptors-kept", expected, first);
    }
    run.succeeds()?;
    tally.with_total().expect(&run)?;
    if watch.most_mappings() > MOST_MAPPINGS {
        let expected = format!("at most {MOST_MAPPINGS} mappings of FILEs at a time");
        return failed("too-many-mappings", expected, format!("{} at a time", watch.most_mappings()));
    }
    if !bench.settings().ground.ptrace {
        return Err(Trouble::Cannot("ptrace is refused here: no mappings could be counted".into()));
    }
    Ok(())
}
