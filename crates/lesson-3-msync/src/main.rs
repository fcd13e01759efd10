//! The program of lesson 3: `cargo lesson-3` tells the story; `store`, `dirty` and `flush` work on a
//! FILE of your own, and `power-cut` cuts the power of a disk (as root).

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};
use lesson_3_msync::{STEPS, note, power_cut, scenarios, second_process};

/// The name of the package, and of the text.
const LESSON: &str = env!("CARGO_PKG_NAME");

/// Lesson 3: msync. Without a command, show all steps.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-3")]
struct Lesson {
    /// Choose the random numbers (this lesson uses none).
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Store TEXT in FILE through a mapping, and end without msync
    Store {
        /// Use this file, and create it if it does not exist
        file: PathBuf,
        /// Store this text, which must fit in a page
        text: String,
        /// Overwrite the start of a FILE that this lesson did not make
        #[arg(long)]
        force: bool,
    },
    /// Count the dirty pages of any FILE, without changing the file
    Dirty {
        /// Use this file, which must exist
        file: PathBuf,
    },
    /// Map any FILE and call msync on all of it
    Flush {
        /// Use this file, which must exist
        file: PathBuf,
        /// Use MS_ASYNC instead of MS_SYNC
        #[arg(long = "async")]
        ms_async: bool,
        /// Open FILE for reading only
        #[arg(long)]
        read_only: bool,
    },
    /// Cut the power of a private disk and show what a reboot finds (needs root)
    PowerCut,
    /// Run one scenario of a claim, for the tests
    #[command(hide = true)]
    Scenario { name: String },
    /// Play the second process of a step
    #[command(hide = true)]
    Second { part: String, file: PathBuf },
    /// Tell the story and wait after each step, for `just step 3`
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
        Some(Role::Store { file, text, force }) => note::store(&file, &text, force),
        Some(Role::Dirty { file }) => note::dirty(&file),
        Some(Role::Flush { file, ms_async, read_only }) => note::flush(&file, ms_async, read_only),
        Some(Role::PowerCut) => power_cut::play(),
        Some(Role::Scenario { name }) => scenarios::play(&name),
        Some(Role::Second { part, file }) => second_process::play(&part, &file),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(LESSON, STEPS, lesson.seed)),
    }
}
