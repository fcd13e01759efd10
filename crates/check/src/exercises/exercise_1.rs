//! Exercise 1: `poke` and `peek`, mapping a file.

use super::{Bench, Check, Exercise, Verdict};

/// `poke FILE OFFSET TEXT` and `peek FILE OFFSET LEN`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 1,
    lesson: "lesson-1-mapping-a-file",
    title: "poke and peek",
    minutes: 60,
    usage: &["exercise-1 poke FILE OFFSET TEXT", "exercise-1 peek FILE OFFSET LEN"],
    contract: "",
    checks: &[Check::new("pokes", "poke stores TEXT at OFFSET", 1, &[], pokes)],
    diagnoses: &[],
};

fn pokes(bench: &mut Bench) -> Verdict {
    let run = bench.run(&["poke", "FILE", "0", "x"])?;
    run.succeeds()
}
