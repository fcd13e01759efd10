//! A run on the terminal: tables of at most 80 columns, then verdicts, notes and conclusions.

use std::collections::BTreeMap;

use common::{Result, say};

use crate::{Group, Row, Run, Size, Unit};

/// The columns of a terminal that is not made wider.
const COLUMNS: usize = 80;

/// Prints all of a run.
///
/// # Errors
/// Those of standard output.
pub(crate) fn print(run: &Run, conclusions: &[String]) -> Result<()> {
    for line in lines(run, conclusions) {
        say!("{line}")?;
    }
    Ok(())
}

/// All lines of a run.
fn lines(run: &Run, conclusions: &[String]) -> Vec<String> {
    let mut lines = vec![String::new()];
    lines.extend(wrapped("", &format!("{}: {}", run.program, run.machine.sentence())));
    lines.extend(wrapped("", &run.conditions.sentence()));
    lines.extend(wrapped("", &pinned(run)));
    lines.extend(wrapped("", &run.machine.mitigations_sentence()));
    if run.quick {
        lines.push("QUICK RUN: everything works; no value here is worth keeping".into());
    }
    for group in &run.groups {
        lines.push(String::new());
        lines.extend(table(run, group));
    }
    lines.push(String::new());
    lines.push("Columns and verdicts:".into());
    legend(run).iter().for_each(|line| lines.extend(wrapped("  ", line)));
    lines.push("Methods:".into());
    methods(run).iter().for_each(|line| lines.extend(wrapped("  ", line)));
    section(&mut lines, "Other planned comparisons:", &others(run));
    section(&mut lines, "Notes:", &run.notes);
    section(&mut lines, "Conclusions (each follows from a verdict):", conclusions);
    lines.push(String::new());
    lines
}

/// A heading and its lines, or nothing if there are none.
fn section(lines: &mut Vec<String>, heading: &str, content: &[String]) {
    if !content.is_empty() {
        lines.push(heading.into());
        content.iter().for_each(|line| lines.extend(wrapped("  ", line)));
    }
}

/// Folds a sentence at the last column; later lines are indented.
fn wrapped(indent: &str, text: &str) -> Vec<String> {
    let later = format!("{indent}  ");
    let options = textwrap::Options::new(COLUMNS).initial_indent(indent).subsequent_indent(&later);
    textwrap::wrap(text, options).into_iter().map(Into::into).collect()
}

fn pinned(run: &Run) -> String {
    let cpus: Vec<_> = run.pinned_to.iter().map(ToString::to_string).collect();
    match cpus.len() {
        0 => "not pinned to a CPU".into(),
        1 => format!("pinned to CPU {}", cpus[0]),
        _ => format!("pinned to the CPUs {}", cpus.join(" and ")),
    }
}

/// One group: its heading, then a line for each row.
fn table(run: &Run, group: &Group) -> Vec<String> {
    let rounds = group.rows.first().map_or(0, |row| row.values.len());
    let mut lines = wrapped("", &format!("{} ({})", group.title, group.unit.direction()));
    lines.extend(wrapped("", &format!("{}; {rounds} rounds", group.setting)));
    let columns = columns(run, group);
    let line = |cells: Vec<&str>| {
        let cells = cells.into_iter().zip(&columns);
        let line: String = cells.map(|(cell, column)| column.pad(cell)).collect();
        format!("  {}", line.trim_end())
    };
    lines.push(line(columns.iter().map(|column| column.heading.as_str()).collect()));
    for index in 0..group.rows.len() {
        lines.push(line(columns.iter().map(|column| column.cells[index].as_str()).collect()));
    }
    lines
}

/// A column: its heading, and a cell for each row.
struct Column {
    heading: String,
    width: usize,
    cells: Vec<String>,
}

impl Column {
    /// A cell: words at the left of their column, values at the right.
    fn pad(&self, cell: &str) -> String {
        let width = self.width;
        match width {
            METHOD => format!("{cell:width$}"),
            VERDICT => format!("  {cell}"),
            _ => format!("{cell:>width$}"),
        }
    }
}

const METHOD: usize = 22;
const VALUE: usize = 10;
const VERDICT: usize = 16;

fn columns(run: &Run, group: &Group) -> Vec<Column> {
    let column = |heading: &str, width, cell: &dyn Fn(&Row) -> String| Column {
        heading: heading.into(),
        width,
        cells: group.rows.iter().map(cell).collect(),
    };
    let write = |value: f64| group.unit.write(value);
    let mut columns = vec![column("method", METHOD, &|row| row.method.clone())];
    columns.push(column("median", VALUE, &|row| write(row.spread.median)));
    if group.rows.iter().any(|row| row.latency.is_some()) {
        let at = |at: fn(&crate::Latency) -> f64| {
            move |row: &Row| row.latency.as_ref().map_or("-".into(), |times| write(at(times)))
        };
        columns.push(column("99 %", VALUE, &at(|times| times.p99_ns)));
        columns.push(column("99.9 %", VALUE, &at(|times| times.p999_ns)));
        columns.push(column("longest", VALUE, &at(|times| times.max_ns)));
    } else {
        columns.push(column("lowest", VALUE, &|row| write(row.spread.lowest)));
        columns.push(column("highest", VALUE, &|row| write(row.spread.highest)));
    }
    if group.rows.iter().any(|row| group.bytes_per_fault(row).is_some()) {
        columns.push(column("a fault", VALUE, &|row| {
            group.bytes_per_fault(row).map_or("-".into(), Size::about)
        }));
    } else if group.unit == Unit::MessagesPerSecond {
        let gigabytes = |row: &Row| row.spread.median * group.bytes as f64 / 1e9;
        columns.push(column("bytes", VALUE, &|row| Unit::GigabytesPerSecond.write(gigabytes(row))));
    }
    if let Some(baseline) = group.baseline() {
        columns.push(column(&format!("vs {baseline}"), VERDICT, &|row| {
            run.beside(group, row).map_or(String::new(), crate::Comparison::short)
        }));
    }
    columns
}

