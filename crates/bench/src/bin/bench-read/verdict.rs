//! The verdict: of two methods that took turns, is one faster? A machine that is busy for a while is
//! busy for both, so rounds are compared in pairs, and the sign test says how far to believe it.

use std::fmt;

use serde::Serialize;

/// What the rounds say of one method beside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Verdict {
    #[serde(rename = "faster")]
    Faster,
    #[serde(rename = "slower")]
    Slower,
    #[serde(rename = "cannot tell")]
    CannotTell,
}

/// How often a coin would be as one-sided at most, for a verdict to be given.
const CHANCE: f64 = 0.05;

impl Verdict {
    /// Of the times of `ours` beside those of `theirs`, round by round.
    pub(crate) fn of(ours: &[f64], theirs: &[f64]) -> Self {
        let pairs = || ours.iter().zip(theirs);
        let won = pairs().filter(|(ours, theirs)| ours < theirs).count();
        let lost = pairs().filter(|(ours, theirs)| ours > theirs).count();
        if by_chance(won, lost) > CHANCE {
            Self::CannotTell
        } else if won > lost {
            Self::Faster
        } else {
            Self::Slower
        }
    }
}

/// How likely a fair coin is to fall at least as one-sidedly, to either side.
fn by_chance(won: usize, lost: usize) -> f64 {
    let rounds = won + lost;
    let mut ways = 1.0; // To choose `k` of `rounds`.
    let mut sum = 0.0;
    for k in 0..=won.min(lost) {
        sum += ways;
        ways *= (rounds - k) as f64 / (k + 1) as f64;
    }
    (2.0 * sum / 2_f64.powf(rounds as f64)).min(1.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_needs_more_than_chance() {
        let verdict = |won: usize, lost: usize| {
            let ours: Vec<f64> =
                (0..won + lost).map(|round| if round < won { 1.0 } else { 3.0 }).collect();
            Verdict::of(&ours, &vec![2.0; won + lost])
        };
        assert_eq!(verdict(9, 0), Verdict::Faster);
        assert_eq!(verdict(8, 1), Verdict::Faster); // 20 ways of 512: 4 %.
        assert_eq!(verdict(7, 2), Verdict::CannotTell);
        assert_eq!(verdict(1, 8), Verdict::Slower);
        assert_eq!(verdict(0, 6), Verdict::Slower); // 3 %.
        assert_eq!(verdict(5, 0), Verdict::CannotTell); // 6 %: five rounds can prove nothing.
        assert_eq!(verdict(0, 0), Verdict::CannotTell);
    }

    #[test]
    fn a_disturbance_that_hits_both_does_not_hide_who_is_faster() {
        let theirs: Vec<f64> = (1..=9).map(f64::from).collect();
        let ours: Vec<f64> = theirs.iter().map(|seconds| seconds * 0.99).collect();
        assert_eq!(Verdict::of(&ours, &theirs), Verdict::Faster);
    }
}
