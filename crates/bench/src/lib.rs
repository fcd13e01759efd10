//! What the measuring programs share: the machine in words, rounds that take turns, a progress bar,
//! JSON and pictures under `target/bench/`. `just bench-read` and `just bench-ipc` run them.
#![forbid(unsafe_code)]

mod bars;
mod chart;
mod curves;
mod machine;
mod options;
mod output;
mod progress;
mod rounds;
mod spread;

pub use bars::{Bar, Bars};
pub use chart::{Chart, picture};
pub use curves::{Curve, Curves};
pub use machine::{Machine, cores, pin};
pub use options::Options;
pub use output::Output;
pub use progress::Progress;
pub use rounds::{Contestant, take_turns};
pub use spread::Spread;
