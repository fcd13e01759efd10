//! What `record` stores where, and what it refuses.

use tracer::FileId;

use super::ledger::{SLOT, expect, expect_lines, ledger, make, slots_per_page};
use crate::exercises::unfit::refuses_what_is_no_file;
use crate::exercises::{CheckContext, draw};
use crate::verdict::{Finding, Verdict, failed};

/// The lowest free slots, through a shared mapping; all other bytes stay.
pub(super) fn lowest_free_slot(context: &mut CheckContext) -> Verdict {
    let longest = "63 bytes: ".to_owned() + &"=".repeat(53);
    recorded(context, &ledger(8, &[2, 5]), 8 * SLOT, &[(2, "paid 42"), (5, &longest)])?;
    recorded(context, &ledger(5, &[1, 2, 3]), 5 * SLOT, &[(1, "ü")])?;
    let blanks = [(0, " a blank first"), (2, "and a tab last\t"), (3, " ")];
    recorded(context, &ledger(5, &[0, 2, 3]), 5 * SLOT, &blanks)?;
    let (free, text) = (draw::number(context, 0..9), draw::letters(context, 1..60));
    recorded(context, &ledger(9, &[free]), 9 * SLOT, &[(free, &text)])?;
    context.same_untraced(&["record", "FILE", "paid 42"], Some(&ledger(5, &[1, 2, 3])))
}

/// A full file grows to the next multiple of the page size; none grows that has room.
pub(super) fn grows(context: &mut CheckContext) -> Verdict {
    let (page, size) = (slots_per_page(), common::page_size());
    recorded(context, &ledger(3, &[]), size, &[(3, "the fourth")])?;
    recorded(context, &ledger(page, &[]), 2 * size, &[(page, "on the second page")])?;
    recorded(context, &ledger(page + 1, &[page]), size + SLOT, &[(page, "the last free one")])?;
    let two = [(1, "in the last free slot"), (2, "in the first new one")];
    recorded(context, &ledger(2, &[1]), size, &two)?;
    recorded(context, b"", size, &[(0, "the first")])
}

/// A missing file is made; so many texts that it grows a second time.
pub(super) fn makes(context: &mut CheckContext) -> Verdict {
    let texts: Vec<String> =
        (0..=slots_per_page()).map(|number| format!("text {number}")).collect();
    for count in [1, texts.len()] {
        context.new_work_directory()?;
        let records: Vec<_> = texts.iter().map(String::as_str).enumerate().take(count).collect();
        let run = context.run(&call(&records))?;
        run.succeeds()?;
        let pages = count.div_ceil(slots_per_page());
        expect(b"", &context.read("FILE")?, pages * common::page_size(), &records)?;
        expect_lines(&run, &records)?;
    }
    Ok(())
}

/// A text that does not fit: a failure before anything is stored.
pub(super) fn refuses_unfit_texts(context: &mut CheckContext) -> Verdict {
    let (too_long, before) = ("=".repeat(SLOT), ledger(4, &[1, 2]));
    for unfit in ["", &too_long, "two\nlines", "ends with one\n"] {
        for texts in [vec![unfit], vec!["fit", unfit], vec![unfit, "fit"]] {
            context.new_work_directory()?;
            make(context.work_directory(), &before)?;
            let run = context.run(&[&["record", "FILE"][..], &texts].concat())?;
            let taken = context.read("FILE")? != before;
            if taken || run.ending == tracer::Ending::Exited(0) {
                let what = format!("{} bytes, {:?}", unfit.len(), unfit);
                let expected = format!("no text is stored, because of one that is unfit: {what}");
                let id = if texts.first() == Some(&"fit") && texts.len() > 1 {
                    "stored-before-refusing"
                } else {
                    "unfit-text-taken"
                };
                let actual = if taken { "FILE has changed" } else { "exit status 0" };
                return Err(Finding::new(id, expected, actual).into());
            }
            run.fails_naming(&[])?;
        }
    }
    Ok(())
}

/// What is no ledger is refused, and stays as it is.
pub(super) fn refuses_other_files(context: &mut CheckContext) -> Verdict {
    let before = [&ledger(2, &[1])[..], b"more"].concat();
    make(context.work_directory(), &before)?;
    for words in [&["record", "FILE", "text"][..], &["list", "FILE"]] {
        let run = context.run(words)?;
        if context.read("FILE")? != before {
            let expected = format!("a FILE of {} bytes is left as it is", before.len());
            return failed("other-bytes-changed", expected, "it has changed");
        }
        run.fails_naming(&["FILE"])?;
    }
    context.new_work_directory()?;
    refuses_what_is_no_file(context, &["FIFO", "DIRECTORY"], |name| vec!["record", name, "text"])?;
    context.new_work_directory()?;
    refuses_what_is_no_file(context, &["FIFO", "DIRECTORY", "MISSING"], |name| vec!["list", name])
}

/// One run of `record` on a ledger with this content.
fn recorded(
    context: &mut CheckContext,
    before: &[u8],
    size: usize,
    records: &[(usize, &str)],
) -> Verdict {
    context.new_work_directory()?;
    let file = make(context.work_directory(), before)?;
    let id = common::Context::step(FileId::of(&file), "fstat")?;
    let lines: String = records.iter().map(|(slot, _)| format!("durable {slot}\n")).collect();
    let run = context.run_printing(&call(records), lines.as_bytes())?;
    if let Some(how) = run.empties(id).filter(|_| !before.is_empty()) {
        let expected = format!("`{}` keeps the records that FILE held", run.called);
        return failed("empties-file", expected, how);
    }
    run.succeeds().map_err(|error| match run.unaligned_msync() {
        Some(how) => {
            let error = error.known_as("fails-wrongly", "unaligned-msync");
            error.known_as("wrong-exit-status", "unaligned-msync").details([how])
        }
        None => error,
    })?;
    run.leaves_bytes_to_mappings(id)?;
    run.writes_nowhere_else(context.work_directory())?;
    let after = context.read("FILE")?;
    if let Some(how) = run.stores_privately(id).filter(|_| after == before) {
        return failed("private-mapping", "FILE is mapped with MAP_SHARED", how);
    }
    expect(before, &after, size, records)?;
    expect_lines(&run, records)
}

/// `record FILE TEXT…`.
pub(super) fn call<'t>(records: &[(usize, &'t str)]) -> Vec<&'t str> {
    let texts = records.iter().map(|(_, text)| *text);
    ["record", "FILE"].into_iter().chain(texts).collect()
}
