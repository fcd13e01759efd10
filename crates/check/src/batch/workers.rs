//! The processes that judge: one per submission, as many at once as there are processors.

use std::collections::BTreeSet;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use common::{Context, Failure, Result, Scratch};
use std::path::Path;

use super::entry::Entry;
use super::students::Submission;
use crate::report::Report;

/// Submissions that wait, and whose are being judged.
struct Queue {
    waiting: Vec<Submission>,
    busy: BTreeSet<String>,
}

/// What all submissions share.
struct Class {
    /// Where the judges' locks are.
    scratch: Scratch,
    /// From what the inputs are drawn: every student gets the same ones.
    seed: u64,
}

/// Set by the first SIGINT or SIGTERM: no further submission is begun.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Judges all, with inputs drawn from this seed, and hands each result to `done`, which must not fail.
/// Returns whether a signal stopped it.
///
/// # Errors
/// What `done` says; threads or signal handlers that cannot be made.
pub(super) fn run(
    mut submissions: Vec<Submission>,
    seed: u64,
    mut done: impl FnMut(Entry) -> Result<()>,
) -> Result<bool> {
    let stop = || STOPPED.store(true, Ordering::Relaxed);
    ctrlc::set_handler(stop).map_err(std::io::Error::other).step("handle SIGINT")?;
    submissions.reverse(); // The first is taken from the end.
    let queue = Mutex::new(Queue { waiting: submissions, busy: BTreeSet::new() });
    let (is_free, class) = (Condvar::new(), Class { scratch: Scratch::new()?, seed });
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let (sender, results) = channel();
    thread::scope(|scope| {
        for place in 0..workers {
            let (sender, queue, is_free, class) = (sender.clone(), &queue, &is_free, &class);
            scope.spawn(move || work(place, queue, is_free, class, &sender));
        }
        drop(sender);
        // A failure stops the workers, and is told when they have ended.
        let mut failed = Ok(());
        for entry in results {
            if failed.is_ok() {
                failed = done(entry);
                if failed.is_err() {
                    stop();
                }
            }
        }
        failed
    })?;
    Ok(STOPPED.load(Ordering::Relaxed))
}

/// Judges one submission after another, until none is left.
fn work(
    place: usize,
    queue: &Mutex<Queue>,
    is_free: &Condvar,
    class: &Class,
    sender: &Sender<Entry>,
) {
    while let Some(submission) = next(queue, is_free) {
        let entry = judge_submission(&submission, place, class);
        locked(queue).busy.remove(&submission.student);
        is_free.notify_all();
        // What a signal has ended is no result.
        if STOPPED.load(Ordering::Relaxed) || sender.send(entry).is_err() {
            return;
        }
    }
}

/// The next submission of a student of whom none is being judged; `None` if there is nothing to do.
fn next(queue: &Mutex<Queue>, is_free: &Condvar) -> Option<Submission> {
    let mut queue = locked(queue);
    loop {
        if STOPPED.load(Ordering::Relaxed) || queue.waiting.is_empty() {
            return None;
        }
        let free = queue.waiting.iter().rposition(|one| !queue.busy.contains(&one.student));
        if let Some(at) = free {
            let submission = queue.waiting.remove(at);
            queue.busy.insert(submission.student.clone());
            return Some(submission);
        }
        queue = is_free.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}

fn locked(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Judges one submission in a process of its own: what goes wrong there is one result.
fn judge_submission(submission: &Submission, place: usize, class: &Class) -> Entry {
    let Some(file) = &submission.file else { return Entry::missing(submission) };
    let output = started(submission, file, place, class)
        .and_then(|child| child.wait_with_output().step_on("wait for the judge of", file));
    match output.and_then(|output| report(file, &output)) {
        Ok(report) => Entry::judged(submission, report),
        Err(failure) => Entry::fault(submission, failure.to_string()),
    }
}

fn started(submission: &Submission, file: &Path, place: usize, class: &Class) -> Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    command
        .arg("submission")
        .arg(submission.exercise.to_string())
        .arg(std::path::absolute(file).step_on("resolve", file)?);
    command.args(["--place", &place.to_string(), "--seed", &class.seed.to_string()]);
    command.arg("--timing").arg(class.scratch.path().join("timing"));
    command.env("LESSON_PARENT", std::process::id().to_string()); // It ends with this process.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().step_on("start the judge of", file)
}

/// The report that the judge has printed.
fn report(file: &Path, output: &Output) -> Result<Report> {
    let report = serde_json::from_slice(&output.stdout);
    report.map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Failure::refusal("judge", file, format!("{}: {said}", output.status))
    })
}
