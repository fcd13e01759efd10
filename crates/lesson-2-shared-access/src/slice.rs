//! WRONG over shared memory: a message read through `&[u8]`. The function is right, and needs no
//! unsafe: its caller promises, by the type, that nobody stores to the bytes while it borrows them.
//! Nobody can keep that promise for memory of another process, and the compiler builds on it: it may
//! load a byte once or ten times, now or later. So this program never makes the slice; it shows, on
//! copies, what the bytes do meanwhile. `sealed.rs` is where the promise is kept. `cargo lesson-2`
//! shows both.
//!
//! ```text
//! byte 0        1           1 + length      CAPACITY
//!      | length | the text  | anything      |
//! ```

use common::{Context, Peer, Result, Stage, say};

use crate::Bytes;
use crate::visible::new_file;

/// Bytes that a message may take, its length's byte with it.
pub const CAPACITY: usize = 64;

/// The text of the message in `memory`, if its length fits and it is UTF-8.
pub fn message(memory: &[u8]) -> Option<&str> {
    let (length, text) = memory.split_first()?;
    str::from_utf8(text.get(..usize::from(*length))?).ok()
}

/// The step of the story: the same call before and after a store by somebody else.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (bytes, mut other) = mailbox(stage, "slice")?;
    let before = bytes.copy();
    say!("   over a copy made before: {:?} (expected Some(\"warm\"))", message(&before))?;
    other.tell("store 1 255")?;
    say!("    the second process stores 255 in the text's first byte: {}", other.hear()?)?;
    let after = bytes.copy();
    say!("   over a copy made after:  {:?} (expected None: 255 is in no text)", message(&after))?;
    say!("   A &str over the memory itself would have passed the check and be no text now.")
}

/// Shared memory with the message "warm" in it, and another process that has it mapped.
pub(crate) fn mailbox(stage: &Stage, name: &str) -> Result<(Bytes, Peer)> {
    let path = stage.scratch.path().join(name);
    let bytes = Bytes::of(&new_file(&path)?, CAPACITY).step_on("mmap", &path)?;
    for (index, byte) in b"\x04warm".iter().enumerate() {
        bytes.store(index, *byte);
    }
    let mut other = Peer::start(["second".as_ref(), path.as_os_str()])?;
    other.hear()?;
    let text: String = (1..5).map(|index| char::from(bytes.load(index))).collect();
    say!("   mapped by both processes: the length {} and the text {text:?}", bytes.load(0))?;
    page_view::pause()?;
    Ok((bytes, other))
}
