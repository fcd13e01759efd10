//! An untraced process beside the actors.

use std::time::Instant;

use common::{Context, Result};
use tracer::{Came, Ending, MECHANISM, Untraced};

use super::Execution;
use crate::UntracedProcess;

impl Execution<'_> {
    /// Starts the untraced process.
    ///
    /// # Errors
    /// As [`ActorProcesses::start_untraced`](crate::ActorProcesses::start_untraced).
    pub fn start_untraced(&mut self) -> Result<UntracedProcess> {
        self.processes.start_untraced()
    }

    /// Lets an untraced process run, while the actors stand still, until it has ended or waits, or until `latest`.
    ///
    /// # Errors
    /// The system's.
    pub fn look_on(&mut self, process: &mut Untraced, latest: Instant) -> Result<Came> {
        loop {
            let came = process.look().step("look at an untraced process")?;
            if came != Came::Works || Instant::now() >= latest {
                return Ok(came);
            }
            self.collect(true).step(MECHANISM)?;
        }
    }

    /// Waits until all processes have ended, the untraced one included, and returns how. `None`: they have not ended
    /// before `latest`.
    ///
    /// # Errors
    /// The system's.
    pub fn wait_for_all(
        &mut self,
        process: UntracedProcess,
        latest: Instant,
    ) -> Result<Option<Ending>> {
        while self.processes.tree().ending(process.all).is_none() && Instant::now() < latest {
            self.collect(true).step(MECHANISM)?;
        }
        Ok(self.processes.tree().ending(process.all))
    }
}
