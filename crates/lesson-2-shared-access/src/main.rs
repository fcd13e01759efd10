//! Lesson 2, as a program: `cargo lesson-2` tells the story. `measure FILE` and `watch FILE` are the
//! two sides of a thermometer, each in its own terminal.

use std::path::PathBuf;
use std::process::ExitCode;

use common::clap::{self, Parser, Subcommand, value_parser};
use lesson_2_shared_access::{STEPS, measure, obey, scenarios, watch};
use rand::{SeedableRng, rngs::StdRng};

/// The name of the package, and of the text.
const LESSON: &str = env!("CARGO_PKG_NAME");

/// Lesson 2: shared access. Without a command, show all steps.
#[derive(Parser)]
#[command(bin_name = "cargo lesson-2")]
struct Lesson {
    /// Choose the random numbers: the same N always gives the same numbers.
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Publish a temperature in FILE again and again, until Ctrl-C.
    Measure {
        /// Publish in this file, and create it if it does not exist.
        file: PathBuf,
        /// End after N readings.
        #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
        count: Option<u64>,
        /// Wait this many milliseconds after each reading.
        #[arg(long, value_name = "MS", default_value_t = 500, value_parser = value_parser!(u16).range(1..))]
        interval_ms: u16,
        /// Overwrite a FILE that is not a thermometer; its content is lost.
        #[arg(long)]
        force: bool,
    },
    /// Print new readings of the thermometer in FILE, until Ctrl-C.
    Watch {
        /// Watch this thermometer; the file must exist.
        file: PathBuf,
        /// End after N readings.
        #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
        count: Option<u64>,
    },
    /// Map FILE and obey the lines of standard input: the second process of the story.
    #[command(hide = true)]
    Second { file: PathBuf },
    /// Play one scenario of a claim, for the tests.
    #[command(hide = true)]
    Scenario { name: String },
    /// Tell the story and wait after each step, for `just step 2`.
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
        Some(Role::Measure { file, count, interval_ms, force }) => {
            measure::measure(&file, count, interval_ms, force, &mut random)
        }
        Some(Role::Watch { file, count }) => watch::watch(&file, count),
        Some(Role::Second { file }) => obey::obey(&file),
        Some(Role::Scenario { name }) => scenarios::play(&name),
        Some(Role::Steps) => page_view::in_steps(|| common::tell(LESSON, STEPS, lesson.seed)),
    }
}
