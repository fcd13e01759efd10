//! What was measured: a row for each method, and groups of rows that took turns.

use std::path::Path;

use common::{Context, Failure, Result};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::unit::rounded;
use crate::{Method, Progress, Size, Spread, Unit};

/// One method's measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// A short name without spaces, unique in its group.
    pub method: String,
    /// The kind of method: `memory`, `read`, `mapped`, `ring`, `pipe`, …
    pub kind: String,
    /// What the method does, in a few words.
    pub words: String,
    /// The methods that it was planned to be compared with.
    pub against: Vec<String>,
    /// One value a round, in the group's unit. Value `i` of every row is of the same round.
    pub values: Vec<f64>,
    /// The values' lowest, median and highest.
    #[serde(flatten)]
    pub spread: Spread,
    /// Page faults in the median round, if they were counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub faults: Option<i64>,
    /// How the single times are distributed, all rounds together, if each was measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub latency: Option<Latency>,
}

/// A distribution of times, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// How many times were measured.
    pub count: u64,
    /// Half of them took at most this long.
    pub p50_ns: f64,
    /// 90 % of them.
    pub p90_ns: f64,
    /// 99 % of them.
    pub p99_ns: f64,
    /// 99.9 % of them.
    pub p999_ns: f64,
    /// The longest.
    pub max_ns: f64,
}

/// How a measured file was made. Its folios, the units of the page cache, depend on that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileKind {
    /// `ext4`, `tmpfs`, …
    pub file_system: String,
    /// How many bytes each `write` carried when the file was made.
    pub written_bytes: usize,
    /// Whether `MADV_COLLAPSE` then put the file's pages into huge ones.
    pub collapsed: bool,
    /// The file's length.
    pub length_bytes: usize,
}

impl FileKind {
    /// A short name without spaces: `ext4-4K`, `tmpfs-4K-collapsed`.
    pub fn id(&self) -> String {
        let collapsed = if self.collapsed { "-collapsed" } else { "" };
        let system = self.file_system.replace(' ', "-");
        format!("{system}-{}{collapsed}", Size(self.written_bytes).short())
    }
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let collapsed = if self.collapsed { ", then MADV_COLLAPSE" } else { "" };
        write!(f, "{}, written {} at a time{collapsed}", self.file_system, Size(self.written_bytes))
    }
}

/// Methods that took turns at the same task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// A short name without spaces, unique in the run.
    pub id: String,
    /// The task, in words: `Count the newlines of a 1 GiB file in the page cache`.
    pub title: String,
    /// Where it was done: the file, or the processes' CPUs.
    pub setting: String,
    /// The unit of the rows' values.
    pub unit: Unit,
    /// The file, if there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<FileKind>,
    /// Bytes that each measurement covers.
    pub bytes: usize,
    /// Single operations in each measurement, if the values are of one operation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operations: Option<usize>,
    /// The measurements, a row for each method.
    pub rows: Vec<Row>,
}

impl Group {
    /// Measures each method once a round and fills in the rows. The order moves on by one each
    /// round, so that no method always follows the same other one.
    ///
    /// # Errors
    /// The first measurement's that fails; a refusal if two methods computed different results.
    pub fn measure(mut self, rounds: usize, mut methods: Vec<Method<'_>>) -> Result<Self> {
        let progress = Progress::new(&self.id, rounds * methods.len())?;
        let count = methods.len();
        let mut measured: Vec<Vec<_>> = methods.iter().map(|_| Vec::new()).collect();
        for round in 0..rounds {
            for turn in 0..count {
                let index = (round + turn) % count;
                progress.begin(&methods[index].name);
                measured[index].push((methods[index].measure)(round)?);
                progress.advance();
            }
        }
        let mut expected: Option<(u64, String)> = None;
        for (method, measured) in methods.into_iter().zip(measured) {
            for result in measured.iter().filter_map(|one| one.result) {
                let (first, name) = expected.get_or_insert((result, method.name.clone()));
                if *first != result {
                    let sentence = format!("its result is {result}, {name}'s is {first}");
                    return Err(Failure::refusal("compare", Path::new(&method.name), sentence));
                }
            }
            self.rows.push(Row::of(&method, &measured)?);
        }
        Ok(self)
    }

