//! However a mapping ends, its pages stay dirty, unless the file was emptied before. A rename over
//! another file can write them too.

use std::fs::{self, File};

use common::page_size;
use course::undisturbed;
use lesson_3_msync::Memory;
use nix::sys::signal::Signal;

use crate::{Pair, found, second};

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

#[test]
fn on_ext4_and_btrfs_renaming_a_new_file_over_another_file_begins_to_write_its_pages() {
    undisturbed(|| {
        let pair = Pair::clean();
        let path = pair.sample.path.with_extension("new");
        let new = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
        new.set_len(8 * page_size() as u64).unwrap();
        let memory = Memory::shared(&new).unwrap();
        pair.control.store(b'A');
        (0..8).for_each(|page| memory.store(page * page_size(), b'B'));
        let dirty = || course::dirty_pages(&new);
        let before = dirty();
        fs::rename(&path, &pair.sample.path).unwrap();
        let after = dirty();
        let instruments = pair.control.instruments;
        if found(&pair.control) != instruments.expected(8, 8) {
            return None; // The kernel wrote pages by itself.
        }
        match instruments.file_system {
            "ext4" | "btrfs" => assert_eq!((before, after), (8, 0)),
            _ => assert_eq!(after, before), // cachestat counts 0 on tmpfs and overlayfs.
        }
        Some(())
    });
}
