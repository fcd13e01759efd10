//! Lesson 4: private mappings. Each page of a private mapping is the file's page until the first store
//! copies it.
//!
//! Read `private_mapping` first, then the modules in the order of [`STEPS`]: `cargo lesson-4` runs
//! them all.

pub mod lettered;
pub mod picture;
pub mod private_mapping;

pub mod forked;
pub mod not_a_snapshot;
pub mod own_data;
pub mod own_program;
pub mod page_by_page;
pub mod populate;
pub mod read_only_file;
pub mod snapshot;
pub mod truncated;
pub mod unseen;

pub mod scenarios;
pub mod second_process;
pub mod sys;

pub use private_mapping::PrivateMapping;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("A private store that nobody else sees", unseen::show),
    Step("Copy-on-write: the first store to a page copies it", page_by_page::show),
    Step("Wrong: a private mapping used as a snapshot", not_a_snapshot::show),
    Step("Repaired: every page is copied first", snapshot::show),
    Step("MAP_POPULATE copies pages of a writable private mapping", populate::show),
    Step("A read-only file, edited in memory", read_only_file::show),
    Step("fork: the copies are shared until one process stores", forked::show),
    Step("Truncating the file discards private copies too", truncated::show),
    Step("This program's own file, patched in a private mapping", own_program::show),
    Step("This program's variables lie in private mappings", own_data::show),
];
