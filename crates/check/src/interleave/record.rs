//! What a world knows of its two sides.

use super::event::{Event, Point};
use super::world::World;
use crate::supervise::Ending;

impl World {
    /// Has the side a process that has not ended?
    #[must_use]
    pub fn lives(&self, side: usize) -> bool {
        self.tasks.values().any(|task| task.side == side)
    }

    /// How many system calls a side has begun.
    #[must_use]
    pub fn calls(&self, side: usize) -> u64 {
        self.sides[side].calls
    }

    /// How many points a side has come to.
    #[must_use]
    pub fn points(&self, side: usize) -> usize {
        self.sides[side].points.len()
    }

    /// How the side's first process ended.
    #[must_use]
    pub fn ending(&self, side: usize) -> Option<Ending> {
        self.sides[side].ended.map(|status| match libc::WIFEXITED(status) {
            true => Ending::Exited(libc::WEXITSTATUS(status)),
            false => Ending::Killed(libc::WTERMSIG(status)),
        })
    }

    /// How much has happened so far.
    #[must_use]
    pub fn record_length(&self) -> usize {
        self.events.len()
    }

    /// Everything that happened, and the points of both.
    #[must_use]
    pub fn into_record(self) -> (Vec<Event>, [Vec<Point>; 2]) {
        let [one, two] = self.sides;
        (self.events, [one.points, two.points])
    }
}
