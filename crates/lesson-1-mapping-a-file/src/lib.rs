//! Lesson 1: a file's pages in a program's address space. The modules, in reading order:
//! `cargo lesson-1` shows them all.

pub mod mapping;
pub mod number;
pub mod scenes;
pub mod whole_pages;

pub use mapping::Mapping;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("A number in a file, stored through memory", number::show),
    Step("A mapping is made of whole pages", whole_pages::show),
];
