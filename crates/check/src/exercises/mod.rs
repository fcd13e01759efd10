//! The exercises: what each promises, one check a promise, and what to say when one is broken.

mod common_diagnoses;
mod draw;
mod exercise_1;
pub(crate) mod exercise_2;
mod exercise_3;
mod exercise_4;
pub(crate) mod exercise_5;
mod exercise_6;
mod model;
mod unfit;

pub use crate::context::CheckContext;
pub use common_diagnoses::COMMON;
pub use exercise_6::{LARGEST_FILE, SMALLEST_FILE};
pub use model::{Check, Diagnosis, Exercise, Last, Part};

/// All of them, in order.
pub const EXERCISES: &[&Exercise] = &[
    &exercise_1::EXERCISE,
    &exercise_2::EXERCISE,
    &exercise_3::EXERCISE,
    &exercise_4::EXERCISE,
    &exercise_5::EXERCISE,
    &exercise_6::EXERCISE,
];

/// Exercise `number`, if there is one.
#[must_use]
pub fn exercise(number: u8) -> Option<&'static Exercise> {
    EXERCISES.iter().copied().find(|exercise| exercise.number == number)
}
