//! `poke` where it succeeds.

use std::os::unix::fs::PermissionsExt;

use common::Context;

use super::shared::{holds, pattern, poke, seen};
use crate::exercises::Bench;
use crate::exercises::expect::identity;
use crate::verdict::{Verdict, failed};

/// What FILE must be after TEXT was stored at OFFSET.
fn after(before: &[u8], offset: usize, text: &str) -> Vec<u8> {
    let mut expected = before.to_vec();
    let end = offset + text.len();
    expected.resize(before.len().max(end), 0);
    if let Some(place) = expected.get_mut(offset..end) {
        place.copy_from_slice(text.as_bytes());
    }
    expected
}

fn one(bench: &mut Bench, before: &[u8], offset: usize, text: &str) -> Verdict {
    bench.new_work_directory()?;
    bench.work_directory().write("FILE", before)?;
    let run = poke(bench, offset as u64, text)?;
    holds(bench, &run, before, &after(before, offset, text))
}

pub(super) fn stores(bench: &mut Bench) -> Verdict {
    let before = pattern(3 * common::page_size() + 100);
    one(bench, &before, 0, "M")?;
    one(bench, &before, 5, "mapped")?;
    one(bench, &before, common::page_size() + 1234, "two words")?;
    one(bench, &before, before.len() - 3, "end")
}

pub(super) fn maps(bench: &mut Bench) -> Verdict {
    bench.work_directory().write("FILE", &pattern(100))?;
    let run = poke(bench, 50, "mapped")?;
    seen(&run)?;
    let file = identity(&bench.work_directory().path().join("FILE"))?;
    let shared = run.mapped(file).any(|call| {
        let [_, _, _, flags, ..] = call.arguments;
        flags & 3 != 2 // MAP_SHARED or MAP_SHARED_VALIDATE.
    });
    if shared {
        return Ok(());
    }
    failed("not-mapped", format!("`{}` maps FILE, shared", run.called), "it never did")
}

pub(super) fn across_pages(bench: &mut Bench) -> Verdict {
    let page = common::page_size();
    let before = pattern(4 * page);
    one(bench, &before, page - 4, "acrossit")?;
    one(bench, &before, 2 * page, "at its start")?;
    one(bench, &before, 3 * page - 3, "end")?;
    one(bench, &before, page - 1, &"x".repeat(page + 2))
}

pub(super) fn creates(bench: &mut Bench) -> Verdict {
    for (offset, text) in [(0, "new"), (10, "new"), (common::page_size() + 7, "further on")] {
        bench.new_work_directory()?;
        let run = poke(bench, offset as u64, text)?;
        holds(bench, &run, b"", &after(b"", offset, text))?;
        let file = bench.open("FILE")?;
        let mode = file.metadata().step("stat")?.permissions().mode() & 0o7777;
        if mode != 0o600 {
            let expected = format!("`{}` makes FILE with mode 0600", run.called);
            return failed("wrong-mode", expected, format!("mode {mode:04o}"));
        }
    }
    Ok(())
}

pub(super) fn grows(bench: &mut Bench) -> Verdict {
    let page = common::page_size();
    one(bench, b"short", 3, "long enough")?;
    one(bench, b"short", 5, "er")?;
    one(bench, b"short", 100, "a gap")?;
    one(bench, b"", 0, "x")?;
    one(bench, &pattern(page), page, "just behind a page")?;
    one(bench, &pattern(page), 3 * page - 2, "two pages on")
}

pub(super) fn empty_text(bench: &mut Bench) -> Verdict {
    let page = common::page_size();
    one(bench, b"short", 100, "")?;
    one(bench, b"short", page, "")?;
    one(bench, b"short", 5, "")?;
    one(bench, b"short", 2, "")?;
    one(bench, b"", 0, "")?;
    bench.new_work_directory()?;
    let run = poke(bench, 0, "")?;
    holds(bench, &run, b"x", b"")
}
