//! NOT ENOUGH: the length through volatile loads. Volatile means that each load happens, once, where
//! it stands. It does not mean that two loads of the same byte agree, it orders nothing but other
//! volatile accesses, and against a store at the same moment it is a data race all the same. The
//! repair is `copy.rs`. `cargo lesson-2` shows both.
//!
//! # Safety
//! A volatile load is not atomic. It is made here only while the other process waits for a line from
//! this one, so that no store happens at the same moment; in a program that no hand-over protects,
//! it would be undefined behaviour.
#![expect(unsafe_code, reason = "the volatile load is the subject")]

use common::{Result, Stage, say};

use crate::Bytes;
use crate::slice::{CAPACITY, mailbox};

/// The length as it was checked, and as it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// What `1 + length <= CAPACITY` was asked of.
    pub checked: u8,
    /// What the text would be cut with; `None` if the check refused.
    pub used: Option<u8>,
}

/// As a C program has it: `if (1 + box->length <= CAPACITY) memcpy(text, box->text, box->length)`.
/// `between` runs between check and use.
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
    say!("   checked: {} (fits in {CAPACITY} bytes)", lengths.checked)?;
    say!("    the other stores 200 in the length: {}", answer?)?;
    say!("   used:    {:?} (expected Some(200): a copy past the end)", lengths.used)
}
