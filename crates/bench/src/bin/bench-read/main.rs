//! Reading and mapping, measured on this machine: `just bench-read [--size 1G] [FILE]`. A table,
//! `target/bench/read.json`, `read.svg`, and three sentences.
//!
//! Every method does the same job, counting newlines with one counter, and must get the same number
//! as the same bytes give in memory; only the way to the bytes differs. Beside each time stand the
//! page faults, since the size of the page cache's folios decides as much as the method does.

mod group;
mod method;
mod own_file;
mod space;

mod bulk;
mod cold;
mod once;
mod random_reads;
mod small_files;

mod date;
mod fits;
mod memory;
mod size;

mod picture;
mod results;
mod sentences;
mod table;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;

use bench::{Machine, Options, Output, cores};
use common::clap::{self, Parser};
use common::{Failure, Result, Scratch, say};
use nix::unistd::geteuid;

use crate::memory::Memory;
use crate::results::Results;
use crate::size::Size;
use crate::space::Notes;

/// Measures reading against mapping on this machine.
#[derive(Parser)]
#[command(bin_name = "cargo bench-read")]
struct Arguments {
    /// How much to read: a number of bytes, or of K, M, G (of 1024).
    #[arg(long, value_name = "SIZE")]
    size: Option<Size>,
    #[command(flatten)]
    options: Options,
    /// Takes this file's bytes instead of made ones. It is copied, never written to.
    file: Option<PathBuf>,
}

/// How much is measured: `--quick` runs everything and proves nothing.
#[derive(Clone, Copy)]
struct Extent {
    rounds: usize,
    cold_rounds: usize,
    random_reads: usize,
    small_files: usize,
    once: usize,
}

const FULL: Extent =
    Extent { rounds: 9, cold_rounds: 7, random_reads: 1 << 17, small_files: 5000, once: 2000 };
const QUICK: Extent =
    Extent { rounds: 3, cold_rounds: 2, random_reads: 1000, small_files: 100, once: 50 };

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let Arguments { size, options, file } = Arguments::parse();
    let extent = if options.quick { QUICK } else { FULL };
    let output = Output::new(options.output)?;
    let scratch = Scratch::new()?;
    let machine = Machine::at(scratch.path())?;
    say!("{}", machine.sentence())?;
    let mut notes = Notes::default();
    let memory = Memory::of(size, file.as_deref(), options.quick, &mut notes)?;
    say!("{} in memory, counted by memchr_iter().count()\n", Size(memory.len()))?;
    if cores()?.len() < 2 {
        notes.say("one CPU: nothing is measured with two threads".into())?;
    }
    if !geteuid().is_root() {
        let enough = "a cold file's own pages can be put out of the page cache all the same";
        notes.say(format!("not root, who alone may empty all of it: {enough}"))?;
    }
    let mut groups = Vec::new();
    for space in space::all(&scratch, memory.len(), &mut notes)? {
        groups.extend(space.measure(&memory, extent, &mut notes)?);
    }
    groups.extend(small_files::measure(&scratch, &memory, extent, &mut notes)?);
    groups.extend(once::measure(&scratch, &memory, extent, &mut notes)?);
    if groups.is_empty() {
        return Err(Failure::refusal("measure on", scratch.path(), "nothing could be measured"));
    }
    let results = Results::of(machine, &memory, &groups, notes);
    say!("JSON: {}", output.json("read", &results)?.display())?;
    let drawn = picture::of(&results.machine, &results.date, &groups)?;
    say!("Picture: {}\n", output.svg("read", &drawn)?.display())?;
    results.sentences.iter().try_for_each(|sentence| say!("{sentence}"))
}
