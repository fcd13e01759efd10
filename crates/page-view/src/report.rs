//! What a story reports for its figures: which pages a picture is about, what happened in which
//! order, where things are in memory. Outside of step mode nothing is reported.
//!
//! A report is a line of standard output that begins with ASCII's unit separator. `page-view`
//! takes these lines out of the story's text.

use std::ops::Range;

use common::{Result, is_stepping, pause, say};

/// Begins a report and stands between its fields.
const SEPARATOR: char = '\u{1f}';

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The addresses that the story has just drawn.
    Rows(Vec<Row>),
    /// The title of the next pause in a figure.
    Title(String),
    /// Something happened in a lane of the time line.
    Event {
        /// Whose event it is: a process, a thread, the kernel.
        lane: String,
        /// What happened.
        what: String,
        /// The lane that it had an effect on, to which an arrow leads.
        to: Option<String>,
        /// Whether the lane sleeps from here to its next event.
        sleeps: bool,
    },
    /// A process has died of an access to one of the pages that were drawn last.
    Killed {
        /// The process.
        pid: u32,
        /// The page, by its number in the picture.
        page: u64,
        /// What it did, such as `loads byte 4096`.
        what: String,
        /// The signal that killed it.
        signal: String,
    },
    /// What lies where in a piece of memory.
    Layout {
        /// What memory it is.
        title: String,
        /// What lies in it, lowest offset first.
        fields: Vec<Field>,
    },
}

/// Addresses of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The process.
    pub pid: u32,
    /// The addresses; whole pages.
    pub addresses: Range<usize>,
}

/// A part of a piece of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its first byte.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
    /// What it is called, or what it holds.
    pub name: String,
}

/// Reports that `what` has just happened in `lane`, for the figure `lesson-N-step-S-timeline`. Lanes
/// stand beside each other in the order of their first events.
///
/// ```
/// # fn main() -> common::Result<()> {
/// let seen = 7;
/// page_view::event("process A", &format!("loads {seen}"))?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of standard output.
pub fn event(lane: &str, what: &str) -> Result<()> {
    send(&Report::Event { lane: lane.into(), what: what.into(), to: None, sleeps: false })
}

/// The same for an event that has an effect on another lane, as `FUTEX_WAKE` has: an arrow leads
/// from `lane` to `to`.
///
/// # Errors
/// Those of standard output.
pub fn event_to(lane: &str, to: &str, what: &str) -> Result<()> {
    send(&Report::Event {
        lane: lane.into(),
        what: what.into(),
        to: Some(to.into()),
        sleeps: false,
    })
}

/// The same for an event with which `lane` falls asleep, until its next event.
///
/// # Errors
/// Those of standard output.
pub fn event_asleep(lane: &str, what: &str) -> Result<()> {
    send(&Report::Event { lane: lane.into(), what: what.into(), to: None, sleeps: true })
}

/// Reports what lies where in a piece of memory, for the figure `lesson-N-step-S-layout`: each field
/// with its offset and its length in bytes, lowest offset first. What lies between two fields is
/// drawn as unused.
///
/// ```
/// # fn main() -> common::Result<()> {
/// page_view::layout("the file", &[(0, 8, "count"), (64, 8, "flag")])?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of standard output.
pub fn layout<S: AsRef<str>>(title: &str, fields: &[(u64, u64, S)]) -> Result<()> {
    let field = |(offset, length, name): &(u64, u64, S)| Field {
        offset: *offset,
        length: *length,
        name: name.as_ref().into(),
    };
    send(&Report::Layout { title: title.into(), fields: fields.iter().map(field).collect() })
}

/// Reports that process `pid`, whose pages were drawn at the last pause, has died of a signal, because it did
/// `what` (such as `loads byte 4096`) in one of these pages.
///
/// # Errors
/// Those of standard output.
pub fn killed(pid: u32, page: u64, what: &str, signal: &str) -> Result<()> {
    send(&Report::Killed { pid, page, what: what.into(), signal: signal.into() })
}

/// Pauses as [`pause`] does, and gives this moment a title in a figure: `after the store`.
///
/// # Errors
/// As [`pause`].
pub fn look(title: &str) -> Result<()> {
    send(&Report::Title(title.into()))?;
    pause()
}

