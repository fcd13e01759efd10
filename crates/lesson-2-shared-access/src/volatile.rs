//! WRONG: loads the length twice with volatile loads. "Volatile" means that each load happens, once,
//! in program order with other volatile accesses. It does not mean that two loads return the same
//! value, and here they differ, as in `twice.rs`. A volatile load is also not atomic: if another
//! thread of this program stored at the same moment, that would be a data race, which is undefined
//! behaviour. Whether a store by another process counts as such a race, Rust does not say; no
//! program can show it. The repair is `copy.rs`. `cargo lesson-2` shows all three.
//!
//! # Safety
//! This module loads volatile only while the other process waits for a line from this one, so no
//! store happens at the same moment.
#![expect(unsafe_code, reason = "the volatile load is the subject")]

use common::{Result, Stage, sentence};

use crate::Bytes;
use crate::slice::{CAPACITY, mailbox};
use crate::twice::{Lengths, show_lengths};

/// As `twice::lengths`, with volatile loads. `between` runs between check and use.
///
/// # Panics
/// If `memory` is shorter than a message.
///
/// # Safety
/// - No other process stores to the first byte while this function loads it; during `between` it may.
pub unsafe fn lengths(memory: &Bytes, between: impl FnOnce()) -> Lengths {
    assert!(memory.len() >= CAPACITY, "a message has {CAPACITY} bytes");
    let length = memory.as_ptr();
    // SAFETY: the mapping's first byte is mapped while `memory` lives; no process stores to it now
    // (the caller's contract).
    let checked = unsafe { length.read_volatile() };
    if 1 + usize::from(checked) > CAPACITY {
        return Lengths { checked, used: None };
    }
    between();
    // SAFETY: as above; `between` has returned.
    let used = unsafe { length.read_volatile() };
    Lengths { checked, used: Some(used) }
}

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (memory, mut other) = mailbox(stage, "volatile")?;
    let mut answer = Ok(String::new());
    let hand_over = || answer = other.ask("store 0 200");
    // SAFETY: the other process stores only when told, within `hand_over`, which waits for its
    // answer.
    let lengths = unsafe { lengths(&memory, hand_over) };
    show_lengths(lengths, &answer?)?;
    sentence("The compiler keeps both volatile loads. The two lengths can still differ.")
}
