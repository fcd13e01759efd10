//! Lesson 5: races, and what prevents them between processes.

pub mod exclusion;

pub use exclusion::{Attempt, Exclusion};
