//! The steps of the story, in its order. `cargo lesson-6` tells it.

pub mod cold;
pub mod faults;
pub mod refusals;
pub mod same_result;
pub mod truncated;
pub mod when_to_map;
