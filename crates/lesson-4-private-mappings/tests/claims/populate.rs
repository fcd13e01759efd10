//! `MAP_POPULATE`, `MADV_POPULATE_WRITE` and `MADV_POPULATE_READ`: which pages they copy or dirty.

use std::fs::FileTimes;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::page_size;
use course::{dirty_pages, errno, file_system, kernel_at_least, undisturbed};
use lesson_4_private_mappings::PrivateMapping;
use memmap2::MmapOptions;
use nix::errno::Errno;

use crate::{Lettered, READ, READ_WRITE, file_pages, scenario};

const POPULATE: i32 = libc::MADV_POPULATE_WRITE;

/// `MAP_POPULATE` copies every page of a writable private mapping.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION; mm/gup.c, populate_vma_page_range
/// - level: observed
#[test]
fn map_populate_copies_every_page_of_a_writable_private_mapping() {
    let letters = Lettered::new(4);
    let mut options = MmapOptions::new();
    let lazy = PrivateMapping::with(options.len(4 * page_size()), &letters.file).unwrap();
    let mapping = PrivateMapping::with(options.populate(), &letters.file).unwrap();
    assert_eq!(file_pages(mapping.address(), 4), [Some(false); 4]);
    letters.write(0, "9");
    assert_eq!(
        (mapping.text(0, 1), lazy.text(0, 1)),
        ("a".into(), "9".into()),
        "copied; still the file's"
    );
}

/// `MAP_POPULATE` copies no page of a read-only private mapping.
///
/// - call: `mmap`, success
/// - source: mmap(2), DESCRIPTION; mm/gup.c
/// - level: observed
#[test]
fn map_populate_copies_no_page_of_a_read_only_private_mapping() {
    let letters = Lettered::new(4);
    let mut options = MmapOptions::new();
    let options = options.len(4 * page_size()).populate();
    let mapping = PrivateMapping::read_only(options, &letters.file).unwrap();
    assert_eq!(file_pages(mapping.address(), 4), [Some(true); 4], "in the page table, not copied");
    letters.write(0, "9");
    assert_eq!(mapping.text(0, 1), "9");
}

/// `MAP_POPULATE` past the end of the file reports no error.
///
/// - call: `mmap`, edge
/// - source: mmap(2), DESCRIPTION
/// - level: Linux
#[test]
fn map_populate_past_the_end_of_the_file_reports_no_error() {
    let letters = Lettered::new(1);
    let mut options = MmapOptions::new();
    let options = options.len(2 * page_size()).populate();
    let mapping = PrivateMapping::with(options, &letters.file).unwrap();
    assert_eq!(file_pages(mapping.address(), 2), [Some(false), None]);
}

