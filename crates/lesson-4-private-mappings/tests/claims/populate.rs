//! Copies ahead of time: `MAP_POPULATE`, `MADV_POPULATE_WRITE`, `MADV_POPULATE_READ`.

use common::page_size;
use lesson_4_private_mappings::PrivateView;
use memmap2::MmapOptions;

use crate::{Lettered, READ, READ_WRITE, errno, file_pages, scene};

/// Advice of `madvise` that is an error by an address or length of its own.
const POPULATE: i32 = libc::MADV_POPULATE_WRITE;

#[test]
fn map_populate_copies_every_page_of_a_writable_private_mapping() {
    let letters = Lettered::new(4);
    let mut options = MmapOptions::new();
    let lazy = PrivateView::with(options.len(4 * page_size()), &letters.file).unwrap();
    let view = PrivateView::with(options.populate(), &letters.file).unwrap();
    assert_eq!(file_pages(view.address(), 4), [Some(false); 4]);
    letters.write(0, "9");
    assert_eq!((view.text(0, 1), lazy.text(0, 1)), ("a".into(), "9".into()), "frozen; live");
}

#[test]
fn map_populate_copies_no_page_of_a_read_only_private_mapping() {
    let letters = Lettered::new(4);
    let mut options = MmapOptions::new();
    let options = options.len(4 * page_size()).populate();
    let view = PrivateView::read_only(options, &letters.file).unwrap();
    assert_eq!(file_pages(view.address(), 4), [Some(true); 4], "brought in, not copied");
    letters.write(0, "9");
    assert_eq!(view.text(0, 1), "9");
}

#[test]
fn map_populate_past_the_end_of_the_file_fails_silently() {
    let letters = Lettered::new(1);
    let mut options = MmapOptions::new();
    let options = options.len(2 * page_size()).populate();
    let view = PrivateView::with(options, &letters.file).unwrap();
    assert_eq!(file_pages(view.address(), 2), [Some(false), None]);
}

#[test]
fn madv_populate_write_makes_a_snapshot() {
    let letters = Lettered::new(4);
    let view = letters.view(4);
    view.copy_now(0, 4 * page_size()).unwrap();
    assert_eq!(file_pages(view.address(), 4), [Some(false); 4]);
    for page in 0..4 {
        letters.write(page * page_size(), "9");
    }
    let kept: String = (0..4).map(|page| view.text(page * page_size(), 1)).collect();
    assert_eq!(kept, "abcd");
    assert_eq!(letters.text(3 * page_size(), 1), "9");
}

#[test]
fn madv_populate_read_copies_nothing() {
    let letters = Lettered::new(4);
    let view = letters.view(4);
    view.bring_in(0, 4 * page_size()).unwrap();
    assert_eq!(file_pages(view.address(), 4), [Some(true); 4]);
    letters.write(0, "9");
    assert_eq!(view.text(0, 1), "9");
}

#[test]
fn madv_populate_past_the_end_of_the_file_is_efault() {
    let letters = Lettered::new(1);
    let view = letters.view(2);
    assert_eq!(errno(view.copy_now(0, 2 * page_size())), Some(libc::EFAULT));
    assert_eq!(file_pages(view.address(), 2), [Some(false), None], "what it could, it did");
    assert_eq!(errno(view.bring_in(0, 2 * page_size())), Some(libc::EFAULT));
}

#[test]
fn madv_populate_write_without_write_permission_is_einval() {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ, libc::MAP_PRIVATE).unwrap();
    assert_eq!(errno(mapping.advise(0, page_size(), POPULATE)), Some(libc::EINVAL));
    mapping.protect(READ_WRITE).unwrap();
    mapping.advise(0, page_size(), POPULATE).unwrap();
}

#[test]
fn madv_populate_from_an_address_inside_a_page_is_einval() {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    assert_eq!(errno(mapping.advise(1, 1, POPULATE)), Some(libc::EINVAL));
    mapping.advise(0, 1, POPULATE).unwrap(); // A length inside a page means the whole page.
    assert_eq!(file_pages(mapping.address(), 1), [Some(false)]);
}

#[test]
fn madv_populate_without_any_permission_is_einval() {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, libc::PROT_NONE, libc::MAP_PRIVATE).unwrap();
    let advice = libc::MADV_POPULATE_READ;
    assert_eq!(errno(mapping.advise(0, page_size(), advice)), Some(libc::EINVAL));
    mapping.protect(READ).unwrap();
    mapping.advise(0, page_size(), advice).unwrap();
}

#[test]
fn madv_populate_over_a_hole_is_enomem() {
    let ended = scene("populate-a-hole", &course::scratch()).run();
    assert_eq!(ended.value("whole"), "0");
    assert_eq!(ended.value("with-a-hole"), libc::ENOMEM.to_string());
}
