//! What other processes see needs no msync.

use common::page_size;
use lesson_3_msync::Memory;

use crate::{Pair, second};

#[test]
fn another_process_sees_a_store_before_any_msync() {
    let pair = Pair::clean();
    let mut reader = second("reader", &pair.specimen.path).start();
    reader.tell("read");
    assert_eq!(reader.hear(), ". 0", "before the store");
    pair.specimen.store(b'A');
    reader.tell("read");
    assert!(reader.hear().starts_with("A "), "by read(2)");
    reader.tell("map");
    assert!(reader.hear().starts_with("A "), "by a load from its own mapping");
    pair.specimen.store(b'B');
    reader.tell("read");
    assert!(reader.hear().starts_with("B "), "by a load, while both have it mapped");
}

#[test]
fn a_page_that_one_process_maps_twice_counts_as_shared_dirty_too() {
    course::undisturbed(|| {
        let pair = Pair::stored();
        let alone = pair.specimen.dirty().unwrap();
        let again = Memory::shared(&pair.specimen.file).unwrap();
        let mapped = pair.specimen.dirty().unwrap();
        (0..again.length()).step_by(page_size()).for_each(|offset| _ = again.load(offset));
        let twice = pair.specimen.dirty().unwrap();
        drop(again);
        let back = pair.specimen.dirty().unwrap();
        pair.left(8)?;
        assert_eq!((alone.private, alone.shared), (8, 0), "one mapping, though MAP_SHARED");
        assert_eq!((mapped.private, mapped.shared), (8, 0), "a second one that touched nothing");
        assert_eq!((twice.private, twice.shared), (0, 8), "two mappings of the same process");
        assert_eq!((back.private, back.shared), (8, 0), "one again");
        Some(())
    });
}

#[test]
fn a_page_that_two_processes_map_counts_as_shared_dirty_in_both_until_ms_sync() {
    course::undisturbed(|| {
        let pair = Pair::stored();
        let alone = pair.specimen.dirty().unwrap();
        let mut reader = second("reader", &pair.specimen.path).start();
        reader.tell("map");
        let other_before = reader.hear();
        let before = pair.specimen.dirty().unwrap();
        pair.left(8)?;
        assert_eq!((alone.private, alone.shared), (8, 0), "one process, though MAP_SHARED");
        assert_eq!((before.private, before.shared), (0, 8), "two processes");
        assert_eq!(other_before, "A 8");

        pair.specimen.msync(libc::MS_SYNC).unwrap();
        let (_, left) = pair.specimen.sight.expected(0, 8);
        reader.tell("read");
        assert_eq!(pair.specimen.dirty().unwrap().shared, left);
        assert_eq!(reader.hear(), format!("A {left}"), "in the other process, too");
        Some(())
    });
}
