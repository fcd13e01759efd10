//! The columns of the ledger that tell on which kernels and file systems a claim's test passed, and the
//! page `lessons/kernels.md`. Both are made from the record that `just kernels --record` writes.

use std::path::Path;

use kernels::machines::{self, Machines};
use kernels::record::{self, End, Record};
use kernels::table;

use crate::claim::Claim;
use crate::holds::{Answer, Holds};

/// The recorded runs; empty without a record.
#[derive(Default)]
pub(crate) struct Runs {
    record: Record,
    machines: Machines,
    /// The kernels, each with its file systems. To find them takes a pass through the whole record.
    by_kernel: Vec<(String, Vec<String>)>,
}

impl Runs {
    fn of(record: Record, machines: Machines) -> Self {
        let by_kernel = record.by_kernel();
        Self { record, machines, by_kernel }
    }

    /// The record of the checkout at `root`, or no runs if there is none. A test whose code has changed
    /// since then has not run.
    pub(crate) fn recorded(root: &Path) -> Self {
        let record = Record::current(root).expect("read the record of the runs");
        let machines = Machines::read(&root.join(machines::PATH)).expect("read the machines");
        Self::of(record, machines)
    }

    /// The kernels of the record, sorted: one column each.
    pub(crate) fn kernels(&self) -> Vec<&str> {
        self.by_kernel.iter().map(|(kernel, _)| kernel.as_str()).collect()
    }

    /// The claim's cells, one for each kernel.
    pub(crate) fn cells(&self, claim: &Claim) -> Vec<String> {
        let test = format!("{}: {}", claim.package, claim.path);
        let cell = |(kernel, systems): &(String, Vec<String>)| {
            self.cell(&test, &claim.said.holds, kernel, systems)
        };
        self.by_kernel.iter().map(cell).collect()
    }

    /// A test passes where its sentence is not true, too: there it checks what happens instead. A file
    /// system on which the sentence is never true is left out of the cell.
    fn cell(&self, test: &str, holds: &Holds, kernel: &str, all: &[String]) -> String {
        const OTHERWISE: &str = "otherwise";
        let on = |is: fn(&End) -> bool| self.record.file_systems(test, kernel, is);
        let (passed, left_out) =
            (on(|end| *end == End::Passed), on(|end| matches!(end, End::LeftOut(_))));
        let failed = on(|end| matches!(end, End::Failed(_)));
        if passed.is_empty() && left_out.is_empty() && failed.is_empty() {
            return "not run".into();
        }
        let mut parts: Vec<(String, Vec<&str>)> = Vec::new();
        for system in all.iter().map(String::as_str) {
            let said = match holds.on(kernel, system) {
                _ if left_out.contains(&system) => "[left out](../kernels.md#left-out)".into(),
                _ if failed.contains(&system) => "[**failed**](../kernels.md#failed)".into(),
                _ if !passed.contains(&system) => continue,
                Answer::Yes => "✓".into(),
                Answer::From(version) => format!("from {version}"),
                Answer::NotOnThisKernel => OTHERWISE.into(),
                Answer::NotOnThisFileSystem => continue,
            };
            match parts.iter_mut().find(|(known, _)| *known == said) {
                Some((_, systems)) => systems.push(system),
                None => parts.push((said, vec![system])),
            }
        }
        match &parts[..] {
            [] => OTHERWISE.into(),
            [(said, systems)] if systems.len() == all.len() => said.clone(),
            parts => {
                let part = |(said, systems): &(String, Vec<&str>)| {
                    format!("{}: {said}", systems.join(", "))
                };
                parts.iter().map(part).collect::<Vec<_>>().join("<br>")
            }
        }
    }

    /// The page `lessons/kernels.md`; its own words are in `tests/checks/kernels.md`.
    pub(crate) fn page(&self) -> Option<String> {
        (!self.record.is_empty()).then(|| {
            include_str!("kernels.md")
                .replace("{machines}", &table::machines(&self.machines))
                .replace("{counts}", &table::counts(&self.record))
                .replace("\n{differences}", &table::differences(&self.record))
        })
    }

