//! How much is measured.

/// How many rounds, and how much in each measurement.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) rounds: usize,
    pub(crate) random_reads: usize,
    pub(crate) small_files: usize,
    pub(crate) short_reads: usize,
}

/// Enough rounds that a method which is faster in 21 of 25 gets its verdict among 50 comparisons.
pub(crate) const FULL: Extent =
    Extent { rounds: 25, random_reads: 1 << 16, small_files: 5000, short_reads: 2000 };

/// Too few rounds for any verdict: `--quick` proves nothing.
pub(crate) const QUICK: Extent =
    Extent { rounds: 3, random_reads: 1000, small_files: 100, short_reads: 50 };