/// `MADV_POPULATE_WRITE` copies every page of a private mapping.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_POPULATE_WRITE)
/// - level: Linux (since Linux 5.14; before, `EINVAL`)
#[test]
fn madv_populate_write_copies_every_page_of_a_private_mapping() {
    let letters = Lettered::new(4);
    let bare = letters.bare(4, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    let copied = populates(bare.advise(0, 4 * page_size(), POPULATE)).then_some(false);
    assert_eq!(file_pages(bare.address(), 4), [copied; 4]);
    // Before Linux 5.14, `copy_pages` stores to each page.
    let mapping = letters.mapping(4);
    mapping.copy_pages(0, 4 * page_size()).unwrap();
    assert_eq!(file_pages(mapping.address(), 4), [Some(false); 4]);
    for page in 0..4 {
        letters.write(page * page_size(), "9");
    }
    let kept: String = (0..4).map(|page| mapping.text(page * page_size(), 1)).collect();
    assert_eq!(kept, "abcd");
    assert_eq!(letters.text(3 * page_size(), 1), "9");
}

/// `mlock` and `MAP_LOCKED` copy every page of a writable private mapping and none of a read-only
/// one.
///
/// - call: `mlock`, success
/// - source: mlock(2), DESCRIPTION; mm/gup.c, populate_vma_page_range
/// - level: observed
#[test]
fn mlock_and_map_locked_copy_every_page_of_a_writable_private_mapping_and_none_of_a_read_only_one()
{
    let letters = Lettered::new(2);
    for (prot, file_page) in [(READ_WRITE, false), (READ, true)] {
        let mapping = letters.bare(2, prot, libc::MAP_PRIVATE).unwrap();
        assert_eq!(file_pages(mapping.address(), 2), [None; 2], "no page is accessed yet");
        mapping.lock().unwrap();
        assert_eq!(file_pages(mapping.address(), 2), [Some(file_page); 2], "mlock");
        let mapping = letters.bare(2, prot, libc::MAP_PRIVATE | libc::MAP_LOCKED).unwrap();
        assert_eq!(file_pages(mapping.address(), 2), [Some(file_page); 2], "MAP_LOCKED");
    }
}

/// After `mlockall(MCL_FUTURE)`, `mmap` copies every page of a writable private mapping.
///
/// - call: `mlockall`, success
/// - source: mlockall(2), DESCRIPTION; mm/gup.c, populate_vma_page_range
/// - level: observed
#[test]
fn after_mlockall_mcl_future_mmap_copies_every_page_of_a_writable_private_mapping() {
    let ended = scenario("lock-future", &course::scratch()).run();
    assert_eq!((ended.value("before"), ended.value("after")), ("0", "4"));
}

/// `MADV_POPULATE_READ` copies no page.
///
/// - call: `madvise`, success
/// - source: madvise(2), DESCRIPTION (MADV_POPULATE_READ)
/// - level: Linux (since Linux 5.14; before, `EINVAL`)
#[test]
fn madv_populate_read_copies_no_page() {
    let letters = Lettered::new(4);
    let mapping = letters.mapping(4);
    let entered = populates(mapping.populate_read(0, 4 * page_size())).then_some(true);
    assert_eq!(file_pages(mapping.address(), 4), [entered; 4]);
    letters.write(0, "9");
    assert_eq!(mapping.text(0, 1), "9");
}

/// `MADV_POPULATE_READ` and `MADV_POPULATE_WRITE` of a range that ends past the end of the file
/// fail with `EFAULT`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux (since Linux 5.14; before, `EINVAL`)
#[test]
fn madv_populate_read_and_madv_populate_write_of_a_range_that_ends_past_the_end_of_the_file_fail_with_efault()
 {
    let letters = Lettered::new(1);
    let mapping = letters.bare(2, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    let both = |advice| errno(mapping.advise(0, 2 * page_size(), advice));
    assert_eq!(both(POPULATE), since_5_14(Errno::EFAULT));
    let copied = kernel_at_least(5, 14).then_some(false);
    assert_eq!(file_pages(mapping.address(), 2), [copied, None], "the page inside the file");
    assert_eq!(both(libc::MADV_POPULATE_READ), since_5_14(Errno::EFAULT));
}

/// `MADV_POPULATE_WRITE` without write permission fails with `EINVAL`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madv_populate_write_without_write_permission_fails_with_einval() {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ, libc::MAP_PRIVATE).unwrap();
    assert_eq!(errno(mapping.advise(0, page_size(), POPULATE)), Errno::EINVAL);
    mapping.protect(READ_WRITE).unwrap();
    populates(mapping.advise(0, page_size(), POPULATE));
}

/// `MADV_POPULATE_WRITE` from an address inside a page fails with `EINVAL`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madv_populate_write_from_an_address_inside_a_page_fails_with_einval() {
    let letters = Lettered::new(1);
    let mapping = letters.bare(1, READ_WRITE, libc::MAP_PRIVATE).unwrap();
    assert_eq!(errno(mapping.advise(1, 1, POPULATE)), Errno::EINVAL);
    // A length inside a page means the whole page.
    let copied = populates(mapping.advise(0, 1, POPULATE)).then_some(false);
    assert_eq!(file_pages(mapping.address(), 1), [copied]);
}

/// `MADV_POPULATE_READ` of pages with `PROT_NONE` fails with `EINVAL`, and succeeds after
/// `mprotect` to `PROT_READ`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux
#[test]
fn madv_populate_read_of_pages_with_prot_none_fails_with_einval_and_succeeds_after_mprotect_to_prot_read()
 {
    let letters = Lettered::new(1);
    let advice = libc::MADV_POPULATE_READ;
    for kind in [libc::MAP_PRIVATE, libc::MAP_SHARED] {
        let mapping = letters.bare(1, libc::PROT_NONE, kind).unwrap();
        assert_eq!(errno(mapping.advise(0, page_size(), advice)), Errno::EINVAL);
        mapping.protect(READ).unwrap();
        populates(mapping.advise(0, page_size(), advice));
    }
}

/// `MADV_POPULATE_WRITE` over a range that is not all mapped fails with `ENOMEM`.
///
/// - call: `madvise`, error
/// - source: madvise(2), ERRORS
/// - level: Linux (since Linux 5.14; before, `EINVAL`)
#[test]
fn madv_populate_write_over_a_range_that_is_not_all_mapped_fails_with_enomem() {
    let ended = scenario("populate-a-hole", &course::scratch()).run();
    let right = if kernel_at_least(5, 14) { ("ok", "ENOMEM") } else { ("EINVAL", "EINVAL") };
    assert_eq!((ended.value("whole"), ended.value("with-a-hole")), right);
}

