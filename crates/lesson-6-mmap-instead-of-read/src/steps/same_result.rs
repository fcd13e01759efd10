//! One job, done with `read`, with `pread` and with a mapping: the results are the same.
//! `cargo lesson-6` shows it.

use common::{Context, Result, Stage, say};

use crate::cost::{cost_of, write_lines};
use crate::job::{PIECE, count, find};
use crate::ways::{How, open};

const LENGTH: usize = 4 << 20;

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("lines");
    write_lines(&path, LENGTH, PIECE)?;
    say!("   a file of 4 MiB, just written, so in the page cache (times and faults vary):")?;
    count(open(&path, How::Read)?).step_on("count", &path)?; // The buffer's own pages fault here.
    for how in [How::Read, How::Pread, How::Mapping] {
        let job = || count(open(&path, how)?).step_on("count", &path);
        let (counted, cost) = cost_of(job)?;
        let found = find(open(&path, how)?, b"reads").step_on("search", &path)?;
        say!(
            "   by {:<7} {} lines, {} \"reads\", first at {}; {:>6} µs, {:>3} faults",
            how.to_string(),
            counted.lines,
            found.times,
            found.first.unwrap_or(0),
            cost.time.as_micros(),
            cost.minor + cost.major,
        )?;
    }
    Ok(())
}
