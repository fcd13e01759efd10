//! WRONG: the length is loaded twice, once to check it and once to use it. Both loads are atomic and
//! legal at any moment, and still they may differ: another process may store between them. The cure
//! is not another kind of load but one load: `copy.rs`. `cargo lesson-2` shows both.

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
/// If `memory` is empty.
pub fn lengths(memory: &Bytes, between: impl FnOnce()) -> Lengths {
    let checked = memory.load(0);
    if 1 + usize::from(checked) > CAPACITY {
        return Lengths { checked, used: None };
    }
    between();
    let used = memory.load(0);
    Lengths { checked, used: Some(used) }
}

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (memory, mut other) = mailbox(stage, "twice")?;
    let mut answer = Ok(String::new());
    let lengths = lengths(&memory, || {
        answer = other.tell("store 0 200").and_then(|()| other.hear());
    });
    say!("   checked: {} (expected 4: fits in {CAPACITY} bytes)", lengths.checked)?;
    say!("    the second process stores 200 in the length: {}", answer?)?;
    say!("   used:    {:?} (expected Some(200): a copy past the end)", lengths.used)
}
