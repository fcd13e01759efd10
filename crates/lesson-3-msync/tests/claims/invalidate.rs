//! MS_INVALIDATE: what it does not do. What it does is in `errors.rs`: EBUSY.

use course::{scratch, undisturbed};
use lesson_3_msync::{MappedFile, Memory};

use crate::Pair;

/// `MS_INVALIDATE` alone leaves every page dirty.
///
/// - call: `msync`, success
/// - source: mm/msync.c
/// - level: observed
#[test]
fn ms_invalidate_alone_leaves_every_page_dirty() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.sample.msync(libc::MS_INVALIDATE).unwrap();
        pair.left(8)
    });
}

/// Other mappings have the new bytes before any `MS_INVALIDATE`.
///
/// - call: `msync`, success
/// - source: mmap(2), DESCRIPTION (MAP_SHARED)
/// - level: POSIX
/// - tutorials say: `MS_INVALIDATE` refreshes mappings that show old bytes.
/// - article says: `MS_INVALIDATE` lets other mappings see the new values.
#[test]
fn other_mappings_have_the_new_bytes_before_any_ms_invalidate() {
    let scratch = scratch();
    let sample = MappedFile::new(&scratch.path().join("file"), 1).unwrap();
    let other = Memory::shared(&sample.file).unwrap();
    assert_eq!(other.load(0), b'.');
    sample.store(b'A');
    assert_eq!(other.load(0), b'A');
    sample.msync(libc::MS_SYNC | libc::MS_INVALIDATE).unwrap();
    assert_eq!(other.load(0), b'A');
}

/// `MS_INVALIDATE` does not refresh a private copy.
///
/// - call: `msync`, edge
/// - source: mm/msync.c
/// - level: observed
/// - tutorials say: `MS_INVALIDATE` refreshes mappings that show old bytes.
#[test]
fn ms_invalidate_does_not_refresh_a_private_copy() {
    let scratch = scratch();
    let sample = MappedFile::new(&scratch.path().join("file"), 1).unwrap();
    let private = Memory::private(&sample.file).unwrap();
    private.store(1, b'p');
    sample.store(b'A');
    sample.msync(libc::MS_SYNC | libc::MS_INVALIDATE).unwrap();
    assert_eq!((sample.load(), private.load(0)), (vec![b'A'], b'.'));
}
