//! Lesson 4, as a program: `cargo lesson-4` tells the story; `maps` shows where this very program
//! is mapped privately right now.

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};
use lesson_4_private_mappings::{STEPS, neighbour, own_data, own_program, scenes, truncated};

/// Lesson 4: private mappings. Without a role, tells the whole story.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-4")]
struct Lesson {
    /// Fixes the random numbers (this lesson has none).
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Lists the files mapped into this very process, and how many of their pages are copies.
    Maps,
    /// Plays the second process of the story.
    #[command(hide = true, name = neighbour::ROLE)]
    Neighbour { file: PathBuf },
    /// Loads from a private copy that a truncation took.
    #[command(hide = true, name = truncated::ROLE)]
    TouchTruncated { file: PathBuf },
    /// Says that this program runs.
    #[command(hide = true, name = own_program::ROLE)]
    Greet,
    /// Plays one scene of a claim, for the tests.
    #[command(hide = true)]
    Scene { name: String },
    /// Tells the story and waits after each step, for `just step 4`.
    #[command(hide = true)]
    Steps,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> common::Result<()> {
    let lesson = Lesson::parse();
    match lesson.role {
        None => common::tell(STEPS, lesson.seed),
        Some(Role::Maps) => own_data::maps(),
        Some(Role::Neighbour { file }) => neighbour::play(&file),
        Some(Role::TouchTruncated { file }) => truncated::touch(&file),
        Some(Role::Greet) => own_program::greet(),
        Some(Role::Scene { name }) => scenes::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(STEPS, lesson.seed)),
    }
}
