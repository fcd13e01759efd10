//! Two views of one file: the same page of the file at the same index, and which pages are the same
//! memory.

use std::ops::Range;

use common::page_size;
use page_view::{Run, State, View};

/// Whether two pages are the same memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Same {
    /// One frame.
    Yes,
    /// Two frames.
    No,
    /// Both are present, and the kernel hides the frames.
    Unknown,
    /// Not both are present.
    NotBoth,
}

/// Moves the views so that equal indices are equal pages of the file. Index 0 is the first page that
/// one of them maps; its page number comes first.
pub(crate) fn aligned([one, other]: [View; 2]) -> (u64, [View; 2]) {
    let first =
        |view: &View| view.mappings.first().map_or(0, |map| map.offset / page_size() as u64);
    let ends = [&one, &other].map(|view| first(view) + view.page_count());
    let (begin, end) = (first(&one).min(first(&other)), ends[0].max(ends[1]));
    let shift = |mut view: View| {
        let by = first(&view) - begin;
        let unmapped =
            |pages: Range<u64>| (!pages.is_empty()).then(|| Run { pages, state: State::default() });
        for run in &mut view.runs {
            run.pages = run.pages.start + by..run.pages.end + by;
        }
        let after = unmapped(view.page_count()..end - begin);
        view.runs = unmapped(0..by).into_iter().chain(view.runs).chain(after).collect();
        view
    };
    (begin, [shift(one), shift(other)])
}

/// Compares two aligned views, in ranges of equal answers.
pub(crate) fn same_memory([one, other]: &[View; 2]) -> Vec<(Range<u64>, Same)> {
    let mut found: Vec<(Range<u64>, Same)> = Vec::new();
    let mut others = other.runs.iter().peekable();
    for run in &one.runs {
        let mut at = run.pages.start;
        while at < run.pages.end {
            while others.next_if(|other| other.pages.end <= at).is_some() {}
            let Some(other) = others.peek() else { break };
            let end = run.pages.end.min(other.pages.end);
            let same = same(&run.state_of(at), &other.state_of(at));
            match found.last_mut() {
                Some((pages, last)) if *last == same => pages.end = end,
                _ => found.push((at..end, same)),
            }
            at = end;
        }
    }
    found
}

fn same(one: &State, other: &State) -> Same {
    match (one.frame, other.frame) {
        _ if !(one.present && other.present) => Same::NotBoth,
        (Some(one), Some(other)) if one == other => Same::Yes,
        (Some(_), Some(_)) => Same::No,
        _ => Same::Unknown,
    }
}

impl Same {
    /// Its words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Yes => "the same memory in both",
            Self::No => "not the same memory",
            Self::Unknown => "whether it is the same memory: unknown",
            Self::NotBoth => "not in both",
        }
    }

    /// As JSON, where null means unknown.
    pub(crate) fn known(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No | Self::NotBoth => Some(false),
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_the_same_memory_if_their_frames_are() {
        let page = |present, frame| State { mapped: true, present, frame, ..State::default() };
        assert_eq!(same(&page(true, Some(7)), &page(true, Some(7))), Same::Yes);
        assert_eq!(same(&page(true, Some(7)), &page(true, Some(8))), Same::No);
        assert_eq!(same(&page(true, None), &page(true, None)), Same::Unknown);
        assert_eq!(same(&page(true, Some(7)), &page(false, None)), Same::NotBoth);
    }
}
