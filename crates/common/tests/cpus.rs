//! Pinning: a thread gets the CPUs that it asks for, and no others.

use common::{allowed_cpus, pin_to};

#[test]
fn a_pinned_thread_has_one_cpu_and_gets_the_others_back() {
    // A thread of its own: the pin belongs to the thread.
    let pinned = std::thread::spawn(|| {
        let all = allowed_cpus().unwrap();
        let last = *all.last().unwrap();
        pin_to(&[last]).unwrap();
        assert_eq!(allowed_cpus().unwrap(), [last]);
        pin_to(&all).unwrap();
        assert_eq!(allowed_cpus().unwrap(), all);
    });
    pinned.join().unwrap();
    assert_eq!(pin_to(&[]).unwrap_err().errno(), Some(nix::libc::EINVAL));
}