/// On a shared mapping, `MAP_POPULATE` dirties no page and leaves mtime alone.
///
/// - call: `mmap`, edge
/// - source: mm/gup.c, populate_vma_page_range
/// - level: observed (on ext4, xfs and btrfs; on tmpfs and overlayfs only mtime can be seen)
/// - holds: on ext4, xfs, btrfs
#[test]
fn on_a_shared_mapping_map_populate_dirties_no_page_and_leaves_mtime_alone() {
    undisturbed(|| {
        let (letters, before) = clean_and_old(4);
        let populated = libc::MAP_SHARED | libc::MAP_POPULATE;
        let mapping = letters.bare(4, READ_WRITE, populated).unwrap();
        assert_eq!(file_pages(mapping.address(), 4), [Some(true); 4], "in the page table");
        assert_eq!(letters.file.metadata().unwrap().modified().unwrap(), before);
        assert_eq!(dirty_pages(&letters.file), 0);
        // The control: a store is noticed, if its page was in no page table before.
        letters.bare(4, READ_WRITE, libc::MAP_SHARED).unwrap().store(0, b'S');
        noticed(&letters, before, 1)
    });
}

/// On a shared mapping, `MADV_POPULATE_WRITE` dirties clean pages and changes mtime.
///
/// - call: `madvise`, edge
/// - source: madvise(2), DESCRIPTION (MADV_POPULATE_WRITE)
/// - level: observed (since Linux 5.14; ext4, xfs, btrfs; overlayfs: mtime only; tmpfs: mtime only,
///   and only if a page was not loaded before)
/// - holds: since 5.14 on ext4, xfs, btrfs
#[test]
fn on_a_shared_mapping_madv_populate_write_dirties_clean_pages_and_changes_mtime() {
    undisturbed(|| {
        let (letters, before) = clean_and_old(4);
        let mapping = letters.bare(4, READ_WRITE, libc::MAP_SHARED).unwrap();
        if !populates(mapping.advise(0, 4 * page_size(), POPULATE)) {
            return unnoticed(&letters, before);
        }
        assert_eq!(letters.text(0, 2), "aa", "no byte has changed");
        noticed(&letters, before, 4)
    });
    // The same after a load from each page. tmpfs then does not notice that a store may follow.
    let (letters, before) = clean_and_old(4);
    let mapping = letters.bare(4, READ_WRITE, libc::MAP_SHARED).unwrap();
    populates(mapping.advise(0, 4 * page_size(), libc::MADV_POPULATE_READ));
    let populated = populates(mapping.advise(0, 4 * page_size(), POPULATE));
    let mtime = letters.file.metadata().unwrap().modified().unwrap();
    match file_system(&letters.path) {
        _ if !populated => assert_eq!(mtime, before),
        "tmpfs" => assert_eq!(mtime, before),
        "overlayfs" => {} // The file system below it decides.
        _ => assert!(mtime > before),
    }
    // After a store to each page, no page is clean.
    undisturbed(|| {
        let letters = Lettered::new(4);
        let mapping = letters.bare(4, READ_WRITE, libc::MAP_SHARED).unwrap();
        (0..4).for_each(|page| mapping.store(page * page_size(), b'S'));
        let long_ago = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        letters.file.set_times(FileTimes::new().set_modified(long_ago)).unwrap();
        populates(mapping.advise(0, 4 * page_size(), POPULATE));
        (letters.file.metadata().unwrap().modified().unwrap() == long_ago).then_some(())
    });
}

/// Whether this kernel populates, after its answer to `madvise`: a success, or `EINVAL` before Linux 5.14,
/// which does not know this advice.
fn populates(answer: io::Result<()>) -> bool {
    let knows = kernel_at_least(5, 14);
    match knows {
        true => answer.unwrap(),
        false => assert_eq!(errno(answer), Errno::EINVAL, "before Linux 5.14"),
    }
    knows
}

/// `error`, or `EINVAL` before Linux 5.14.
fn since_5_14(error: Errno) -> Errno {
    if kernel_at_least(5, 14) { error } else { Errno::EINVAL }
}

/// A file without dirty pages and with an old mtime, which is returned too.
fn clean_and_old(pages: u8) -> (Lettered, SystemTime) {
    let letters = Lettered::new(pages);
    let long_ago = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    letters.file.set_times(FileTimes::new().set_modified(long_ago)).unwrap();
    letters.file.sync_all().unwrap();
    (letters, long_ago)
}

/// Asserts that the file's mtime has changed since `before`. `None` if it has fewer dirty pages than
/// `pages`: then the machine has flushed it.
fn noticed(letters: &Lettered, before: SystemTime, pages: u64) -> Option<()> {
    assert!(letters.file.metadata().unwrap().modified().unwrap() > before);
    match file_system(&letters.path) {
        "tmpfs" | "overlayfs" => Some(()), // They count no dirty pages.
        _ => (dirty_pages(&letters.file) >= pages).then_some(()),
    }
}

/// Asserts that the file's mtime is still `before` and that the file has no dirty page.
fn unnoticed(letters: &Lettered, before: SystemTime) -> Option<()> {
    assert_eq!(letters.file.metadata().unwrap().modified().unwrap(), before);
    assert_eq!(dirty_pages(&letters.file), 0);
    Some(())
}
