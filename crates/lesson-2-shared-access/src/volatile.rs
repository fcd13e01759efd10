//! WRONG, twice over: the length through volatile loads. Volatile means that each load happens, once,
//! where it stands. That two loads of a byte agree it does not promise, and here they do not: that
//! fault is the second load's, and `twice.rs` has it with atomics. The fault of its own cannot be
//! shown: a volatile load is no atomic one, so a store at the same moment is a data race, which is
//! undefined behaviour; and it orders nothing but other volatile accesses. The repair is `copy.rs`.
//! `cargo lesson-2` shows all three.
//!
//! # Safety
//! A volatile load is not atomic. It is made here only while the other process waits for a line from
//! this one, so that no store happens at the same moment; in a program that no hand-over protects,
//! it would be undefined behaviour.
#![expect(unsafe_code, reason = "the volatile load is the subject")]

use common::{Result, Stage, say};

use crate::Bytes;
use crate::slice::{CAPACITY, mailbox};
use crate::twice::Lengths;

/// As `twice::lengths`, with volatile loads. `between` runs between check and use.
///
/// # Panics
/// If `memory` is shorter than a message.
///
/// # Safety
/// - No other process stores to the first byte while this function loads it; in `between` it may.
pub unsafe fn lengths(memory: &Bytes, between: impl FnOnce()) -> Lengths {
    assert!(memory.len() >= CAPACITY, "a message has {CAPACITY} bytes");
    let length = memory.as_ptr();
    // SAFETY: the mapping's first byte is mapped while `memory` lives; nobody stores to it now (the
    // caller's contract).
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
    let hand_over = || answer = other.tell("store 0 200").and_then(|()| other.hear());
    // SAFETY: the other process stores only when told, within `hand_over`, which waits for its
    // answer.
    let lengths = unsafe { lengths(&memory, hand_over) };
    say!("   checked: {} (expected 4: fits in {CAPACITY} bytes)", lengths.checked)?;
    say!("    the second process stores 200 in the length: {}", answer?)?;
    say!("   used:    {:?} (expected Some(200): volatile is no cure)", lengths.used)?;
    say!("   Had the store come during a load: a data race. No program can show that one.")
}
