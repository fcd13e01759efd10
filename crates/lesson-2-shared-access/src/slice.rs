//! WRONG over shared memory: a message read through `&[u8]`. The function itself is right and needs
//! no unsafe code. Its type makes its caller promise that no store changes the bytes during the
//! borrow. For memory that another process may store to, nobody can keep that promise, and the
//! compiler relies on it: it may load a byte once or several times, now or later. So this program
//! never makes such a slice. It shows on copies what happens to the bytes meanwhile. In `sealed.rs`
//! the promise is kept. `cargo lesson-2` shows both.
//!
//! ```text
//! byte 0        1           1 + length      CAPACITY
//!      | length | the text  | anything      |
//! ```

use common::{Context, Peer, Result, Stage, compare, sentence};

use crate::Bytes;
use crate::second_process;
use crate::visible::new_file;

/// Bytes in a message, with the byte for its length.
pub const CAPACITY: usize = 64;

/// The text of the message in `memory`, if its length fits and the text is UTF-8.
pub fn message(memory: &[u8]) -> Option<&str> {
    let (length, text) = memory.split_first()?;
    str::from_utf8(text.get(..usize::from(*length))?).ok()
}

/// The step of the story: the same call, before and after another process stores.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (bytes, mut other) = mailbox(stage, "slice")?;
    let before = bytes.copy();
    compare("a copy made now is ", in_words(message(&before)), r#"the text "warm""#)?;
    compare(" the second process stores 255 in the text: ", other.ask("store 1 255")?, "done")?;
    let after = bytes.copy();
    compare("a copy made now is ", in_words(message(&after)), "not a text")?;
    sentence(
        "A &str over the shared memory would have passed the check. Now that &str would not be UTF-8.",
    )
}

/// A message for the story.
pub(crate) fn in_words(message: Option<&str>) -> String {
    message.map_or("not a text".into(), |text| format!("the text {text:?}"))
}

/// Shared memory with the message "warm", and another process that maps it.
pub(crate) fn mailbox(stage: &Stage, name: &str) -> Result<(Bytes, Peer)> {
    let path = stage.scratch.path().join(name);
    let bytes = Bytes::of(&new_file(&path)?, CAPACITY).step_on("mmap", &path)?;
    for (index, byte) in b"\x04warm".iter().enumerate() {
        bytes.store(index, *byte);
    }
    let other = second_process::start(&path)?;
    sentence("Both processes map a message: length 4, text \"warm\".")?;
    page_view::pause()?;
    Ok((bytes, other))
}
