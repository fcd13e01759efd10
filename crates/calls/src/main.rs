//! Runs one scenario of a claim. The tests of this package start it.

use std::process::ExitCode;

use calls::scenarios;
use common::clap::{self, Parser, Subcommand};

/// Run what a claim about a system call needs a process of its own for.
#[derive(Parser)]
#[command(bin_name = "calls")]
struct Calls {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Run one scenario of a claim, for the tests.
    Scenario { name: String },
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> common::Result<()> {
    let Role::Scenario { name } = Calls::parse().role;
    scenarios::play(&name)
}
