//! What a recorded run of the claims on other kernels and file systems gave. The record is
//! `lessons/measurements/kernels.json`. It maps each claim (`PACKAGE: MODULE::TEST`) to its runs
//! (`KERNEL/FILE SYSTEM`), and each run to its end:
//!
//! ```json
//! {
//!   "lesson-3-msync: flush::ms_sync_leaves_no_page_dirty": {
//!     "6.1/ext4": "passed",
//!     "6.1/tmpfs": { "left out": "needs root" },
//!     "5.10/xfs": { "failed": "5 pages are dirty" }
//!   }
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::claim::Claim;
use serde_json::Value;

/// The recorded runs; empty without a record.
#[derive(Default)]
pub(crate) struct Runs(BTreeMap<String, BTreeMap<String, End>>);

/// How a test ended in one run.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Passed,
    LeftOut(String),
    Failed(String),
}

impl Runs {
    /// The record at `path`, or no runs if there is no such file.
    pub(crate) fn recorded(path: &Path) -> Self {
        match fs::read_to_string(path) {
            Ok(text) => Self::read(&text).unwrap_or_else(|problem| panic!("{path:?}: {problem}")),
            Err(_) => Self::default(),
        }
    }

    fn read(text: &str) -> Result<Self, String> {
        let record: BTreeMap<String, BTreeMap<String, Value>> =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut runs = BTreeMap::new();
        for (claim, ends) in record {
            let ends = ends.into_iter().map(|(run, end)| Ok((run, self::end(&end)?)));
            runs.insert(claim, ends.collect::<Result<_, String>>()?);
        }
        Ok(Self(runs))
    }

    /// The kernels and file systems of the record, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let names: BTreeSet<_> = self.0.values().flat_map(BTreeMap::keys).collect();
        names.into_iter().map(String::as_str).collect()
    }

    /// The claim's cell, or nothing without a record: on how many of its runs it passed, and where it
    /// did not.
    pub(crate) fn cell(&self, claim: &Claim) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let Some(ends) = self.0.get(&format!("{}: {}", claim.package, claim.path)) else {
            return Some("not run".into());
        };
        let passed = ends.values().filter(|end| **end == End::Passed).count();
        if passed == ends.len() {
            return Some(format!("all {passed}"));
        }
        let mut others: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (run, end) in ends {
            let end = match end {
                End::Passed => continue,
                End::LeftOut(reason) => format!("left out ({reason})"),
                End::Failed(said) => format!("**failed** ({said})"),
            };
            others.entry(end).or_default().push(run);
        }
        let others = others.iter().map(|(end, runs)| format!("; {end}: {}", runs.join(", ")));
        Some(format!("{passed} of {}{}", ends.len(), others.collect::<String>()))
    }
}

fn end(value: &Value) -> Result<End, String> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(String::from);
    match (value.as_str(), text("left out"), text("failed")) {
        (Some("passed"), ..) => Ok(End::Passed),
        (_, Some(reason), None) => Ok(End::LeftOut(reason)),
        (_, None, Some(said)) => Ok(End::Failed(said)),
        _ => Err(format!("a run ends with passed, left out or failed, and not with {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger_pages::tests::claim;

    #[test]
    fn a_cell_says_where_a_claim_passed_and_why_not_elsewhere() {
        let runs = Runs::read(
            r#"{ "x: a::pages_are_whole": { "6.1/ext4": "passed", "6.1/xfs": "passed" },
                 "x: a::exit_unmaps": { "6.1/ext4": "passed", "5.10/xfs": { "left out": "no disk" },
                    "5.10/ext4": { "left out": "no disk" }, "6.1/xfs": { "failed": "2, not 1" } } }"#,
        );
        let runs = runs.expect("the record is right");
        assert_eq!(runs.names(), ["5.10/ext4", "5.10/xfs", "6.1/ext4", "6.1/xfs"]);
        let cell = |sentence| runs.cell(&claim(sentence, "`exit`, edge")).expect("a record");
        assert_eq!(cell("Pages are whole"), "all 2");
        let mixed =
            "1 of 4; **failed** (2, not 1): 6.1/xfs; left out (no disk): 5.10/ext4, 5.10/xfs";
        assert_eq!(cell("`exit` unmaps"), mixed);
        assert_eq!(cell("Nobody ran this"), "not run");
    }

    #[test]
    fn without_a_record_there_is_no_cell_and_a_wrong_record_is_found() {
        let none = Runs::recorded(Path::new("/nonexistent"));
        assert_eq!(none.cell(&claim("Pages are whole", "`exit`, edge")), None);
        for bad in ["[]", r#"{ "x": { "6.1/ext4": "ok" } }"#, r#"{ "x": { "6.1/ext4": {} } }"#] {
            assert!(Runs::read(bad).is_err(), "{bad}");
        }
    }
}
