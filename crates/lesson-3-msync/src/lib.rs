//! Lesson 3: what `msync` does, and what it is not needed for. The modules, in reading order:
//! `cargo lesson-3` shows them all, `cargo lesson-3 power-cut` the last.

pub mod sys;

pub mod sight;
pub mod specimen;
pub mod table;

pub mod save_async;
pub mod save_sync;

pub mod acts;
pub mod ends;
pub mod folio;
pub mod invalidate;
pub mod read_only_descriptor;
pub mod refusals;
pub mod time_stamps;

pub mod disk;
pub mod note;
pub mod power_cut;
pub mod scenes;
pub mod second;

pub use sight::Sight;
pub use specimen::{Dirty, Specimen};
pub use sys::{Memory, msync};
pub use table::Table;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("A store is seen at once, and waits in memory until MS_SYNC", acts::show),
    Step("No end of a process flushes, and none loses a store", ends::show),
    Step("MS_INVALIDATE refreshes nothing", invalidate::show),
    Step("Success that flushes nothing: the read-only descriptor", read_only_descriptor::show),
    Step("One byte can dirty more than its page", folio::show),
    Step("The time of modification is the store's, not msync's", time_stamps::show),
    Step("Every refusal, and what it has done by then", refusals::show),
];
