//! Runs without a tracer. A program can find out in many ways that it is traced, and wait only then. Here the judge
//! looks at what the program does when it is not traced.
//!
//! - One `post` and one `take` at once, in turns: each message is taken once, and whole.
//! - One `post` after another, beside a `take` of the judge's own, and one `take` after another, beside its `post`.
//!   If a program marks the box too early, the judge notices it only if this counterpart comes at the right moment. So
//!   the counterpart looks at FILE all the time.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use common::Context;
use sandbox::{InTurn, Sandbox};
use tracer::{Came, Ending, MECHANISM, Stop, Untraced, Waited, processors};

use super::{LONGEST, emptied, full_of, word};
use crate::counted::counted;
use crate::counterpart::{self, Does};
use crate::exercises::{CheckContext, draw};
use crate::expect::{said, shown};
use crate::observe::killed_for;
use crate::verdict::{CheckError, Finding, Verdict};

/// What this part of the check promises.
const PROMISE: &str =
    "`post` and `take` at once, without a tracer: each message is taken once, and whole";
/// After five seconds, a process that waits may give up. What is wrong then is not known to be the program's fault.
const AT_MOST: Duration = Duration::from_millis(4500);
/// A process that uses this much CPU time more than a start takes spins in a loop.
const SPINS: Duration = Duration::from_millis(50);
/// How many messages are posted, and how many are taken, while the judge looks.
const LOOKED_AT: usize = 12;

/// Each message is taken once, and whole, and is whole when it is marked full.
pub(super) fn messages(context: &mut CheckContext) -> Verdict {
    if context.settings().machine.tracing {
        processors::unpin();
    }
    let judged = again_if_busy(context, in_turns);
    let judged = judged.and_then(|()| again_if_busy(context, looked_at));
    match context.settings().machine.tracing {
        true => processors::pin(),
        false => processors::unpin(),
    }
    match judged {
        Err(CheckError::Cannot(why)) => {
            context.could_not_be_made(PROMISE, why);
            Ok(())
        }
        judged => judged,
    }
}

/// Judges, and judges again if that took too long: on a busy machine, the next try may be fast enough.
fn again_if_busy(context: &mut CheckContext, judge: fn(&mut CheckContext) -> Verdict) -> Verdict {
    const AGAIN: usize = 2;
    for _ in 0..AGAIN {
        match judge(context) {
            Err(CheckError::Cannot(_)) => {}
            judged => return judged,
        }
    }
    judge(context)
}

/// `post` finds a full box and waits for `take`; later, `take` finds an empty box and waits for `post`.
fn in_turns(context: &mut CheckContext) -> Verdict {
    let texts = [(); 3].map(|()| draw::letters(context, 1..200));
    let [there, first, second] = &texts;
    context.new_work_directory()?.write("FILE", &full_of(there))?;
    let calls: [&[&str]; 5] = [
        &["post", "FILE", first],
        &["take", "FILE"],
        &["take", "FILE"],
        &["take", "FILE"],
        &["post", "FILE", second],
    ];
    let mut run = Processes::of(context, &calls)?;
    let mut post = run.start()?;
    if run.until(&mut post, Came::Waits)? == Came::Ended {
        let expected = format!("`post` waits until {} is taken", shown(there));
        return run.wrong(
            "posts-without-waiting",
            expected,
            "it ended before any `take` began: it did not wait".into(),
        );
    }
    let mut take = run.start()?;
    run.until(&mut take, Came::Ended)?;
    run.until(&mut post, Came::Ended)?;
    run.has_printed(&[there], "torn-message")?;
    let mut take = run.start()?;
    run.until(&mut take, Came::Ended)?;
    run.has_printed(&[there, first], "torn-message")?;
    let mut take = run.start()?;
    if run.until(&mut take, Came::Waits)? == Came::Ended {
        let printed = run.printed();
        let seen = format!(
            "it ended before any `post` began; all that `take` has printed: {}",
            shown(&printed)
        );
        return run.wrong("taken-twice", "`take` waits until the box is full".into(), seen);
    }
    let mut post = run.start()?;
    run.until(&mut post, Came::Ended)?;
    run.until(&mut take, Came::Ended)?;
    run.has_printed(&[there, first, second], "torn-message")?;
    run.must_have_succeeded()?;
    let left = word(&context.read("FILE")?, 0);
    match left {
        Some(0) => Ok(()),
        full => Err(Finding::new(
            "not-marked-empty",
            "in runs without a tracer: when all messages are taken, `full` is 0",
            full.map_or("FILE is too short".into(), |full| format!("`full` is {full}")),
        )
        .into()),
    }
}