/// What the columns say.
fn legend(run: &Run) -> Vec<String> {
    let mut legend: Vec<String> = [
        "median, lowest, highest: of the rounds, one measurement each",
        "99 %, 99.9 %, longest: of all single times of all rounds",
        "a fault: how many bytes one page fault mapped on average; more where the page cache holds \
         the file in large folios",
        "bytes: the median in bytes a second",
    ]
    .map(Into::into)
    .into();
    legend.push(format!(
        "vs X: the verdict of a comparison with X; (2×) is twice as fast in the median round, (1/2) \
         half as fast; cannot tell: chance may explain the difference ({}; {}; {} comparisons; the \
         probability of one wrong verdict or more is at most {} %)",
        run.test.test,
        run.test.correction,
        run.test.comparisons,
        100.0 * run.test.level
    ));
    legend
}

/// Each method once, in its own words.
fn methods(run: &Run) -> Vec<String> {
    let rows = run.groups.iter().flat_map(|group| &group.rows);
    let mut seen = BTreeMap::new();
    for row in rows {
        seen.entry(&row.method).or_insert(&row.words);
    }
    seen.into_iter().map(|(method, words)| format!("{method}: {words}")).collect()
}

/// The comparisons that stand beside no row.
fn others(run: &Run) -> Vec<String> {
    let say = |comparison: &crate::Comparison| {
        let says = comparison.says(&comparison.subject, &comparison.baseline);
        let (faster, slower) = (comparison.rounds_faster, comparison.rounds_slower);
        format!("{says} (faster in {faster} rounds, slower in {slower})")
    };
    run.others().map(say).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{Conditions, FileKind, Latency, Machine, Notes, Spread};

    /// A run of two methods, `mapped` twice as fast as `read`, and of one latency.
    pub(crate) fn run() -> Run {
        let row = |method: &str, against: &[&str], value: f64| {
            let values = vec![value; 25];
            Row {
                method: method.into(),
                kind: method.into(),
                words: format!("{method} in words"),
                against: against.iter().map(ToString::to_string).collect(),
                spread: Spread { lowest: value * 0.9, median: value, highest: value * 1.2 },
                values,
                faults: Some(16384),
                latency: None,
            }
        };
        let file = FileKind {
            file_system: "ext4".into(),
            written_bytes: 4 << 10,
            collapsed: false,
            length_bytes: 1 << 30,
        };
        let rows = vec![row("read", &[], 2.0), row("mapped", &["read"], 4.0)];
        let pass = Group {
            id: "pass".into(),
            title: "Count the newlines of a 1 GiB file in the page cache".into(),
            setting: file.to_string(),
            unit: Unit::GigabytesPerSecond,
            file: Some(file),
            bytes: 1 << 30,
            operations: None,
            rows,
        };
        let (p50_ns, p90_ns, p99_ns, p999_ns) = (100.0, 200.0, 300.0, 40_000.0);
        let latency = Latency { count: 9, p50_ns, p90_ns, p99_ns, p999_ns, max_ns: 5e6 };
        let mut pipe = row("pipe", &["pass/read"], 100.0);
        (pipe.against, pipe.latency) = (vec![], Some(latency));
        let (id, title) = ("trips".into(), "Round trips & more".into());
        let (unit, operations) = (Unit::Nanoseconds, Some(1));
        let setting = "two CPUs".into();
        let trips =
            Group { id, title, setting, unit, file: None, bytes: 64, operations, rows: vec![pipe] };
        let scratch = course::scratch();
        let mut machine = Machine::at(scratch.path()).unwrap();
        machine.cpu = "A processor with a very long name that does not end before column 80".into();
        let conditions = Conditions::begin().unwrap().end().unwrap();
        let notes = Notes(vec!["a note that is long enough to be folded ".repeat(4)]);
        Run::new("bench-read", true, (machine, conditions), vec![1], notes, vec![pass, trips])
    }

    #[test]
    fn the_tables_fit_into_80_columns_and_show_the_verdict_beside_the_row() {
        let lines = lines(&run(), &["word ".repeat(40)]);
        for line in &lines {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
        let row = |name: &str| lines.iter().find(|line| line.starts_with(name)).unwrap();
        assert!(row("  mapped ").ends_with("faster (2.00×)"), "{lines:#?}");
        assert!(row("  mapped ").contains(" 64.0 KiB "), "{lines:#?}");
        assert!(row("  method ").ends_with("vs read"), "{lines:#?}");
        assert!(row("  pipe ").contains("40.0 µs"), "{lines:#?}");
        assert!(row("  read: ").ends_with("read in words"), "{lines:#?}");
    }

    #[test]
    fn a_run_reads_back_as_it_was_written() {
        let run = run();
        let text = serde_json::to_string(&run).unwrap();
        assert_eq!(serde_json::from_str::<Run>(&text).unwrap(), run);
        let mapped = run.row("pass/mapped").unwrap();
        assert_eq!(run.beside(mapped.0, mapped.1).unwrap().baseline, "pass/read");
        assert_eq!(run.others().count(), 0);
    }
}
