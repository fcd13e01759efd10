//! Lesson 2, as a program: `cargo lesson-2` tells the story; `measure FILE` and `watch FILE` play the
//! two sides of a thermometer, each in a terminal of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand, value_parser};
use lesson_2_shared_access::{STEPS, measure, scenes, second, watch};
use rand::{SeedableRng, rngs::StdRng};

/// Lesson 2: shared access. Without a role, tells the whole story.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-2")]
struct Lesson {
    /// Fixes the random numbers.
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Measures a temperature again and again and publishes it in FILE, until Ctrl-C.
    Measure {
        file: PathBuf,
        /// Ends after N readings.
        #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
        count: Option<u64>,
        /// Waits that long after each reading.
        #[arg(long, value_name = "MS", default_value_t = 500, value_parser = value_parser!(u16).range(1..))]
        interval_ms: u16,
        /// Makes a thermometer of a FILE that is none; what was in it is lost.
        #[arg(long)]
        force: bool,
    },
    /// Prints each new reading that the thermometer in FILE shows, until Ctrl-C.
    Watch {
        file: PathBuf,
        /// Ends after N readings.
        #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
        count: Option<u64>,
    },
    /// The second process of the story: maps FILE and does what it is told.
    #[command(hide = true)]
    Second { file: PathBuf },
    /// Plays one scene of a claim, for the tests.
    #[command(hide = true)]
    Scene { name: String },
    /// Tells the story and waits after each step, for `just step 2`.
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
        Some(Role::Measure { file, count, interval_ms, force }) => {
            measure::measure(&file, count, interval_ms, force, &mut random)
        }
        Some(Role::Watch { file, count }) => watch::watch(&file, count),
        Some(Role::Second { file }) => second::obey(&file),
        Some(Role::Scene { name }) => scenes::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(STEPS, lesson.seed)),
    }
}
