//! JUnit XML: a suite per report, a case per check. What this machine cannot judge is an error, so
//! that no CI takes it for passed.

use std::io;
use std::time::Duration;

use common::{Context, Result};
use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{CheckResult, Named, Report, State};

pub(super) fn written(reports: &[Named]) -> Result<String> {
    let mut document = Document::new("check");
    for named in reports {
        let report = named.report;
        let mut suite = TestSuite::new(named.name());
        suite.set_time(Duration::from_millis(report.totals.milliseconds));
        suite.add_test_cases(report.checks.iter().map(|check| case(report, &named.name(), check)));
        if let Some(compiler) = &report.compiler {
            suite.set_system_err(compiler);
        }
        document.add_test_suite(suite);
    }
    document.to_string().map_err(io::Error::other).step("write XML")
}

fn case(report: &Report, name: &str, check: &CheckResult) -> TestCase {
    let mut status = match (check.state, &report.compiler) {
        (State::Passed, _) => TestCaseStatus::success(),
        (State::Skipped, None) => TestCaseStatus::skipped(),
        // A part of a check: the rest of the check decides.
        (State::Cannot, None) if check.points == 0 => TestCaseStatus::skipped(),
        (State::Cannot, _) => TestCaseStatus::non_success(NonSuccessKind::Error),
        _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    if check.state != State::Passed {
        let about = super::text::about(check);
        status.set_message(about.first().cloned().unwrap_or_default());
        status.set_description(about.join("\n"));
    }
    let mut case = TestCase::new(format!("{}: {}", check.id, check.promise), status);
    case.set_classname(name);
    case.set_time(Duration::from_millis(check.milliseconds));
    case
}
