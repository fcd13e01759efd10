//! How quiet the machine was during a run: load, stolen time, and CPU time of other processes.

use std::io;
use std::time::{Instant, SystemTime};

use common::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use procfs::{Current, CurrentSI, KernelStats, LoadAverage};
use serde::{Deserialize, Serialize};

use crate::unit::rounded;

/// What happened around the measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// When the run began, in UTC.
    pub date: String,
    /// How long it took.
    pub seconds: f64,
    /// Processes that were running or wanted to, averaged over the minute before the run.
    pub load_before: f64,
    /// The same at the end: the run's own processes are among them.
    pub load_after: f64,
    /// The share of the CPUs' time that the hypervisor gave to other machines (`steal` in /proc/stat).
    pub steal_percent: f64,
    /// The share of the CPUs' time that other processes and interrupts of this machine took.
    pub others_percent: f64,
}

/// What /proc/stat said when a run began.
pub struct Beginning {
    date: String,
    start: Instant,
    load: f64,
    ticks: Ticks,
    own_ms: f64,
}

/// Ticks of all CPUs since the machine started.
struct Ticks {
    all: u64,
    idle: u64,
    stolen: u64,
}

impl Conditions {
    /// Looks at the machine before the run.
    ///
    /// # Errors
    /// Those of /proc.
    pub fn begin() -> Result<Beginning> {
        let now = SystemTime::now();
        Ok(Beginning {
            date: humantime::format_rfc3339_seconds(now).to_string(),
            start: Instant::now(),
            load: load()?,
            ticks: Ticks::now()?,
            own_ms: own_ms()?,
        })
    }

    /// The conditions in one line.
    pub fn sentence(&self) -> String {
        let Self { date, seconds, load_before, steal_percent, others_percent, .. } = self;
        format!(
            "{date}, {seconds:.0} s; load before {load_before:.2}; of the CPUs' time {steal_percent:.1} % \
             was stolen, {others_percent:.1} % went to other processes"
        )
    }
}

impl Beginning {
    /// Looks again after the run.
    ///
    /// # Errors
    /// Those of /proc.
    pub fn end(self) -> Result<Conditions> {
        let now = Ticks::now()?;
        let all = (now.all - self.ticks.all).max(1) as f64;
        let share = |ticks: f64| rounded((100.0 * ticks / all).clamp(0.0, 100.0));
        let (idle, stolen) = (now.idle - self.ticks.idle, now.stolen - self.ticks.stolen);
        let own = (own_ms()? - self.own_ms) / 1000.0 * procfs::ticks_per_second() as f64;
        Ok(Conditions {
            date: self.date,
            seconds: rounded(self.start.elapsed().as_secs_f64()),
            load_before: self.load,
            load_after: load()?,
            steal_percent: share(stolen as f64),
            others_percent: share(all - idle as f64 - stolen as f64 - own),
        })
    }
}

impl Ticks {
    fn now() -> Result<Self> {
        let stat = KernelStats::current().map_err(io::Error::other).step("read /proc/stat")?.total;
        let (waiting, stolen) = (stat.iowait.unwrap_or(0), stat.steal.unwrap_or(0));
        let interrupts = stat.irq.unwrap_or(0) + stat.softirq.unwrap_or(0);
        let idle = stat.idle + waiting;
        let busy = stat.user + stat.nice + stat.system + interrupts;
        Ok(Self { all: busy + idle + stolen, idle, stolen })
    }
}

/// CPU time of this process, and of those that it has started and waited for.
fn own_ms() -> Result<f64> {
    let mut sum = 0;
    for whose in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        let usage = getrusage(whose).step("getrusage")?;
        sum += usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds();
    }
    Ok(sum as f64)
}

fn load() -> Result<f64> {
    let load = LoadAverage::current().map_err(io::Error::other).step("read /proc/loadavg")?;
    Ok(rounded(f64::from(load.one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_when_it_was_and_how_quiet_the_machine_was() {
        let conditions = Conditions::begin().unwrap().end().unwrap();
        assert!(conditions.date.starts_with("20") && conditions.date.ends_with('Z'));
        for share in [conditions.steal_percent, conditions.others_percent] {
            assert!((0.0..=100.0).contains(&share), "{conditions:?}");
        }
        assert!(conditions.load_before >= 0.0, "{conditions:?}");
        assert!(conditions.sentence().contains(&conditions.date), "{}", conditions.sentence());
    }
}
