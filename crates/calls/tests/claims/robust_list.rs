//! `set_robust_list` and `get_robust_list`.

use calls::sys::robust_list::{HEAD, get, set_with_wrong_length};
use course::{errno, scratch};
use nix::errno::Errno;
use nix::unistd::{Pid, gettid};

use crate::actors::with_a_page;

/// `set_robust_list` with another length than that of its head fails with `EINVAL`.
///
/// - call: `set_robust_list`, error
/// - source: get_robust_list(2), ERRORS
/// - level: Linux
#[test]
fn set_robust_list_with_another_length_than_that_of_its_head_fails_with_einval() {
    let before = get(gettid()).unwrap();
    for wrong in [0, HEAD - 1, HEAD + 1, usize::MAX] {
        assert_eq!(errno(set_with_wrong_length(wrong)), Errno::EINVAL, "{wrong}");
    }
    assert_eq!(get(gettid()).unwrap(), before, "the list is as it was");
}

/// In glibc, every thread has a robust list, and `get_robust_list` with thread 0 gives that of the
/// caller.
///
/// - call: `get_robust_list`, success
/// - source: get_robust_list(2), DESCRIPTION
/// - level: Linux (that each thread has one: glibc)
#[test]
fn in_glibc_every_thread_has_a_robust_list_and_get_robust_list_with_thread_0_gives_that_of_the_caller()
 {
    let (head, length) = get(Pid::from_raw(0)).unwrap();
    assert_ne!(head, 0);
    assert_eq!(length, HEAD);
    assert_eq!(get(gettid()).unwrap(), (head, length));
    let of_another = std::thread::spawn(|| get(Pid::from_raw(0)).unwrap()).join().unwrap();
    assert_ne!(of_another.0, head, "each thread has its own");
}

/// `get_robust_list` of a thread that does not exist fails with `ESRCH`.
///
/// - call: `get_robust_list`, error
/// - source: get_robust_list(2), ERRORS
/// - level: Linux
#[test]
fn get_robust_list_of_a_thread_that_does_not_exist_fails_with_esrch() {
    let [actor] = with_a_page(&scratch());
    let thread = Pid::from_raw(actor.id().try_into().unwrap());
    assert_ne!(get(thread).unwrap().0, 0, "of another process of this user it works");
    drop(actor);
    assert_eq!(errno(get(Pid::from_raw(i32::MAX))), Errno::ESRCH, "above every limit of ids");
}
