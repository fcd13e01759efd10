//! Extra credit: a FILE that is cut between its `mmap` and the first load.

use std::fs::File;

use common::{Context, page_size};
use nix::unistd::Pid;
use tracer::{Call, Ending, FileId};

use crate::exercises::CheckContext;
use crate::expect::complaint;
use crate::observe::Observer;
use crate::verdict::{Verdict, failed};

/// Cuts the file, once, as soon as it is mapped.
struct Saboteur {
    file: File,
    id: FileId,
    done: bool,
}

impl Observer for Saboteur {
    fn exit(&mut self, _pid: Pid, call: &Call) -> Verdict {
        if !self.done && call.number == libc::SYS_mmap && call.is_about(self.id) {
            self.file.set_len(page_size() as u64 / 2).step("ftruncate")?;
            self.done = true;
        }
        Ok(())
    }
}

/// The cut FILE fails, the other is counted.
pub(super) fn cut(context: &mut CheckContext) -> Verdict {
    context.needs_tracing("no moment can be met")?;
    let file = context.work_directory().write("CUT", &b"a line\n".repeat(10 * page_size()))?;
    context.work_directory().write("WHOLE", b"one\ntwo\n")?;
    let id = FileId::of(&file).step("fstat")?;
    let mut saboteur = Saboteur { file, id, done: false };
    let run = context.observe(&context.start(&["lines", "CUT", "WHOLE"]), &mut saboteur)?;
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
