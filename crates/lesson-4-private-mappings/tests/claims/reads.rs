//! A plain `read` is no snapshot either: on some file systems half of a write may be in it.

use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use common::page_size;
use course::file_system;

use crate::Lettered;

/// Reads of a file that is being overwritten; on xfs none of them may be mixed.
const READS: usize = 2000;
/// Far more time than a mixed read takes to appear where it can appear.
const DEADLINE: Duration = Duration::from_secs(20);

#[test]
fn one_read_may_return_half_of_a_concurrent_write_except_on_xfs() {
    let letters = Lettered::new(26);
    let length = 26 * page_size();
    let (first, second) = (vec![b'1'; length], vec![b'2'; length]);
    letters.file.write_all_at(&first, 0).unwrap();
    let stop = AtomicBool::new(false);
    let mixed = thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Relaxed) {
                letters.file.write_all_at(&second, 0).unwrap(); // One `pwrite` of the whole file.
                letters.file.write_all_at(&first, 0).unwrap();
            }
        });
        let start = Instant::now();
        let mut bytes = vec![0; length];
        let enough = |reads: usize| reads >= READS && file_system(&letters.path) == "xfs";
        let mixed = (0..).find_map(|reads| {
            if enough(reads) || start.elapsed() > DEADLINE {
                return Some(false);
            }
            assert_eq!(letters.file.read_at(&mut bytes, 0).unwrap(), length, "one `pread`");
            bytes.iter().any(|byte| *byte != bytes[0]).then_some(true)
        });
        stop.store(true, Relaxed);
        mixed.unwrap()
    });
    match file_system(&letters.path) {
        "xfs" => assert!(!mixed, "xfs locks the file during each read and each write"),
        _ => assert!(mixed, "no mixed read in {DEADLINE:?}"),
    }
}
