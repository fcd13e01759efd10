//! A run: everything that one benchmark measured, as its JSON document holds it.

use serde::{Deserialize, Serialize};

use crate::{Comparison, Conditions, Group, LEVEL, Machine, Notes, Row};

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// `bench-read` or `bench-ipc`.
    pub program: String,
    /// Whether this was a quick run, which shows that everything works and proves nothing.
    pub quick: bool,
    /// The machine.
    pub machine: Machine,
    /// How quiet it was.
    pub conditions: Conditions,
    /// The CPUs that the measured threads or processes were pinned to.
    pub pinned_to: Vec<usize>,
    /// What was left out, and why; what a reader must know about the values.
    pub notes: Vec<String>,
    /// How the verdicts were reached.
    pub test: Test,
    /// Every planned comparison, with its verdict. Conclusions follow from these alone.
    pub comparisons: Vec<Comparison>,
    /// The measurements.
    pub groups: Vec<Group>,
}

/// How verdicts are reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// The test.
    pub test: String,
    /// The correction for the number of comparisons.
    pub correction: String,
    /// The probability of one wrong verdict or more in the run, at most.
    pub level: f64,
    /// How many comparisons were made.
    pub comparisons: usize,
}

impl Run {
    /// Makes the planned comparisons.
    pub fn new(
        program: &str,
        quick: bool,
        (machine, conditions): (Machine, Conditions),
        pinned_to: Vec<usize>,
        notes: Notes,
        groups: Vec<Group>,
    ) -> Self {
        let comparisons = compare(&groups);
        let test = Test {
            test: "two-sided sign test of the paired rounds".into(),
            correction: "Holm, over all comparisons of the run".into(),
            level: LEVEL,
            comparisons: comparisons.len(),
        };
        let (program, notes) = (program.into(), notes.0);
        Self { program, quick, machine, conditions, pinned_to, notes, test, comparisons, groups }
    }

    /// The group with this name, if it was measured.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// The row `GROUP/METHOD` and its group, if they were measured.
    pub fn row(&self, id: &str) -> Option<(&Group, &Row)> {
        find(&self.groups, id)
    }

    /// The comparison of two rows, each `GROUP/METHOD`.
    pub fn comparison(&self, subject: &str, baseline: &str) -> Option<&Comparison> {
        let mut all = self.comparisons.iter();
        all.find(|comparison| comparison.subject == subject && comparison.baseline == baseline)
    }

    /// The comparison that tables and charts show beside a row: with the baseline of its group.
    pub fn beside(&self, group: &Group, row: &Row) -> Option<&Comparison> {
        let baseline = group.baseline()?;
        self.comparison(
            &format!("{}/{}", group.id, row.method),
            &format!("{}/{baseline}", group.id),
        )
    }

    /// The comparisons that no table shows beside a row.
    pub fn others(&self) -> impl Iterator<Item = &Comparison> {
        self.comparisons.iter().filter(|comparison| {
            let shown = self.row(&comparison.subject).and_then(|(group, row)| {
                Some(self.beside(group, row)?.baseline == comparison.baseline)
            });
            shown != Some(true)
        })
    }
}

/// Every comparison that a row plans and that can be made.
fn compare(groups: &[Group]) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for group in groups {
        for row in &group.rows {
            for planned in &row.against {
                let full = if planned.contains('/') {
                    planned.clone()
                } else {
                    format!("{}/{planned}", group.id)
                };
                let Some((other, baseline)) = find(groups, &full) else { continue };
                debug_assert_eq!(other.unit, group.unit, "{full}");
                let subject = (format!("{}/{}", group.id, row.method), &row.values[..]);
                comparisons.push(Comparison::of(subject, (full, &baseline.values), group.unit));
            }
        }
    }
    Comparison::correct(&mut comparisons);
    comparisons
}

fn find<'g>(groups: &'g [Group], id: &str) -> Option<(&'g Group, &'g Row)> {
    let (group, method) = id.split_once('/')?;
    let group = groups.iter().find(|candidate| candidate.id == group)?;
    Some((group, group.row(method)?))
}
