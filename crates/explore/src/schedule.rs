//! Who is stopped where: a schedule, and its text for `--schedule`.
//!
//! `two-additions/A3/B5`: in the scenario `two-additions` A begins and is stopped just before its
//! third
//! point; then B, just before its fifth; then A goes on until it ends or cannot, then B. `A3+` is
//! just after the point, `A-` nowhere. The order of the two letters says who begins.

use std::fmt;
use std::str::FromStr;

/// Where an actor is to be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Preemption {
    /// The number of the preemption point among the actor's own, from 1.
    pub number: usize,
    /// Right after it, instead of just before it.
    pub after: bool,
}

/// Who is stopped where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What the two processes are, and what they find.
    pub scenario: String,
    /// Who begins: 0 (A) or 1 (B).
    pub first: usize,
    /// Where the one that begins is stopped, and where the other.
    pub stops: [Option<Preemption>; 2],
}

impl Schedule {
    /// The two one after the other.
    #[must_use]
    pub fn in_turn(scenario: &str, first: usize) -> Self {
        Self { scenario: scenario.into(), first, stops: [None, None] }
    }

    /// The same as a sentence.
    #[must_use]
    pub fn in_words(&self) -> String {
        let actors = [self.first, self.second()];
        let turn = |(actor, stop): (usize, Option<Preemption>)| match stop {
            None => format!("{} runs and is not stopped", letter(actor)),
            Some(Preemption { number, after }) => {
                let at = if after { "after" } else { "before" };
                format!("{} runs and is stopped just {at} its point {number}", letter(actor))
            }
        };
        let goes_on = |(actor, stop): (usize, Option<Preemption>)| {
            stop.map(|_| format!("{} goes on", letter(actor)))
        };
        let turns = || actors.into_iter().zip(self.stops);
        let all: Vec<String> = turns().map(turn).chain(turns().filter_map(goes_on)).collect();
        all.join("; then ")
    }

    /// Who comes second.
    #[must_use]
    pub fn second(&self) -> usize {
        1 - self.first
    }
}

/// A process's letter.
#[must_use]
pub fn letter(actor: usize) -> char {
    if actor == 0 { 'A' } else { 'B' }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.scenario)?;
        for (actor, stop) in [self.first, self.second()].into_iter().zip(self.stops) {
            match stop {
                None => write!(f, "/{}-", letter(actor))?,
                Some(Preemption { number, after }) => {
                    write!(f, "/{}{number}{}", letter(actor), if after { "+" } else { "" })?;
                }
            }
        }
        Ok(())
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no schedule; one looks like two-additions/A3/B5");
        let mut parts = text.split('/');
        let (Some(scenario), Some(one), Some(two), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let (first, one) = stop(one).ok_or_else(wrong)?;
        let (second, two) = stop(two).ok_or_else(wrong)?;
        if scenario.is_empty() || first == second {
            return Err(wrong());
        }
        Ok(Self { scenario: scenario.into(), first, stops: [one, two] })
    }
}

fn stop(text: &str) -> Option<(usize, Option<Preemption>)> {
    let actor = match text.chars().next()? {
        'A' => 0,
        'B' => 1,
        _ => return None,
    };
    let rest = text.get(1..)?;
    if rest == "-" {
        return Some((actor, None));
    }
    let number = rest.strip_suffix('+').unwrap_or(rest);
    let plain = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    let number = number.parse().ok().filter(|number| plain && *number > 0)?;
    Some((actor, Some(Preemption { number, after: rest.ends_with('+') })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_its_text() {
        for text in ["two-additions/A3/B5", "x/B12+/A-", "x/A-/B-", "x/A1/B2+"] {
            assert_eq!(
                text.parse::<Schedule>().map(|schedule| schedule.to_string()),
                Ok(text.into())
            );
        }
    }

    #[test]
    fn a_schedule_is_put_in_words() {
        let words = |text: &str| text.parse::<Schedule>().map(|schedule| schedule.in_words());
        let one = "A runs and is stopped just before its point 1; then B runs and is not stopped; then A goes on";
        assert_eq!(words("lost-update/A1/B-").as_deref(), Ok(one));
        let two = "B runs and is stopped just before its point 3; then A runs and is stopped just after its point 5; \
                   then B goes on; then A goes on";
        assert_eq!(words("x/B3/A5+").as_deref(), Ok(two));
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in
            ["", "x", "x/A3", "x/A3/A4", "x/A0/B1", "x/A+1/B1", "/A1/B1", "x/A1/B1/A2", "x/é/B1"]
        {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
