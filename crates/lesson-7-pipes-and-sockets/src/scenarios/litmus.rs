//! Two processes store at the same moment, each in its own word, and then load the other's word, as the
//! sender and the receiver of a ring do. Both may load the old value, because a CPU may load before its
//! own earlier store reaches other CPUs. A fence in one of the two processes doesn't prevent it. A fence
//! and `membarrier` in this process do.

use std::fs::File;
use std::hint::spin_loop;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::sync::atomic::fence;

use common::{Context, Peer, Result, allowed_cpus, pin_to, say};

use crate::atomics::AtomicU32;
use crate::barrier;
use crate::futex;
use crate::sys::Shared;

/// Rounds without `membarrier` until the scenario gives up.
const MOST: u32 = 10_000_000;
/// Rounds with `membarrier`, for each round that the scenario needed without it: so many that the same
/// result would have come again by now.
const WITH: u32 = 30;
/// The fewest and the most rounds with `membarrier`.
const LIMITS: (u32, u32) = (2_000, 100_000);
/// After so many rounds, the scenario reports that it goes on. On a busy machine all of them take minutes.
const REPORT: u32 = 500;

/// Words are this far apart, so that no two are on one cache line.
const LINE: usize = 256;
/// The word that each process stores and the other process loads.
const VALUE: [usize; 2] = [0, LINE];
const READY: [usize; 2] = [2 * LINE, 3 * LINE];
const SAW_OLD: [usize; 2] = [4 * LINE, 5 * LINE];
const DONE: [usize; 2] = [6 * LINE, 7 * LINE];
/// Whether a process sleeps until the other one comes.
const ASLEEP: [usize; 2] = [8 * LINE, 9 * LINE];
const BYTES: usize = 10 * LINE;

/// How often a process looks for the other one before it sleeps: much longer than a round takes if both
/// have a CPU.
const SPINS: u32 = 10_000;

/// The sides.
const HEAVY: usize = 0;
const LIGHT: usize = 1;

/// What a process runs between its store and its load.
type Between = fn() -> Result<()>;

/// Plays rounds with a fence in this process until both processes load the old value in one round. Then
/// plays rounds in which this process also calls `membarrier`.
pub(super) fn play() -> Result<()> {
    let cpus = allowed_cpus()?;
    say!("cpus {}", cpus.len())?;
    let [first, second, ..] = cpus[..] else { return Ok(()) };
    pin_to(&[first])?;
    let without: Between = || {
        fence(SeqCst);
        Ok(())
    };
    let with: Between = || barrier::heavy().step("membarrier");
    let mut most = MOST;
    for (name, between) in [("without", without), ("with", with)] {
        let path = Path::new(name);
        let file = File::create_new(path).step_on("create", path)?;
        file.set_len(BYTES as u64).step("ftruncate")?;
        let part = ["second", "litmus", name, &most.to_string(), &second.to_string()];
        let mut other = Peer::start(part)?;
        let seen = both_old(path, HEAVY, most, between)?;
        say!("{name} {}", if seen.is_some() { "both-old" } else { "never" })?;
        say!("{name}-rounds {}", seen.unwrap_or(most))?;
        say!("{name}-other {}", other.wait()?)?;
        most = seen.unwrap_or(most).saturating_mul(WITH).clamp(LIMITS.0, LIMITS.1);
    }
    Ok(())
}

/// The part of the second process, which runs only the light half of the fence.
pub(crate) fn light(path: &Path, rounds: u32, cpu: usize) -> Result<()> {
    pin_to(&[cpu])?;
    let light: Between = || {
        barrier::light();
        Ok(())
    };
    both_old(path, LIGHT, rounds, light).map(drop)
}

/// Whether the other process has come to `round`. If not, the processor may rest for a moment.
fn arrived(theirs: &AtomicU32, round: u32) -> bool {
    let arrived = theirs.load(Acquire) == round;
    if !arrived {
        spin_loop();
    }
    arrived
}

/// Plays the rounds of one side. Returns the first round in which both sides loaded the old value.
fn both_old(path: &Path, side: usize, rounds: u32, between: Between) -> Result<Option<u32>> {
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    let memory = Shared::of(&file, BYTES).step_on("mmap", path)?;
    barrier::register().step("membarrier")?;
    let (word, other) = (|place| memory.word(place), 1 - side);
    let meet = |place: [usize; 2], round: u32| -> io::Result<()> {
        let (own, theirs) = (word(place[side]), word(place[other]));
        // SeqCst: either this side sees that the other sleeps, or the kernel sees this store. It pairs
        // with the store of ASLEEP below, and with `Acquire` on the other side.
        own.store(round, SeqCst);
        if word(ASLEEP[other]).load(SeqCst) == 1 {
            futex::wake(own)?;
        }
        if (0..SPINS).any(|_| arrived(theirs, round)) {
            return Ok(());
        }
        // The other process has no CPU. So this one gives up its own: a busy machine has other work.
        word(ASLEEP[side]).store(1, SeqCst);
        while !arrived(theirs, round) {
            futex::wait(theirs, round.wrapping_sub(1))?;
        }
        word(ASLEEP[side]).store(0, Relaxed);
        Ok(())
    };
    for round in 1..=rounds {
        if side == HEAVY && round % REPORT == 0 {
            say!("round {round}")?;
        }
        meet(READY, round).step("meet")?;
        word(VALUE[side]).store(round, Relaxed);
        between()?;
        let saw_old = word(VALUE[other]).load(Relaxed) != round;
        word(SAW_OLD[side]).store(saw_old.into(), Relaxed);
        meet(DONE, round).step("meet")?;
        if saw_old && word(SAW_OLD[other]).load(Relaxed) == 1 {
            return Ok(Some(round));
        }
    }
    Ok(None)
}
