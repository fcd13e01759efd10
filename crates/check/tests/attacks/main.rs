//! Attacks on the judge, each through the command line, as a student would make it.
//!
//! The programs are in `proof/attacks`. A test that is ignored names what the judge does not do yet:
//! whoever mends the judge removes the mark.

mod confinement;
mod honest;
mod judge;
mod limits;
mod machine;
mod observation;
mod reasons;
mod refusals;
mod replaced;
mod students_slips;
