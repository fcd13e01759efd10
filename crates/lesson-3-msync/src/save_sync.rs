//! Right: a record is saved when `msync` with `MS_SYNC` has returned 0. `cargo lesson-3` shows it.
//! `save_async.rs` is the wrong version.

use std::io;

use crate::{Memory, msync};

/// Stores `record` at the start of `memory`, a shared mapping of a file. When this returns `Ok`, the record is
/// on the disk.
///
/// # Errors
/// As [`msync`].
pub fn save(memory: &Memory, record: &[u8]) -> io::Result<()> {
    for (offset, byte) in (0..).zip(record) {
        memory.store(offset, *byte);
    }
    msync(memory.address(), record.len(), libc::MS_SYNC)
}
