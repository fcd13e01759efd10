//! `cachestat`.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use calls::sys::cachestat::{Wrong, cachestat};
use common::page_size;
use course::{errno, has_cachestat, kernel_at_least, scratch};
use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};
use page_view::cache_counts_in;

use crate::files::{by_path_only, closed, new_file};

/// Whether this kernel has the call; says so if a container forbids it. Before Linux 6.5 it has
/// none.
fn there() -> bool {
    let there = has_cachestat();
    if !there && kernel_at_least(6, 5) {
        course::left_out("this container forbids cachestat");
    }
    there
}

fn memfd(flags: MFdFlags) -> nix::Result<File> {
    memfd_create("counted", flags | MFdFlags::MFD_CLOEXEC).map(|fd: OwnedFd| fd.into())
}

/// `cachestat` counts the cached pages of its range exactly, and a length of 0 reaches to the end.
///
/// - call: `cachestat`, success
/// - source: Documentation/filesystems (cachestat); mm/filemap.c, cachestat
/// - level: observed (since Linux 6.5; not on overlayfs)
/// - holds: since 6.5 not on overlayfs
#[test]
fn cachestat_counts_the_cached_pages_of_its_range_exactly_and_a_length_of_0_reaches_to_the_end() {
    if !there() {
        return;
    }
    let (file, page) = (memfd(MFdFlags::empty()).unwrap(), page_size() as u64);
    file.set_len(8 * page).unwrap();
    let cached = |offset, length| cache_counts_in(&file, offset, length).unwrap().cached;
    assert_eq!(cached(0, 0), 0, "a hole has no page");
    for number in [0, 2, 5] {
        file.write_all_at(&[1], number * page).unwrap();
    }
    assert_eq!(cached(0, 0), 3);
    assert_eq!(cached(page, 2 * page), 1, "page 2");
    assert_eq!(cached(3 * page, 0), 1, "page 5");
    assert_eq!(cached(6 * page, 0), 0);
    assert_eq!(cached(3 * page - 1, 1), 1, "one byte counts its page");
}

/// `cachestat` with any flag fails with `EINVAL`, because none is defined.
///
/// - call: `cachestat`, error
/// - source: mm/filemap.c, cachestat
/// - level: observed (since Linux 6.5)
#[test]
fn cachestat_with_any_flag_fails_with_einval_because_none_is_defined() {
    if there() {
        let file = memfd(MFdFlags::empty()).unwrap();
        assert_eq!(errno(cachestat(&file, Wrong::Flags)), Errno::EINVAL);
        cachestat(&file, Wrong::Nothing).unwrap();
    }
}

/// `cachestat` with a null address, of its range or of its counts, fails with `EFAULT`.
///
/// - call: `cachestat`, error
/// - source: mm/filemap.c, cachestat
/// - level: observed (since Linux 6.5)
#[test]
fn cachestat_with_a_null_address_of_its_range_or_of_its_counts_fails_with_efault() {
    if there() {
        let file = memfd(MFdFlags::empty()).unwrap();
        assert_eq!(errno(cachestat(&file, Wrong::Range)), Errno::EFAULT);
        assert_eq!(errno(cachestat(&file, Wrong::Counts)), Errno::EFAULT);
    }
}

/// `cachestat` of a closed or an `O_PATH` descriptor fails with `EBADF`.
///
/// - call: `cachestat`, error
/// - source: mm/filemap.c, cachestat
/// - level: observed (since Linux 6.5)
#[test]
fn cachestat_of_a_closed_or_an_o_path_descriptor_fails_with_ebadf() {
    if there() {
        let scratch = scratch();
        let file = new_file(&scratch, "file", 1);
        let by_path = by_path_only(&scratch.path().join("file"));
        assert_eq!(errno(cachestat(&by_path, Wrong::Nothing)), Errno::EBADF);
        assert_eq!(errno(cachestat(closed(), Wrong::Nothing)), Errno::EBADF);
        cachestat(&file, Wrong::Nothing).unwrap();
    }
}

/// `cachestat` of a file of huge pages fails with `EOPNOTSUPP`.
///
/// - call: `cachestat`, error
/// - source: mm/filemap.c, cachestat
/// - level: observed (since Linux 6.5)
#[test]
fn cachestat_of_a_file_of_huge_pages_fails_with_eopnotsupp() {
    if there() {
        match memfd(MFdFlags::MFD_HUGETLB) {
            Ok(file) => assert_eq!(errno(cachestat(&file, Wrong::Nothing)), Errno::EOPNOTSUPP),
            Err(error) => course::left_out(&format!("no memfd of huge pages: {error}")),
        }
    }
}
