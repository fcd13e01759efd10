//! Verdicts: of two methods that took turns, is one faster?
//!
//! What disturbs the machine for a while disturbs all methods of a round, so the values of one round
//! are compared with each other: the sign test asks how probable it is that a fair coin falls at least
//! as often on one side as the rounds did. A run makes many comparisons, and with 40 of them two would
//! reach 5 % by chance. Holm's correction keeps the probability of even one wrong verdict in a run
//! below [`LEVEL`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::unit::{digits, rounded};
use crate::{Spread, Unit};

/// The probability of one wrong verdict or more in a run, at most, if no method were faster.
pub const LEVEL: f64 = 0.05;

/// What the rounds say about one method beside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Faster than the baseline.
    #[serde(rename = "faster")]
    Faster,
    /// Slower than the baseline.
    #[serde(rename = "slower")]
    Slower,
    /// The difference is no larger than chance explains.
    #[serde(rename = "cannot tell")]
    CannotTell,
}

/// One method beside another, its baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// `GROUP/METHOD`.
    pub subject: String,
    /// `GROUP/METHOD`.
    pub baseline: String,
    /// How many times as fast the subject was as the baseline, in the median round: above 1 is faster.
    pub speed: f64,
    /// The same in the worst and in the best round.
    pub speed_lowest: f64,
    /// See `speed_lowest`.
    pub speed_highest: f64,
    /// Rounds in which the subject was faster.
    pub rounds_faster: usize,
    /// Rounds in which it was slower.
    pub rounds_slower: usize,
    /// The sign test's p-value, of this comparison alone.
    pub p: f64,
    /// The p-value after Holm's correction for all comparisons of the run.
    pub p_corrected: f64,
    /// What follows.
    pub verdict: Verdict,
}

impl Comparison {
    /// Compares round by round. There is no verdict before [`Comparison::correct`] has seen all.
    pub fn of(subject: (String, &[f64]), baseline: (String, &[f64]), unit: Unit) -> Self {
        let pairs = subject.1.iter().zip(baseline.1);
        let speeds: Vec<f64> = pairs.map(|(ours, theirs)| unit.speed(*ours, *theirs)).collect();
        let faster = speeds.iter().filter(|speed| **speed > 1.0).count();
        let slower = speeds.iter().filter(|speed| **speed < 1.0).count();
        let spread = Spread::of(&speeds);
        let p = rounded(sign_test(faster, slower));
        Self {
            subject: subject.0,
            baseline: baseline.0,
            speed: rounded(spread.median),
            speed_lowest: rounded(spread.lowest),
            speed_highest: rounded(spread.highest),
            rounds_faster: faster,
            rounds_slower: slower,
            p,
            p_corrected: p,
            verdict: Verdict::CannotTell,
        }
    }

    /// Corrects the p-values of all comparisons of a run by Holm's method, and gives the verdicts.
    pub fn correct(all: &mut [Self]) {
        let mut by_p: Vec<&mut Self> = all.iter_mut().collect();
        by_p.sort_by(|a, b| a.p.total_cmp(&b.p));
        let (count, mut highest) = (by_p.len(), 0.0_f64);
        for (index, comparison) in by_p.into_iter().enumerate() {
            // The smallest p-value is multiplied by the number of comparisons, the next by one less.
            highest = highest.max(comparison.p * (count - index) as f64).min(1.0);
            comparison.p_corrected = rounded(highest);
            let (faster, slower) = (comparison.rounds_faster, comparison.rounds_slower);
            comparison.verdict = match comparison.p_corrected <= LEVEL {
                true if faster > slower => Verdict::Faster,
                true => Verdict::Slower,
                false => Verdict::CannotTell,
            };
        }
    }

    /// The verdict beside a bar or in a table: `faster (1.24×)` is 1.24 times as fast, `slower (1/3.00)`
    /// a third as fast.
    pub fn short(&self) -> String {
        match self.verdict {
            Verdict::CannotTell => "cannot tell".into(),
            Verdict::Faster => format!("faster ({}×)", digits(self.speed)),
            Verdict::Slower => format!("slower (1/{})", digits(1.0 / self.speed)),
        }
    }

    /// The verdict in words, with these names for the subject and the baseline.
    pub fn says(&self, subject: &str, baseline: &str) -> String {
        match self.verdict {
            Verdict::Faster => {
                format!("{subject} is {} times as fast as {baseline}", digits(self.speed))
            }
            Verdict::Slower => format!(
                "{subject} is slower than {baseline}, which is {} times as fast",
                digits(1.0 / self.speed)
            ),
            Verdict::CannotTell => {
                format!("this run cannot tell whether {subject} or {baseline} is faster")
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::CannotTell => "cannot tell",
        })
    }
}

