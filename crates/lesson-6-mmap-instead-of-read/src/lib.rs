//! Lesson 6: the same job done with `read`, with `pread` and with a mapping. The modules, in reading
//! order; `cargo lesson-6` shows them all.

// The job, and the calls that copy.
pub mod job;
pub mod pread;

// A mapping, and a reader that a truncation kills.
pub mod mapped;
pub mod view;

// The repair: a reader that reports the truncation.
pub mod guarded;

pub mod guard;
mod slot;

mod action;
mod sys;

// No copy, and the promise that this needs.
pub mod in_place;

// The commands, the story, and what the claims need.
pub mod methods;

pub mod cost;
pub mod steps;

pub mod region;
pub mod scenarios;

pub use guard::Guard;
pub use guarded::Guarded;
pub use mapped::Mapped;
pub use pread::Pread;
pub use region::Region;
pub use view::View;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("One job by three methods", steps::same_result::show),
    Step("How many pages one page fault maps", steps::faults::show),
    Step("A cold file, and advice to the kernel", steps::cold::show),
    Step("Files that cannot be mapped, and a file of a terabyte", steps::refusals::show),
    Step("When to map and when to read", steps::when_to_map::show),
    Step("The file is truncated while you read", steps::truncated::show),
];
