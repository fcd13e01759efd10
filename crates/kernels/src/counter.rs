//! How fast the processor's time stamp counter counts. The guest takes its time from this counter. If the host
//! is busy while the guest measures the counter, the guest's clock is wrong by a factor of ten and more.
//!
//! # Safety
//! The only unsafe call reads the counter, which every x86-64 processor has.
#![expect(unsafe_code, reason = "std has no safe function that reads the counter")]

use std::arch::x86_64::_rdtsc;
use std::time::{Duration, Instant};

/// For how long the counter is measured. The error is a few microseconds of it.
const MEASURED: Duration = Duration::from_millis(100);

/// The counts of a millisecond.
pub(crate) fn kilohertz() -> u64 {
    let (began, first) = reading();
    while began.elapsed() < MEASURED {
        std::hint::spin_loop();
    }
    let (ended, last) = reading();
    let nanoseconds = (ended - began).as_nanos();
    let counts = u128::from(last.wrapping_sub(first));
    u64::try_from(counts * 1_000_000 / nanoseconds.max(1)).unwrap_or(u64::MAX)
}

/// The time and the counter, read without a pause between them.
fn reading() -> (Instant, u64) {
    let read = |_| {
        let before = Instant::now();
        // SAFETY: it has no condition but a processor that has the counter.
        let count = unsafe { _rdtsc() };
        (before.elapsed(), before, count)
    };
    // In most of these readings, no other thread gets the processor.
    let best = (0..100).map(read).min_by_key(|(pause, ..)| *pause);
    best.map_or((Instant::now(), 0), |(_, time, count)| (time, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_measurements_of_the_counter_agree() {
        let (one, another) = (kilohertz(), kilohertz());
        assert!(one > 100_000, "{one} kHz");
        assert!(one.abs_diff(another) < one / 100, "{one} and {another} kHz");
    }
}
