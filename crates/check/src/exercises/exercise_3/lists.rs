//! What `list` prints, and what any call is told.

use tracer::Ending;

use super::ledger::{SLOT, ledger, make, slots_per_page};
use crate::exercises::unfit::notices_a_full_output;
use crate::exercises::{CheckContext, draw};
use crate::expect::{hexed, shown};
use crate::verdict::{Finding, Verdict, failed};

/// The used slots, one text a line.
pub(super) fn lists(context: &mut CheckContext) -> Verdict {
    let mut content = ledger(slots_per_page(), &[0, 3, 4]);
    expect_list(context, &content)?;
    for slot in content.chunks_mut(SLOT) {
        let text = draw::letters(context, 1..SLOT);
        let free = draw::number(context, 0..2) == 0;
        slot.fill(0);
        for (byte, letter) in slot.iter_mut().skip(usize::from(free)).zip(text.bytes()) {
            *byte = letter;
        }
    }
    expect_list(context, &content)?;
    // A blank is a byte of the text, also the first one and the last one.
    let mut content = ledger(slots_per_page(), &[0, 3, 4]);
    for (slot, text) in
        content.chunks_mut(SLOT).zip([" a blank", "a blank and a tab \t", "\ta tab"])
    {
        slot.fill(0);
        slot[..text.len()].copy_from_slice(text.as_bytes());
    }
    expect_list(context, &content)
}

/// Of each slot at most 64 bytes.
pub(super) fn full_slots(context: &mut CheckContext) -> Verdict {
    let mut content = ledger(slots_per_page(), &[0, 3, 4]);
    // Slots that some other program filled to the brim, without a 0: one with another behind it,
    // and, only then, one at the very end of the page.
    fill(&mut content, 1);
    expect_list(context, &content)?;
    fill(&mut content, slots_per_page() - 1);
    expect_list(context, &content)?;
    expect_list(context, b"")?;
    // What another program has stored, which is no UTF-8.
    let mut content = ledger(2, &[]);
    content[..10].copy_from_slice(b"caf\xe9 \x80\xff\xfe\xc3\0");
    expect_list(context, &content)
}

fn fill(content: &mut [u8], slot: usize) {
    content.iter_mut().skip(slot * SLOT).take(SLOT).for_each(|byte| *byte = b'#');
}

fn expect_list(context: &mut CheckContext, content: &[u8]) -> Verdict {
    context.new_work_directory()?;
    make(context.work_directory(), content)?;
    let mut expected = Vec::new();
    for slot in content.chunks(SLOT).filter(|slot| slot.first() != Some(&0)) {
        expected.extend(slot.iter().take_while(|byte| **byte != 0));
        expected.push(b'\n');
    }
    let run = context.run_printing(&["list", "FILE"], &expected)?;
    run.lives()?;
    let is_right = run.ending == Ending::Exited(0) && run.stdout.bytes == expected;
    if std::str::from_utf8(&expected).is_err() && !is_right {
        let wanted =
            format!("`{}` prints the first line as {}", run.called, hexed(first_line(&expected)));
        let printed = match first_line(&run.stdout.bytes) {
            [] => "nothing".into(),
            line => hexed(line),
        };
        let seen = format!("{}; it printed {printed}", run.ending);
        return Err(Finding::new("not-utf-8", wanted, seen).details(run.said()).into());
    }
    run.succeeds()?;
    if context.read("FILE")? != content {
        return failed("other-bytes-changed", "`list` changes no byte of FILE", "it did");
    }
    if run.stdout.bytes == expected {
        return Ok(());
    }
    run.flushes()?;
    let said = String::from_utf8_lossy(&run.stdout.bytes).into_owned();
    let wanted = String::from_utf8_lossy(&expected).into_owned();
    let lines = lines_of(&said).map(Some).chain(std::iter::repeat(None));
    let difference = lines_of(&wanted).zip(lines).find(|(line, found)| Some(*line) != *found);
    let (line, found) = difference.unwrap_or(("no more lines", lines_of(&said).last()));
    let found = found.map_or("no line".into(), |found| format!("the line {}", shown(found)));
    failed("list-wrong", format!("the line {}", shown(line)), found)
}

/// The lines of a text. (`str::lines` would take a carriage return for a part of a line's end.)
fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    text.split_terminator('\n')
}

/// The first of these lines.
fn first_line(lines: &[u8]) -> &[u8] {
    lines.split(|byte| *byte == b'\n').next().unwrap_or_default()
}

/// Wrong calls get a line of usage, and 2.
pub(super) fn usage(context: &mut CheckContext) -> Verdict {
    let wrong: [&[&str]; 6] = [
        &[],
        &["record"],
        &["record", "FILE"],
        &["list"],
        &["list", "FILE", "more"],
        &["erase", "FILE"],
    ];
    for words in wrong {
        context.run(words)?.refuses_the_call()?;
    }
    match context.work_directory().names()?.first() {
        None => Ok(()),
        Some(name) => {
            failed("wrong-call-taken", "a wrong call makes no file", format!("it made {name}"))
        }
    }
}

/// Lines that cannot be written are a failure.
pub(super) fn output(context: &mut CheckContext) -> Verdict {
    let content = ledger(2, &[1]);
    for words in [&["list", "FILE"][..], &["record", "FILE", "text"]] {
        context.new_work_directory()?;
        make(context.work_directory(), &content)?;
        notices_a_full_output(context, words)?;
    }
    Ok(())
}
