//! Rounds that take turns: what disturbs the machine for a while disturbs every contestant alike.

use common::Result;

use crate::Progress;

/// One of the things that are compared: its name, and one measurement of it.
pub struct Contestant<'c, T> {
    /// What the progress bar shows.
    pub name: String,
    /// Measures once.
    pub measure: Box<dyn FnMut() -> Result<T> + 'c>,
}

impl<'c, T> Contestant<'c, T> {
    /// A contestant of this name.
    pub fn new(name: impl Into<String>, measure: impl FnMut() -> Result<T> + 'c) -> Self {
        Self { name: name.into(), measure: Box::new(measure) }
    }
}

/// Measures each contestant once a round, in an order that moves on by one each round, so that none
/// always comes after the same other; the measurements of each, in the contestants' order.
///
/// # Errors
/// The first measurement's that fails.
pub fn take_turns<T>(
    rounds: usize,
    contestants: &mut [Contestant<'_, T>],
    progress: &Progress,
) -> Result<Vec<Vec<T>>> {
    let count = contestants.len();
    let mut measured: Vec<Vec<T>> = contestants.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for turn in 0..count {
            let index = (round + turn) % count;
            progress.begin(&contestants[index].name);
            measured[index].push((contestants[index].measure)()?);
            progress.advance();
        }
    }
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn each_is_measured_once_a_round_and_goes_first_in_turn() {
        let order = RefCell::new(String::new());
        let called = &order;
        let mut contestants = Vec::from(["a", "b", "c"].map(|name| {
            Contestant::new(name, move || {
                called.borrow_mut().push_str(name);
                Ok(name)
            })
        }));
        let measured = take_turns(3, &mut contestants, &Progress::new(9)).unwrap();
        assert_eq!(measured, [["a"; 3], ["b"; 3], ["c"; 3]]);
        assert_eq!(*order.borrow(), "abcbcacab");
    }

    #[test]
    fn a_failed_measurement_ends_the_rounds() {
        let refusal = || common::Failure::refusal("measure", "x".as_ref(), "no");
        let mut contestants = [Contestant::new("a", || Err::<(), _>(refusal()))];
        let failed = take_turns(2, &mut contestants, &Progress::new(2)).unwrap_err();
        assert_eq!(failed.to_string(), "measure \"x\": no");
    }
}
