//! Lesson 1, as a program: `cargo lesson-1` tells the story; `write FILE` and `read FILE` play the
//! two classic programs, each in a terminal of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};
use lesson_1_mapping_a_file::{STEPS, number, past_the_end, scenes, two_mappings, unmapping};
use rand::{SeedableRng, rngs::StdRng};

/// Lesson 1: mapping a file. Without a role, tells the whole story.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-1")]
struct Lesson {
    /// Fixes the random numbers.
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Stores a random number from -100 to 100 in FILE, through a mapping.
    Write {
        file: PathBuf,
        /// Overwrites the start of a FILE that does not look like this lesson's.
        #[arg(long)]
        force: bool,
    },
    /// Prints the number in FILE and stores its double, through a mapping.
    Read { file: PathBuf },
    /// The story's second process that loads past the end of FILE.
    #[command(hide = true)]
    PastTheEnd { file: PathBuf },
    /// The story's second process that looks at what the first has stored.
    #[command(hide = true)]
    Look { file: PathBuf },
    /// The story's second process that ends without unmapping FILE.
    #[command(hide = true)]
    Leave { file: PathBuf },
    /// Plays one scene of a claim, for the tests.
    #[command(hide = true)]
    Scene { name: String },
    /// Tells the story and waits after each step, for `just step 1`.
    #[command(hide = true)]
    Steps,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> common::Result<()> {
    let lesson = Lesson::parse();
    let mut random = lesson.seed.map_or_else(rand::make_rng, StdRng::seed_from_u64);
    match lesson.role {
        None => common::tell(STEPS, lesson.seed),
        Some(Role::Write { file, force }) => number::write(&file, force, &mut random),
        Some(Role::Read { file }) => number::read(&file),
        Some(Role::PastTheEnd { file }) => past_the_end::child(&file),
        Some(Role::Look { file }) => two_mappings::child(&file),
        Some(Role::Leave { file }) => unmapping::child(&file),
        Some(Role::Scene { name }) => scenes::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(STEPS, lesson.seed)),
    }
}
