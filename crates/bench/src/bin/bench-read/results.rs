//! What was measured, as `read.json` holds it.

use bench::Machine;
use serde::Serialize;

use crate::group::{Entry, Group};
use crate::memory::Memory;
use crate::space::Notes;
use crate::verdict::Verdict;
use crate::{date, sentences};

/// The whole of it.
#[derive(Serialize)]
pub(crate) struct Results {
    pub(crate) machine: Machine,
    pub(crate) date: String,
    size: usize,
    counter: &'static str,
    notes: Vec<String>,
    pub(crate) sentences: Vec<String>,
    rows: Vec<Row>,
}

/// One method on one ground.
#[derive(Serialize)]
struct Row {
    method: String,
    file_system: &'static str,
    written_in: String,
    state: &'static str,
    threads: usize,
    bytes: usize,
    /// How many single reads or files those bytes were; null for one pass.
    operations: Option<usize>,
    rounds: usize,
    seconds_median: f64,
    seconds_lowest: f64,
    seconds_highest: f64,
    gb_per_s: f64,
    faults: i64,
    bytes_per_fault: Option<f64>,
    /// Beside the memory row of the same ground and as many threads.
    ratio_to_memory: Option<f64>,
    /// Of a mapping beside the best of reading on the same ground with as many threads.
    verdict: Option<Verdict>,
}

impl Results {
    /// Of the groups, in order.
    pub(crate) fn of(machine: Machine, memory: &Memory, groups: &[Group], notes: Notes) -> Self {
        let rows = groups
            .iter()
            .flat_map(|group| group.entries.iter().map(move |entry| row(group, entry)));
        Self {
            machine,
            date: date::today(),
            size: memory.len(),
            counter: "memchr::memchr_iter(b'\\n', …).count()",
            notes: notes.0,
            sentences: sentences::of(groups).into(),
            rows: rows.collect(),
        }
    }
}

fn row(group: &Group, entry: &Entry) -> Row {
    let (ground, seconds, faults) = (&group.ground, entry.seconds(), entry.faults());
    Row {
        method: entry.name.clone(),
        file_system: ground.file_system,
        written_in: ground.written_in.clone(),
        state: ground.state,
        threads: entry.threads,
        bytes: ground.bytes,
        operations: ground.operations,
        rounds: entry.measured.len(),
        seconds_median: seconds.median,
        seconds_lowest: seconds.lowest,
        seconds_highest: seconds.highest,
        gb_per_s: group.speed(entry).median,
        faults,
        bytes_per_fault: group.bytes_per_fault(entry),
        ratio_to_memory: group.ratio_to_memory(entry),
        verdict: group.verdict(entry),
    }
}
