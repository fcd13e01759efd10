//! The lost update again, now under a lock: A locks, loads, and lets B run; B has to wait, asleep.
//! `cargo lesson-5` runs it with both kinds of semaphore.

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use common::{Context, Peer, Result, Stage, compare, say};

use crate::second_process::until_waiting_in;
use crate::sys::Page;
use crate::turnstile::{self, COUNT};
use crate::{Attempt, Primitive};

/// Runs both processes; this process is A.
///
/// # Errors
/// Those of the step that failed.
pub fn two(stage: &Stage, primitive: Primitive) -> Result<()> {
    let place = primitive.new_place(&stage.scratch, "turnstile")?;
    let counter = stage.scratch.path().join(format!("counter-{primitive}"));
    let page = turnstile::new_page(&counter)?;
    let mut lock = primitive.open(&place)?;
    let mut b = Peer::start([
        Path::new("second"),
        Path::new("add-under-lock"),
        Path::new(primitive.name()),
        &place,
        &counter,
    ])?;
    lock.lock().step_on("lock", &place)?;
    let seen = page.word(COUNT).load(Relaxed);
    say!("   A locks, loads {seen}")?;
    page_view::event("process A", &format!("locks, loads {seen}"))?;
    b.tell("your turn")?;
    say!("       {}", b.hear()?)?;
    until_waiting_in(b.process.id(), primitive.waits_in())?;
    page_view::event_asleep("process B", "finds it locked")?;
    page_view::look("B sleeps until A unlocks")?;
    page.word(COUNT).store(seen + 1, Relaxed);
    say!("   A stores {}, unlocks", seen + 1)?;
    lock.unlock().step_on("unlock", &place)?;
    page_view::event_to("process A", "process B", &format!("stores {}, unlocks", seen + 1))?;
    turnstile::relay(&mut b)?;
    compare("count: ", page.word(COUNT).load(Relaxed), 2)
}

/// The second process's part.
///
/// # Errors
/// Those of the step that failed.
pub fn second(primitive: Primitive, place: &Path, counter: &Path) -> Result<()> {
    let page: Page = turnstile::map(counter)?;
    let mut lock = primitive.open(place)?;
    io::stdin().read_line(&mut String::new()).step("wait for the first process")?;
    if lock.try_lock().step_on("try to lock", place)? != Attempt::Busy {
        return say!("B has also locked: two processes hold the lock");
    }
    say!("B finds it locked, sleeps")?;
    lock.lock().step_on("lock", place)?;
    let seen = page.word(COUNT).load(Relaxed);
    page.word(COUNT).store(seen + 1, Relaxed);
    lock.unlock().step_on("unlock", place)?;
    say!("B locks, loads {seen}, stores {}, unlocks", seen + 1)
}
