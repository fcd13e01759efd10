//! Runs the tests of the lessons in virtual machines and on this machine. Two commands use it: `just kernels`, which
//! keeps a record of what the tests gave with `--record`, and `just prove`, which reads this record.
#![forbid(unsafe_code)]

pub mod code_hashes;
mod json;
pub mod machines;
pub mod record;
pub mod table;

pub mod outcome;
pub mod programs;
