//! Lesson 1: a file's pages in a program's address space. The modules, in reading order:
//! `cargo lesson-1` shows them all.
//!
//! From the crate `common` come a step's stage (`Stage`: the run's scratch directory and its random
//! numbers), a second process (`Peer`: this program in another role), and errors that name the step
//! and the file (`step_on`). Where a call needs arguments that [`Mapping`] never passes, it is a
//! [`sys::Call`]: the six arguments by name; what it maps is a [`sys::Area`].

pub mod mapping;
pub mod own_file;

pub mod number;
pub mod whole_pages;

pub mod offset;
pub mod record;

pub mod closed_descriptor;
pub mod two_mappings;

pub mod failures;
pub mod fixed;
pub mod past_the_end;
pub mod unmapping;

mod line;
mod picture;
pub mod scenes;
pub mod sys;

pub use mapping::Mapping;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("A number in a file, stored through memory", number::show),
    Step("A file ends at a byte, a mapping at a page", whole_pages::show),
    Step("The offset is a page's; skip the rest yourself", offset::show),
    Step("A record is its bytes: no text, no parsing", record::show),
    Step("The mapping needs neither descriptor nor name", closed_descriptor::show),
    Step("Nothing is copied: two mappings, one page", two_mappings::show),
    Step("MAP_FIXED replaces without a word", fixed::show),
    Step("What each failure is called", failures::show),
    Step("Past the end of the file: not an error but a signal", past_the_end::show),
    Step("munmap gives addresses back; so does the end of the process", unmapping::show),
];
