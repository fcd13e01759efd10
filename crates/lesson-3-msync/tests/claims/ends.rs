//! However a mapping ends, its pages stay dirty.

use course::undisturbed;
use nix::sys::signal::Signal;

use crate::{Pair, second};

#[test]
fn munmap_and_close_leave_the_pages_dirty() {
    undisturbed(|| {
        let pair = Pair::clean();
        pair.control.store(b'A');
        let mut other = second("munmap", &pair.sample.path).start();
        assert_eq!(other.hear(), "stored");
        other.tell("unmap");
        assert_eq!(other.hear(), "unmapped");
        assert_eq!(pair.sample.read().unwrap(), 'B');
        pair.left(8)
    });
}

#[test]
fn exit_leaves_the_pages_dirty() {
    undisturbed(|| {
        let pair = Pair::clean();
        pair.control.store(b'A');
        let ended = second("exit", &pair.sample.path).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(pair.sample.read().unwrap(), 'B');
        pair.left(8)
    });
}

#[test]
fn sigkill_leaves_the_pages_dirty_and_loses_no_store() {
    undisturbed(|| {
        let pair = Pair::clean();
        pair.control.store(b'A');
        let mut other = second("SIGKILL", &pair.sample.path).start();
        assert_eq!(other.hear(), "stored");
        assert_eq!(other.kill().signal, Some(Signal::SIGKILL));
        assert_eq!(pair.sample.load(), vec![b'B'; 8]);
        pair.left(8)
    });
}