/// Prints a report, in step mode only.
pub(crate) fn send(report: &Report) -> Result<()> {
    if is_stepping() { say!("{}", report.line()) } else { Ok(()) }
}

impl Report {
    /// The line that tells it.
    pub fn line(&self) -> String {
        let mut fields = Vec::new();
        match self {
            Self::Rows(rows) => {
                fields.push(String::from("rows"));
                for Row { pid, addresses } in rows {
                    fields.push(pid.to_string());
                    fields.extend([addresses.start.to_string(), addresses.end.to_string()]);
                }
            }
            Self::Title(title) => fields.extend(["title".into(), title.clone()]),
            Self::Event { lane, what, to, sleeps } => {
                let to = to.clone().unwrap_or_default();
                fields.extend(["event".into(), lane.clone(), what.clone(), to]);
                fields.push(sleeps.to_string());
            }
            Self::Killed { pid, page, what, signal } => {
                fields.extend(["killed".into(), pid.to_string(), page.to_string()]);
                fields.extend([what.clone(), signal.clone()]);
            }
            Self::Layout { title, fields: parts } => {
                fields.extend(["layout".into(), title.clone()]);
                for Field { offset, length, name } in parts {
                    fields.extend([offset.to_string(), length.to_string(), name.clone()]);
                }
            }
        }
        let plain = |field: String| field.replace(char::is_control, " ");
        fields.into_iter().fold(String::new(), |line, field| line + "\u{1f}" + &plain(field))
    }

    /// Reads a line of a story; `None` if it is no report.
    pub fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.strip_prefix(SEPARATOR)?.split(SEPARATOR).collect();
        match fields.split_first()? {
            (&"rows", rows) => {
                let row = |[pid, start, end]: &[&str; 3]| {
                    let addresses = start.parse().ok()?..end.parse().ok()?;
                    Some(Row { pid: pid.parse().ok()?, addresses })
                };
                rows.as_chunks().0.iter().map(row).collect::<Option<_>>().map(Self::Rows)
            }
            (&"title", [title]) => Some(Self::Title((*title).into())),
            (&"event", [lane, what, to, sleeps]) => Some(Self::Event {
                lane: (*lane).into(),
                what: (*what).into(),
                to: Some(*to).filter(|to| !to.is_empty()).map(String::from),
                sleeps: *sleeps == "true",
            }),
            (&"killed", [pid, page, what, signal]) => Some(Self::Killed {
                pid: pid.parse().ok()?,
                page: page.parse().ok()?,
                what: (*what).into(),
                signal: (*signal).into(),
            }),
            (&"layout", [title, parts @ ..]) => {
                let field = |[offset, length, name]: &[&str; 3]| {
                    let (offset, length) = (offset.parse().ok()?, length.parse().ok()?);
                    Some(Field { offset, length, name: (*name).into() })
                };
                let fields = parts.as_chunks().0.iter().map(field).collect::<Option<_>>()?;
                Some(Self::Layout { title: (*title).into(), fields })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let field = |offset, name: &str| Field { offset, length: 8, name: name.into() };
        let event = |to: Option<&str>, sleeps| Report::Event {
            lane: "process A".into(),
            what: "loads 7".into(),
            to: to.map(String::from),
            sleeps,
        };
        for report in [
            Report::Rows(vec![]),
            Report::Rows(vec![Row { pid: 7, addresses: 16..32 }]),
            Report::Title("after the store".into()),
            Report::Killed {
                pid: 7,
                page: 1,
                what: "loads byte 4096".into(),
                signal: "SIGBUS".into(),
            },
            event(None, true),
            event(Some("process B"), false),
            Report::Layout {
                title: "the file".into(),
                fields: vec![field(0, "a"), field(64, "b")],
            },
        ] {
            assert_eq!(Report::parse(&report.line()), Some(report));
        }
    }

    #[test]
    fn a_report_stays_on_its_line() {
        let line = Report::Title("two\nlines\u{1f}and more".into()).line();
        assert_eq!(Report::parse(&line), Some(Report::Title("two lines and more".into())));
        assert_eq!(Report::parse("1. A heading"), None);
        assert_eq!(Report::parse("\u{1f}rumour\u{1f}x"), None);
    }
}