/// How probable it is that a fair coin falls at least as one-sidedly, to either side.
fn sign_test(faster: usize, slower: usize) -> f64 {
    let rounds = faster + slower;
    let (mut ways, mut sum) = (1.0, 0.0); // Ways to choose `k` of the rounds.
    for k in 0..=faster.min(slower) {
        sum += ways;
        ways *= (rounds - k) as f64 / (k + 1) as f64;
    }
    (2.0 * sum / 2_f64.powf(rounds as f64)).min(1.0)
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    fn compared(ours: &[f64], theirs: &[f64]) -> Comparison {
        Comparison::of(("g/ours".into(), ours), ("g/theirs".into(), theirs), Unit::Nanoseconds)
    }

    /// The verdict of a comparison that is alone, with so many rounds for each side.
    fn alone(faster: usize, slower: usize) -> Verdict {
        let ours: Vec<f64> =
            (0..faster + slower).map(|round| if round < faster { 1.0 } else { 3.0 }).collect();
        let mut all = [compared(&ours, &vec![2.0; faster + slower])];
        Comparison::correct(&mut all);
        all[0].verdict
    }

    #[test]
    fn a_verdict_needs_more_than_chance() {
        assert_eq!(alone(9, 0), Verdict::Faster);
        assert_eq!(alone(8, 1), Verdict::Faster); // 20 ways of 512: 4 %.
        assert_eq!(alone(7, 2), Verdict::CannotTell);
        assert_eq!(alone(1, 8), Verdict::Slower);
        assert_eq!(alone(0, 6), Verdict::Slower); // 3 %.
        assert_eq!(alone(5, 0), Verdict::CannotTell); // 6 %: five rounds can prove nothing.
        assert_eq!(alone(0, 0), Verdict::CannotTell);
    }

    #[test]
    fn p_values_are_holms() {
        // 0.01, 0.04 and 0.03 of three comparisons: 3 × 0.01, 2 × 0.03, and no less than before.
        let mut all = [0.01, 0.04, 0.03].map(|p| Comparison {
            p,
            rounds_faster: 1,
            ..compared(&[1.0], &[2.0])
        });
        Comparison::correct(&mut all);
        let corrected = all.each_ref().map(|comparison| comparison.p_corrected);
        assert_eq!(corrected, [0.03, 0.06, 0.06]);
        let verdicts = all.each_ref().map(|comparison| comparison.verdict);
        assert_eq!(verdicts, [Verdict::Faster, Verdict::CannotTell, Verdict::CannotTell]);
    }

    #[test]
    fn what_is_enough_for_one_comparison_is_not_enough_for_forty() {
        let (ours, theirs) = ([1.0; 9], [2.0; 9]);
        assert_eq!(alone(9, 0), Verdict::Faster);
        let mut forty: Vec<_> = (0..40).map(|_| compared(&ours, &theirs)).collect();
        Comparison::correct(&mut forty);
        assert!(forty.iter().all(|comparison| comparison.verdict == Verdict::CannotTell));
        let (ours, theirs) = ([1.0; 25], [2.0; 25]);
        let mut forty: Vec<_> = (0..40).map(|_| compared(&ours, &theirs)).collect();
        Comparison::correct(&mut forty);
        assert!(forty.iter().all(|comparison| comparison.verdict == Verdict::Faster));
    }

    #[test]
    fn among_fifty_comparisons_21_rounds_of_25_are_enough_and_20_are_not() {
        let verdict = |faster: usize| {
            let ours: Vec<f64> =
                (0..25).map(|round| if round < faster { 1.0 } else { 3.0 }).collect();
            let mut all: Vec<_> = (0..50).map(|_| compared(&ours, &[2.0; 25])).collect();
            Comparison::correct(&mut all);
            all[0].verdict
        };
        assert_eq!(verdict(21), Verdict::Faster);
        assert_eq!(verdict(20), Verdict::CannotTell);
    }

    #[test]
    fn methods_that_do_not_differ_get_no_verdict_in_nineteen_of_twenty_runs() {
        let mut random = StdRng::seed_from_u64(7);
        let (mut wrong_runs, mut wrong_alone) = (0, 0);
        const RUNS: usize = 1000;
        for _ in 0..RUNS {
            let mut values = || -> Vec<f64> { (0..25).map(|_| random.random()).collect() };
            let mut all: Vec<_> = (0..40).map(|_| compared(&values(), &values())).collect();
            wrong_alone += usize::from(all.iter().any(|comparison| comparison.p <= LEVEL));
            Comparison::correct(&mut all);
            let told = |comparison: &Comparison| comparison.verdict != Verdict::CannotTell;
            wrong_runs += usize::from(all.iter().any(told));
        }
        assert!(wrong_runs * 20 <= RUNS, "{wrong_runs} of {RUNS} runs had a wrong verdict");
        assert!(wrong_alone * 2 > RUNS, "without the correction most runs have: {wrong_alone}");
    }

    #[test]
    fn a_disturbance_that_hits_both_does_not_hide_which_is_faster() {
        let theirs: Vec<f64> = (1..=9).map(f64::from).collect();
        let ours: Vec<f64> = theirs.iter().map(|ns| ns * 0.8).collect();
        let mut all = [compared(&ours, &theirs)];
        Comparison::correct(&mut all);
        assert_eq!((all[0].verdict, all[0].speed), (Verdict::Faster, 1.25));
        assert_eq!(all[0].short(), "faster (1.25×)");
    }

    #[test]
    fn a_sentence_says_no_more_than_its_verdict() {
        let mut comparison = compared(&[1.0], &[2.0]);
        let says = |comparison: &Comparison| comparison.says("a pipe", "a ring");
        let unsure = "this run cannot tell whether a pipe or a ring is faster";
        assert_eq!(says(&comparison), unsure);
        comparison.verdict = Verdict::Faster;
        assert_eq!(says(&comparison), "a pipe is 2.00 times as fast as a ring");
        (comparison.verdict, comparison.speed) = (Verdict::Slower, 0.25);
        assert_eq!(comparison.short(), "slower (1/4.00)");
        assert_eq!(says(&comparison), "a pipe is slower than a ring, which is 4.00 times as fast");
    }
}
