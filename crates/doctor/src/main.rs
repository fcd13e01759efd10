//! Tells what this machine can and cannot show of the course: `cargo doctor`.
#![forbid(unsafe_code)]

mod finding;
mod units;

mod calls;
mod devices;
mod ground;
mod resources;
mod tools;
mod trial;

mod examination;
mod text;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use common::clap::{self, Parser, ValueEnum};
use common::{Context, Failure, Result};
use serde::Serialize;

use crate::examination::examine;
use crate::finding::Finding;
use crate::resources::Limits;

/// Tell what this machine can show of the course, and what to do where it cannot.
///
/// Exit status: 0 all that lessons and checks need is there, 1 an error, 2 wrong call, 3 something is missing
/// or unknown that lessons or checks need.
#[derive(Parser)]
#[command(name = "doctor", bin_name = "cargo doctor")]
struct Arguments {
    /// Choose the format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// The same number as the judge's for a machine that cannot judge.
const LACKING: u8 = 3;

fn main() -> ExitCode {
    if let Some(done) = trial::role().or_else(check::command::hidden_role) {
        return told(done.map(|()| ExitCode::SUCCESS));
    }
    told(run())
}

fn told(done: Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|failure| {
        if failure.errno() == Some(libc::EPIPE) {
            return ExitCode::SUCCESS; // The reader has seen enough: `| head -1`.
        }
        let _ = writeln!(std::io::stderr(), "error: {failure}"); // Nowhere else to say it.
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode> {
    let limits = Limits::of_this_process();
    sandbox::prepare_judge()?;
    let arguments = Arguments::parse();
    if sandbox::standard_output_was_closed() {
        let why = "it is closed, so nobody would be told";
        return Err(Failure::refusal("write to", Path::new("standard output"), why));
    }
    let findings = examine(&limits);
    let lacking = findings.iter().any(|finding| finding.lacking);
    match arguments.format {
        Format::Text => print(&text::text(&findings, columns()))?,
        Format::Json => print(&json(&findings, lacking)?)?,
    }
    Ok(ExitCode::from(if lacking { LACKING } else { 0 }))
}

fn json(findings: &[Finding], lacking: bool) -> Result<String> {
    #[derive(Serialize)]
    struct Document<'a> {
        lacking: bool,
        findings: &'a [Finding],
    }
    let document = Document { lacking, findings };
    Ok(serde_json::to_string_pretty(&document).map_err(std::io::Error::from).step("write JSON")?
        + "\n")
}

/// How wide standard output is, if it is a terminal.
fn columns() -> usize {
    let size = terminal_size::terminal_size_of(std::io::stdout());
    size.map_or(text::COLUMNS, |(columns, _)| usize::from(columns.0))
}

fn print(text: &str) -> Result<()> {
    let mut output = anstream::stdout().lock(); // It drops the colours where nobody wants them.
    let printed = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    printed.step("write to standard output")
}
