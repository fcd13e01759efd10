//! Two processes store at the same moment, each in its own byte, and then load the other's byte. Both
//! may load the old value: a processor core keeps its latest stores in its store buffer for a while.

use std::hint::spin_loop;
use std::io;
use std::sync::atomic::{Ordering::Acquire, Ordering::Release, Ordering::SeqCst, fence};

use common::{Context, Result, allowed_cpus, page_size, pin_to, say};

use crate::{Bytes, sys};

/// Rounds until the scenario gives up. In one run of ten it takes more than a million.
const MOST: u32 = 10_000_000;
/// Rounds with a fence between the store and the load.
const FENCED: u32 = 20_000;

/// A side's bytes are this far apart, so that no two are on one cache line.
const LINE: usize = 256;
/// The byte that side A stores and side B loads, and the other way round.
const VALUE: [usize; 2] = [0, LINE];
const READY: [usize; 2] = [2 * LINE, 3 * LINE];
const SAW_OLD: [usize; 2] = [4 * LINE, 5 * LINE];
const DONE: [usize; 2] = [6 * LINE, 7 * LINE];

/// Plays rounds without a fence until both sides load the old value in one round, then rounds with
/// a fence.
pub(super) fn both_load_the_old_value() -> Result<()> {
    let cpus = allowed_cpus()?;
    say!("cpus {}", cpus.len())?;
    let [first, second, ..] = cpus[..] else { return Ok(()) };
    let bytes = Bytes::of(&super::new_file()?, page_size()).step("mmap")?;
    let play = |side, until_seen: bool| -> io::Result<Option<u32>> {
        let cpu = [first, second][side];
        pin_to(&[cpu]).map_err(io::Error::other)?;
        let rounds = if until_seen { MOST } else { FENCED };
        Ok((1..=rounds).find(|round| both_old(&bytes, side, *round, !until_seen)))
    };
    for (name, until_seen) in [("without-a-fence", true), ("with-a-fence", false)] {
        // Numbers that the other part has left would mislead `meet`.
        READY.into_iter().chain(DONE).for_each(|place| bytes.store(place, 0));
        let child = sys::fork(|| u8::from(play(1, until_seen).is_err())).step("fork")?;
        let seen = play(0, until_seen).step("pin")?;
        say!("{name} {}", if seen.is_some() { "both-old" } else { "never" })?;
        say!("{name}-rounds {}", seen.unwrap_or(if until_seen { MOST } else { FENCED }))?;
        say!("{name}-child {:?}", child.wait().step("waitpid")?.code())?;
    }
    Ok(())
}

/// One round of one side: whether both sides loaded the old value. Both sides return the same.
fn both_old(bytes: &Bytes, side: usize, round: u32, fenced: bool) -> bool {
    let other = 1 - side;
    let new = round.to_le_bytes()[0]; // Differs from the round before.
    meet(bytes, READY, side, new);
    bytes.store(VALUE[side], new);
    if fenced {
        fence(SeqCst);
    }
    let saw_old = bytes.load(VALUE[other]) != new;
    bytes.store(SAW_OLD[side], saw_old.into());
    meet(bytes, DONE, side, new);
    saw_old && bytes.load(SAW_OLD[other]) == 1
}

/// Waits until the other side has come here as well, in the same round.
fn meet(bytes: &Bytes, place: [usize; 2], side: usize, round: u8) {
    fence(Release);
    bytes.store(place[side], round);
    while bytes.load(place[1 - side]) != round {
        spin_loop();
    }
    fence(Acquire);
}
