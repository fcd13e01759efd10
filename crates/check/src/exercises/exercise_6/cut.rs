//! Extra credit: a FILE that is cut while it is counted, at moments at which a look at its size comes too
//! early or is missing.

use std::collections::BTreeSet;
use std::fs::File;

use common::{Context, page_size};
use nix::unistd::Pid;
use tracer::{Call, Ending, FileId, MECHANISM, Use, has_accessed_the_word, watch_word};

use crate::exercises::CheckContext;
use crate::expect::complaint;
use crate::observe::Observer;
use crate::verdict::{CheckError, Verdict, failed};

/// So many pages has the FILE that is cut. A load in the middle one is in the middle of the pass.
const PAGES: usize = 70;

/// The moments at which FILE is cut, and the length that is left.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Just after the first `mmap`: to half a page.
    Mapped,
    /// Just after the program has loaded a byte in the middle: to half a page.
    Counting,
    /// Just then, but within the last page: no load is SIGBUS, and the bytes past the end are zeros.
    CountingTheLastPage,
}

impl Moment {
    fn left(self) -> usize {
        match self {
            Self::Mapped | Self::Counting => page_size() / 2,
            Self::CountingTheLastPage => PAGES * page_size() - page_size() / 2,
        }
    }

    fn told(self) -> String {
        let when = match self {
            Self::Mapped => "just after `mmap`".into(),
            Self::Counting | Self::CountingTheLastPage => {
                format!("just after a load from its byte {}", middle())
            }
        };
        format!("CUT had {} bytes; {when}, it was cut to {}", PAGES * page_size(), self.left())
    }
}

/// The first byte of the word whose load is waited for.
fn middle() -> usize {
    PAGES / 2 * page_size() + 64
}

/// Cuts the file, once.
struct Saboteur {
    file: File,
    id: FileId,
    moment: Moment,
    /// Where the word in the middle is mapped, and the threads that stop after an access to it.
    word: Option<u64>,
    watched: BTreeSet<Pid>,
    /// Whether each of them could be made to stop.
    is_complete: bool,
    done: bool,
    faults: usize,
}

/// More faults than CUT has pages, and some of a program's own: a handler that returns makes the program
/// access the same page again.
const MOST_FAULTS: usize = 2000;

impl Saboteur {
    fn cut(&mut self) -> Verdict {
        self.file.set_len(self.moment.left() as u64).step("ftruncate")?;
        self.done = true;
        Ok(())
    }

    fn watch(&mut self, pid: Pid) -> Verdict {
        if let Some(word) = self.word.filter(|_| !self.done)
            && self.watched.insert(pid)
        {
            self.is_complete &= watch_word(pid, word).step(MECHANISM)?;
        }
        Ok(())
    }

    /// Where the word in the middle is, if this call has mapped it.
    fn mapped(&self, call: &Call) -> Option<u64> {
        let [_, length, .., offset] = call.arguments;
        let start = call.result.filter(|result| *result > 0).map(i64::cast_unsigned)?;
        let middle = middle() as u64;
        let is_inside = (offset..offset.saturating_add(length)).contains(&middle);
        is_inside.then(|| start + (middle - offset))
    }
}

impl Observer for Saboteur {
    fn entry(&mut self, pid: Pid, _call: &Call) -> Verdict {
        self.watch(pid)
    }

    fn exit(&mut self, pid: Pid, call: &Call) -> Verdict {
        if !self.done && call.does() == Use::Maps && call.is_about(self.id) {
            if matches!(self.moment, Moment::Mapped) {
                return self.cut();
            }
            if let Some(word) = self.mapped(call) {
                self.word = Some(word);
                self.watched.clear();
            }
        }
        self.watch(pid)
    }

    fn signal(&mut self, pid: Pid, signal: i32) -> Verdict<bool> {
        self.faults += usize::from(signal == libc::SIGBUS);
        if self.faults > MOST_FAULTS {
            let expected = "after a SIGBUS, the program does not access the same page again";
            return failed(
                "faults-for-ever",
                expected,
                format!("it got SIGBUS {} times", self.faults),
            );
        }
        if signal != libc::SIGTRAP || !has_accessed_the_word(pid).step(MECHANISM)? {
            return Ok(false);
        }
        if !self.done {
            self.cut()?;
        }
        Ok(true)
    }
}

/// The cut FILE fails, the other is counted.
pub(super) fn cut(context: &mut CheckContext) -> Verdict {
    context.needs_tracing("no moment can be met")?;
    for moment in [Moment::Mapped, Moment::Counting, Moment::CountingTheLastPage] {
        cut_at(context, moment).map_err(|error| error.details([moment.told()]))?;
    }
    Ok(())
}

fn cut_at(context: &mut CheckContext, moment: Moment) -> Verdict {
    context.new_work_directory()?;
    let file = context.work_directory().write("CUT", &b"a line\n".repeat(10 * page_size()))?;
    context.work_directory().write("WHOLE", b"one\ntwo\n")?;
    let id = FileId::of(&file).step("fstat")?;
    let (word, watched, is_complete, done) = (None, BTreeSet::new(), true, false);
    let mut saboteur = Saboteur { file, id, moment, word, watched, is_complete, done, faults: 0 };
    let run = context.observe(&context.start(&["lines", "CUT", "WHOLE"]), &mut saboteur)?;
    if !saboteur.done {
        let why = match saboteur.is_complete {
            true => "the program was not seen to load a byte in the middle of FILE",
            false => "this machine cannot stop a program at its loads",
        };
        let lacks = "no FILE could be cut in the middle of a pass";
        return Err(CheckError::Cannot(format!("{lacks}: {why}")));
    }
    let expected = "a line on standard error that names CUT, the count of WHOLE, exit status 1";
    if let Ending::Killed(_) = run.ending {
        return failed("cut-crashes", expected, run.ending.to_string());
    }
    let (out, err) = (run.stdout.text(), run.stderr.text());
    let counted = out.lines().any(|line| line == "2 8 WHOLE");
    if counted && err.contains("CUT") && run.ending == Ending::Exited(1) {
        return Ok(());
    }
    let actual = format!("{}, {:?}, {}", run.ending, out.trim(), complaint(&err));
    failed("cut-not-told", expected, actual)
}
