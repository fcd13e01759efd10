//! Lesson 4, as a program: `cargo lesson-4` tells the story; `maps` lists the private mappings of this
//! program itself.

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};
use lesson_4_private_mappings::{
    STEPS, own_data, own_program, scenarios, second_process, truncated,
};

/// The name of the package, and of the text.
const LESSON: &str = env!("CARGO_PKG_NAME");

/// Lesson 4: private mappings. Without a command, show all steps.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-4")]
struct Lesson {
    /// Choose the random numbers (this lesson uses none).
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// List the files mapped into this process, each with its number of private copies; then list the
    /// writable memory that has no file.
    Maps,
    /// Run the second process of the story.
    #[command(hide = true, name = second_process::ROLE)]
    SecondProcess { file: PathBuf },
    /// Load from a private copy that a truncation has discarded.
    #[command(hide = true, name = truncated::ROLE)]
    LoadDiscarded { file: PathBuf },
    /// Print "I run".
    #[command(hide = true, name = own_program::ROLE)]
    Greet,
    /// Run one scenario of a claim, for the tests.
    #[command(hide = true)]
    Scenario { name: String },
    /// Tell the story and wait after each step, for `just step 4`.
    #[command(hide = true)]
    Steps,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> common::Result<()> {
    let lesson = Lesson::parse();
    match lesson.role {
        None => common::tell(LESSON, STEPS, lesson.seed),
        Some(Role::Maps) => own_data::maps(),
        Some(Role::SecondProcess { file }) => second_process::play(&file),
        Some(Role::LoadDiscarded { file }) => truncated::load_discarded(&file),
        Some(Role::Greet) => own_program::greet(),
        Some(Role::Scenario { name }) => scenarios::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(LESSON, STEPS, lesson.seed)),
    }
}
