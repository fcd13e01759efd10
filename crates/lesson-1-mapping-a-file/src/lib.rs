//! Lesson 1: the pages of a file in a program's memory. The modules are in reading order;
//! `cargo lesson-1` shows each of them.
//!
//! The crate `common` has what every story needs: the run's scratch directory and random numbers
//! (`Stage`), a second process (`Peer`: this program in another role), and errors that name the
//! step and the file (`step_on`). A call with arguments that [`Mapping`] never passes is a
//! [`sys::MmapCall`], which names the six arguments. What it maps is a [`sys::Area`].

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

mod picture;
pub mod scenarios;
pub mod sys;

pub use mapping::Mapping;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("A number in a file, stored through memory", number::show),
    Step("A file ends at a byte, a mapping at a page", whole_pages::show),
    Step("The offset must be a multiple of the page size", offset::show),
    Step("A record is stored as its bytes", record::show),
    Step("A mapping needs neither descriptor nor name", closed_descriptor::show),
    Step("Three mappings of one page are one memory", two_mappings::show),
    Step("MAP_FIXED replaces what is at the address", fixed::show),
    Step("How mmap reports each failure", failures::show),
    Step("A load from a page past the end of the file raises SIGBUS", past_the_end::show),
    Step("munmap removes pages; so does the end of a process", unmapping::show),
];
