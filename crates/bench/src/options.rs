//! The command line that the measuring programs have in common; `#[command(flatten)]` takes it in.

use std::path::PathBuf;

use common::clap::{self, Args};

/// How to measure, and where the results go.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Measures for a moment only: enough to see that everything runs, too little to believe.
    #[arg(long)]
    pub quick: bool,
    /// Where the JSON and the picture go instead of `target/bench`.
    #[arg(long, value_name = "DIRECTORY")]
    pub output: Option<PathBuf>,
}