    /// The row of a method.
    pub fn row(&self, method: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.method == method)
    }

    /// The method that the rows of this group are compared with in tables and charts.
    pub fn baseline(&self) -> Option<&str> {
        let planned = self.rows.iter().filter_map(|row| row.against.first());
        planned.map(String::as_str).find(|method| self.row(method).is_some())
    }

    /// Bytes that one page fault mapped on average, if the task was one pass that faulted.
    pub fn bytes_per_fault(&self, row: &Row) -> Option<f64> {
        let faults = row.faults.filter(|faults| *faults > 0 && self.operations.is_none())?;
        Some(self.bytes as f64 / faults as f64)
    }
}

impl Row {
    fn of(method: &Method<'_>, measured: &[crate::Measured]) -> Result<Self> {
        let values: Vec<f64> = measured.iter().map(|one| rounded(one.value)).collect();
        let mut faults: Vec<_> = measured.iter().filter_map(|one| one.faults).collect();
        faults.sort_unstable();
        Ok(Self {
            method: method.name.clone(),
            kind: method.kind.into(),
            words: method.words.clone(),
            against: method.against.clone(),
            spread: Spread::of(&values),
            values,
            faults: faults.get(faults.len() / 2).copied(),
            latency: Latency::of(measured.iter().filter_map(|one| one.times.as_ref()))?,
        })
    }
}

impl Latency {
    /// Of all rounds together; `None` if no single time was measured.
    fn of<'h>(mut rounds: impl Iterator<Item = &'h Histogram<u64>>) -> Result<Option<Self>> {
        let Some(mut all) = rounds.next().cloned() else { return Ok(None) };
        for round in rounds {
            all.add(round).map_err(std::io::Error::other).step("add histograms")?;
        }
        let at = |quantile| rounded(all.value_at_quantile(quantile) as f64);
        Ok(Some(Self {
            count: all.len(),
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: rounded(all.max() as f64),
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::Measured;

    fn group() -> Group {
        let (id, title, setting) = ("g".into(), "Task".into(), "ext4".into());
        let unit = Unit::Nanoseconds;
        Group { id, title, setting, unit, file: None, bytes: 1, operations: None, rows: vec![] }
    }

    #[test]
    fn each_method_is_measured_once_a_round_and_goes_first_in_turn() {
        let order = RefCell::new(String::new());
        let called = &order;
        let methods = ["a", "b", "c"].map(|name| {
            Method::new(name, "read", name, move |round| {
                called.borrow_mut().push_str(name);
                Ok(Measured { value: round as f64, ..Measured::default() })
            })
        });
        let group = group().measure(3, methods.into()).unwrap();
        assert_eq!(*order.borrow(), "abcbcacab");
        assert!(group.rows.iter().all(|row| row.values == [0.0, 1.0, 2.0]), "{group:?}");
    }

    #[test]
    fn a_failed_measurement_ends_the_run() {
        let refusal = |_| Err(Failure::refusal("measure", "x".as_ref(), "no"));
        let failed = group().measure(2, vec![Method::new("a", "read", "a", refusal)]).unwrap_err();
        assert_eq!(failed.to_string(), "measure \"x\": no");
    }

    #[test]
    fn methods_that_compute_different_results_are_refused() {
        let method = |name, result| {
            let measured = move |_| Ok(Measured { result: Some(result), ..Measured::default() });
            Method::new(name, "read", name, measured)
        };
        let failed = group().measure(1, vec![method("a", 1), method("b", 2)]).unwrap_err();
        assert_eq!(failed.to_string(), "compare \"b\": its result is 2, a's is 1");
    }
}
