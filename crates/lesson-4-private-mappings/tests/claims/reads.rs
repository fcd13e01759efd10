//! Copies made during a write: one `read`, or the private copy of one page, may hold half of the write.

use std::fs::File;
use std::hint;
use std::io::{self, IoSlice, Seek, Write};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use common::{allowed_cpus, page_size, pin_to};
use course::file_system;
use lesson_4_private_mappings::PrivateMapping;

use crate::{Lettered, file_pages};

/// So many reads without a mixed one are enough, where a mixed one is not expected.
const READS: usize = 2000;
/// Far more time than a mixed read or copy takes to appear, where one can appear.
const DEADLINE: Duration = Duration::from_secs(20);
const LENGTH_IN_PAGES: u8 = 26;

/// One `read` may return half of a concurrent `write`, except on xfs.
///
/// - call: `read`, edge
/// - source: mm/filemap.c; fs/xfs/xfs_file.c
/// - level: observed (xfs: in none of 2,000 reads without `O_DIRECT`; on overlayfs as on the file
///   system below it)
/// - holds: not on overlayfs
#[test]
fn one_read_may_return_half_of_a_concurrent_write_except_on_xfs() {
    let letters = Lettered::new(LENGTH_IN_PAGES);
    let expected = match file_system(&letters.path) {
        "xfs" => Some(false), // It locks the file during each read and write without O_DIRECT.
        "overlayfs" => None,  // It is the file system below that decides.
        _ => Some(true),
    };
    let contents = [b'1', b'2'].map(|byte| vec![byte; usize::from(LENGTH_IN_PAGES) * page_size()]);
    letters.file.write_all_at(&contents[0], 0).unwrap();
    let file = &letters.file;
    let one_is_mixed = || one_is_mixed(file, &contents, expected != Some(true));
    let write = |bytes: &[u8]| file.write_at(bytes, 0); // One `pwrite` of the whole file.
    let mixed = while_written(&contents, write, one_is_mixed).unwrap();
    assert!(expected.is_none_or(|expected| expected == mixed), "a mixed read: {mixed}");
}

/// The copy of a page that was loaded before may hold half of a concurrent `write`.
///
/// - call: private mappings, edge
/// - source: mm/memory.c, wp_page_copy
/// - level: observed
#[test]
fn the_copy_of_a_page_that_was_loaded_before_may_hold_half_of_a_concurrent_write() {
    // The write and the copy must happen at the same time, so on two CPUs.
    let [first, .., second] = allowed_cpus().unwrap()[..] else { return };
    let letters = Lettered::new(1);
    let mapping = letters.mapping(1);
    let contents = [b'1', b'2'].map(|byte| vec![byte; page_size()]);
    letters.file.write_all_at(&contents[0], 0).unwrap();
    let last = page_size() - 1;
    // One `writev` of the whole page in many parts takes far longer than the copy of a page.
    let write = |bytes: &[u8]| {
        pin_to(&[first]).map_err(io::Error::other)?;
        let parts: Vec<_> = bytes.chunks(page_size() / 1024).map(IoSlice::new).collect();
        let mut file = &letters.file;
        file.rewind()?;
        file.write_vectored(&parts)
    };
    let copy = || pin_to(&[second]).is_ok_and(|()| copy_until_mixed(&mapping, last));
    let copy = || thread::scope(|scope| scope.spawn(copy).join().unwrap_or(false));
    assert!(while_written(&contents, write, copy), "no mixed copy");
    // The writer has ended. The page that it wrote is whole, and the copy stays as it is.
    assert_eq!(file_pages(mapping.address(), 1), [Some(false)]);
    assert_eq!(letters.text(0, 1), letters.text(last, 1));
    let ends = [mapping.load(0), mapping.load(last)];
    assert!(matches!(&ends, b"12" | b"21"), "{ends:?}");
}

/// Calls `watch` while another thread writes the `contents` in turn.
fn while_written<T>(
    contents: &[Vec<u8>; 2],
    write: impl Fn(&[u8]) -> io::Result<usize> + Send,
    watch: impl FnOnce() -> T,
) -> T {
    let stop = &AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(move || {
            while !stop.load(Relaxed) {
                for bytes in contents.iter().rev() {
                    let _ = write(bytes); // If it fails, nothing is mixed.
                }
            }
        });
        let seen = watch();
        stop.store(true, Relaxed);
        seen
    })
}

/// Copies the page by a store as soon as a load has shown that a write of it has begun, again and
/// again, until the first and the `last` byte of the copy come from two writes: `true`. It loads first,
/// because at a first access that is a store the kernel locks the page while it copies. Gives up at the
/// deadline. It does not panic: the writer would never stop.
fn copy_until_mixed(mapping: &PrivateMapping, last: usize) -> bool {
    let start = Instant::now();
    let in_time = || start.elapsed() < DEADLINE;
    while in_time() && mapping.discard_copies(0, page_size()).is_ok() {
        let before = mapping.load(0);
        while mapping.load(0) == before && in_time() {
            hint::spin_loop();
        }
        mapping.copy_by_hand(0, page_size());
        if mapping.load(0) != mapping.load(last) {
            return true;
        }
    }
    false
}

/// Reads the whole file again and again, until a read returns parts of two writes. Gives up at the
/// deadline or, `if_enough`, after [`READS`] reads. `None` if it has not read what both writes wrote, so
/// that they did not take place. It does not panic: the writer would never stop.
fn one_is_mixed(file: &File, contents: &[Vec<u8>; 2], if_enough: bool) -> Option<bool> {
    let start = Instant::now();
    let mut bytes = vec![0; contents[0].len()];
    let (mut reads, mut seen) = (0, [false; 2]);
    while start.elapsed() < DEADLINE && !(if_enough && reads >= READS && seen == [true; 2]) {
        file.read_at(&mut bytes, 0).ok().filter(|count| *count == bytes.len())?; // One `pread`.
        let Some(whole) = contents.iter().position(|content| *content == bytes) else {
            return Some(true);
        };
        (reads, seen[whole]) = (reads + 1, true);
    }
    (seen == [true; 2]).then_some(false)
}
