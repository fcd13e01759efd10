//! Lesson 5, as a program: `cargo lesson-5` tells the story.

use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};
use lesson_5_races_and_semaphores::{STEPS, scenes};

/// Lesson 5: races and semaphores. Without a role, tells the whole story.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-5")]
struct Lesson {
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Plays one scene of a claim, for the tests.
    #[command(hide = true)]
    Scene { name: String },
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> common::Result<()> {
    match Lesson::parse().role {
        None => common::tell(STEPS, None),
        Some(Role::Scene { name }) => scenes::play(&name),
    }
}
