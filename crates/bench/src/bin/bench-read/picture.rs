//! `read.svg`: bars with spread, a chart for each group.

use bench::{Bar, Bars, Chart, Machine, Spread, picture};
use common::Result;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, SVGBackend};

use crate::group::{Entry, Group};
use crate::size::Size;
use crate::table::{digits, duration};

type Area<'p> = DrawingArea<SVGBackend<'p>, Shift>;

/// Of the many methods on a warm file, those that are drawn.
const DRAWN: [&str; 9] = [
    "memory",
    "read-4K",
    "read-64K",
    "read-1M",
    "mapped",
    "mapped-populate",
    "mapped-again",
    "pread-1M-two-threads",
    "mapped-two-threads",
];

/// The picture of all groups.
///
/// # Errors
/// As `bench::picture`.
pub(crate) fn of(machine: &Machine, date: &str, groups: &[Group]) -> Result<String> {
    let Machine { cpu, cpus, kernel, .. } = machine;
    let title = format!("Reading and mapping: {cpu}, {cpus} CPUs, Linux {kernel}, {date}");
    let caption = Caption(title.clone());
    // What a cold or a random read costs does not depend on the pieces: one chart says it.
    let says_more = |(index, group): &(usize, &Group)| {
        let same = |other: &&Group| other.ground.kind() == group.ground.kind();
        is_pass(group) || !groups[..*index].iter().any(|other| same(&other))
    };
    let drawn = groups.iter().enumerate().filter(says_more);
    let charts: Vec<Bars> = drawn.map(|(_, group)| chart(group)).collect();
    let charts = charts.iter().map(|chart| chart as &dyn Chart);
    picture(&title, &[&caption as &dyn Chart].into_iter().chain(charts).collect::<Vec<_>>())
}

/// A line above all charts: whose figures they are.
struct Caption(String);

impl Chart for Caption {
    fn title(&self) -> &str {
        &self.0
    }

    fn height(&self) -> u32 {
        1
    }

    fn words(&self) -> String {
        "the median of the rounds as a bar, the lowest and the highest as a line.".into()
    }

    fn draw(&self, _: &Area<'_>) -> std::result::Result<(), Box<dyn std::error::Error>> {
        Ok(())
    }
}

/// Whether it is of passes over a warm file.
fn is_pass(group: &Group) -> bool {
    group.ground.kind() == ("one pass", "warm")
}

fn chart(group: &Group) -> Bars {
    let ground = &group.ground;
    let place =
        format!("{} on {}, written in {}", ground.state, ground.file_system, ground.written_in);
    let single = ground.operations.is_some();
    let title = if single {
        format!("{}, {place}: the time of each (shorter is better)", ground.what)
    } else {
        format!("{}, {place}: GB/s (longer is better)", Size(ground.bytes))
    };
    let drawn = group
        .entries
        .iter()
        .filter(|entry| !is_pass(group) || DRAWN.contains(&entry.name.as_str()));
    let bars = drawn.map(|entry| bar(group, entry)).collect();
    Bars { title, write: if single { duration } else { speed }, bars }
}

fn bar(group: &Group, entry: &Entry) -> Bar {
    let spread = match group.ground.operations {
        None => group.speed(entry),
        Some(number) => {
            let Spread { lowest, median, highest } = entry.seconds();
            let [lowest, median, highest] = [lowest, median, highest].map(|s| s / number as f64);
            Spread { lowest, median, highest }
        }
    };
    Bar { label: entry.name.clone(), series: entry.side as usize, spread }
}

fn speed(value: f64) -> String {
    format!("{} GB/s", digits(value))
}
