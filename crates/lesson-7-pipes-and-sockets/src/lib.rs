//! Lesson 7.
