//! WRONG: loads the length twice, once to check it and once to use it. Both loads are legal atomic
//! loads, and they may still differ, because another process may store between them. The repair is
//! not another kind of load but a single load: `copy.rs`. `cargo lesson-2` shows both.

use common::{Result, Stage, compare, sentence};

use crate::Bytes;
use crate::slice::{CAPACITY, mailbox};

/// The length as it was checked, and as it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// The value for which `1 + length <= CAPACITY` was checked.
    pub checked: u8,
    /// The value that a copy would use; `None` if the check refused the message.
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
    let lengths = lengths(&memory, || answer = other.ask("store 0 200"));
    show_lengths(lengths, &answer?)
}

/// What a reader saw that loaded the length twice.
pub(crate) fn show_lengths(lengths: Lengths, answer: &str) -> Result<()> {
    compare("this process checks the length: ", lengths.checked, 4)?;
    compare(" the second process stores 200 there: ", answer, "done")?;
    compare("this process uses the length: ", lengths.used.map_or(0, usize::from), 200)?;
    sentence("It uses a length that it has never checked.")
}
