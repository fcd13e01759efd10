//! Lesson 5, as a program: `cargo lesson-5` tells the story; `hold PRIMITIVE FILE`, in two
//! terminals, lets you kill the one who is inside.

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};
use lesson_5_races_and_semaphores::{Primitive, STEPS, holder, scenes, second::Part};

/// Lesson 5: races and semaphores. Without a role, tells the whole story.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-5")]
struct Lesson {
    /// Fixes the random numbers: every lesson takes it, and no step of this one draws any.
    #[arg(long, global = true, value_name = "N", hide = true)]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Enters by PRIMITIVE on FILE, and stays inside until you press Enter, or kill it.
    Hold { primitive: Primitive, file: PathBuf },
    /// Plays a second process's part, for the story.
    #[command(hide = true, subcommand)]
    Second(Part),
    /// Plays one scene of a claim, for the tests.
    #[command(hide = true)]
    Scene { name: String },
    /// Tells the story and waits after each step, for `just step 5`.
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
        Some(Role::Hold { primitive, file }) => holder::hold(primitive, &file),
        Some(Role::Second(part)) => part.play(),
        Some(Role::Scene { name }) => scenes::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(STEPS, lesson.seed)),
    }
}
