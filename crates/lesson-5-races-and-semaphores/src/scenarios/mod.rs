//! Scenarios: what a claim needs a process of its own for. The tests start a scenario and judge it.

mod actor;
mod making;
mod misuse;

use std::io;
use std::path::Path;
use std::time::Duration;

use common::{Context, Failure, Result, Scratch, Stage, say};
use rand::{SeedableRng, rngs::StdRng};

use crate::crash_matrix::Next;
use crate::sys::deadline_on;
use crate::{
    Primitive, add_under_lock, atomic_addition, crash_matrix, lost_update, no_lock_stops_a_process,
    robust_mutex, test_then_set, torn_record,
};

/// Plays the scenario `name`. It works on files in the current directory, or, if it is a step of the
/// story, in a scratch directory of its own.
///
/// # Errors
/// Those of the scenario; that there is no scenario of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        "actor" => return actor::run(),
        "actor-after-exec" => return say!("ok").and_then(|()| actor::run()),
        "make" => return making::make(),
        "make-and-stop-half-way" => return making::make_and_stop_half_way(),
        _ => {}
    }
    let mut stage = Stage { scratch: Scratch::new()?, random: StdRng::seed_from_u64(0) };
    match name {
        "lost-update" => lost_update::show(&mut stage),
        "atomic-addition" => atomic_addition::show(&mut stage),
        "torn-record" => torn_record::show(&mut stage),
        "test-then-set" => test_then_set::show(&mut stage),
        "robust-mutex" => robust_mutex::show(&mut stage),
        "make-a-name-and-wait" => {
            let place = Primitive::NamedSemaphore.new_place(&stage.scratch, "left")?;
            say!("{}", place.display())?;
            io::stdin().read_line(&mut String::new()).map(drop).step("wait to be killed")
        }
        "add-inside" => {
            Primitive::ALL.iter().try_for_each(|each| add_under_lock::two(&stage, *each))
        }
        "crash-matrix" => {
            for (primitive, cells) in crash_matrix::matrix(&stage.scratch)? {
                say!("{primitive} {}", cells.map(|cell| format!("{cell:?}")).join(" "))?;
            }
            Ok(())
        }
        "killed-observers" => killed_observers(&stage.scratch),
        "barge-in" => {
            for (primitive, attempt, count) in no_lock_stops_a_process::barge_in(&stage.scratch)? {
                say!("{primitive} {attempt:?} {count}")?;
            }
            Ok(())
        }
        _ => Err(Failure::refusal("play", Path::new(name), "no such scenario")),
    }
}

/// Two observers of a lock are killed: one before its answer is heard, one while it waits. Says whether
/// the crash matrix takes each for a process that still waits.
fn killed_observers(scratch: &Scratch) -> Result<()> {
    let (primitive, place) = (Primitive::Flock, scratch.path().join("held"));
    let mut lock = primitive.open(&place)?;
    lock.lock().step_on("lock", &place)?;
    for hears in [false, true] {
        let late = scratch.path().join(format!("late-{hears}"));
        let mut next = Next::start(primitive, &place, &late)?;
        let mut answer = String::new();
        if hears {
            answer = next.process.hear()?;
        }
        next.process.kill()?;
        let deadline = deadline_on(libc::CLOCK_MONOTONIC, Duration::ZERO).step("clock_gettime")?;
        let outcome = next.outcome(&answer, &deadline);
        say!("answer {answer:?}: {:?}", outcome.map_err(|error| error.to_string()))?;
    }
    Ok(())
}
