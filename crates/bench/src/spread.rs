//! Repeated measurements of one thing: the median, and how far they spread.

use serde::{Deserialize, Serialize};

/// The lowest, the median and the highest of some measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The lowest.
    pub lowest: f64,
    /// As many are above as below.
    pub median: f64,
    /// The highest.
    pub highest: f64,
}

impl Spread {
    /// The spread of `measurements`; all `NaN` if there are none.
    pub fn of(measurements: &[f64]) -> Self {
        let mut sorted = measurements.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let last = sorted.len().saturating_sub(1);
        let median = f64::midpoint(at(last / 2), at(sorted.len() / 2));
        Self { lowest: at(0), median, highest: at(last) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_value_or_lies_between_the_two_middle_values() {
        assert!(Spread::of(&[]).median.is_nan());
        let odd = Spread::of(&[9.0, 1.0, 4.0]);
        assert_eq!(odd, Spread { lowest: 1.0, median: 4.0, highest: 9.0 });
        assert_eq!(Spread::of(&[1.0, 2.0, 4.0, 90.0]).median, 3.0);
    }
}
