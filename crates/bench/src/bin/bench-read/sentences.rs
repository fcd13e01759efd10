//! The three sentences at the end: what this machine showed, and where it showed nothing.

use crate::group::{Entry, Ground, Group, Side};
use crate::size::Size;
use crate::table::{bytes, digits};
use crate::verdict::Verdict;

/// The sentences, from the groups alone.
pub(crate) fn of(groups: &[Group]) -> [String; 3] {
    [in_place(groups), who_wins(groups), what_a_fault_brings(groups)]
}

/// Passes over all of a warm file, by a mapping made for it, in one thread.
fn passes(groups: &[Group]) -> impl Iterator<Item = (&Group, &Entry)> {
    let warm = groups
        .iter()
        .filter(|group| group.ground.state == "warm" && group.ground.operations.is_none());
    warm.flat_map(|group| group.entries.iter().map(move |entry| (group, entry))).filter(
        |(_, entry)| {
            entry.side == Side::Mapped && entry.threads == 1 && entry.name != "mapped-again"
        },
    )
}

fn in_place(groups: &[Group]) -> String {
    let ratio = |(group, entry): &(&Group, &Entry)| group.ratio_to_memory(entry).unwrap_or(0.0);
    let first = groups.first().map(|group| group.ground.file_system);
    let here = passes(groups).filter(|(group, _)| Some(group.ground.file_system) == first);
    let Some((group, entry)) = here.max_by(|a, b| ratio(a).total_cmp(&ratio(b))) else {
        return "No file could be counted in place.".into();
    };
    let ground = &group.ground;
    let reading = group.best(Side::Read, entry.threads).map_or(String::new(), |best| {
        format!(
            "; the best of read there, {}, reached {} GB/s",
            best.name,
            digits(group.speed(best).median)
        )
    });
    format!(
        "In place, {} on {}, written in {}, went at best at {} GB/s ({}), {:.2} of counting the same bytes in memory{reading}.",
        Size(ground.bytes),
        ground.file_system,
        ground.written_in,
        digits(group.speed(entry).median),
        entry.name,
        ratio(&(group, entry)),
    )
}

fn who_wins(groups: &[Group]) -> String {
    let mapping = win(groups, Side::Mapped, Side::Read, Verdict::Faster);
    let reading = win(groups, Side::Read, Side::Mapped, Verdict::Slower);
    let said = |win: Option<(f64, &Group)>| match win {
        None => "nowhere beyond doubt".into(),
        Some((factor, group)) => {
            let Ground { what, state, file_system, written_in, .. } = &group.ground;
            let place = format!("{what}, {state} on {file_system}, written in {written_in}");
            format!("by {} times at most ({place})", digits(factor))
        }
    };
    format!("Mapping won {}; reading won {}.", said(mapping), said(reading))
}

/// Where the best of `side` is the furthest ahead of the best of `other`, and the rounds agree.
fn win(groups: &[Group], side: Side, other: Side, verdict: Verdict) -> Option<(f64, &Group)> {
    let factors = groups.iter().filter_map(|group| {
        let (ours, theirs) = (group.best(side, 1)?, group.best(other, 1)?);
        let mapped = group.best(Side::Mapped, 1)?;
        let factor = theirs.seconds().median / ours.seconds().median;
        (group.verdict(mapped) == Some(verdict)).then_some((factor, group))
    });
    factors.max_by(|a, b| a.0.total_cmp(&b.0))
}

fn what_a_fault_brings(groups: &[Group]) -> String {
    let plain = || passes(groups).filter(|(_, entry)| entry.name == "mapped");
    let brings = |(group, entry): &(&Group, &Entry)| group.bytes_per_fault(entry).unwrap_or(0.0);
    let least = plain().min_by(|a, b| brings(a).total_cmp(&brings(b)));
    let most = plain().max_by(|a, b| brings(a).total_cmp(&brings(b)));
    let Some((least, most)) = least.zip(most) else {
        return "What a fault brings was not seen.".into();
    };
    let said = |at: (&Group, &Entry)| {
        let (ground, speed) = (&at.0.ground, digits(at.0.speed(at.1).median));
        let place = format!("{}, written in {}", ground.file_system, ground.written_in);
        format!("{speed} GB/s where a fault brought {} ({place})", bytes(brings(&at)))
    };
    format!("The plain mapping went at {}, and at {}.", said(least), said(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Measured;

    fn group(what: &'static str, operations: Option<usize>, times: &[(&str, Side, f64)]) -> Group {
        let entries = times.iter().map(|(name, side, seconds)| {
            let round = Measured { seconds: *seconds, faults: 1 << 10, result: 7 };
            Entry { name: (*name).into(), side: *side, threads: 1, measured: vec![round; 9] }
        });
        let (file_system, written_in, bytes) = ("ext4", "1M".into(), 1 << 30);
        let ground = Ground { what, file_system, written_in, state: "warm", bytes, operations };
        Group { ground, entries: entries.collect() }
    }

    #[test]
    fn they_say_what_was_measured() {
        let sides = [Side::Memory, Side::Read, Side::Mapped];
        let named = |names: [&'static str; 3], times: [f64; 3]| {
            let mut at = 0;
            names.map(|name| {
                at += 1;
                (name, sides[at - 1], times[at - 1])
            })
        };
        let pass = named(["memory", "read-1M", "mapped"], [0.04, 0.1, 0.05]);
        let looks = named(["once-memory", "once-pread", "once-mapped"], [0.01, 0.02, 0.24]);
        let groups = [group("one pass", None, &pass), group("short looks", Some(9), &looks)];
        let [in_place, who_wins, faults] = of(&groups);
        assert_eq!(
            in_place,
            "In place, 1G on ext4, written in 1M, went at best at 21.5 GB/s (mapped), 0.80 of \
             counting the same bytes in memory; the best of read there, read-1M, reached 10.7 GB/s."
        );
        assert_eq!(
            who_wins,
            "Mapping won by 2.00 times at most (one pass, warm on ext4, written in 1M); reading \
             won by 12.0 times at most (short looks, warm on ext4, written in 1M)."
        );
        assert!(faults.contains("21.5 GB/s where a fault brought 1.0 MiB (ext4"), "{faults}");
    }

    #[test]
    fn rounds_that_disagree_are_no_win() {
        let mut pass =
            group("one pass", None, &[("read", Side::Read, 2.0), ("mapped", Side::Mapped, 1.0)]);
        for round in &mut pass.entries[1].measured[..4] {
            round.seconds = 3.0;
        }
        let [_, who_wins, _] = of(&[pass]);
        let nowhere = "Mapping won nowhere beyond doubt; reading won nowhere beyond doubt.";
        assert_eq!(who_wins, nowhere);
        assert_eq!(of(&[])[0], "No file could be counted in place.");
    }
}
