//! RIGHT: loads each byte once, as an atomic, into memory that only this process has. It checks the
//! copy and uses the copy. A store by another process may spoil the message, but not this program.
//! The wrong versions are `slice.rs`, `twice.rs` and `volatile.rs`. `cargo lesson-2` shows them all.

use common::{Result, Stage, compare};

use crate::Bytes;
use crate::slice::{CAPACITY, in_words, mailbox, message};

/// The text of the message in `memory`, if its length fits and the text is UTF-8. `between` runs
/// between check and use, and gets the length that was checked.
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

/// The step of the story: the order of loads and stores of `twice.rs`.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (memory, mut other) = mailbox(stage, "copy")?;
    let (mut checked, mut answer) = (0, Ok(String::new()));
    let text = text(&memory, |length| {
        checked = length;
        answer = other.ask("store 0 200");
    });
    compare("this process checks its copy of the length: ", checked, 4)?;
    compare(" the second process stores 200 there: ", answer?, "done")?;
    compare("it uses its copy: ", in_words(text.as_deref()), r#"the text "warm""#)?;
    compare("the next message is ", in_words(message(&memory.copy())), "not a text")
}
