//! What one measurement costs: time and page faults.

use std::time::Instant;

use bench::Measured;
use common::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};

/// How seconds become a group's value.
#[derive(Clone, Copy)]
pub(crate) enum Per {
    /// So many bytes were covered: GB/s.
    Bytes(usize),
    /// So many operations were done: nanoseconds each.
    Operation(usize),
}

impl Per {
    fn value(self, seconds: f64) -> f64 {
        match self {
            Self::Bytes(bytes) => bytes as f64 / 1e9 / seconds,
            Self::Operation(count) => seconds * 1e9 / count.max(1) as f64,
        }
    }
}

/// Does the work once, and says what it cost. The work's result is kept for the comparison with the
/// other methods'.
///
/// # Errors
/// The work's own.
pub(crate) fn cost(per: Per, work: impl FnOnce() -> Result<u64>) -> Result<Measured> {
    let (before, start) = (faults()?, Instant::now());
    let result = work()?;
    let seconds = start.elapsed().as_secs_f64();
    let faults = Some(faults()? - before);
    Ok(Measured { value: per.value(seconds), faults, result: Some(result), times: None })
}

/// Page faults of all threads of this process so far, minor and major.
fn faults() -> Result<i64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).step("getrusage")?;
    Ok(usage.minor_page_faults() + usage.major_page_faults())
}
