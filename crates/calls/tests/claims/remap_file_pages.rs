//! `remap_file_pages`.

use std::os::unix::fs::FileExt;

use calls::sys::remap_file_pages::remap_file_pages;
use common::page_size;
use course::{errno, scratch};
use lesson_1_mapping_a_file::sys::{Area, MmapCall};
use nix::errno::Errno;

use crate::files::new_file;

/// Four pages of a file, mapped; each begins with its number.
fn numbered(flags: libc::c_int) -> (Area, std::fs::File, common::Scratch) {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 4);
    for page in 0..4 {
        file.write_all_at(&[page], u64::from(page) * page_size() as u64).unwrap();
    }
    let call = MmapCall { flags, ..MmapCall::shared(&file, 4 * page_size()) };
    (call.make().unwrap(), file, scratch)
}

/// `remap_file_pages` shows another page of the file at an address of a shared mapping.
///
/// - call: `remap_file_pages`, success
/// - source: remap_file_pages(2), DESCRIPTION
/// - level: Linux (since Linux 4.0 by a mapping of its own for each page)
#[test]
fn remap_file_pages_shows_another_page_of_the_file_at_an_address_of_a_shared_mapping() {
    let (area, file, _scratch) = numbered(libc::MAP_SHARED);
    let shown = || [0, 1, 2, 3].map(|page| area.load(page * page_size()));
    assert_eq!(shown(), [0, 1, 2, 3]);
    remap_file_pages(&area, 1, 0, 3, 0).unwrap();
    assert_eq!(shown(), [0, 3, 2, 3]);
    area.store(page_size() + 1, 9);
    let mut byte = [0];
    file.read_exact_at(&mut byte, 3 * page_size() as u64 + 1).unwrap();
    assert_eq!(byte, [9], "a store goes to the page that is shown");
}

/// `remap_file_pages` fails with `EINVAL` in a private mapping, and with any `prot` other than 0.
///
/// - call: `remap_file_pages`, error
/// - source: remap_file_pages(2), ERRORS
/// - level: Linux
#[test]
fn remap_file_pages_fails_with_einval_in_a_private_mapping_and_with_any_prot_other_than_0() {
    let (private, _file, _scratch) = numbered(libc::MAP_PRIVATE);
    assert_eq!(errno(remap_file_pages(&private, 1, 0, 3, 0)), Errno::EINVAL);
    let (shared, _file, _scratch) = numbered(libc::MAP_SHARED);
    assert_eq!(errno(remap_file_pages(&shared, 1, libc::PROT_READ, 3, 0)), Errno::EINVAL);
    assert_eq!((private.load(page_size()), shared.load(page_size())), (1, 1), "nothing changed");
}
