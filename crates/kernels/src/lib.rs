//! Runs the tests of the lessons on this machine and in virtual machines, and keeps a record of what they
//! gave. Two commands use it: `just kernels` and `just prove`.
#![forbid(unsafe_code)]

pub mod machines;
pub mod record;
pub mod table;

pub mod outcome;
pub mod programs;
