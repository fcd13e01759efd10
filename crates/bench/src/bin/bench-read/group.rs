//! A group: methods that took turns on the same bytes, and what each measurement of each cost.

use std::time::Instant;

use bench::{Contestant, Progress, Spread, take_turns};
use common::{Context, Failure, Result};
use nix::sys::resource::{UsageWho, getrusage};

use crate::verdict::Verdict;

/// One measurement.
#[derive(Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    /// Page faults of all threads, minor and major.
    pub(crate) faults: i64,
    /// What was counted: all methods' must be the same.
    pub(crate) result: u64,
}

/// Whose side a method is on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Memory,
    Read,
    Mapped,
}

/// A method and its measurements, one a round.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) side: Side,
    /// Threads; each number of them has a memory entry of its own to be measured against.
    pub(crate) threads: usize,
    pub(crate) measured: Vec<Measured>,
}

/// What the methods of a group have in common.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) what: &'static str,
    pub(crate) file_system: &'static str,
    pub(crate) written_in: String,
    pub(crate) state: &'static str,
    pub(crate) bytes: usize,
    /// How many single things were done, where that is what counts: reads, files.
    pub(crate) operations: Option<usize>,
}

impl Ground {
    /// Grounds of one kind differ in the file only.
    pub(crate) fn kind(&self) -> (&'static str, &'static str) {
        (self.what, self.state)
    }
}

/// Methods that took turns.
pub(crate) struct Group {
    pub(crate) ground: Ground,
    pub(crate) entries: Vec<Entry>,
}

/// A method that is going to take its turns.
pub(crate) struct Turn<'t> {
    pub(crate) name: String,
    pub(crate) side: Side,
    pub(crate) threads: usize,
    pub(crate) measure: Box<dyn FnMut() -> Result<Measured> + 't>,
}

impl<'t> Turn<'t> {
    /// One thread's.
    pub(crate) fn new(
        name: &str,
        side: Side,
        measure: impl FnMut() -> Result<Measured> + 't,
    ) -> Self {
        Self { name: name.into(), side, threads: 1, measure: Box::new(measure) }
    }
}

/// Does the work once and says what it cost.
///
/// # Errors
/// The work's own.
pub(crate) fn measure(work: impl FnOnce() -> Result<u64>) -> Result<Measured> {
    let faults = || {
        let usage = getrusage(UsageWho::RUSAGE_SELF).step("getrusage")?;
        Ok(usage.minor_page_faults() + usage.major_page_faults())
    };
    let (before, start) = (faults()?, Instant::now());
    let result = work()?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(Measured { seconds, faults: faults()? - before, result })
}

impl Group {
    /// Lets the methods take turns.
    ///
    /// # Errors
    /// The first that fails; a refusal if two of them counted differently.
    pub(crate) fn of(ground: Ground, rounds: usize, turns: Vec<Turn<'_>>) -> Result<Self> {
        let progress = Progress::new(rounds * turns.len());
        let Ground { what, file_system, written_in, state, .. } = &ground;
        let place = format!("{what}, {state} on {file_system}, {written_in}");
        let mut entries = Vec::new();
        let mut contestants = Vec::new();
        for Turn { name, side, threads, measure } in turns {
            contestants.push(Contestant { name: format!("{place}: {name}"), measure });
            entries.push(Entry { name, side, threads, measured: Vec::new() });
        }
        let measured = take_turns(rounds, &mut contestants, &progress)?;
        for (entry, measured) in entries.iter_mut().zip(measured) {
            entry.measured = measured;
        }
        let group = Self { ground, entries };
        group.check_results()?;
        Ok(group)
    }

    fn check_results(&self) -> Result<()> {
        let mut results = self.entries.iter().flat_map(|entry| {
            entry.measured.iter().map(|measured| (entry.name.as_str(), measured.result))
        });
        let Some((first, expected)) = results.next() else { return Ok(()) };
        match results.find(|(_, result)| *result != expected) {
            None => Ok(()),
            Some((name, result)) => {
                let sentence = format!("it counts {result}, {first} counts {expected}");
                Err(Failure::refusal("compare", name.as_ref(), sentence))
            }
        }
    }

    /// The memory entry that `entry` is measured against: that with as many threads.
    pub(crate) fn memory(&self, entry: &Entry) -> Option<&Entry> {
        let same = |other: &&Entry| other.side == Side::Memory && other.threads == entry.threads;
        self.entries.iter().find(same)
    }

    /// The fastest of a side, by median, among those with as many threads.
    pub(crate) fn best(&self, side: Side, threads: usize) -> Option<&Entry> {
        let of_side =
            self.entries.iter().filter(|entry| entry.side == side && entry.threads == threads);
        of_side.min_by(|a, b| a.seconds().median.total_cmp(&b.seconds().median))
    }

    /// A mapping's verdict: against the best of reading with as many threads.
    pub(crate) fn verdict(&self, entry: &Entry) -> Option<Verdict> {
        let reading = self.best(Side::Read, entry.threads)?;
        (entry.side == Side::Mapped).then(|| Verdict::of(&entry.times(), &reading.times()))
    }

    /// Gigabytes (of 10^9 bytes) a second.
    pub(crate) fn speed(&self, entry: &Entry) -> Spread {
        let Spread { lowest, median, highest } = entry.seconds();
        let speed = |seconds| self.ground.bytes as f64 / 1e9 / seconds;
        Spread { lowest: speed(highest), median: speed(median), highest: speed(lowest) }
    }

    /// What a fault of one pass brings, where there are any.
    pub(crate) fn bytes_per_fault(&self, entry: &Entry) -> Option<f64> {
        let faults = entry.faults();
        (faults > 0 && self.ground.operations.is_none())
            .then(|| self.ground.bytes as f64 / faults as f64)
    }

    /// `entry`'s speed as a share of memory's.
    pub(crate) fn ratio_to_memory(&self, entry: &Entry) -> Option<f64> {
        Some(self.memory(entry)?.seconds().median / entry.seconds().median)
    }
}

impl Entry {
    /// Seconds, round by round.
    pub(crate) fn times(&self) -> Vec<f64> {
        self.measured.iter().map(|measured| measured.seconds).collect()
    }

    /// Seconds: the lowest, the median, the highest.
    pub(crate) fn seconds(&self) -> Spread {
        let none = Spread { lowest: f64::NAN, median: f64::NAN, highest: f64::NAN };
        Spread::of(&self.times()).unwrap_or(none)
    }

    /// Faults of the median round.
    pub(crate) fn faults(&self) -> i64 {
        let mut faults: Vec<_> = self.measured.iter().map(|measured| measured.faults).collect();
        faults.sort_unstable();
        faults.get(faults.len() / 2).copied().unwrap_or(0)
    }
}
