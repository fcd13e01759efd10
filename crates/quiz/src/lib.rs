//! The questions on each lesson: what will happen? They are Markdown files, `lessons/quiz/lesson-N.md`,
//! from which both the command `just quiz N` and the book ask.
#![forbid(unsafe_code)]

mod question;

pub use question::{Choice, Question, of_lesson};
