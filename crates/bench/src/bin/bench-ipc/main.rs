//! Measures the kinds of IPC of lesson 7 on this machine: `cargo bench-ipc`. Round trips, spinning and
//! sleeping, on one CPU and on two; throughput with one message per call and with many. Prints tables
//! and conclusions, and writes `target/bench/bench-ipc.json` and its charts.
#![forbid(unsafe_code)]

mod second_process;

mod round_trips;
mod throughput;

mod conclusions;
mod figures;

use std::process::ExitCode;

use bench::{Conditions, Machine, Notes, Options, Output, Report, Run};
use common::clap::{self, Parser};
use common::{Result, Scratch, say};

use crate::second_process::{Pair, Role};

/// Measure round trips and throughput between two processes, on this machine.
#[derive(Parser)]
#[command(bin_name = "cargo bench-ipc")]
struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    role: Option<Role>,
}

const REPORT: Report =
    Report { program: "bench-ipc", conclusions: conclusions::of, figures: figures::all };

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let Arguments { options, role } = Arguments::parse();
    match role {
        Some(role) => role.play(),
        None => measure(options),
    }
}

fn measure(options: Options) -> Result<()> {
    let output = Output::new(options.output)?;
    if let Some(record) = options.draw {
        return REPORT.draw_recorded(&record, &output);
    }
    let scratch = Scratch::new()?;
    let machine = Machine::at(scratch.path())?;
    say!("{}", machine.sentence())?;
    let mut notes = Notes::default();
    let pair = Pair::new(scratch.path(), &mut notes)?;
    let rounds = if options.quick { 3 } else { 25 };
    let beginning = Conditions::begin()?;
    let mut groups = round_trips::measure(&pair, &machine, rounds, options.quick, &mut notes)?;
    groups.extend(throughput::measure(&pair, rounds, options.quick, &mut notes)?);
    let about = (machine, beginning.end()?);
    let run = Run::new(REPORT.program, options.quick, about, pair.cpus(), notes, groups);
    REPORT.finish(&run, &output)
}
