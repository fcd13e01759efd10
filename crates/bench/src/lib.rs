//! What the two benchmarks share: rounds in which methods take turns, verdicts, tables, charts, and
//! the record of the machine. `cargo bench-read` and `cargo bench-ipc` run them.
//!
//! The modules, in reading order: a [`Method`] is measured once a round, which gives a [`Row`]; rows
//! that compete form a [`Group`]; all groups of a run form a [`Run`], which is the JSON document.
//! Tables, charts and sentences are made from a `Run` alone, so a recorded run can be drawn again.
#![forbid(unsafe_code)]

mod size;
mod spread;
mod unit;

mod method;
mod row;

mod comparison;
mod run;

mod conditions;
mod machine;
mod notes;

mod bars;
mod dots;
mod svg;

mod options;
mod output;
mod progress;
mod table;

pub use bars::bars;
pub use comparison::{Comparison, LEVEL, Verdict};
pub use conditions::Conditions;
pub use dots::dots;
pub use machine::{Cpu, Machine};
pub use method::{Measured, Method};
pub use notes::Notes;
pub use options::Options;
pub use output::{Figures, Output, Report};
pub use progress::Progress;
pub use row::{FileKind, Group, Latency, Row};
pub use run::{Run, Test};
pub use size::Size;
pub use spread::Spread;
pub use svg::figure;
pub use unit::Unit;
