//! When a process cannot go on alone: it sleeps in the kernel, or turns in a loop.
//!
//! Whatever is decided here, every run stays a run that two real processes can make: a process that
//! is taken for blocked too early only gives up its turn. So a decision can miss a schedule, and
//! never accuse a program of something that cannot happen.

use std::fs;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

use super::calls::Wait;
use super::task::Call;
use super::world::World;

/// Sleeps in a row without getting anywhere; all but the last are skipped, so that they cost
/// nothing.
const SLEEPS: u32 = 3;
/// Turns of a loop that yields, tries a lock, or exchanges a lock's word for the same.
const TURNS: u32 = 60;
/// Calls of any other kind: an interpreter makes hundreds before its first line.
const CALLS: u32 = 4_000;
/// Processor time without a call or a store, in nanoseconds, once the file is mapped; and before.
const SPIN: u64 = 5_000_000;
const SPIN_BEFORE: u64 = 300_000_000;

/// How long one side has been getting nowhere.
#[derive(Default)]
pub(super) struct Idle {
    sleeps: u32,
    turns: u32,
    calls: u32,
    /// Everything that was reported of it, to see whether anything was since the last look.
    pub(super) moves: u64,
    /// The moves and the processor time at the first of the looks at which nothing was new.
    quiet: Option<(u64, u64)>,
}

impl Idle {
    /// It stored something new, or made a call that gets it somewhere.
    pub(super) fn progress(&mut self) {
        (self.sleeps, self.turns, self.calls) = (0, 0, 0);
        self.moves += 1;
    }

    /// It exchanged a word for the same: a turn of a waiting loop.
    pub(super) fn turn(&mut self) -> Option<&'static str> {
        self.moves += 1;
        self.turns += 1;
        (self.turns > TURNS).then_some("tries, fails and tries again")
    }

    /// It begins a call. What it waits in, if this is one turn too many.
    pub(super) fn call(&mut self, call: &Call) -> Option<&'static str> {
        self.moves += 1;
        if call.is_progress() {
            self.progress();
            return None;
        }
        let (count, most) = match call.wait() {
            Some(Wait::Sleep) => (&mut self.sleeps, SLEEPS),
            Some(Wait::Turn) => (&mut self.turns, TURNS),
            None => (&mut self.calls, CALLS),
        };
        *count += 1;
        (*count >= most).then_some(match call.wait() {
            Some(Wait::Sleep) => call.waits_for(),
            Some(Wait::Turn) => "tries, fails and tries again",
            None => "makes calls and gets nowhere",
        })
    }
}

/// Is the task asleep in a system call?
pub(super) fn sleeps(tid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{tid}/stat")).unwrap_or_default();
    // The state follows the name, which may itself hold parentheses.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
}

/// The processor time of a process, in nanoseconds.
pub(super) fn processor_time(process: Pid) -> Option<u64> {
    let clock = ClockId::pid_cpu_clock_id(process).ok()?;
    let time = clock_gettime(clock).ok()?;
    u64::try_from(time.tv_sec())
        .ok()?
        .checked_mul(1_000_000_000)?
        .checked_add(u64::try_from(time.tv_nsec()).ok()?)
}

impl World {
    /// Why none of these sides can go on alone, if that is so.
    pub(super) fn cannot_go_on(&mut self, sides: &[usize]) -> Option<&'static str> {
        if self.patient {
            return None;
        }
        if let Some(waits) = self.all_asleep(sides) {
            // A wake-up may have come between two looks: then its report is there by now.
            return match self.collect(false) {
                Ok(false) => Some(waits),
                _ => None,
            };
        }
        sides.iter().find_map(|side| self.spins(*side))
    }

    /// Do all tasks of these sides sleep in the kernel? What the last of them waits for.
    pub(super) fn all_asleep(&self, sides: &[usize]) -> Option<&'static str> {
        let mut waits = None;
        for task in self.tasks.values().filter(|task| sides.contains(&task.side)) {
            match task.call {
                Some(call) if task.running && sleeps(task.tid) => waits = Some(call.waits_for()),
                _ => return None,
            }
        }
        waits
    }

    /// Is everybody asleep in a call that only another of them could end?
    pub(super) fn is_stuck_for_ever(&mut self) -> bool {
        let for_ever = |task: &super::task::Task| {
            task.running && task.call.is_some_and(|call| call.waits_for_ever()) && sleeps(task.tid)
        };
        !self.tasks.is_empty()
            && self.tasks.values().all(for_ever)
            && matches!(self.collect(false), Ok(false))
    }

    /// Has the side used processor time without a call or a store?
    fn spins(&mut self, side: usize) -> Option<&'static str> {
        let moves = self.sides[side].idle.moves;
        let now = processor_time(Pid::from_raw(self.sides[side].process))?;
        let (since_moves, since) = *self.sides[side].idle.quiet.get_or_insert((moves, now));
        if since_moves != moves {
            self.sides[side].idle.quiet = Some((moves, now));
            return None;
        }
        let maps = |task: &super::task::Task| !task.space.borrow().regions.is_empty();
        let mapped = self.tasks.values().any(|task| task.side == side && maps(task));
        let most = if mapped { SPIN } else { SPIN_BEFORE };
        (now - since > most).then_some("turns in a loop, looking at memory")
    }
}
