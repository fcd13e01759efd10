//! The charts of a run.

use bench::{Figures, Group, Run, bars, dots, figure};

/// The groups whose names begin like this.
fn groups<'r>(run: &'r Run, begin: &str) -> Vec<&'r Group> {
    run.groups.iter().filter(|group| group.id.starts_with(begin)).collect()
}

/// Bars of all these groups. Sleeping takes many times as long as spinning, and large messages are
/// many times fewer than small ones: each chart has an axis of its own, from zero.
fn bar_figure(run: &Run, title: &str, groups: &[&Group]) -> Option<String> {
    let charts: Vec<_> = groups.iter().map(|group| bars(run, group, None)).collect();
    (!charts.is_empty()).then(|| figure(title, &charts, run))
}

/// Every figure of a run, with the end of its file's name.
pub(crate) fn all(run: &Run) -> Figures {
    let (spinning, sleeping) = (groups(run, "spin-"), groups(run, "sleep-"));
    let round_trips: Vec<_> = spinning.iter().chain(&sleeping).copied().collect();
    let spread = dots(&round_trips);
    let throughput = groups(run, "throughput-");
    let small: Vec<_> =
        throughput.iter().filter(|group| group.id == "throughput-64").copied().collect();
    let larger: Vec<_> =
        throughput.iter().filter(|group| group.id != "throughput-64").copied().collect();
    let figures = [
        ("spinning", bar_figure(run, "Round trips while both processes spin", &spinning)),
        ("sleeping", bar_figure(run, "Round trips while both processes sleep", &sleeping)),
        (
            "latency",
            (!spread.is_empty())
                .then(|| figure("How the times of round trips are distributed", &spread, run)),
        ),
        (
            "batching",
            bar_figure(
                run,
                "64-byte messages: a call for each, 64 KiB per call, and no calls",
                &small,
            ),
        ),
        (
            "throughput",
            bar_figure(run, "Larger messages: a ring, a pipe, a socket, a queue", &larger),
        ),
    ];
    figures.into_iter().filter_map(|(name, figure)| Some((name, figure?))).collect()
}
