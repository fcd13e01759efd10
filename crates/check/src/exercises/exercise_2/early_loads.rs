//! `post` comes in between two loads of `take`: a `take` that has loaded a part of the message before it has
//! seen the mark prints a message that nobody has posted.
//!
//! Hardware watchpoints stop `take` just after its loads. Then a real `post` runs to its end, and `take` goes
//! on: two real processes can do the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use common::Context;
use nix::unistd::Pid;
use sandbox::Sandbox;
use tracer::{
    Call, Ending, FileId, MECHANISM, Resume, Stop, Use, Waited, accessed_words,
    has_accessed_the_word, hide_tracer, watch_words,
};

use super::together::{FIRST, POST, SECOND, TAKE};
use super::{NO_WATCHPOINTS, emptied};
use crate::exercises::CheckContext;
use crate::expect::shown;
use crate::scenarios::{NEEDS, can_be_shown};
use crate::verdict::{CheckError, Finding, Verdict};

/// Where the watched words are in FILE, and how they are called: `full`, `length`, and two of the text.
const WORDS: [(u64, &str); 4] = [
    (0, "`full`"),
    (4, "`length`"),
    (8, "the text's first bytes"),
    (28, "bytes 20 to 23 of the text"),
];
/// After so many loads of `full`, and none of the message, `take` looks at `full` first.
const LOOKS: u32 = 4;
/// If `take` does not stop for so long, it sleeps until another process wakes it.
const QUIET: Duration = Duration::from_millis(300);
/// How long `post` may need: if it waits for a lock that `take` holds, it cannot come in between.
const AT_MOST: Duration = Duration::from_secs(2);

/// The part of its check that is made here.
const PROMISE: &str = "`take` prints a whole message, also if it is stopped just after it has loaded a part of the message";
const NO_LOAD: &str = "`take` was not seen to load anything of FILE in the time that it had";

/// What came of one try.
enum Try {
    /// `post` came in after the load that was asked for, and `take` printed the right message.
    Right,
    /// `take` loaded nothing of the message, or no more of it, before it had seen the mark.
    LooksFirst,
    /// The loads were not seen, for this reason.
    Unseen(&'static str),
}

/// In whichever of its first loads of the message `take` is interrupted: it prints a whole message.
pub(super) fn come_too_early(context: &mut CheckContext) -> Verdict {
    if !can_be_shown(context) {
        context.could_not_be_made(PROMISE, NEEDS.into());
        return Ok(());
    }
    for load in 1..=WORDS.len() {
        match interrupted(context, load)? {
            Try::Right => {}
            Try::LooksFirst => break,
            Try::Unseen(why) => {
                context.could_not_be_made(PROMISE, why.into());
                break;
            }
        }
    }
    Ok(())
}

/// `post` comes in just after this load of the message, counted from 1.
fn interrupted(context: &mut CheckContext, load: usize) -> Verdict<Try> {
    let file = context.new_work_directory()?.write("FILE", &emptied(FIRST))?;
    let mut loads = Loads::of(FileId::of(&file).step("fstat")?);
    let [take, post] = [TAKE, POST].map(|arguments| context.start(arguments));
    let post = post.without_syscall_tracing();
    let mut sandbox = context.sandbox()?;
    sandbox.tree().tick().step("timer_settime")?;
    let take = sandbox.start(&take)?;
    sandbox.resume(take, Resume::ToReportedSyscall, 0)?;
    let Some((stopped, word)) = loads.until(&mut sandbox, load)? else {
        return Ok(match loads.has_seen_some() {
            _ if !loads.is_complete => Try::Unseen(NO_WATCHPOINTS),
            true => Try::LooksFirst,
            false => Try::Unseen(NO_LOAD),
        });
    };
    let post = sandbox.start(&post)?;
    sandbox.resume(post, Resume::Freely, 0)?;
    loads.run(&mut sandbox, Some(post), Instant::now() + AT_MOST)?;
    sandbox.resume(stopped, Resume::ToReportedSyscall, 0)?;
    let ending = loads.run(&mut sandbox, Some(take), Instant::now() + 2 * AT_MOST)?;
    // Any other ending has other reasons, which other checks find.
    let printed = sandbox.outputs(take).0.text();
    if ending != Some(Ending::Exited(0)) || printed == format!("{SECOND}\n") {
        return Ok(Try::Right);
    }
    let expected = format!("`take` prints {}", shown(&format!("{SECOND}\n")));
    let finding = Finding::new("loads-too-early", expected, shown(&printed));
    Err(CheckError::from(finding.details([
        format!("FILE was an empty box, in which an older message was left: {}", shown(FIRST)),
        format!(
            "`full` was 0. Just after `take` had loaded {word}, `post` stored its whole message and marked \
             the box full. Then `take` went on"
        ),
    ])))
}

/// The loads of `take`.
struct Loads {
    file: FileId,
    /// Where FILE is mapped.
    start: Option<u64>,
    watched: BTreeSet<Pid>,
    is_complete: bool,
    entered: BTreeMap<Pid, Call>,
    of_full: u32,
    of_message: usize,
}

impl Loads {
    fn of(file: FileId) -> Self {
        Self {
            file,
            start: None,
            watched: BTreeSet::new(),
            is_complete: true,
            entered: BTreeMap::new(),
            of_full: 0,
            of_message: 0,
        }
    }

