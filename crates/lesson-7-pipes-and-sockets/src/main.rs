//! Lesson 7 as a program: `cargo lesson-7` tells the story; `send FILE` and `receive FILE`, in two
//! terminals, talk through a ring.

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};
use lesson_7_pipes_and_sockets::{STEPS, roles, scenarios, second_process::Part};

/// The name of the package, and of the text.
const LESSON: &str = env!("CARGO_PKG_NAME");

/// Lesson 7: pipes and sockets. Without a command, show all steps.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-7")]
struct Lesson {
    /// Choose the random numbers (this lesson uses none).
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Send each line of standard input through the ring in FILE.
    Send {
        /// Use this file, and create it if it does not exist.
        file: PathBuf,
    },
    /// Print each message from the ring in FILE, until the sender ends.
    Receive {
        /// Use this ring, made by `send`.
        file: PathBuf,
    },
    /// Play a second process's part, for the story.
    #[command(hide = true, subcommand)]
    Second(Part),
    /// Play one scenario of a claim, for the tests.
    #[command(hide = true)]
    Scenario { name: String },
    /// Tell the story and wait after each step, for `just step 7`.
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
        Some(Role::Send { file }) => roles::send(&file),
        Some(Role::Receive { file }) => roles::receive(&file),
        Some(Role::Second(part)) => part.play(),
        Some(Role::Scenario { name }) => scenarios::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(LESSON, STEPS, lesson.seed)),
    }
}
