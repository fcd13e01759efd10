//! Far out: beyond a terabyte, at the end of all offsets, and as much as LEN may be.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};

use common::Context;

use nix::unistd::Pid;
use tracer::{Call, Ending, FileId, MECHANISM, REFUSED, Use, read_text};

use super::shared::{by_mapping, pattern, prints};
use crate::exercises::CheckContext;
use crate::expect::hexed;
use crate::observe::{NoopObserver, Observer, Run};
use crate::verdict::{CheckError, Finding, Verdict, failed};

/// The addresses that the contract grants.
const ADDRESSES: u64 = 512 << 20;
/// No runtime takes more than this for itself: FILE, which is longer than a terabyte, does not fit.
const MOST_OF_A_RUNTIME: u64 = 256 << 30;
/// Beyond a terabyte, and at no page's start.
const FAR: u64 = (1 << 40) + 12_345;
/// The most that a LEN may be.
const MOST: usize = 64 << 20;

/// Notes how many addresses a process has when it opens FILE first.
struct AtTheFirstOpen {
    file: FileId,
    addresses: Option<u64>,
}

impl Observer for AtTheFirstOpen {
    fn exit(&mut self, pid: Pid, call: &Call) -> Verdict {
        let opens_it = call.does() == Use::Opens && call.is_about(self.file);
        if self.addresses.is_none() && opens_it {
            let status = read_text(pid, &format!("/proc/{pid}/statm")).step(MECHANISM)?;
            let pages = status.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
            self.addresses = pages.map(|pages: u64| pages * common::page_size() as u64);
        }
        Ok(())
    }
}

/// How many addresses it gets: those that the contract grants, and those that its runtime has taken
/// before it opens FILE. The runtimes of Go and Java take more than 512 MiB for themselves.
fn granted(context: &mut CheckContext) -> Verdict<u64> {
    const PEEK: [&str; 4] = ["peek", "FILE", "0", "1"];
    context.new_work_directory()?.write("FILE", b"a byte")?;
    let mut seen = AtTheFirstOpen { file: context.identity("FILE")?, addresses: None };
    context.observe(&context.start(&PEEK), &mut seen)?.succeeds()?;
    if !context.settings().machine.tracing {
        let start = context.start(&PEEK).address_space(ADDRESSES);
        if context.observe(&start, &mut NoopObserver)?.ending != Ending::Exited(0) {
            return Err(CheckError::Cannot(format!(
                "{REFUSED}: how much address space the program's runtime takes for itself is not known"
            )));
        }
    }
    context.new_work_directory()?;
    Ok(ADDRESSES + seen.addresses.unwrap_or_default().min(MOST_OF_A_RUNTIME))
}

/// Runs it with so many addresses.
fn run(context: &CheckContext, granted: u64, arguments: &[&str]) -> Verdict<Run> {
    let run =
        context.observe(&context.start(arguments).address_space(granted), &mut NoopObserver)?;
    let enomem = i64::from(-libc::ENOMEM);
    let refused = run.calls.iter().flatten().find(|call| {
        let [_, asked, ..] = call.arguments;
        call.number == libc::SYS_mmap
            && call.result == Some(enomem)
            && !call.files.is_empty()
            && asked > ADDRESSES / 4
    });
    match refused {
        None => Ok(run),
        Some(call) => {
            let [_, asked, ..] = call.arguments;
            failed(
                "maps-the-whole-file",
                format!("`{}` maps no more than it needs", run.called),
                format!("it asked mmap for {asked} bytes: ENOMEM"),
            )
        }
    }
}

/// Whether this file system holds a file of that length.
fn holds(context: &CheckContext, length: u64) -> common::Result<bool> {
    let file = context.work_directory().write("PROBE", b"")?;
    let grown = file.set_len(length);
    let path = context.work_directory().path().join("PROBE");
    std::fs::remove_file(&path).step_on("remove", &path)?;
    Ok(grown.is_ok())
}

