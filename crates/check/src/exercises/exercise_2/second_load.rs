//! Another process changes `length` between two accesses of `take`: a program that loads it once, or checks
//! what it loads, notices nothing.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;

use common::Context;
use nix::unistd::Pid;
use tracer::{Call, Ending, FileId, MECHANISM, Use, has_accessed_the_word, watch_word};

use super::{LONGEST, SIZE, full_of};
use crate::exercises::CheckContext;
use crate::expect::shown;
use crate::observe::{Observer, Run};
use crate::verdict::{Finding, Verdict};
use crate::words::counted;

const TEXT: &str = "nine bytes";
/// The first byte of `length`.
const LENGTH: u64 = 4;

/// Changes `length` just after one of the accesses to it.
struct Changer {
    file: File,
    id: FileId,
    /// Where `length` is mapped.
    word: Option<u64>,
    /// Threads that stop after each access.
    watched: BTreeSet<Pid>,
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
            watch_word(pid, word).step(MECHANISM)?; // If that is not possible, no access is seen.
        }
        Ok(())
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

/// `take` prints the message or fails, after whichever access to `length` another process changes it.
pub(super) fn changes(context: &mut CheckContext) -> Verdict {
    /// No program needs as many loads of one number.
    const MOST: u32 = 6;
    // A call that is given the largest number may just fail. A byte too many can be printed.
    for to in [u32::MAX, LONGEST as u32 + 1] {
        for at in 1..=MOST {
            let mut before = full_of(TEXT);
            before[8 + TEXT.len()..SIZE].fill(b'#'); // What an older message has left.
            let file = context.new_work_directory()?.write("FILE", &before)?;
            let id = context.identity("FILE")?;
            let (word, watched) = (None, BTreeSet::new());
            let mut changer = Changer { file, id, word, watched, accesses: 0, at, to };
            let run = context.observe(&context.start(&["take", "FILE"]), &mut changer)?;
            if !changer.has_changed() {
                break;
            }
            uses_what_it_checked(&run, &changer)?;
        }
    }
    Ok(())
}

fn uses_what_it_checked(run: &Run, changer: &Changer) -> Verdict {
    let prints = run.stdout.bytes == format!("{TEXT}\n").as_bytes();
    let fails = matches!(run.ending, Ending::Exited(1..)) && run.stdout.total == 0;
    if fails || (prints && run.ending == Ending::Exited(0)) {
        return Ok(());
    }
    let expected = format!(
        "`{}` prints {}, or fails and prints nothing, if another process changes `length` meanwhile",
        run.called,
        shown(&format!("{TEXT}\n"))
    );
    let fault = run.fault.as_ref().map(|fault| format!(": {fault}")).unwrap_or_default();
    let printed = counted(run.stdout.total, "byte");
    let seen = format!("`{}` {}{fault}; it printed {printed}", run.called, run.ending);
    let (Changer { at, to, .. }, was) = (changer, TEXT.len());
    let number = ["first", "second", "third", "fourth", "fifth"].get(*at as usize - 1);
    let when = format!(
        "`length` was {was} in FILE. Just after `take` had accessed it for the {} time, another process \
         stored {to} there",
        number.unwrap_or(&"sixth")
    );
    Err(Finding::new("length-loaded-twice", expected, seen).details([when]).into())
}
