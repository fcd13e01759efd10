//! `fcntl(F_OFD_SETLK)`.

use course::{errno, scratch};
use libc::{F_RDLCK, F_UNLCK, F_WRLCK};
use nix::errno::Errno;

use crate::files::new_file;
use crate::locks::{listed, lock_byte};

/// An OFD lock and a record lock share the same bytes if both are read locks, and every other pair
/// conflicts, whichever is first.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: fcntl(2), Open file description locks
/// - level: Linux
#[test]
fn an_ofd_lock_and_a_record_lock_share_the_same_bytes_if_both_are_read_locks_and_every_other_pair_conflicts_whichever_is_first()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    for (first, second) in [("F_SETLK", "F_OFD_SETLK"), ("F_OFD_SETLK", "F_SETLK")] {
        for (held, wanted) in [(F_WRLCK, F_WRLCK), (F_WRLCK, F_RDLCK), (F_RDLCK, F_WRLCK)] {
            lock_byte(&file, first, held, 0).unwrap();
            assert_eq!(
                errno(lock_byte(&file, second, wanted, 0)),
                Errno::EAGAIN,
                "{held} {wanted}"
            );
            lock_byte(&file, second, wanted, 1).unwrap();
            lock_byte(&file, second, F_UNLCK, 1).unwrap();
            lock_byte(&file, first, F_UNLCK, 0).unwrap();
        }
        lock_byte(&file, first, F_RDLCK, 0).unwrap();
        lock_byte(&file, second, F_RDLCK, 0).unwrap();
        let mut both = listed(&file);
        both.sort();
        assert_eq!(both, ["OFDLCK READ", "POSIX READ"]);
        lock_byte(&file, first, F_UNLCK, 0).unwrap();
        lock_byte(&file, second, F_UNLCK, 0).unwrap();
    }
}
