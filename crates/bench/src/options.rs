//! The command line that the two benchmarks have in common.

use std::path::PathBuf;

use common::clap::{self, Args};

/// How to measure, and where the results go.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Measure for a few seconds only, to test the program; the numbers prove nothing
    #[arg(long)]
    pub quick: bool,
    /// Write the JSON and the charts here instead of target/bench
    #[arg(long, value_name = "DIRECTORY")]
    pub output: Option<PathBuf>,
    /// Draw the charts and print the tables of a recorded run, without measuring
    #[arg(long, value_name = "JSON", conflicts_with = "quick")]
    pub draw: Option<PathBuf>,
}
