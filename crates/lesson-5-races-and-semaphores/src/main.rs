//! Lesson 5 as a program: `cargo lesson-5` tells the story. `hold PRIMITIVE FILE`, in two terminals,
//! lets you kill the process that holds the lock.

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};
use lesson_5_races_and_semaphores::second_process::{Part, hold};
use lesson_5_races_and_semaphores::{Primitive, STEPS, scenarios};

/// The name of the package, and of the text.
const LESSON: &str = env!("CARGO_PKG_NAME");

/// Lesson 5: races and semaphores. Without a command, show all steps.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-5")]
struct Lesson {
    /// Choose the random numbers (this lesson uses none).
    #[arg(long, global = true, value_name = "N", hide = true)]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Lock FILE by this PRIMITIVE, and wait: press Enter to unlock, or kill the process.
    Hold {
        /// Use this kind of lock.
        primitive: Primitive,
        /// Use this file, and create it if it does not exist.
        file: PathBuf,
    },
    /// Play a second process's part, for the story.
    #[command(hide = true, subcommand)]
    Second(Part),
    /// Play one scenario of a claim, for the tests.
    #[command(hide = true)]
    Scenario { name: String },
    /// Tell the story and wait after each step, for `just step 5`.
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
        Some(Role::Hold { primitive, file }) => hold(primitive, &file),
        Some(Role::Second(part)) => part.play(),
        Some(Role::Scenario { name }) => scenarios::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(LESSON, STEPS, lesson.seed)),
    }
}
