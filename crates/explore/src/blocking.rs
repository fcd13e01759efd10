//! When a process cannot go on alone: it sleeps in the kernel, or turns in a loop.
//!
//! Whatever is decided here, every run stays a run that two real processes can make: a process that
//! is taken for blocked too early only gives up its turn. So a decision can miss a schedule, and
//! never accuse a program of something that cannot happen.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use nix::unistd::Pid;
use tracer::arch::legacy;
use tracer::{Stat, Syscall};
pub(crate) use tracer::{sleeps, sleeps_soundly};

use crate::operations::{Operations, Wait};
use crate::requests::Blocked;

/// Sleeps in a row without getting anywhere; all but the last are skipped, so that they cost
/// nothing.
const SLEEPS: u32 = 3;
/// Iterations of a loop that yields, tries a lock, or exchanges a lock's word for an equal value.
const ITERATIONS: u32 = 60;
/// Calls of any other kind: an interpreter makes hundreds before its first line.
const CALLS: u32 = 4_000;
/// So many of them in a row, and the actor does not wait: it works at something.
const WORKS: u32 = 100;
/// CPU time without a call or a store, once the file is mapped; and before.
const SPIN: Duration = Duration::from_millis(5);
const SPIN_BEFORE: Duration = Duration::from_millis(300);

/// How long one actor has been getting nowhere.
#[derive(Default)]
pub(crate) struct Idle {
    sleeps: u32,
    iterations: u32,
    calls: u32,
    /// Everything that was reported of it, to see whether anything was since the last look.
    pub(crate) moves: u64,
    /// The moves and the CPU time at the first of the looks at which nothing was new.
    quiet: Option<(u64, Duration)>,
    /// How often it has made each call that gets it somewhere: a loop that waits may map or open the file
    /// again at each look.
    again: BTreeMap<[u64; 5], u32>,
}

impl Idle {
    /// It stored something new, or made a call that gets it somewhere.
    pub(crate) fn progress(&mut self) {
        (self.sleeps, self.iterations, self.calls) = (0, 0, 0);
        self.moves += 1;
    }

    /// It slept while the other actor moved: another sleep without getting anywhere ends its turn.
    pub(crate) fn slept(&mut self) {
        self.sleeps = SLEEPS - 1;
    }

    /// It exchanged a word for an equal value: an iteration of a waiting loop.
    pub(crate) fn iteration(&mut self) -> Option<Blocked> {
        self.moves += 1;
        self.iterations += 1;
        (self.iterations > ITERATIONS).then_some(Blocked::Tries)
    }

    /// It begins a call, which waits like this. What it waits in, if this is one iteration too many.
    pub(crate) fn call(&mut self, call: &Syscall, wait: Option<Wait>) -> Option<Blocked> {
        self.moves += 1;
        let repeats = call.is_progress() && !self.is_new(call);
        if call.is_progress() && !repeats {
            self.progress();
            return None;
        }
        // Memory without a file is none of what it waits for.
        let anonymous = call.arguments[3] & u64::from(libc::MAP_ANONYMOUS.cast_unsigned()) != 0;
        if repeats && !(call.number == libc::SYS_mmap && anonymous) {
            self.iterations += 1;
            return (self.iterations >= ITERATIONS).then_some(Blocked::Opens);
        }
        let (count, most) = match wait {
            Some(Wait::Sleep) => (&mut self.sleeps, SLEEPS),
            Some(Wait::Iteration) => (&mut self.iterations, ITERATIONS),
            None => (&mut self.calls, CALLS),
        };
        *count += 1;
        (*count >= most).then_some(match wait {
            Some(Wait::Sleep) => Blocked::Naps,
            Some(Wait::Iteration) => Blocked::Tries,
            None => Blocked::Calls,
        })
    }

    /// Has it made this call, about the same place, only a few times since its turn began? An output is always
    /// new. Where a mapping lies, and by which number a file is open, makes no difference.
    fn is_new(&mut self, call: &Syscall) -> bool {
        /// How often a program may map the same part of a file before it begins to wait.
        const AGAIN: u32 = 3;
        let [first, second, third, fourth, _, sixth] = call.arguments;
        let number = call.number.cast_unsigned();
        let about = match call.number {
            libc::SYS_mmap => [number, second, third, fourth, sixth],
            libc::SYS_openat => [number, second, third, 0, 0],
            libc::SYS_ftruncate => [number, second, 0, 0, 0],
            legacy::SYS_open | legacy::SYS_creat => [number, first, second, 0, 0],
            _ => return true,
        };
        let times = self.again.entry(about).or_default();
        *times += 1;
        *times <= AGAIN
    }

    /// Does it work at something, instead of waiting?
    pub(crate) fn works(&self) -> bool {
        self.calls >= WORKS
    }

    /// It has used so much CPU time. Why it is blocked, if it has used too much of it without a call or
    /// a store; before it has mapped the file it may use more.
    pub(crate) fn spins(&mut self, now: Duration, mapped: bool) -> Option<Blocked> {
        let (since_moves, since) = *self.quiet.get_or_insert((self.moves, now));
        if since_moves != self.moves {
            self.quiet = Some((self.moves, now));
            return None;
        }
        let most = if mapped { SPIN } else { SPIN_BEFORE };
        (now.saturating_sub(since) > most).then_some(Blocked::Spins)
    }
}

/// Does the thread run, or stand in the queue for a processor?
pub(crate) fn can_run(pid: Pid) -> io::Result<bool> {
    has_state(pid, 'R')
}

/// Is the thread a zombie? The first thread of a process stays one as long as another works. Until it
/// is one, a thread that ends may still wake another.
pub(crate) fn is_zombie(pid: Pid) -> io::Result<bool> {
    has_state(pid, 'Z')
}

fn has_state(pid: Pid, state: char) -> io::Result<bool> {
    Ok(Stat::of(pid)?.is_some_and(|stat| stat.state == state))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: i64, arguments: [u64; 6]) -> Syscall {
        Syscall { number, arguments, instruction: 0 }
    }

    /// Any length will do.
    const PAGE: u64 = 1 << 12;

    #[test]
    fn a_loop_that_maps_the_file_again_at_each_look_waits() {
        let map = |address: u64| call(libc::SYS_mmap, [address, PAGE, 3, 1, 3, 0]);
        let nap = call(libc::SYS_clock_nanosleep, [0; 6]);
        let mut idle = Idle::default();
        let mut ends = |address: u64| {
            assert_eq!(idle.call(&map(address), None), None);
            idle.call(&nap, Some(Wait::Sleep))
        };
        assert!((1..20).any(|iteration| ends(iteration * PAGE).is_some()), "it waits");
        let mut spins = Idle::default();
        let why = (1..200).find_map(|iteration| spins.call(&map(iteration * PAGE), None));
        assert_eq!(why, Some(Blocked::Opens));
    }

    #[test]
    fn a_program_that_maps_one_part_after_another_gets_somewhere() {
        let map = |offset: u64| call(libc::SYS_mmap, [0, PAGE, 3, 1, 3, offset]);
        let nap = call(libc::SYS_clock_nanosleep, [0; 6]);
        let mut idle = Idle::default();
        for page in 0..20 {
            assert_eq!(idle.call(&map(page * PAGE), None), None);
            assert_eq!(idle.call(&nap, Some(Wait::Sleep)), None);
        }
    }
}
