//! What the claims gave on other kernels and file systems: `lessons/measurements/kernels.json`. The
//! record maps each test (`PACKAGE: MODULE::TEST`) to its runs (`KERNEL/FILE SYSTEM`), and each run to
//! its end:
//!
//! ```json
//! {
//!   "lesson-3-msync: flush::ms_sync_leaves_no_page_dirty": {
//!     "6.1/ext4": "passed",
//!     "6.1/tmpfs": { "left out": "needs a disk" },
//!     "5.10/xfs": { "failed": "5 pages are dirty" }
//!   }
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use common::{Context, Failure, Result};
use serde::{Deserialize, Serialize};

use crate::code_hashes::{self, CodeHashes};
use crate::json;

/// The file systems, in the order of the tables.
pub const FILE_SYSTEMS: [&str; 5] = ["ext4", "xfs", "btrfs", "tmpfs", "overlay"];
/// Where the record is, below the root.
pub const PATH: &str = "lessons/measurements/kernels.json";

/// Where a test ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Run {
    /// The first two numbers of the kernel's version: `6.1`.
    pub kernel: String,
    /// One of [`FILE_SYSTEMS`].
    pub file_system: String,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It passed.
    #[serde(rename = "passed")]
    Passed,
    /// It could not show its claim there, for this reason.
    #[serde(rename = "left out")]
    LeftOut(String),
    /// It failed, and this is the first line that it said.
    #[serde(rename = "failed")]
    Failed(String),
}

/// How each test of one run ended, by `PACKAGE: MODULE::TEST`.
pub type Ends = BTreeMap<String, End>;

/// The record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record(BTreeMap<String, BTreeMap<Run, End>>);

impl Record {
    /// Reads the record. It is empty if there is no such file.
    ///
    /// # Errors
    /// The file cannot be read, or is no record.
    pub fn read(path: &Path) -> Result<Self> {
        json::read(path)
    }

    /// Reads the record of the checkout at `root`, without the tests whose code has changed since.
    ///
    /// # Errors
    /// A file cannot be read, or has another form.
    pub fn current(root: &Path) -> Result<Self> {
        let mut record = Self::read(&root.join(PATH))?;
        let (then, now) =
            (CodeHashes::read(&root.join(code_hashes::PATH))?, CodeHashes::of_sources(root)?);
        record.retain(|test| then.agree(&now, test));
        Ok(record)
    }

    /// Parses the text of a record.
    ///
    /// # Errors
    /// It is not JSON, or has another form.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// Writes the record, with one line for each test.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, self.text().step("write JSON")?).step_on("write", path)
    }

    fn text(&self) -> serde_json::Result<String> {
        let line = |(test, runs): (&String, &BTreeMap<Run, End>)| {
            Ok(format!("{}: {}", serde_json::to_string(test)?, serde_json::to_string(runs)?))
        };
        let lines: Vec<_> = self.0.iter().map(line).collect::<serde_json::Result<_>>()?;
        Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all runs on this kernel and file system.
    pub fn forget(&mut self, run: &Run) {
        self.0.values_mut().for_each(|runs| drop(runs.remove(run)));
        self.0.retain(|_, runs| !runs.is_empty());
    }

    /// Forgets the tests of which this is not true.
    pub fn retain(&mut self, mut is: impl FnMut(&str) -> bool) {
        self.0.retain(|test, _| is(test));
    }

    /// Adds how the tests of a run ended. An older end of the same test is replaced.
    pub fn add(&mut self, run: &Run, ends: Ends) {
        for (test, end) in ends {
            self.0.entry(test).or_default().insert(run.clone(), end);
        }
    }

    /// Adds how those tests of a run ended of which this is true, and returns the other ones.
    pub fn add_if(&mut self, run: &Run, ends: Ends, is: impl Fn(&str) -> bool) -> Vec<String> {
        let (added, others): (Ends, Ends) = ends.into_iter().partition(|(test, _)| is(test));
        self.add(run, added);
        others.into_keys().collect()
    }

    /// Every run of the record, kernels and file systems in order.
    pub fn runs(&self) -> BTreeSet<&Run> {
        self.0.values().flat_map(BTreeMap::keys).collect()
    }

    /// Every kernel of the record, in order.
    pub fn kernels(&self) -> Vec<&str> {
        let mut kernels: Vec<_> = self.runs().into_iter().map(|run| run.kernel.as_str()).collect();
        kernels.dedup();
        kernels
    }

    /// The runs of a test; `None` if it has none.
    pub fn ends(&self, test: &str) -> Option<&BTreeMap<Run, End>> {
        self.0.get(test)
    }

    /// Every test in every run.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Run, &End)> {
        self.0
            .iter()
            .flat_map(|(test, runs)| runs.iter().map(move |(run, end)| (test.as_str(), run, end)))
    }

    /// The file systems on which a test ended in a way on a kernel.
    pub fn file_systems(&self, test: &str, kernel: &str, is: impl Fn(&End) -> bool) -> Vec<&str> {
        let runs = self.ends(test).into_iter().flatten();
        let own = runs.filter(|(run, end)| run.kernel == kernel && is(end));
        own.map(|(run, _)| run.file_system.as_str()).collect()
    }

    /// The file systems on which each kernel ran tests, kernels and file systems in order.
    pub fn by_kernel(&self) -> Vec<(String, Vec<String>)> {
        let mut by_kernel: Vec<(String, Vec<String>)> = Vec::new();
        for run in self.runs() {
            match by_kernel.last_mut() {
                Some((kernel, systems)) if *kernel == run.kernel => {
                    systems.push(run.file_system.clone());
                }
                _ => by_kernel.push((run.kernel.clone(), vec![run.file_system.clone()])),
            }
        }
        by_kernel
    }
}

