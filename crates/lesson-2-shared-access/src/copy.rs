//! RIGHT: each byte is loaded once, as an atomic, into memory of this process's own; the copy is
//! checked, and the copy is used. What the other stores meanwhile may spoil the message, never this
//! program. The wrong versions are `slice.rs`, `twice.rs` and `volatile.rs`. `cargo lesson-2` shows them
//! all.

use common::{Result, Stage, say};

use crate::Bytes;
use crate::slice::{CAPACITY, mailbox, message};

/// The text of the message in `memory`, if its length fits and it is UTF-8. `between` runs between
/// check and use, and is told the length that was checked.
///
/// # Panics
/// If `memory` is shorter than a message.
pub fn text(memory: &Bytes, between: impl FnOnce(u8)) -> Option<String> {
    let length = memory.load(0);
    if 1 + usize::from(length) > CAPACITY {
        return None;
    }
    between(length);
    let copy: Vec<u8> = (1..=usize::from(length)).map(|index| memory.load(index)).collect();
    String::from_utf8(copy).ok()
}

/// The step of the story: the schedule of `twice.rs`.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (memory, mut other) = mailbox(stage, "copy")?;
    let (mut checked, mut answer) = (None, Ok(String::new()));
    let text = text(&memory, |length| {
        checked = Some(length);
        answer = other.tell("store 0 200").and_then(|()| other.hear());
    });
    say!("   checked: {checked:?}, the copy of the length (expected Some(4))")?;
    say!("    the second process stores 200 in the length: {}", answer?)?;
    say!("   used:    the copy again: {text:?} (expected Some(\"warm\"))")?;
    say!("   the next look: {:?} (expected None: 200 does not fit)", message(&memory.copy()))
}