/// Long messages, one after another, beside a `take` and a `post` of the judge's own, which look at FILE all the time:
/// when the box is marked full, the message is whole, and when the box is marked empty, `take` has copied the message.
fn looked_at(context: &mut CheckContext) -> Verdict {
    if !processors::has_another() {
        return Ok(()); // Nobody can look while the program runs.
    }
    processors::pin(); // The counterpart has another processor.
    are_posted_whole(context)?;
    are_taken_whole(context)
}

/// `LOOKED_AT` long texts.
fn long_texts(context: &CheckContext) -> Vec<String> {
    (0..LOOKED_AT).map(|_| draw::letters(context, LONGEST - 400..LONGEST)).collect()
}

fn are_posted_whole(context: &mut CheckContext) -> Verdict {
    let texts = long_texts(context);
    let old = draw::letters(context, LONGEST - 1..LONGEST);
    let file = context.new_work_directory()?.write("FILE", &emptied(&old))?;
    let calls: Vec<[&str; 3]> = texts.iter().map(|text| ["post", "FILE", text]).collect();
    let mut run = Processes::of(context, &calls.iter().map(|call| &call[..]).collect::<Vec<_>>())?;
    let (posted, taken) = counterpart::beside(&file, &Does::Take(texts.len()), || {
        for _ in &texts {
            let mut post = run.start()?;
            run.until(&mut post, Came::Ended)?;
            run.until_marked(&file, 0)?;
        }
        run.must_have_succeeded()
    })?;
    // After a message that was not whole, the program and the counterpart may have waited for each other in vain.
    let torn = texts.iter().zip(&taken).find(|(text, taken)| text.as_bytes() != *taken);
    let Some((text, taken)) = torn else { return posted };
    let expected = format!("when `full` has become 1, the whole text is there: {}", shown(text));
    let seen = shown(&String::from_utf8_lossy(taken));
    Err(run.finding("torn-message", expected, seen).into())
}

fn are_taken_whole(context: &mut CheckContext) -> Verdict {
    let texts = long_texts(context);
    let file = context.new_work_directory()?.write("FILE", &emptied(""))?;
    let mut run = Processes::of(context, &vec![&["take", "FILE"][..]; texts.len()])?;
    let (taken, _) = counterpart::beside(&file, &Does::Post(&texts), || {
        for _ in &texts {
            run.until_marked(&file, 1)?;
            let mut take = run.start()?;
            run.until(&mut take, Came::Ended)?;
        }
        run.must_have_succeeded()
    })?;
    let right: String = texts.iter().map(|text| format!("{text}\n")).collect();
    let printed = run.printed();
    if right.starts_with(&printed) {
        return taken;
    }
    let without_ends = printed.replace('\n', "");
    if !without_ends.is_empty() && texts.concat().starts_with(&without_ends) {
        let expected = "`take` prints a newline after each text".into();
        let newlines = counted(printed.matches('\n').count() as u64, "newline");
        let seen = format!("{newlines} in what {} calls of `take` printed", texts.len());
        return Err(run.finding("wrong-output", expected, seen).into());
    }
    // The first message that is not whole. After this message, the program and the counterpart may have waited for each
    // other in vain.
    let lines = texts.iter().map(String::as_str).zip(printed.lines());
    let torn = lines.clone().find(|(text, line)| text != line);
    let (text, line) = torn.unwrap_or(("", &printed));
    let expected = format!(
        "`take` stores 0 in `full` only after it has copied the text; it prints {}",
        shown(text)
    );
    Err(run.finding("emptied-too-early", expected, shown(line)).into())
}

/// Processes of one PID namespace that start one at a time.
struct Processes<'c> {
    sandbox: Sandbox<'c>,
    processes: InTurn,
    spins_after: Duration,
    began: Instant,
    /// How all of them have ended.
    ending: Option<Ending>,
}

