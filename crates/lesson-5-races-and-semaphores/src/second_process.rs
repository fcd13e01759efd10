//! The second processes of the story: this program again, in another part. `cargo lesson-5` starts
//! them itself.

mod holder;
mod lock_caller;
mod waiting;

pub use holder::hold;
pub use lock_caller::{open, start_lock_caller};
pub use waiting::{until_waiting_in, until_waiting_in_one_of};

use std::path::{Path, PathBuf};

use common::clap::{self, Subcommand};
use common::{Failure, Result};

use crate::{
    Primitive, add_under_lock, atomic_addition, crash_matrix, lost_update, no_lock_stops_a_process,
    robust_mutex, test_then_set, torn_record, turnstile,
};

/// What a second process does.
#[derive(Subcommand)]
#[expect(missing_docs, reason = "each leads to the function that says what it does")]
pub enum Part {
    Pass { way: String, file: PathBuf },
    Race { way: String, file: PathBuf },
    AddUnderLock { primitive: Primitive, place: PathBuf, counter: PathBuf },
    DieHalfWay { file: PathBuf },
    BargeIn { data: PathBuf },
    Hold { primitive: Primitive, place: PathBuf },
    Observe { primitive: Primitive, place: PathBuf, late: PathBuf },
    Linger,
}

impl Part {
    /// Plays the part. Ends when the process ends that started it.
    ///
    /// # Errors
    /// Those of the part.
    pub fn play(&self) -> Result<()> {
        common::end_with_parent()?;
        match self {
            Self::Pass { way, file } => turnstile::second(file, way_to_pass(way)?),
            Self::Race { way, file } => turnstile::race(file, way_to_pass(way)?),
            Self::AddUnderLock { primitive, place, counter } => {
                add_under_lock::second(*primitive, place, counter)
            }
            Self::DieHalfWay { file } => robust_mutex::die_half_way(file),
            Self::BargeIn { data } => no_lock_stops_a_process::second(data),
            Self::Hold { primitive, place } => hold(*primitive, place),
            Self::Observe { primitive, place, late } => {
                crash_matrix::observe(*primitive, place, late)
            }
            Self::Linger => holder::linger(),
        }
    }
}

fn way_to_pass(way: &str) -> Result<turnstile::Pass> {
    match way {
        "lost-update" => Ok(lost_update::pass),
        "atomic-addition" => Ok(atomic_addition::pass),
        "torn-record" => Ok(torn_record::pass),
        "test-then-set" => Ok(test_then_set::pass),
        _ => Err(Failure::refusal("pass", Path::new(way), "no such way to pass the turnstile")),
    }
}
