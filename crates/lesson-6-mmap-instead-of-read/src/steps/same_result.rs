//! Step 1: one job, done with `read`, with `pread` and with a mapping. The results are the same.

use common::{Context, Result, Stage, compare, say, sentence};

use crate::cost::{cost_of, write_lines};
use crate::job::{PIECE, count, find};
use crate::methods::{Method, open};

const LENGTH: usize = 4 << 20;

/// Step 1.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("lines");
    write_lines(&path, LENGTH, PIECE)?;
    sentence("A file of 4 MiB in the page cache (times and faults vary):")?;
    say!(
        "   {:<8} {:>7} {:>8} {:>9} {:>8} {:>7}",
        "",
        "lines",
        "\"reads\"",
        "first at",
        "µs",
        "faults"
    )?;
    count(open(&path, Method::Read)?).step_on("count", &path)?; // Later buffers reuse its pages.
    let mut results = Vec::new();
    for method in [Method::Read, Method::Pread, Method::Mapping] {
        let job = || count(open(&path, method)?).step_on("count", &path);
        let (counted, cost) = cost_of(job)?;
        let found = find(open(&path, method)?, b"reads").step_on("search", &path)?;
        let (lines, times, first) = (counted.lines, found.times, found.first.unwrap_or(0));
        let (time, faults) = (cost.time.as_micros(), cost.faults());
        let name = method.to_string();
        say!("   {name:<8} {lines:>7} {times:>8} {first:>9} {time:>8} {faults:>7}")?;
        results.push((counted, found));
    }
    let same = results.windows(2).all(|pair| pair[0] == pair[1]);
    compare("the same result three times: ", same, true)
}
