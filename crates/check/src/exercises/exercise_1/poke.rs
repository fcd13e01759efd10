//! `poke` where it succeeds.

use std::os::unix::fs::PermissionsExt;

use common::Context;

use super::shared::{holds, pattern, poke, seen};
use crate::exercises::{CheckContext, draw};
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

fn one(context: &mut CheckContext, before: &[u8], offset: usize, text: &str) -> Verdict {
    context.new_work_directory()?;
    context.work_directory().write("FILE", before)?;
    let poked = poke(context, offset as u64, text)?;
    holds(context, &poked, before, &after(before, offset, text))
}

pub(super) fn stores(context: &mut CheckContext) -> Verdict {
    let before = pattern(3 * common::page_size() + 100);
    one(context, &before, 0, "M")?;
    one(context, &before, 5, "mapped")?;
    one(context, &before, common::page_size() + 1234, " two words\t")?; // Blanks are bytes.
    one(context, &before, before.len() - 3, "end")?;
    let offset = draw::number(context, 0..before.len() - 20);
    let (before, text) = (draw::bytes(context, before.len()), draw::letters(context, 1..20));
    one(context, &before, offset, &text)
}

pub(super) fn maps(context: &mut CheckContext) -> Verdict {
    context.work_directory().write("FILE", &pattern(100))?;
    let run = poke(context, 50, "mapped")?.run;
    seen(&run)?;
    let file = context.identity("FILE")?;
    let shared = run.mapped(file).any(|call| {
        let [_, _, _, flags, ..] = call.arguments;
        flags & 3 != 2 // MAP_SHARED or MAP_SHARED_VALIDATE.
    });
    if shared {
        return Ok(());
    }
    failed("not-mapped", format!("`{}` maps FILE, shared", run.called), "it never did")
}

pub(super) fn across_pages(context: &mut CheckContext) -> Verdict {
    let page = common::page_size();
    let before = pattern(4 * page);
    one(context, &before, page - 4, "acrossit")?;
    one(context, &before, 2 * page, "at its start")?;
    one(context, &before, 3 * page - 3, "end")?;
    one(context, &before, page - 1, &"x".repeat(page + 2))
}

pub(super) fn mode(context: &mut CheckContext) -> Verdict {
    let run = poke(context, 0, "new")?.run;
    let mode = context.open("FILE")?.metadata().step("stat")?.permissions().mode() & 0o7777;
    if mode == 0o600 {
        return Ok(());
    }
    let expected = format!("`{}` makes FILE with mode 0600", run.called);
    failed("wrong-mode", expected, format!("mode {mode:04o}"))
}

pub(super) fn grows(context: &mut CheckContext) -> Verdict {
    let page = common::page_size();
    for (offset, text) in [(0, "new"), (10, "new"), (page + 7, "further on")] {
        context.new_work_directory()?;
        let poked = poke(context, offset as u64, text)?;
        holds(context, &poked, b"", &after(b"", offset, text))?;
    }
    one(context, b"short", 3, "long enough")?;
    one(context, b"short", 5, "er")?;
    one(context, b"short", 100, "a gap")?;
    one(context, b"", 0, "x")?;
    one(context, &pattern(page), page, "just behind a page")?;
    one(context, &pattern(page), 3 * page - 2, "two pages on")
}

pub(super) fn empty_text(context: &mut CheckContext) -> Verdict {
    let page = common::page_size();
    one(context, b"short", 100, "")?;
    one(context, b"short", page, "")?;
    one(context, b"short", 5, "")?;
    one(context, b"short", 2, "")?;
    one(context, b"", 0, "")?;
    context.new_work_directory()?;
    let poked = poke(context, 0, "")?;
    holds(context, &poked, b"x", b"")
}
