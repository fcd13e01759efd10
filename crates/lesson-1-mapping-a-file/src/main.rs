//! The program of lesson 1. `cargo lesson-1` tells the story. `write FILE` and `read FILE` are the
//! two classic programs, each for a terminal of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};
use lesson_1_mapping_a_file::{STEPS, number, past_the_end, scenarios, two_mappings, unmapping};
use rand::{SeedableRng, rngs::StdRng};

/// The name of the package, and of the text.
const LESSON: &str = env!("CARGO_PKG_NAME");

/// Lesson 1: mapping a file. Without a command, show all steps.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-1")]
struct Lesson {
    /// Choose the random numbers: the same N always gives the same numbers.
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Store a random number from -100 to 100 in FILE, through a mapping.
    Write {
        /// Store in this file, and create it if it does not exist.
        file: PathBuf,
        /// Overwrite the start of FILE, even if FILE is not empty and holds no number.
        #[arg(long)]
        force: bool,
    },
    /// Print the number in FILE and store its double, through a mapping.
    Read {
        /// Load from this file, made by `write`.
        file: PathBuf,
    },
    /// Be the second process that loads past the end of FILE.
    #[command(hide = true)]
    PastTheEnd { file: PathBuf },
    /// Be the second process that loads what the first has stored.
    #[command(hide = true)]
    Look { file: PathBuf },
    /// Be the second process that ends without unmapping FILE.
    #[command(hide = true)]
    Leave { file: PathBuf },
    /// Run one scenario of a claim, for the tests.
    #[command(hide = true)]
    Scenario { name: String },
    /// Tell the story and wait after each step, for `just step 1`.
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
        None => common::tell(LESSON, STEPS, lesson.seed),
        Some(Role::Write { file, force }) => number::write(&file, force, &mut random),
        Some(Role::Read { file }) => number::read(&file),
        Some(Role::PastTheEnd { file }) => past_the_end::child(&file),
        Some(Role::Look { file }) => two_mappings::child(&file),
        Some(Role::Leave { file }) => unmapping::child(&file),
        Some(Role::Scenario { name }) => scenarios::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(LESSON, STEPS, lesson.seed)),
    }
}
