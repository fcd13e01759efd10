//! Wrong: calls `msync` with `MS_ASYNC`, and treats the record as saved when `msync` has returned.
//! `cargo lesson-3` shows that nothing was saved. `save_sync.rs` is the repair.

use std::io;

use crate::{Memory, msync};

/// Stores `record` at the start of `memory`, a shared mapping of a file. When this returns, nothing has written
/// it to the disk yet, unless the kernel did so by itself.
///
/// # Errors
/// As [`msync`].
pub fn save(memory: &Memory, record: &[u8]) -> io::Result<()> {
    for (offset, byte) in (0..).zip(record) {
        memory.store(offset, *byte);
    }
    msync(memory.address(), record.len(), libc::MS_ASYNC)
}