    fn has_seen_some(&self) -> bool {
        self.of_full > 0 || self.of_message > 0
    }

    /// Lets `take` go on until just after this load of the message: which thread has stopped there, and what
    /// it has loaded. `None`: it does not come to such a load.
    fn until(
        &mut self,
        sandbox: &mut Sandbox,
        load: usize,
    ) -> Verdict<Option<(Pid, &'static str)>> {
        let (began, mut last) = (Instant::now(), Instant::now());
        loop {
            let has_looked = self.of_full >= LOOKS && self.of_message == 0;
            let is_quiet = self.of_full > 0 && last.elapsed() > QUIET;
            if has_looked || is_quiet || began.elapsed() > 2 * AT_MOST {
                return Ok(None);
            }
            let stop = match sandbox.tree().wait_or_tick(true).step(MECHANISM)? {
                Waited::Stop(stop) => stop,
                Waited::Tick => continue,
                Waited::Empty => return Ok(None),
            };
            last = Instant::now();
            let (hit, signal) = self.look(stop)?;
            let loaded = WORDS.iter().enumerate().find(|(place, _)| hit & 1 << place != 0);
            // An instruction that loads `full`, too, has looked at it.
            match loaded {
                Some((0, _)) => self.of_full += 1,
                Some((_, (_, word))) => {
                    self.of_message += 1;
                    if self.of_message == load {
                        return Ok(Some((stop.pid(), word)));
                    }
                }
                None => {}
            }
            go_on(sandbox, stop, Resume::ToReportedSyscall, signal)?;
        }
    }

    /// Lets all that are not stopped go on until this process has ended: how it did. `None`: it has not.
    fn run(
        &mut self,
        sandbox: &mut Sandbox,
        process: Option<Pid>,
        deadline: Instant,
    ) -> Verdict<Option<Ending>> {
        while Instant::now() < deadline {
            let stop = match sandbox.tree().wait_or_tick(true).step(MECHANISM)? {
                Waited::Stop(stop) => stop,
                Waited::Tick => continue,
                Waited::Empty => return Ok(None),
            };
            if let Stop::Exited(pid, ending) = stop
                && Some(pid) == process
            {
                return Ok(Some(ending));
            }
            let (_, signal) = self.look(stop)?;
            let is_takes =
                self.watched.contains(&stop.pid()) || self.entered.contains_key(&stop.pid());
            let how = if is_takes { Resume::ToReportedSyscall } else { Resume::Freely };
            go_on(sandbox, stop, how, signal)?;
        }
        Ok(None)
    }

    /// What a stop shows: which of the words were loaded, and the signal that the program must get.
    fn look(&mut self, stop: Stop) -> Verdict<(u8, i32)> {
        match stop {
            Stop::SyscallEntry(pid, call) => {
                self.watch(pid)?;
                self.entered.insert(pid, Call::entered(pid, call).step(MECHANISM)?);
            }
            Stop::SyscallExit { pid, result } => {
                if let Some(call) = self.entered.remove(&pid) {
                    hide_tracer(pid, call.number, call.arguments, result).step(MECHANISM)?;
                    self.note_mapping(&call.returned(result).step(MECHANISM)?);
                }
                self.watch(pid)?;
            }
            Stop::Signal(pid, libc::SIGTRAP) if has_accessed_the_word(pid).step(MECHANISM)? => {
                return Ok((accessed_words(pid).step(MECHANISM)?, 0));
            }
            Stop::Signal(_, signal) => return Ok((0, signal)),
            _ => {}
        }
        Ok((0, 0))
    }

    fn note_mapping(&mut self, call: &Call) {
        let [.., offset] = call.arguments;
        if call.does() == Use::Maps && call.is_about(self.file) && offset == 0 {
            let mapped = call.result.filter(|result| *result > 0).map(i64::cast_unsigned);
            self.start = mapped.or(self.start);
            self.watched.clear();
        }
    }

    fn watch(&mut self, pid: Pid) -> Verdict {
        if let Some(start) = self.start
            && self.watched.insert(pid)
        {
            let words = WORDS.map(|(place, _)| start + place);
            self.is_complete &= watch_words(pid, &words).step(MECHANISM)?;
        }
        Ok(())
    }
}

fn go_on(sandbox: &mut Sandbox, stop: Stop, how: Resume, signal: i32) -> Verdict {
    match stop {
        Stop::Exited(..) => Ok(()),
        stop => Ok(sandbox.resume(stop.pid(), how, signal)?),
    }
}
