//! `peek`.

use common::Context;

use super::shared::{by_mapping, pattern, peek, seen};
use crate::counted::counted;
use crate::exercises::{CheckContext, draw};
use crate::expect::hexed;
use crate::verdict::{Verdict, failed};

pub(super) fn prints(context: &mut CheckContext) -> Verdict {
    let page = common::page_size();
    let mut content = draw::bytes(context, 3 * page + 100);
    if let Some(place) = content.get_mut(20..40) {
        place.copy_from_slice(b"\0\n\r\xff%s%n\\x\0 \0\0\0\n\n\n\n\n");
    }
    context.work_directory().write("FILE", &content)?;
    let end = content.len();
    // The first range is long enough to be known again in a memory.
    for range in
        [0..40, 0..1, 5..11, 10..50, page - 4..page + 4, page..2 * page, end - 3..end, 0..end]
    {
        let expected = content.get(range.clone()).unwrap_or_default();
        peek(context, range.start as u64, expected)?;
    }
    untouched(context, &content)?;
    context.same_untraced(&["peek", "FILE", "10", &page.to_string()], Some(&content))
}

/// `peek` changes nothing and makes nothing.
pub(super) fn untouched(context: &CheckContext, content: &[u8]) -> Verdict {
    let names = context.work_directory().names()?;
    let seen = match context.read("FILE")? {
        after if after.len() != content.len() => {
            let (before, after) = (content.len() as u64, after.len() as u64);
            format!("FILE had {}, and has {} now", counted(before, "byte"), counted(after, "byte"))
        }
        after if after != content => "FILE has other bytes now".into(),
        _ if names != ["FILE"] => format!("the directory holds {} now", names.join(", ")),
        _ => return Ok(()),
    };
    failed("peek-changes", "peek leaves FILE and its directory as they were", seen)
}

pub(super) fn maps(context: &mut CheckContext) -> Verdict {
    let content = pattern(100);
    let file = context.work_directory().write("FILE", &content)?;
    let run = peek(context, 50, content.get(50..60).unwrap_or_default())?;
    seen(&run)?;
    let id = context.identity("FILE")?;
    if run.mapped(id).next().is_none() {
        return failed("not-mapped", format!("`{}` maps FILE", run.called), "it never did");
    }
    if let Some(opened) = run.opened(id).find(|opened| opened.is_writable()) {
        let expected = format!("`{}` opens FILE for reading only", run.called);
        return failed("opens-for-writing", expected, format!("open's flags {:#o}", opened.flags));
    }
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o444)).step("chmod")?;
    peek(context, 50, content.get(50..60).unwrap_or_default())?;
    Ok(())
}

pub(super) fn past_the_end(context: &mut CheckContext) -> Verdict {
    let page = common::page_size();
    let length = page as u64 + 100;
    let content = pattern(page + 100);
    context.work_directory().write("FILE", &content)?;
    let ranges = [
        (length, 1),
        (length - 3, 4),
        (0, length + 1),
        (length - 3, 2 * page as u64),
        (10 * length, 5),
    ];
    for (offset, count) in ranges {
        let run = context.run(&["peek", "FILE", &offset.to_string(), &count.to_string()])?;
        run.lives()?;
        if run.stdout.total > 0 {
            let expected = format!(
                "`{}` fails and prints nothing: FILE has {length} bytes, and the range ends at byte {}",
                run.called,
                offset + count
            );
            let printed = counted(run.stdout.total, "byte");
            let seen =
                format!("{}; it printed {printed}: {}", run.ending, hexed(&run.stdout.bytes));
            return failed("prints-past-the-end", expected, seen);
        }
        run.fails()?;
        by_mapping(context, &run)?;
    }
    untouched(context, &content)
}
