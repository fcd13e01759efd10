//! Folios: dirt comes in larger pieces than pages.

use course::{kernel_at_least, scratch};
use lesson_3_msync::{Specimen, folio};

use crate::found;

#[test]
fn one_byte_stored_can_dirty_a_whole_folio_of_many_pages() {
    course::undisturbed(|| {
        let scratch = scratch();
        let by_page = Specimen::new(&scratch.path().join("by-page"), folio::PAGES).unwrap();
        let at_once = folio::written_at_once(&scratch.path().join("at-once")).unwrap();
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
