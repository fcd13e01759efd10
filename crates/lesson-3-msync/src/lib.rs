//! Lesson 3: what `msync` does, and what it is not needed for. The modules are in reading order.
//! `cargo lesson-3` tells the story of [`STEPS`]. `disk` and `power_cut` belong to `cargo lesson-3
//! power-cut`, and `note` to the commands for a file of your own.

pub mod sys;

pub mod instruments;
pub mod mapped_file;
pub mod table;

pub mod save_async;
pub mod save_sync;

pub mod dirty_until_ms_sync;
pub mod folio;
pub mod invalidate;
pub mod process_ends;
pub mod read_only_descriptor;
pub mod refusals;
pub mod time_stamps;

pub mod disk;
pub mod note;
pub mod power_cut;
pub mod scenarios;
pub mod second_process;

pub use instruments::Instruments;
pub use mapped_file::{Dirty, MappedFile};
pub use sys::{Memory, msync};
pub use table::Table;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("A store is seen at once; its page is dirty until MS_SYNC", dirty_until_ms_sync::show),
    Step("munmap, exit and SIGKILL neither write nor lose a store", process_ends::show),
    Step("MS_INVALIDATE refreshes nothing", invalidate::show),
    Step("MS_SYNC can succeed and write nothing", read_only_descriptor::show),
    Step("One stored byte can make many pages dirty", folio::show),
    Step("A store changes the time of modification, msync does not", time_stamps::show),
    Step("If msync fails, it may have written some pages", refusals::show),
];