impl<'c> Processes<'c> {
    fn of(context: &'c CheckContext, calls: &[&[&str]]) -> Verdict<Self> {
        let start_up = context.start_up()?;
        // A process may have threads that work while it waits.
        let limits = context.limits().of_several(calls.len());
        let mut sandbox = Sandbox::new(context.work_directory(), limits, false)?;
        sandbox.tree().tick().step("timer_settime")?;
        let mut calls = calls.iter();
        let first = context.start(calls.next().copied().unwrap_or_default());
        let start = calls.fold(first, |start, call| start.beside(*call));
        let (processes, began) = (sandbox.in_turn(&start)?, Instant::now());
        let spins_after = 3 * start_up + SPINS;
        Ok(Self { sandbox, processes, spins_after, began, ending: None })
    }

    /// Starts the next of them.
    fn start(&mut self) -> Verdict<Untraced> {
        let pid = self.sandbox.start_next(&mut self.processes, false)?;
        Ok(Untraced::new(pid, self.spins_after))
    }

    /// Waits until a process has ended, or has come as far as `enough` says.
    fn until(&mut self, process: &mut Untraced, enough: Came) -> Verdict<Came> {
        loop {
            let came = process.look().step("look at an untraced process")?;
            self.within_limits()?;
            if came == Came::Ended || came == enough {
                return Ok(came);
            }
            self.in_time()?;
            self.wait()?;
        }
    }

    /// Waits until the counterpart has marked the box.
    fn until_marked(&mut self, file: &File, full: u32) -> Verdict {
        let mut found = [0; size_of::<u32>()];
        while file.read_at(&mut found, 0).step("read FILE")? == 0
            || u32::from_ne_bytes(found) != full
        {
            self.within_limits()?;
            self.in_time()?;
            self.wait()?;
        }
        Ok(())
    }

    fn wait(&mut self) -> Verdict {
        let waited = self.sandbox.tree().wait_or_tick(true).step(MECHANISM)?;
        if let Waited::Stop(Stop::Exited(pid, ending)) = waited
            && pid == self.processes.first()
        {
            self.ending = Some(ending);
        }
        Ok(())
    }

    fn within_limits(&self) -> Verdict {
        match self.sandbox.limit_exceeded()? {
            None => Ok(()),
            Some(limit) => {
                let expected = "`post` and `take`, in a run without a tracer, end";
                Err(killed_for(limit, expected, "together they"))
            }
        }
    }

    /// If too much time has passed, a process may have given up.
    fn in_time(&self) -> Verdict {
        match self.began.elapsed() < AT_MOST {
            true => Ok(()),
            false => Err(CheckError::Cannot(
                "`post` and `take` did not end in time: try again on a machine that is less busy"
                    .into(),
            )),
        }
    }

    /// What is wrong, unless it is wrong only because too much time has passed.
    fn wrong<T>(&self, diagnosis: &'static str, expected: String, seen: String) -> Verdict<T> {
        self.in_time()?;
        Err(self.finding(diagnosis, expected, seen).into())
    }

    fn finding(&self, diagnosis: &'static str, expected: String, seen: String) -> Finding {
        let expected = format!("in runs without a tracer: {expected}");
        let complaint = self.sandbox.outputs(self.processes.first()).1.text();
        Finding::new(diagnosis, expected, seen).details(said(&complaint))
    }

    fn printed(&self) -> String {
        self.sandbox.outputs(self.processes.first()).0.text()
    }

    /// Checks that they have printed only these texts.
    fn has_printed(&self, texts: &[&String], or_else: &'static str) -> Verdict {
        let right: String = texts.iter().map(|text| format!("{text}\n")).collect();
        let printed = self.printed();
        if printed == right {
            return Ok(());
        }
        let expected = format!("so far, `take` has printed {}", shown(&right));
        self.wrong(or_else, expected, shown(&printed))
    }

    /// All of them have ended, with status 0.
    fn must_have_succeeded(&mut self) -> Verdict {
        while self.ending.is_none() {
            self.within_limits()?;
            self.in_time()?;
            self.wait()?;
        }
        self.within_limits()?;
        match self.ending {
            Some(Ending::Exited(0)) => Ok(()),
            Some(Ending::Killed(libc::SIGKILL)) => {
                let expected = "`post` and `take` succeed".into();
                self.wrong("fails-beside-another", expected, "at least one of them fails".into())
            }
            _ => Err(CheckError::Cannot("the judge did not see how the processes ended".into())),
        }
    }
}
