//! Measures reading a file against mapping it: `cargo bench-read [--size 1G] [FILE]`. Prints tables
//! and conclusions, and writes `target/bench/bench-read.json` and its charts.
//!
//! Every method counts newlines with the same counter and must get the same number; only the way to
//! the bytes differs. Beside each time stands how much one page fault mapped, because the size of the
//! page cache's folios decides as much as the method does.

mod capacity;
mod cost;
mod extent;
mod memory;
mod own_file;

mod cold;
mod passes;
mod random_reads;
mod short_reads;
mod small_files;
mod spaces;

mod conclusions;
mod figures;

use std::path::PathBuf;
use std::process::ExitCode;

use bench::{Conditions, Machine, Notes, Options, Output, Report, Run, Size};
use common::clap::{self, Parser};
use common::{Failure, Result, Scratch, allowed_cpus, pin_to, say};

use crate::extent::{FULL, QUICK};
use crate::memory::Memory;
use crate::spaces::Setup;

/// Measure reading a file against mapping it, on this machine.
#[derive(Parser)]
#[command(bin_name = "cargo bench-read")]
struct Arguments {
    /// Measure a file of SIZE bytes; SIZE may end in K, M or G (default: 1G)
    #[arg(long, value_name = "SIZE")]
    size: Option<Size>,
    #[command(flatten)]
    options: Options,
    /// Measure a copy of this file instead of generated lines; the file itself is only read
    file: Option<PathBuf>,
}

const REPORT: Report =
    Report { program: "bench-read", conclusions: conclusions::of, figures: figures::all };

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let Arguments { size, options, file } = Arguments::parse();
    let output = Output::new(options.output)?;
    if let Some(record) = options.draw {
        return REPORT.draw_recorded(&record, &output);
    }
    let scratch = Scratch::new()?;
    let machine = Machine::at(scratch.path())?;
    say!("{}", machine.sentence())?;
    let mut notes = Notes::default();
    let pinned_to = pin(&mut notes)?;
    let memory = Memory::of(size, file.as_deref(), options.quick, &mut notes)?;
    let extent = if options.quick { QUICK } else { FULL };
    let other_cpu = pinned_to.get(1).copied();
    let setup = Setup { memory: &memory, extent, other_cpu };
    let beginning = Conditions::begin()?;
    let mut groups = Vec::new();
    for space in spaces::all(&scratch, memory.len(), &mut notes)? {
        groups.extend(space.measure(&setup, &mut notes)?);
    }
    groups.extend(small_files::measure(&scratch, &memory, extent, &mut notes)?);
    groups.extend(short_reads::measure(&scratch, &memory, extent, &mut notes)?);
    if groups.is_empty() {
        return Err(Failure::refusal("measure on", scratch.path(), "nothing could be measured"));
    }
    let about = (machine, beginning.end()?);
    let run = Run::new(REPORT.program, options.quick, about, pinned_to, notes, groups);
    REPORT.finish(&run, &output)
}

/// Pins this thread to a CPU; that one, and another one for a second thread if there is one.
fn pin(notes: &mut Notes) -> Result<Vec<usize>> {
    let mut cpus = allowed_cpus()?;
    // The last ones: the first CPU often serves more interrupts.
    cpus.reverse();
    cpus.truncate(2);
    if cpus.len() < 2 {
        notes.say("one CPU: nothing is measured with two threads".into())?;
    }
    cpus.first().map_or(Ok(()), |cpu| pin_to(&[*cpu]))?;
    Ok(cpus)
}
