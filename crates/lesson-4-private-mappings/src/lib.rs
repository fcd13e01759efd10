//! Lesson 4: a private mapping, the file's pages until a store, then a copy of each page stored to.
//! Read `view` first, then the rungs in the order of [`STEPS`]: `cargo lesson-4` shows them all.

pub mod lettered;
pub mod picture;
pub mod view;

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

pub mod neighbour;
pub mod scenes;
pub mod sys;

pub use view::PrivateView;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("A store that nobody else sees", unseen::show),
    Step("What is copied: the page, at the first store to it", page_by_page::show),
    Step("Wrong: a private mapping taken for a snapshot", not_a_snapshot::show),
    Step("Repaired: every page is copied first", snapshot::show),
    Step("MAP_POPULATE copies, if the mapping is writable", populate::show),
    Step("A read-only file, edited in memory", read_only_file::show),
    Step("fork: the copies are shared, until one of the two stores", forked::show),
    Step("Truncation takes private pages too", truncated::show),
    Step("This program's own file, patched in memory", own_program::show),
    Step("This program's own data, right now", own_data::show),
];
