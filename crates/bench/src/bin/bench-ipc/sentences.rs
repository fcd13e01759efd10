//! What this machine showed, in three sentences.

use crate::results::Results;
use crate::table::{count, time};

/// One each on spinning, on sleeping, and on throughput.
pub(crate) fn of(results: &Results) -> [String; 3] {
    [spinning(results), sleeping(results), throughput(results)]
        .map(|sentence| sentence.unwrap_or_else(|what| format!("{what} was not measured here.")))
}

fn spinning(results: &Results) -> Result<String, &'static str> {
    let p50 = |transport| results.p50(transport, "spin").ok_or("Spinning");
    let (mapped, line, pipe) = (p50("mapped")?, p50("cache-line")?, p50("pipe")?);
    Ok(format!(
        "Spinning, half of the round trips through mapped memory took at most {}: {:.2} times a bare \
         pair of cache lines; through a pipe they took {}, {:.0} times as long as mapped.",
        time(mapped),
        mapped / line,
        time(pipe),
        pipe / mapped
    ))
}

fn sleeping(results: &Results) -> Result<String, &'static str> {
    let p50 = |transport| results.p50(transport, "block").ok_or("Sleeping");
    let (mapped, futex, pipe) = (p50("mapped")?, p50("futex")?, p50("pipe")?);
    Ok(format!(
        "Sleeping, they took {} through mapped memory, {:.2} times a bare futex, and {} through a pipe: \
         {:.2} times as long as mapped.",
        time(mapped),
        mapped / futex,
        time(pipe),
        pipe / mapped
    ))
}

fn throughput(results: &Results) -> Result<String, &'static str> {
    let messages = |transport, bytes| results.messages(transport, bytes).ok_or("Throughput");
    let (small, large) = (64, 4 << 10);
    let (ring, pipe) = (messages("mapped", small)?, messages("pipe", small)?);
    let (large_ring, large_pipe) = (messages("mapped", large)?, messages("pipe", large)?);
    Ok(format!(
        "The ring carried {} messages of {small} bytes a second, {:.0} times a pipe's {}; of {large} \
         bytes {}, {:.1} times a pipe's {}.",
        count(ring),
        ring / pipe,
        count(pipe),
        count(large_ring),
        large_ring / large_pipe,
        count(large_pipe)
    ))
}
