//! What a check says: passed, a finding, or why it could not be made.

use common::Failure;
use explore::CannotFollow;
use explore::table::Table;
use explore::timeline::Timeline;
use explore::trace::{Event, EventKind};
use sandbox::StartError;
use tracer::{LimitExceeded, LookRefused};

/// What a check notes that has replayed the schedule that was asked for.
pub const REPLAYED: &str = "replayed";

/// The diagnosis of a program that tries to reach others by a means that the sandbox does not allow.
pub const MEANS_NOT_ALLOWED: &str = "means-not-allowed";

/// A promise that was broken, as it was seen.
#[derive(Debug)]
pub struct Finding {
    /// Which diagnosis, by its id.
    pub diagnosis: &'static str,
    /// What should have been seen.
    pub expected: String,
    /// What was.
    pub actual: String,
    /// What two processes did, in order.
    pub table: Option<Table>,
    /// The same, step by step.
    pub timeline: Option<Timeline>,
    /// More lines: a map of pages, the program's own words.
    pub details: Vec<String>,
    /// By which `--schedule` it shows again.
    pub schedule: Option<String>,
    /// For which limit the program was ended.
    pub limit: Option<LimitExceeded>,
}

/// Why a check did not pass.
#[derive(Debug)]
pub enum CheckError {
    /// The program is wrong.
    Wrong(Box<Finding>),
    /// The program is wrong, and nothing more is judged: it cannot be executed, or took more of the
    /// machine than it may.
    Ended(Box<Finding>),
    /// The program has nothing that the check is about, for this reason.
    Skipped(String),
    /// This machine cannot judge it, for this reason.
    Cannot(String),
    /// The judge itself failed.
    Fault(Failure),
}

impl CheckError {
    /// The same with another diagnosis, if it is `from`: of a cause that the check knows.
    #[must_use]
    pub fn known_as(self, from: &str, diagnosis: &'static str) -> Self {
        match self {
            Self::Wrong(finding) if finding.diagnosis == from => {
                Self::Wrong(Box::new(Finding { diagnosis, ..*finding }))
            }
            other => other,
        }
    }

    /// Whether the program was ended because it had used up its CPU time.
    #[must_use]
    pub fn is_out_of_cpu_time(&self) -> bool {
        match self {
            Self::Wrong(finding) => {
                finding.limit.is_some_and(|limit| matches!(limit, LimitExceeded::CpuTime(_)))
            }
            _ => false,
        }
    }

    /// Whether the program was ended because it had used up its time by the clock.
    #[must_use]
    pub fn is_out_of_time_by_the_clock(&self) -> bool {
        match self {
            Self::Wrong(finding) | Self::Ended(finding) => {
                finding.limit.is_some_and(|limit| matches!(limit, LimitExceeded::Wall(_)))
            }
            _ => false,
        }
    }

    /// Adds lines to be shown below what is wrong.
    #[must_use]
    pub fn details(self, lines: impl IntoIterator<Item = String>) -> Self {
        match self {
            Self::Wrong(finding) => Self::Wrong(Box::new(finding.details(lines))),
            Self::Ended(finding) => Self::Ended(Box::new(finding.details(lines))),
            other => other,
        }
    }
}

/// What a check says.
pub type Verdict<T = ()> = Result<T, CheckError>;

/// What several found: what is wrong or unknown in one of them counts more than what another one
/// skipped.
///
/// # Errors
/// The first that counts most.
pub fn all_of<T>(verdicts: Vec<Verdict<T>>) -> Verdict<Vec<T>> {
    let skipped = |verdict: &Verdict<T>| matches!(verdict, Err(CheckError::Skipped(_)));
    let (skipped, judged): (Vec<_>, Vec<_>) = verdicts.into_iter().partition(skipped);
    judged.into_iter().chain(skipped).collect()
}

/// A promise broken: which diagnosis, what was expected and what was seen.
///
/// # Errors
/// Always.
pub fn failed<T>(
    diagnosis: &'static str,
    expected: impl Into<String>,
    actual: impl Into<String>,
) -> Verdict<T> {
    Err(Finding::new(diagnosis, expected, actual).into())
}

impl Finding {
    /// Which diagnosis, what was expected and what was seen.
    pub fn new(
        diagnosis: &'static str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        let (expected, actual) = (expected.into(), actual.into());
        Self {
            diagnosis,
            expected,
            actual,
            table: None,
            timeline: None,
            details: Vec::new(),
            schedule: None,
            limit: None,
        }
    }

    /// Adds lines to be shown below.
    #[must_use]
    pub fn details(mut self, lines: impl IntoIterator<Item: Into<String>>) -> Self {
        self.details.extend(lines.into_iter().map(Into::into));
        self
    }

    /// The same, if the sandbox has allowed all that was tried in these events. Otherwise what was seen has another
    /// cause: the program cannot do its work without that.
    #[must_use]
    pub fn unless_denied(self, events: &[Event]) -> Self {
        let was_denied = events.iter().any(|event| matches!(event.kind, EventKind::Denied(_)));
        let diagnosis = if was_denied { MEANS_NOT_ALLOWED } else { self.diagnosis };
        Self { diagnosis, ..self }
    }

    /// Shows what two processes did.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.table = Some(table);
        self
    }

    /// Shows the same step by step.
    #[must_use]
    pub fn timeline(mut self, timeline: Timeline) -> Self {
        self.timeline = Some(timeline);
        self
    }

    /// Says how to see it again.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Into<String>) -> Self {
        self.schedule = Some(schedule.into());
        self
    }
}

impl From<Finding> for CheckError {
    fn from(finding: Finding) -> Self {
        Self::Wrong(Box::new(finding))
    }
}

impl From<Failure> for CheckError {
    fn from(failure: Failure) -> Self {
        match failure.cause::<StartError>() {
            Some(StartError::NotExecutable(why)) => Self::Ended(Box::new(Finding::new(
                "cannot-be-executed",
                "a file that the kernel executes",
                why.clone(),
            ))),
            Some(StartError::CannotPrepare(_) | StartError::CannotTrace(_)) => {
                Self::Cannot(failure.to_string())
            }
            None if failure.cause::<LookRefused>().is_some()
                || failure.cause::<CannotFollow>().is_some()
                || is_the_machines(&failure) =>
            {
                Self::Cannot(failure.to_string())
            }
            None => Self::Fault(failure),
        }
    }
}

/// Whether a step failed for want of something that the machine, or whoever called the judge, did not
/// give: a right, a descriptor, memory, room on the disk, a system call.
fn is_the_machines(failure: &Failure) -> bool {
    const LACKS: [i32; 12] = [
        libc::EPERM,
        libc::EACCES,
        libc::EROFS,
        libc::ENOSPC,
        libc::EDQUOT,
        libc::EFBIG,
        libc::EMFILE,
        libc::ENFILE,
        libc::ENOMEM,
        libc::EAGAIN,
        libc::ENOSYS,
        libc::EOPNOTSUPP,
    ];
    failure.errno().is_some_and(|errno| LACKS.contains(&errno))
}
