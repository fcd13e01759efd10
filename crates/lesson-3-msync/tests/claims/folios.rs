//! Folios: dirt comes in larger pieces than pages.

use common::page_size;
use course::{kernel_at_least, scratch};
use lesson_3_msync::{Specimen, folio};

use crate::found;

#[test]
fn one_byte_stored_can_dirty_a_whole_folio_of_many_pages() {
    course::undisturbed(|| {
        let scratch = scratch();
        let by_page = Specimen::new(&scratch.path().join("by-page"), folio::PAGES).unwrap();
        let at_once =
            folio::written_at_once(&scratch.path().join("at-once"), folio::PAGES).unwrap();
        at_once.memory.store(0, b'A');
        by_page.memory.store(0, b'A');
        let (cache, mapped) = found(&at_once);
        if found(&by_page) != by_page.sight.expected(1, 1) {
            return None; // The control: a page that is a folio of its own.
        }
        match by_page.sight.file_system {
            // Large folios: xfs long since, ext4 from Linux 6.16 on.
            "xfs" => assert!(cache > 1, "{cache} by cachestat"),
            "ext4" if kernel_at_least(6, 16) => assert!(cache > 1, "{cache} by cachestat"),
            "tmpfs" | "overlayfs" => assert!(cache == 0 && mapped >= 1, "{mapped} by smaps"),
            _ => assert!(cache >= 1, "{cache} by cachestat"),
        }
        println!("one byte, at once: {cache} pages by cachestat, {mapped} by smaps");
        Some(())
    });
}

#[test]
fn one_byte_stored_dirties_2_mib_at_most_however_much_was_written_at_once() {
    let (scratch, most) = (scratch(), (2 << 20) / page_size());
    let specimen = folio::written_at_once(&scratch.path().join("at-once"), 4 * most).unwrap();
    specimen.memory.store(0, b'A');
    let (cache, mapped) = found(&specimen);
    assert!(cache <= most as u64, "{cache} pages by cachestat");
    if specimen.sight.gets_clean {
        assert!((1..=most as u64).contains(&mapped), "{mapped} pages by smaps");
    }
}
