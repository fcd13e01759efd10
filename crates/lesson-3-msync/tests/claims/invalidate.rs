//! MS_INVALIDATE: what it does not do. What it does is in `errors.rs`: EBUSY.

use course::{scratch, undisturbed};
use lesson_3_msync::{Memory, Specimen};

use crate::Pair;

#[test]
fn ms_invalidate_alone_leaves_every_page_dirty() {
    undisturbed(|| {
        let pair = Pair::stored();
        pair.specimen.msync(libc::MS_INVALIDATE).unwrap();
        pair.left(8)
    });
}

#[test]
fn other_mappings_have_the_new_bytes_before_ms_invalidate() {
    let scratch = scratch();
    let specimen = Specimen::new(&scratch.path().join("file"), 1).unwrap();
    let other = Memory::shared(&specimen.file).unwrap();
    assert_eq!(other.load(0), b'.');
    specimen.store(b'A');
    assert_eq!(other.load(0), b'A');
    specimen.msync(libc::MS_SYNC | libc::MS_INVALIDATE).unwrap();
    assert_eq!(other.load(0), b'A');
}

#[test]
fn ms_invalidate_does_not_refresh_a_private_copy() {
    let scratch = scratch();
    let specimen = Specimen::new(&scratch.path().join("file"), 1).unwrap();
    let private = Memory::private(&specimen.file).unwrap();
    private.store(1, b'p');
    specimen.store(b'A');
    specimen.msync(libc::MS_SYNC | libc::MS_INVALIDATE).unwrap();
    assert_eq!((specimen.load(), private.load(0)), (vec![b'A'], b'.'));
}
