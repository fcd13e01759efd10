//! A process that does what a test tells it, one command per line: the actor of lesson 5.

use common::Result;

use super::Scenarios;

pub(super) const SCENARIOS: Scenarios = &[("actor", actor), ("actor-after-exec", actor_after_exec)];

fn actor() -> Result<()> {
    lesson_5_races_and_semaphores::scenarios::play("actor")
}

fn actor_after_exec() -> Result<()> {
    lesson_5_races_and_semaphores::scenarios::play("actor-after-exec")
}
