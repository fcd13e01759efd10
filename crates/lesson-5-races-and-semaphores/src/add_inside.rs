//! The lost update once more, inside: A enters, loads, and lets B run; B has to wait, asleep.
//! `cargo lesson-5` plays it with the semaphores.

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use common::{Context, Peer, Result, Stage, say};

use crate::sys::Page;
use crate::turnstile::{self, COUNT};
use crate::{Attempt, Primitive, waiting};

/// The play: this process is A.
///
/// # Errors
/// The system's, on the step that failed.
pub fn two(stage: &Stage, primitive: Primitive) -> Result<()> {
    let place = primitive.new_place(&stage.scratch, "inside")?;
    let counter = stage.scratch.path().join(format!("counter-{primitive}"));
    let page = turnstile::new_page(&counter)?;
    let mut lock = primitive.open(&place)?;
    let mut b = Peer::start([
        Path::new("second"),
        Path::new("add-inside"),
        Path::new(primitive.name()),
        &place,
        &counter,
    ])?;
    lock.enter().step_on("enter", &place)?;
    let seen = page.word(COUNT).load(Relaxed);
    say!("   A enters, loads {seen}")?;
    b.tell("your turn")?;
    say!("       {}", b.hear()?)?;
    waiting::until_waiting_in(b.process.id(), primitive.waits_in())?;
    page_view::pause()?;
    page.word(COUNT).store(seen + 1, Relaxed);
    say!("   A stores {}, leaves", seen + 1)?;
    lock.leave().step_on("leave", &place)?;
    turnstile::relay(&mut b)?;
    say!("   count: {} (expected 2)", page.word(COUNT).load(Relaxed))
}

/// The second process's part.
///
/// # Errors
/// The system's, on the step that failed.
pub fn second(primitive: Primitive, place: &Path, counter: &Path) -> Result<()> {
    let page: Page = turnstile::map(counter)?;
    let mut lock = primitive.open(place)?;
    io::stdin().read_line(&mut String::new()).step("wait for the first process")?;
    if lock.try_enter().step_on("try to enter", place)? != Attempt::Busy {
        return say!("B is in as well!");
    }
    say!("B finds it busy, sleeps")?;
    lock.enter().step_on("enter", place)?;
    let seen = page.word(COUNT).load(Relaxed);
    page.word(COUNT).store(seen + 1, Relaxed);
    lock.leave().step_on("leave", place)?;
    say!("B enters, loads {seen}, stores {}, leaves", seen + 1)
}
