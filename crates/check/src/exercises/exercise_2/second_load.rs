//! Another process changes `length` between two accesses of `take`. A program that uses what it has checked
//! never uses the new number, which is too large.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;

use common::Context;
use nix::unistd::Pid;
use tracer::{Call, Ending, FileId, MECHANISM, REFUSED, Use, has_accessed_the_word, watch_word};

use super::{LONGEST, NO_WATCHPOINTS, SIZE, full_of};
use crate::counted::counted;
use crate::exercises::CheckContext;
use crate::observe::{Observer, Run};
use crate::verdict::{CheckError, Finding, Verdict};

const TEXT: &str = "a message";
/// The first byte of `length`.
const LENGTH: u64 = 4;

/// Without an end nothing is known about a run: it may have waited for a processor.
const TIME_WAS_UP: &str = "`take` did not end in the time that a check may take: try again on a machine that is \
     less busy";

/// The part of its check that is made here.
const PROMISE: &str =
    "`take` uses the `length` that it has checked, also if it loads this number a second time";

/// Changes `length` just after one of the accesses to it.
struct Changer {
    file: File,
    id: FileId,
    /// Where `length` is mapped.
    word: Option<u64>,
    /// Threads that stop after each access.
    watched: BTreeSet<Pid>,
    /// Whether each of them could be made to stop.
    is_complete: bool,
    accesses: u32,
    /// After which access it is changed, and to what.
    at: u32,
    to: u32,
}

impl Changer {
    fn watch(&mut self, pid: Pid) -> Verdict {
        if let Some(word) = self.word
            && self.watched.insert(pid)
        {
            self.is_complete &= watch_word(pid, word).step(MECHANISM)?;
        }
        Ok(())
    }

    /// Why not each access by the program was seen, if so.
    fn why_unseen(&self) -> Option<&'static str> {
        match (self.is_complete, self.word) {
            (false, _) => Some(NO_WATCHPOINTS),
            (true, None) => Some("`take` was not seen to map the page that holds `length`"),
            (true, Some(_)) => None,
        }
    }

    fn has_changed(&self) -> bool {
        self.accesses >= self.at
    }
}

impl Observer for Changer {
    fn entry(&mut self, pid: Pid, _call: &Call) -> Verdict {
        self.watch(pid)
    }

    fn exit(&mut self, pid: Pid, call: &Call) -> Verdict {
        let [.., offset] = call.arguments;
        if call.does() == Use::Maps && call.is_about(self.id) && offset == 0 {
            let mapped = call.result.filter(|result| *result > 0).map(i64::cast_unsigned);
            self.word = mapped.map(|start| start + LENGTH).or(self.word);
            self.watched.clear();
        }
        self.watch(pid)
    }

    fn signal(&mut self, pid: Pid, signal: i32) -> Verdict<bool> {
        if signal != libc::SIGTRAP || !has_accessed_the_word(pid).step(MECHANISM)? {
            return Ok(false);
        }
        self.accesses += 1;
        if self.accesses == self.at {
            let changed = self.file.write_all_at(&self.to.to_ne_bytes(), LENGTH);
            changed.step("change `length`")?;
        }
        Ok(true)
    }
}

/// After whichever access to `length` another process changes it: `take` does not use the new number.
pub(super) fn changes(context: &mut CheckContext) -> Verdict {
    /// No program needs as many loads of one number.
    const MOST: u32 = 6;
    const TOO_LONG: u32 = 4089;
    if !context.settings().machine.tracing {
        context.could_not_be_made(PROMISE, REFUSED.into());
        return Ok(());
    }
    // These runs come after all others: a program that starts slowly must not lack the time for them.
    context.limits_mut().wall *= 3;
    // A call that is given the largest number may just fail. A byte too many can be printed.
    for to in [u32::MAX, TOO_LONG] {
        for at in 1..=MOST {
            let mut before = full_of(TEXT);
            before[8 + TEXT.len()..SIZE].fill(b'#'); // What an older message has left.
            let file = context.new_work_directory()?.write("FILE", &before)?;
            let id = context.identity("FILE")?;
            let (word, watched, is_complete) = (None, BTreeSet::new(), true);
            let mut changer = Changer { file, id, word, watched, is_complete, accesses: 0, at, to };
            let run = match context.observe(&context.start(&["take", "FILE"]), &mut changer) {
                Err(CheckError::Wrong(_)) => return Err(CheckError::Cannot(TIME_WAS_UP.into())),
                run => run?,
            };
            if let Some(why) = changer.why_unseen() {
                context.could_not_be_made(PROMISE, why.into());
                return Ok(());
            }
            if !changer.has_changed() {
                break;
            }
            uses_what_it_checked(&run, &changer)?;
        }
    }
    Ok(())
}

fn uses_what_it_checked(run: &Run, changer: &Changer) -> Verdict {
    // A program may load the number byte by byte. Then it may find some bytes of each number: with these
    // two, that is far less than 4088, or far more than it may use.
    let uses_it = matches!(run.ending, Ending::Killed(_)) || run.stdout.total >= LONGEST as u64;
    if !uses_it {
        return Ok(());
    }
    let expected = format!(
        "`{}` uses no length above {LONGEST}, also if another process stores one meanwhile",
        run.called
    );
    let fault = run.fault.as_ref().map(|fault| format!(": {fault}")).unwrap_or_default();
    let printed = counted(run.stdout.total, "byte");
    let seen = format!("{}{fault}; it printed {printed}", run.ending);
    let (Changer { at, to, .. }, was) = (changer, TEXT.len());
    let number = ["first", "second", "third", "fourth", "fifth"].get(*at as usize - 1);
    let when = format!(
        "`length` was {was} in FILE. Just after `take` had accessed it for the {} time, another process \
         stored {to} there",
        number.unwrap_or(&"sixth")
    );
    Err(Finding::new("length-loaded-twice", expected, seen).details([when]).into())
}
