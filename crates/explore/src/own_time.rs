//! How much time an actor has had for itself: as CPU time, or as time by the clock in which neither the actor nor the judge
//! stood in the queue for a processor. Its start is counted apart: a language's runtime may need seconds of a busy machine
//! before it comes to FILE. The clock of a whole run counts otherwise: `ProcessTable::enforce_wall` in `tracer`.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use tracer::{ProcessorShare, queued_in_all};

use crate::actor::ActorTracee;
use crate::blocking;

/// What no process needs that is not waiting: each exercise's program ends within milliseconds.
const NEEDS: Duration = Duration::from_millis(500);
/// What no process needs to come to FILE: more than the CPU time that a program may use in all. Once it has come to FILE,
/// the count begins at zero.
const START: Duration = Duration::from_secs(3);

/// The time that an actor has had for itself, since a moment.
pub(crate) struct OwnTime {
    since: Instant,
    shares: BTreeMap<i32, ProcessorShare>,
    judge: ProcessorShare,
    /// It had come to FILE at that moment.
    begun: bool,
}

impl OwnTime {
    /// From now on.
    pub(crate) fn new<'t>(
        own: impl Iterator<Item = &'t ActorTracee>,
        begun: bool,
    ) -> io::Result<Self> {
        let shares = own.map(|tracee| Ok((tracee.pid.as_raw(), ProcessorShare::of(tracee.pid)?)));
        let shares = shares.collect::<io::Result<_>>()?;
        Ok(Self { since: Instant::now(), shares, judge: ProcessorShare::of_this_thread()?, begun })
    }

    /// Whether it had come to FILE when this began.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// What its actor, which has these tracees, still lacks of the time that is enough for any program.
    pub(crate) fn lacks<'t>(
        &self,
        own: impl Iterator<Item = &'t ActorTracee>,
    ) -> io::Result<Duration> {
        let needs = if self.begun { NEEDS } else { START };
        Ok(needs.saturating_sub(self.had(own)?))
    }

    /// As CPU time, or as time in which neither it nor the judge waited for a processor.
    fn had<'t>(&self, own: impl Iterator<Item = &'t ActorTracee>) -> io::Result<Duration> {
        let judge = ProcessorShare::of_this_thread()?.since(self.judge);
        let (mut ran, mut shares, mut can_run) = (Duration::ZERO, vec![judge], false);
        for tracee in own {
            let before = self.shares.get(&tracee.pid.as_raw()).copied().unwrap_or_default();
            let share = ProcessorShare::of(tracee.pid)?.since(before);
            ran += share.ran;
            shares.push(share);
            // A tracee that can run either runs or stands in the queue. The kernel tells how long it
            // stood there only when it has left the queue.
            can_run |= tracee.running && blocking::can_run(tracee.pid)?;
        }
        // A tracee that is stopped waits for the judge, and for no processor of its own.
        let alone = self.since.elapsed().saturating_sub(queued_in_all(&shares));
        Ok(if can_run { ran } else { ran.max(alone) })
    }
}