/// `6.1` for `6.1.192-3`.
pub fn kernel(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// What kernels are sorted by: their numbers.
pub fn order(kernel: &str) -> Vec<u32> {
    kernel.split('.').filter_map(|number| number.parse().ok()).collect()
}

impl Run {
    /// A run on a kernel whose whole version is `version`, such as `6.1.192-3`.
    pub fn new(version: &str, file_system: &str) -> Self {
        Self { kernel: kernel(version), file_system: file_system.into() }
    }

    /// What runs are sorted by.
    fn order(&self) -> (Vec<u32>, usize) {
        let place = FILE_SYSTEMS.iter().position(|system| *system == self.file_system);
        (order(&self.kernel), place.unwrap_or(FILE_SYSTEMS.len()))
    }
}

impl Ord for Run {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let by_text =
            || (&self.kernel, &self.file_system).cmp(&(&other.kernel, &other.file_system));
        self.order().cmp(&other.order()).then_with(by_text)
    }
}

impl PartialOrd for Run {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl From<Run> for String {
    fn from(run: Run) -> Self {
        format!("{}/{}", run.kernel, run.file_system)
    }
}

impl TryFrom<String> for Run {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self> {
        let wrong = || {
            let sentence = "a run is a kernel and a file system, such as 6.1/ext4";
            Failure::refusal("read the run", Path::new(&text), sentence)
        };
        let (kernel, file_system) = text.split_once('/').ok_or_else(wrong)?;
        let known = FILE_SYSTEMS.contains(&file_system);
        let is_version =
            kernel.contains('.') && kernel.split('.').all(|n| n.parse::<u32>().is_ok());
        match known && is_version {
            true => Ok(Self::new(kernel, file_system)),
            false => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
        "x: a::one": { "6.12/ext4": "passed", "6.1/xfs": { "failed": "2, not 1" },
                       "6.1/ext4": { "left out": "no disk" } },
        "x: a::two": { "6.1/tmpfs": "passed" } }"#;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = Record::parse(TEXT).unwrap();
        let text = record.text().unwrap();
        assert_eq!(Record::parse(&text).unwrap(), record);
        assert_eq!(text.lines().count(), 4, "a line for each test, and the braces: {text}");
        let none = Record::default();
        assert_eq!(Record::parse(&none.text().unwrap()).unwrap(), none);
        assert!(text.contains(r#""6.1/ext4":{"left out":"no disk"}"#), "{text}");
        assert!(text.contains(r#""6.12/ext4":"passed""#), "{text}");
    }

    #[test]
    fn kernels_are_sorted_by_their_numbers_and_file_systems_by_the_tables() {
        let record = Record::parse(TEXT).unwrap();
        let runs: Vec<String> = record.runs().into_iter().cloned().map(String::from).collect();
        assert_eq!(runs, ["6.1/ext4", "6.1/xfs", "6.1/tmpfs", "6.12/ext4"]);
        assert_eq!(record.kernels(), ["6.1", "6.12"]);
    }

    #[test]
    fn a_wrong_record_is_refused() {
        for bad in [
            "[]",
            r#"{ "x": { "6.1/ext4": "ok" } }"#,
            r#"{ "x": { "6.1/ext4": {} } }"#,
            r#"{ "x": { "6.1/ext5": "passed" } }"#,
            r#"{ "x": { "ext4": "passed" } }"#,
        ] {
            assert!(Record::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_missing_file_is_an_empty_record_and_an_unreadable_one_is_not() {
        assert!(Record::read(Path::new("/nonexistent")).unwrap().is_empty());
        assert!(Record::read(Path::new("/")).is_err(), "a directory");
    }

    #[test]
    fn a_new_run_replaces_the_old_one_and_leaves_the_others() {
        let mut record = Record::parse(TEXT).unwrap();
        let run = Run::new("6.1.192-3", "ext4");
        record.forget(&run);
        assert!(record.ends("x: a::one").unwrap().len() == 2);
        record.add(&run, Ends::from([("x: a::two".into(), End::Passed)]));
        assert_eq!(record.file_systems("x: a::two", "6.1", |_| true), ["ext4", "tmpfs"]);
        record.forget(&run);
        record.forget(&Run::new("6.1", "tmpfs"));
        assert_eq!(record.ends("x: a::two"), None);
    }

    #[test]
    fn a_test_whose_code_has_changed_is_not_recorded_and_its_old_runs_are_forgotten() {
        let mut record = Record::parse(TEXT).unwrap();
        let run = Run::new("7.3.4-1", "ext4");
        let passed = |test: &str| (test.to_owned(), End::Passed);
        let ends = Ends::from([passed("x: a::one"), passed("x: a::two")]);
        let others = record.add_if(&run, ends, |test| test == "x: a::one");
        assert_eq!(others, ["x: a::two"]);
        assert_eq!(record.file_systems("x: a::one", "7.3", |_| true), ["ext4"]);
        assert!(record.file_systems("x: a::two", "7.3", |_| true).is_empty());
        record.retain(|test| test != "x: a::one");
        assert_eq!(record.ends("x: a::one"), None);
        assert!(record.ends("x: a::two").is_some());
    }

    #[test]
    fn the_current_record_has_only_tests_whose_code_is_what_it_was() {
        let root = tempfile::tempdir().unwrap();
        let tests = root.path().join("crates/x/tests/claims");
        fs::create_dir_all(&tests).unwrap();
        fs::create_dir_all(root.path().join("lessons/measurements")).unwrap();
        let code = "#[test] fn one() { f(1) } #[test] fn two() { f(2) }";
        fs::write(tests.join("a.rs"), code).unwrap();
        Record::parse(TEXT).unwrap().write(&root.path().join(PATH)).unwrap();
        let without_code = Record::current(root.path()).unwrap();
        assert!(without_code.is_empty(), "what ran is not known: {without_code:?}");
        CodeHashes::of_sources(root.path())
            .unwrap()
            .write(&root.path().join(code_hashes::PATH))
            .unwrap();
        assert_eq!(Record::current(root.path()).unwrap(), Record::parse(TEXT).unwrap());
        fs::write(tests.join("a.rs"), code.replace("f(2)", "f(3)")).unwrap();
        let changed = Record::current(root.path()).unwrap();
        assert!(changed.ends("x: a::one").is_some() && changed.ends("x: a::two").is_none());
    }

    #[test]
    fn each_kernel_has_the_file_systems_on_which_it_ran_tests() {
        let by_kernel = Record::parse(TEXT).unwrap().by_kernel();
        let systems = |names: &[&str]| names.iter().copied().map(String::from).collect::<Vec<_>>();
        let right = [("6.1", systems(&["ext4", "xfs", "tmpfs"])), ("6.12", systems(&["ext4"]))];
        assert_eq!(by_kernel, right.map(|(kernel, systems)| (String::from(kernel), systems)));
    }
}
