//! A plain `read` is no snapshot either: on most file systems it may return half of a write.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use common::page_size;
use course::file_system;

use crate::Lettered;

/// So many reads without a mixed one are enough, where a mixed one is not expected.
const READS: usize = 2000;
/// Far more time than a mixed read takes to appear, where one can appear.
const DEADLINE: Duration = Duration::from_secs(20);
const LENGTH_IN_PAGES: u8 = 26;

#[test]
fn one_read_may_return_half_of_a_concurrent_write_except_on_xfs() {
    let letters = Lettered::new(LENGTH_IN_PAGES);
    let expected = match file_system(&letters.path) {
        "xfs" => Some(false), // It locks the file during each read and each write.
        "overlayfs" => None,  // It is the file system below that decides.
        _ => Some(true),
    };
    let contents = [b'1', b'2'].map(|byte| vec![byte; usize::from(LENGTH_IN_PAGES) * page_size()]);
    letters.file.write_all_at(&contents[0], 0).unwrap();
    let stop = AtomicBool::new(false);
    let mixed = thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Relaxed) {
                for bytes in contents.iter().rev() {
                    // One `pwrite` of the whole file; if it fails, no read is mixed.
                    let _ = letters.file.write_at(bytes, 0);
                }
            }
        });
        let mixed = one_is_mixed(&letters.file, &contents, expected != Some(true));
        stop.store(true, Relaxed);
        mixed
    });
    let mixed = mixed.unwrap();
    assert!(expected.is_none_or(|expected| expected == mixed), "a mixed read: {mixed}");
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
