//! The charts of a run.

use bench::{Figures, Group, Run, bars, figure};

/// One figure: a chart for each group that `wanted` picks.
fn of(run: &Run, title: &str, share_axis: bool, wanted: impl Fn(&Group) -> bool) -> Option<String> {
    let groups: Vec<_> = run.groups.iter().filter(|group| wanted(group)).collect();
    let highest = groups.iter().flat_map(|group| &group.rows).map(|row| row.spread.highest);
    let end = share_axis.then(|| highest.fold(0.0, f64::max));
    let charts: Vec<_> = groups.iter().map(|group| bars(run, group, end)).collect();
    (!charts.is_empty()).then(|| figure(title, &charts, run))
}

/// Every figure of a run, with the end of its file's name.
pub(crate) fn all(run: &Run) -> Figures {
    let begins = |begin: &'static str| move |group: &Group| group.id.starts_with(begin);
    let tmpfs = |group: &Group| group.id.starts_with("pass-tmpfs");
    let pass = |group: &Group| group.id.starts_with("pass-") && !tmpfs(group);
    let small = |group: &Group| ["small-files", "short-reads"].contains(&group.id.as_str());
    let figures = [
        ("pass", of(run, "One pass over a cached file: read() or a mapping?", true, pass)),
        ("tmpfs", of(run, "One pass over a file on tmpfs: read() or a mapping?", true, tmpfs)),
        ("threads", of(run, "One pass with two threads", true, begins("two-threads-"))),
        (
            "random",
            of(run, "8 bytes at random places: pread() or a mapping?", false, begins("random-")),
        ),
        ("small", of(run, "Small files and short reads: read() or a mapping?", false, small)),
        ("cold", of(run, "One pass over a cold file: read() or a mapping?", true, begins("cold-"))),
    ];
    figures.into_iter().filter_map(|(name, figure)| Some((name, figure?))).collect()
}