    /// What is wrong with the record itself: a failure, or a kernel without its machine.
    pub(crate) fn problems(&self) -> Vec<String> {
        let failed = self.record.all().filter(|(.., end)| matches!(end, End::Failed(_)));
        let failed = failed.map(|(test, run, end)| {
            let run = String::from(run.clone());
            format!("{}: {test} on {run} is {end:?}", record::PATH)
        });
        let known: Vec<_> = self.machines.sorted().into_iter().map(|(kernel, _)| kernel).collect();
        let unknown = self.kernels().into_iter().filter(|kernel| !known.contains(kernel));
        let unknown = unknown.map(|kernel| format!("{} lacks {kernel}", machines::PATH));
        failed.chain(unknown).collect()
    }

    /// The kernels, each with its file systems: `*6.1* (ext4, xfs), *6.12* (ext4)`.
    pub(crate) fn kernels_and_file_systems(&self) -> String {
        let kernel = |(kernel, systems): &(String, Vec<String>)| {
            format!("*{kernel}* ({})", systems.join(", "))
        };
        self.by_kernel.iter().map(kernel).collect::<Vec<_>>().join(", ")
    }
}

/// `[6, 10]` of `6.10`, which comes after `[6, 9]`.
pub(crate) fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().expect("a version has numbers")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_none;
    use crate::ledger_pages::tests::claim;

    fn runs() -> Runs {
        let record = Record::parse(
            r#"{ "x: a::pages_are_whole": { "6.1/ext4": "passed", "6.1/xfs": "passed",
                    "6.12/ext4": "passed" },
                 "x: a::exit_unmaps": { "6.1/ext4": "passed", "6.1/xfs": { "failed": "2, not 1" },
                    "6.12/ext4": { "left out": "no disk" } } }"#,
        );
        Runs::of(record.expect("the record is right"), Machines::default())
    }

    #[test]
    fn a_cell_for_each_kernel_says_where_a_claim_passed_and_where_not() {
        let runs = runs();
        assert_eq!(runs.kernels(), ["6.1", "6.12"]);
        let cells = |sentence| runs.cells(&claim(sentence, "`exit`, edge"));
        assert_eq!(cells("Pages are whole"), ["✓", "✓"]);
        let failed = "ext4: ✓<br>xfs: [**failed**](../kernels.md#failed)";
        assert_eq!(cells("`exit` unmaps"), [failed, "[left out](../kernels.md#left-out)"]);
        assert_eq!(cells("Nobody ran this"), ["not run", "not run"]);
    }

    #[test]
    fn a_tick_stands_only_where_the_sentence_is_true() {
        let runs = runs();
        let cells = |holds: &str| {
            let mut claim = claim("Pages are whole", "`exit`, edge");
            claim.said.holds = Holds::read(holds).expect(holds);
            runs.cells(&claim)
        };
        assert_eq!(cells("since 6.10"), ["from 6.10", "✓"]);
        assert_eq!(cells("since 6.1"), ["✓", "✓"]);
        assert_eq!(cells("in 6.18"), ["otherwise", "otherwise"]);
        assert_eq!(cells("before 6.2"), ["✓", "otherwise"]);
        assert_eq!(cells("on ext4"), ["ext4: ✓", "✓"]);
        assert_eq!(cells("not on ext4"), ["xfs: ✓", "otherwise"]);
        assert_eq!(cells("since 6.16 on ext4; on xfs"), ["ext4: from 6.16<br>xfs: ✓", "from 6.16"]);
        assert_eq!(cells("on tmpfs"), ["otherwise", "otherwise"]);
    }

    #[test]
    fn the_page_names_each_difference() {
        let page = runs().page().expect("there is a record");
        assert!(page.contains("| 6.1 | 2 passed | 1 passed, 1 **failed** |"), "{page}");
        assert!(page.contains("- `x: a::exit_unmaps`: 6.1 on xfs. 2, not 1\n"), "{page}");
        assert!(!page.contains('{'), "a place was not filled: {page}");
    }

    #[test]
    fn a_failure_and_an_unknown_machine_are_found_and_without_a_record_there_is_nothing() {
        assert_eq!(runs().problems().len(), 3, "{:?}", runs().problems());
        let none = Runs::default();
        assert!(none.cells(&claim("Pages are whole", "`exit`, edge")).is_empty());
        assert_eq!(none.page(), None);
        assert_none(&none.problems());
    }
}
