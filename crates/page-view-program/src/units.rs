//! Which pages of a file, or of a part of a process, get a box of their own, and which are drawn as
//! a group: the same in every panel of a figure, so that before and after can be compared.

use std::collections::BTreeMap;
use std::ops::Range;

use page_view::Cell;

use crate::moment::{Axis, Frame, Moment, Part};

/// So many pages are drawn one by one, if the figure has room for them; and if it has not.
const SINGLE_PAGES: [u64; 2] = [8, 4];
/// Boxes for one file; what comes after is one box more.
const MOST_UNITS: usize = 8;

/// Pages that have one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) pages: Range<u64>,
    /// Whether it sums up pages that differ.
    pub(crate) is_rest: bool,
}

/// The units of each axis.
pub(crate) type Units = BTreeMap<Axis, Vec<Unit>>;

/// Chooses the units for these panels.
pub(crate) fn choose(moments: &[Moment]) -> Units {
    let mut borders: BTreeMap<Axis, Vec<u64>> = BTreeMap::new();
    let mut covered: BTreeMap<Axis, Vec<Range<u64>>> = BTreeMap::new();
    for moment in moments {
        let all: Vec<&Frame> = parts(moment).flat_map(|part| &part.own).map(|own| &own.1).collect();
        for part in parts(moment) {
            let borders = borders.entry(part.axis.clone()).or_default();
            borders.extend([part.pages.start, part.pages.end]);
            borders.extend(changes(part, &all));
            covered.entry(part.axis.clone()).or_default().push(part.pages.clone());
        }
    }
    let crowded = moments.len() > 1 || moments.iter().any(|moment| moment.processes.len() > 1);
    let singles = SINGLE_PAGES[usize::from(crowded)];
    let units = |(axis, mut borders): (Axis, Vec<u64>)| {
        borders.sort_unstable();
        borders.dedup();
        let covered = covered.remove(&axis).unwrap_or_default();
        let pieces = borders.windows(2).map(|ends| ends[0]..ends[1]);
        let mapped = |piece: &Range<u64>| {
            covered.iter().any(|pages| pages.start <= piece.start && piece.end <= pages.end)
        };
        let units = divide(pieces.filter(mapped).collect(), singles);
        (axis, units)
    };
    borders.into_iter().map(units).collect()
}

fn parts(moment: &Moment) -> impl Iterator<Item = &Part> {
    moment.processes.iter().flat_map(|process| &process.parts)
}

/// The pages at which `part` begins to look different.
fn changes(part: &Part, all: &[&Frame]) -> Vec<u64> {
    let looks = part.runs.iter().map(|run| {
        let state = &run.state;
        (run.pages.start, (Cell::of(state), state.cached, state.complete, state.cache_dirty))
    });
    let looks: Vec<_> = looks.collect();
    let mut changes: Vec<u64> =
        looks.windows(2).filter(|pair| pair[0].1 != pair[1].1).map(|pair| pair[1].0).collect();
    let shared = |frame: &Frame| all.iter().filter(|other| **other == frame).count() > 1;
    let shared: Vec<_> = part.own.iter().map(|(page, frame)| (*page, shared(frame))).collect();
    changes.extend(shared.windows(2).filter(|pair| pair[0].1 != pair[1].1).map(|pair| pair[1].0));
    changes
}

fn divide(pieces: Vec<Range<u64>>, singles: u64) -> Vec<Unit> {
    let unit = |pages: Range<u64>| Unit { pages, is_rest: false };
    let one_by_one = |pages: Range<u64>| pages.map(|page| page..page + 1).collect::<Vec<_>>();
    let count: u64 = pieces.iter().map(|piece| piece.end - piece.start).sum();
    let mut found: Vec<Unit> = Vec::new();
    for piece in pieces {
        match piece.end - piece.start {
            length if count <= singles || length <= 2 => {
                found.extend(one_by_one(piece).into_iter().map(unit));
            }
            _ => found.push(unit(piece)),
        }
    }
    if found.len() > MOST_UNITS + 1 {
        let end = found.last().map_or(0, |unit| unit.pages.end);
        let start = found[MOST_UNITS].pages.start;
        found.truncate(MOST_UNITS);
        found.push(Unit { pages: start..end, is_rest: true });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_pages_are_drawn_one_by_one_and_many_in_groups() {
        let pages = |units: Vec<Unit>| units.into_iter().map(|unit| unit.pages).collect::<Vec<_>>();
        assert_eq!(pages(divide(vec![0..3, 3..4], 4)), [0..1, 1..2, 2..3, 3..4]);
        assert_eq!(pages(divide(vec![0..1, 1..64, 64..66], 8)), [0..1, 1..64, 64..65, 65..66]);
    }

    #[test]
    fn what_has_no_room_is_one_box_that_says_so() {
        let units = divide((0..100).map(|page| page..page + 1).collect(), 8);
        assert_eq!(units.len(), MOST_UNITS + 1);
        assert_eq!(units.last(), Some(&Unit { pages: 8..100, is_rest: true }));
    }
}
