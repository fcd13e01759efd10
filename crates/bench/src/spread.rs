//! Repeated measurements of one thing: the middle one, and how far they spread.

use serde::Serialize;

/// Of some measurements the lowest, the median and the highest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The lowest: for a time, what the machine can do when nothing interferes.
    pub lowest: f64,
    /// As many are above as below.
    pub median: f64,
    /// The highest.
    pub highest: f64,
}

impl Spread {
    /// Of these measurements; `None` if there are none.
    pub fn of(measurements: &[f64]) -> Option<Self> {
        let mut sorted = measurements.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (lowest, highest) = (*sorted.first()?, *sorted.last()?);
        let (left, right) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Some(Self { lowest, median: f64::midpoint(left, right), highest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        assert_eq!(Spread::of(&[]), None);
        let odd = Spread::of(&[9.0, 1.0, 4.0]).unwrap();
        assert_eq!(odd, Spread { lowest: 1.0, median: 4.0, highest: 9.0 });
        assert_eq!(Spread::of(&[1.0, 2.0, 4.0, 90.0]).unwrap().median, 3.0);
    }
}
