//! However a mapping ends, its pages stay dirty, unless the file was emptied before.

use std::fs::File;

use common::page_size;
use course::undisturbed;
use lesson_3_msync::Memory;
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

#[test]
fn after_a_truncation_to_length_0_closing_and_unmapping_the_file_begins_to_write_its_pages() {
    undisturbed(|| {
        let pair = Pair::clean();
        let emptied = File::options().read(true).write(true).truncate(true).open(&pair.sample.path);
        let emptied = emptied.unwrap();
        emptied.set_len(8 * page_size() as u64).unwrap();
        let memory = Memory::shared(&emptied).unwrap();
        pair.control.store(b'A');
        (0..8).for_each(|page| memory.store(page * page_size(), b'B'));
        assert_eq!(pair.sample.load(), vec![b'B'; 8]);
        drop(emptied); // The mapping still uses what that `open` made.
        pair.left(8)?;
        drop(memory);
        pair.left(0)
    });
}
