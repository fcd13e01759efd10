//! What `preview` prints.

use common::{Context, page_size};
use tracer::FileId;

use super::sample::{expect_output, preview, sample, with_hashes};
use crate::exercises::unfit::{notices_a_full_output, refuses_what_is_no_file};
use crate::exercises::{CheckContext, draw};
use crate::expect::complaint;
use crate::observe::NoopObserver;
use crate::verdict::{Verdict, failed};

/// More than that is printed of no other FILE: two mebibytes, which no program should take for the most.
const LARGE: usize = 2 << 20;

/// Every FROM is replaced: in the first and the last byte, across pages, and far from FILE's start.
pub(super) fn replaced(context: &mut CheckContext) -> Verdict {
    let page = page_size();
    let ends = [0, page - 1, page, 2 * page, 3 * page + 99];
    shown(context, &with_hashes(sample(3, 100), &ends), b'#', b'*')?;
    // FILE is no C string: there are zeros between one FROM and the next.
    let mut zeros = with_hashes(sample(1, 0), &[5, page - 2]);
    zeros[page / 2..][..3].fill(0);
    shown(context, &zeros, b'#', b'*')?;
    shown(context, b"#", b'#', b'\n')?;
    shown(context, &with_hashes(sample(1, 0), &[page - 1]), b'#', b'a')?;
    shown(context, &sample(1, 1), b'\n', b' ')?;
    context.limits_mut().output = 2 * LARGE;
    let large = with_hashes(sample(LARGE / page, 77), &[7, LARGE / 2, LARGE - 1, LARGE + 76]);
    shown(context, &large, b'#', b'*')?;
    let length = draw::number(context, page..3 * page);
    let drawn = draw::letters(context, length..length + 1);
    shown(context, drawn.as_bytes(), drawn.as_bytes()[length / 2], b'#')?;
    context.same_untraced(&["preview", "FILE", "#", "*"], Some(&with_hashes(sample(3, 100), &ends)))
}

/// FILE's bytes go through mappings.
pub(super) fn mapping(context: &mut CheckContext) -> Verdict {
    let file = context.work_directory().write("FILE", &with_hashes(sample(3, 100), &[5]))?;
    let id = FileId::of(&file).step("fstat")?;
    let run = context.observe(&preview(context, b'#', b'*'), &mut NoopObserver)?;
    run.succeeds()?;
    run.leaves_bytes_to_mappings(id)?;
    if run.mapped(id).next().is_none() {
        return failed("bytes-not-by-mapping", "FILE is mapped", "it never was");
    }
    Ok(())
}

/// Bytes above 127, and every other one.
pub(super) fn any_bytes(context: &mut CheckContext) -> Verdict {
    let every: Vec<u8> = (0..=u8::MAX).cycle().take(page_size() + 256).collect();
    shown(context, &every, 0xff, 0xfe)?;
    shown(context, &every, b'0', 0x80)
}

/// An empty FILE.
pub(super) fn empty(context: &mut CheckContext) -> Verdict {
    context.work_directory().write("FILE", b"")?;
    let run = context.observe(&preview(context, b'#', b'*'), &mut NoopObserver)?;
    run.lives()?;
    if run.ending == tracer::Ending::Exited(0) && run.stdout.bytes.is_empty() {
        return Ok(());
    }
    let said = complaint(&run.stderr.text());
    let actual = format!("{}, {} bytes, {said}", run.ending, run.stdout.total);
    failed("empty-file", "exit status 0, and nothing printed", actual)
}

/// FROM and TO that are no single byte, and calls with too much or too little.
pub(super) fn usage(context: &mut CheckContext) -> Verdict {
    context.work_directory().write("FILE", b"# # #\n")?;
    let wrong: [&[&str]; 9] = [
        &[],
        &["preview"],
        &["preview", "FILE", "#"],
        &["preview", "FILE", "#", "*", "+"],
        &["review", "FILE", "#", "*"],
        &["preview", "FILE", "", "*"],
        &["preview", "FILE", "#", ""],
        &["preview", "FILE", "##", "*"],
        &["preview", "FILE", "#", "é"],
    ];
    for words in wrong {
        let run = context.run(words)?;
        run.lives()?;
        if run.ending == tracer::Ending::Exited(0) {
            let expected = format!("`{}` is a wrong call: exit status 2", run.called);
            let is_other = words.first().is_some_and(|command| *command != "preview");
            let id = if is_other { "other-command-taken" } else { "wrong-call-taken" };
            return failed(id, expected, "exit status 0");
        }
        run.refuses_the_call()?;
    }
    Ok(())
}

/// What is no regular file.
pub(super) fn refuses_other_files(context: &mut CheckContext) -> Verdict {
    let none = ["FIFO", "DIRECTORY", "MISSING"];
    refuses_what_is_no_file(context, &none, |name| vec!["preview", name, "#", "*"])
}

/// Standard output is full.
pub(super) fn full_output(context: &mut CheckContext) -> Verdict {
    // Without a newline, too: a buffer that holds lines writes no such bytes before the program ends.
    for content in [&b"# # #\n"[..], b"# # #"] {
        context.new_work_directory()?.write("FILE", content)?;
        notices_a_full_output(context, &["preview", "FILE", "#", "*"])?;
    }
    Ok(())
}

fn shown(context: &mut CheckContext, content: &[u8], from: u8, to: u8) -> Verdict {
    context.new_work_directory()?;
    let file = context.work_directory().write("FILE", content)?;
    let id = FileId::of(&file).step("fstat")?;
    let run = context.observe(&preview(context, from, to), &mut NoopObserver)?;
    if run.calls.is_some() {
        run.leaves_bytes_to_mappings(id)?; // Where they cannot be seen, the check `mapping` says so.
    }
    run.writes_nowhere_else(context.work_directory())?;
    expect_output(&run, id, content, from, to)
}
