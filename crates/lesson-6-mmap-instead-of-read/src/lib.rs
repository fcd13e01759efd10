//! Lesson 6: one job done with `read`, `pread` and a mapping. The modules, in reading order:
//! `cargo lesson-6` shows them all.

// The job, and the calls that copy.
pub mod job;
pub mod pread;

// A mapping, and the version that dies.
pub mod view;

pub mod mapped;

// The repair.
pub mod guarded;

pub mod guard;
mod slot;

mod action;
mod sys;

// No copy, and what that rests on.
pub mod in_place;

// The commands, the story, and what the claims need.
pub mod ways;

pub mod cost;
pub mod picture;
pub mod steps;

pub mod region;
pub mod scenes;

pub use guard::Guard;
pub use guarded::Guarded;
pub use mapped::Mapped;
pub use pread::Pread;
pub use region::Region;
pub use view::View;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("One job, three ways, one result", steps::same_result::show),
    Step("What a page fault brings", steps::faults::show),
    Step("A cold file, and advice", steps::cold::show),
    Step("What cannot be mapped, and what is larger than it looks", steps::edges::show),
    Step("When to map and when to read", steps::who_wins::show),
    Step("A file that gets shorter under the reader", steps::truncated::show),
];