pub(super) fn far(context: &mut CheckContext) -> Verdict {
    if !holds(context, FAR + 100)? {
        return Err(CheckError::Cannot("this file system holds no file of a terabyte".into()));
    }
    let granted = granted(context)?;
    context.work_directory().write("FILE", b"head")?;
    let run = run(context, granted, &["poke", "FILE", &FAR.to_string(), "far out"])?;
    run.succeeds()?;
    by_mapping(context, &run)?;
    let file = context.open("FILE")?;
    let found = file.metadata().step("stat")?;
    if found.len() != FAR + 7 {
        let expected = format!("after `{}` FILE is {} bytes long", run.called, FAR + 7);
        return failed("wrong-size-far-out", expected, format!("{} bytes", found.len()));
    }
    if found.blocks() * 512 > 4 << 20 {
        let seen = format!("{} KiB are", found.blocks() / 2);
        return failed(
            "fills-holes",
            "a few KiB of FILE are on the disk, the rest is a hole",
            seen,
        );
    }
    bytes_are(&file, 0, b"head", &run)?;
    bytes_are(&file, FAR, b"far out", &run)?;
    let file = context.new_work_directory()?.write("FILE", b"")?;
    file.set_len(FAR + 100).step("ftruncate")?;
    file.write_all_at(b"far out", FAR).step("write")?;
    let peeked = self::run(context, granted, &["peek", "FILE", &(FAR - 5).to_string(), "20"])?;
    peeked.succeeds()?;
    by_mapping(context, &peeked)?;
    prints(&peeked, b"\0\0\0\0\0far out\0\0\0\0\0\0\0\0")
}

fn bytes_are(file: &File, offset: u64, expected: &[u8], run: &Run) -> Verdict {
    let mut seen = vec![0; expected.len()];
    file.read_exact_at(&mut seen, offset).step("read")?;
    if seen == expected {
        return Ok(());
    }
    let expected = format!("after `{}` FILE has at byte {offset} {}", run.called, hexed(expected));
    failed("stores-elsewhere", expected, hexed(&seen))
}

pub(super) fn too_far(context: &mut CheckContext) -> Verdict {
    const LAST: u64 = i64::MAX.unsigned_abs();
    let granted = granted(context)?;
    for (offset, text) in [(LAST, "x"), (LAST - 2, "four"), (LAST, ""), (LAST / 2, "x")] {
        let end = u128::from(offset) + text.len() as u128;
        // What this file system can hold is no failure: on tmpfs nearly everything.
        if u64::try_from(end).is_ok_and(|end| end <= LAST)
            && holds(context, end.try_into().unwrap_or(LAST))?
        {
            continue;
        }
        let offset = offset.to_string();
        context.new_work_directory()?;
        let failing = run(context, granted, &["poke", "FILE", &offset, text])?;
        failing.fails_naming(&["FILE"])?;
        if !context.work_directory().names()?.is_empty() {
            let expected = format!("`{}` fails and leaves no new FILE", failing.called);
            return failed("leaves-a-new-file", expected, "FILE is there");
        }
        let before = pattern(100);
        context.work_directory().write("FILE", &before)?;
        let failing = run(context, granted, &["poke", "FILE", &offset, text])?;
        failing.fails_naming(&["FILE"])?;
        unchanged(context, &failing, &before)?;
    }
    for (offset, count) in [(LAST, 1), (LAST - 5, MOST)] {
        let run = context.run(&["peek", "FILE", &offset.to_string(), &count.to_string()])?;
        run.fails_naming(&["FILE"])?;
    }
    Ok(())
}

/// A failing `poke` has changed nothing.
pub(super) fn unchanged(context: &CheckContext, run: &Run, before: &[u8]) -> Verdict {
    let length = context.open("FILE")?.metadata().step("stat")?.len();
    let same = length == before.len() as u64 && context.read("FILE")? == before;
    if same {
        return Ok(());
    }
    let expected = format!("`{}` fails and changes no byte of FILE", run.called);
    let seen = match before.len() as u64 {
        before if before == length => format!("it has {length} bytes as before, and others"),
        before => format!("{before} bytes before, {length} after"),
    };
    Err(Finding::new("failed-and-changed", expected, seen).into())
}

pub(super) fn lengths(context: &mut CheckContext) -> Verdict {
    nothing(context)?;
    let granted = granted(context)?;
    context.limits_mut().output = MOST + (1 << 10);
    let content = pattern(MOST + 100);
    context.work_directory().write("FILE", &content)?;
    // A program that maps page by page makes many calls: stopped at each, it would take too long.
    let start = context.start(&["peek", "FILE", "50", &MOST.to_string()]).without_syscall_tracing();
    let peeked = context.observe(&start.address_space(granted), &mut NoopObserver)?;
    peeked.succeeds()?;
    prints(&peeked, content.get(50..MOST + 50).unwrap_or_default())
}

fn nothing(context: &mut CheckContext) -> Verdict {
    for content in [&b""[..], b"a few bytes"] {
        context.new_work_directory()?;
        context.work_directory().write("FILE", content)?;
        for offset in [0, 5, 100, 1 << 40, i64::MAX.unsigned_abs()] {
            let run = context.run(&["peek", "FILE", &offset.to_string(), "0"])?;
            run.succeeds()?;
            prints(&run, b"")?;
        }
        super::peek::untouched(context, content)?;
    }
    context.new_work_directory()?;
    let run = context.run(&["peek", "FILE", "0", "0"])?;
    run.fails_naming(&["FILE"])
}
