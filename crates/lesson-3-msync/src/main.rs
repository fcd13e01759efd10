//! Lesson 3, as a program: `cargo lesson-3` tells the story; `store`, `dirty` and `flush` play on a
//! FILE of your own, and `power-cut` takes away the power (as root).

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand};
use lesson_3_msync::{STEPS, note, power_cut, scenes, second_process};

/// Lesson 3: msync. Without a role, tells the whole story.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-3")]
struct Lesson {
    /// Fixes the random numbers (this story has none).
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Stores TEXT in FILE, through a mapping, and ends without any msync.
    Store {
        file: PathBuf,
        text: String,
        /// Overwrites the start of a FILE that does not look like this lesson's.
        #[arg(long)]
        force: bool,
    },
    /// Counts the dirty pages of FILE, any file; changes nothing.
    Dirty { file: PathBuf },
    /// Maps FILE, any file, and calls msync on the whole of it.
    Flush {
        file: PathBuf,
        /// With MS_ASYNC instead of MS_SYNC.
        #[arg(long = "async")]
        ms_async: bool,
        /// Through a descriptor that is open for reading only.
        #[arg(long)]
        read_only: bool,
    },
    /// Cuts the power of a disk of its own and looks what a reboot would find. Needs root.
    PowerCut,
    /// Plays one scene of a claim, for the tests.
    #[command(hide = true)]
    Scene { name: String },
    /// Plays the second process of a step.
    #[command(hide = true)]
    Second { part: String, file: PathBuf },
    /// Tells the story and waits after each step, for `just step 3`.
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
        Some(Role::Store { file, text, force }) => note::store(&file, &text, force),
        Some(Role::Dirty { file }) => note::dirty(&file),
        Some(Role::Flush { file, ms_async, read_only }) => note::flush(&file, ms_async, read_only),
        Some(Role::PowerCut) => power_cut::play(),
        Some(Role::Scene { name }) => scenes::play(&name),
        Some(Role::Second { part, file }) => second_process::play(&part, &file),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(STEPS, lesson.seed)),
    }
}
