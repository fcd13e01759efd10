//! A method that competes, and what one measurement of it gave.

use common::Result;
use hdrhistogram::Histogram;

/// One measurement of one method.
#[derive(Default)]
pub struct Measured {
    /// In the group's unit.
    pub value: f64,
    /// Page faults of the whole process meanwhile, if they were counted.
    pub faults: Option<i64>,
    /// What the work computed, if all methods must compute the same.
    pub result: Option<u64>,
    /// Each single time in nanoseconds, if each was measured.
    pub times: Option<Histogram<u64>>,
}

/// A method that is going to be measured once a round.
pub struct Method<'m> {
    /// A short name without spaces, unique in its group.
    pub name: String,
    /// The kind of method, which decides the colour: `read`, `mapped`, `pipe`.
    pub kind: &'static str,
    /// What the method does, in a few words.
    pub words: String,
    /// What it will be compared with: a method of its group, or `GROUP/METHOD`. Chosen before
    /// anything is measured, because a baseline chosen afterwards would be the luckiest one.
    pub against: Vec<String>,
    /// Measures once; the argument is the number of the round.
    pub measure: Box<dyn FnMut(usize) -> Result<Measured> + 'm>,
}

impl<'m> Method<'m> {
    /// A method that is compared with nothing yet.
    pub fn new(
        name: impl Into<String>,
        kind: &'static str,
        words: impl Into<String>,
        measure: impl FnMut(usize) -> Result<Measured> + 'm,
    ) -> Self {
        let (name, words) = (name.into(), words.into());
        Self { name, kind, words, against: Vec::new(), measure: Box::new(measure) }
    }

    /// Plans a comparison with `baseline`. The first one planned is the one that tables and charts
    /// show beside the method.
    #[must_use]
    pub fn against(mut self, baseline: impl Into<String>) -> Self {
        self.against.push(baseline.into());
        self
    }
}
