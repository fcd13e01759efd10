//! However a mapping ends, its pages stay dirty, unless the file was emptied before. A rename over
//! another file can write them too.

use std::fs::{self, File};

use common::page_size;
use course::undisturbed;
use lesson_3_msync::Memory;
use nix::fcntl::posix_fallocate;
use nix::sys::signal::Signal;

use crate::{Pair, found, second};

/// `munmap` and `close` write nothing to the disk: the file's dirty pages stay in the page cache.
///
/// - call: `munmap`, success
/// - source: mm/memory.c, zap_pte_range
/// - level: observed
/// - tutorials say: `munmap` or `close` writes the stores to the disk.
#[test]
fn munmap_and_close_write_nothing_to_the_disk_the_files_dirty_pages_stay_in_the_page_cache() {
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

/// `exit` leaves the pages dirty.
///
/// - call: page cache, success
/// - source: mm/memory.c, zap_pte_range
/// - level: observed
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

/// `SIGKILL` leaves the pages dirty and loses no store.
///
/// - call: page cache, success
/// - source: mm/memory.c, zap_pte_range
/// - level: observed
/// - tutorials say: A process that is killed before it calls `msync` loses its stores.
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

/// Reserves disk blocks for all of `file`, and so makes it eight pages long.
fn reserve(file: &File) {
    posix_fallocate(file, 0, (8 * page_size()).cast_signed() as libc::off_t).unwrap();
}

/// Makes `file` eight pages long, without reserving blocks.
fn lengthen(file: &File) {
    file.set_len(8 * page_size() as u64).unwrap();
}

/// Empties a file, makes it eight pages long again, stores to it, and closes and unmaps what it was
/// stored through. Returns a pair whose sample this file is.
fn emptied(grow: fn(&File)) -> Option<Pair> {
    let pair = Pair::clean();
    let emptied = File::options().read(true).write(true).truncate(true).open(&pair.sample.path);
    let emptied = emptied.unwrap();
    grow(&emptied);
    let memory = Memory::shared(&emptied).unwrap();
    pair.control.store(b'A');
    (0..8).for_each(|page| memory.store(page * page_size(), b'B'));
    assert_eq!(pair.sample.load(), vec![b'B'; 8]);
    drop(emptied); // The mapping still uses what that `open` made.
    pair.left(8)?;
    drop(memory);
    Some(pair)
}

/// Stores to a new file, and renames it over another file of `length` bytes. Returns the name of the
/// file system, and how many pages of the new file were dirty before and after; `None` if the control
/// was flushed.
fn renamed(grow: fn(&File), length: usize) -> Option<(&'static str, u64, u64)> {
    let pair = Pair::clean();
    pair.sample.file.set_len(length as u64).unwrap();
    let path = pair.sample.path.with_extension("new");
    let new = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    grow(&new);
    let memory = Memory::shared(&new).unwrap();
    pair.control.store(b'A');
    (0..8).for_each(|page| memory.store(page * page_size(), b'B'));
    let before = course::dirty_pages(&new);
    fs::rename(&path, &pair.sample.path).unwrap();
    let after = course::dirty_pages(&new);
    let instruments = pair.control.instruments;
    let undisturbed = found(&pair.control) == instruments.expected(8, 8);
    undisturbed.then_some((instruments.file_system, before, after))
}

/// After a truncation to length 0, closing and unmapping the file begins to write its pages.
///
/// - call: `close`, edge
/// - source: ext4(5), auto_da_alloc; fs/xfs/xfs_file.c, xfs_file_release; fs/btrfs/file.c,
///   btrfs_release_file
/// - level: observed (on ext4, xfs and btrfs; on overlayfs as on the file system below it)
/// - holds: on ext4, xfs, btrfs
#[test]
fn after_a_truncation_to_length_0_closing_and_unmapping_the_file_begins_to_write_its_pages() {
    undisturbed(|| {
        let pair = emptied(lengthen)?;
        // A child that another test has just forked still has the file open and mapped, until it calls
        // `exec`. Then this was not the last close.
        let [all_left, none_left] = [8, 0].map(|dirty| pair.sample.instruments.expected(dirty, 8));
        if all_left != none_left && found(&pair.sample) == all_left {
            return None;
        }
        pair.left(0)
    });
}

/// The first close of an emptied file by any process writes its pages, and later closes do not.
///
/// - call: `close`, edge
/// - source: fs/ext4/file.c, ext4_release_file; fs/xfs/xfs_file.c, xfs_file_release;
///   fs/btrfs/file.c, btrfs_release_file
/// - level: observed (on ext4, xfs and btrfs)
/// - holds: on ext4, xfs, btrfs
#[test]
fn the_first_close_of_an_emptied_file_by_any_process_writes_its_pages_and_later_closes_do_not() {
    undisturbed(|| {
        let pair = Pair::clean();
        let emptied = File::options().read(true).write(true).truncate(true).open(&pair.sample.path);
        let emptied = emptied.unwrap();
        lengthen(&emptied);
        let memory = Memory::shared(&emptied).unwrap();
        drop(emptied); // The mapping still uses what that `open` made.
        pair.control.store(b'A');
        (0..8).for_each(|page| memory.store(page * page_size(), b'B'));
        assert_eq!(pair.sample.load(), vec![b'B'; 8]);
        pair.left(8)?;
        let other = second("reader", &pair.sample.path).run(); // It opens the file and ends.
        assert_eq!(other.code, Some(0), "{other:?}");
        pair.left(0)?;
        (0..8).for_each(|page| memory.store(page * page_size(), b'C'));
        assert_eq!(pair.sample.load(), vec![b'C'; 8]);
        drop(memory);
        pair.left(8)
    });
}

/// On xfs, closing and unmapping a file that was made shorter begins to write its pages if one of
/// them has no block.
///
/// - call: `close`, edge
/// - source: fs/xfs/xfs_file.c, xfs_file_release
/// - level: observed (on xfs)
/// - holds: on xfs
#[test]
fn on_xfs_closing_and_unmapping_a_file_that_was_made_shorter_begins_to_write_its_pages_if_one_of_them_has_no_block()
 {
    for stored in [1, 8] {
        undisturbed(|| {
            let pair = Pair::clean();
            let shortened = File::options().read(true).write(true).open(&pair.sample.path).unwrap();
            shortened.set_len(page_size() as u64).unwrap(); // Only the first page keeps its block.
            lengthen(&shortened);
            let memory = Memory::shared(&shortened).unwrap();
            pair.control.store(b'A');
            (0..stored).for_each(|page| memory.store(page * page_size(), b'B'));
            pair.sample.load();
            drop(shortened);
            let before = found(&pair.sample);
            drop(memory);
            let after = found(&pair.sample);
            pair.control_is_dirty()?;
            let (cache, mapped) = pair.sample.instruments.expected(stored as u64, 8);
            match (pair.sample.instruments.file_system, stored) {
                ("xfs", 8) => assert_eq!((before, after), ((cache, mapped), (0, 0))),
                ("tmpfs", _) => assert_eq!(after, before), // There the other pages are holes.
                ("overlayfs", _) => {}                     // The file system below it decides.
                _ => assert_eq!((before, after), ((cache, mapped), (cache, mapped))),
            }
            Some(())
        });
    }
}

/// If `fallocate` has reserved all blocks, only btrfs writes an emptied file when it is closed.
///
/// - call: `close`, edge
/// - source: fs/ext4/inode.c, ext4_alloc_da_blocks; fs/xfs/xfs_file.c, xfs_file_release
/// - level: observed (on ext4, xfs and btrfs)
/// - holds: on ext4, xfs, btrfs
#[test]
fn if_fallocate_has_reserved_all_blocks_only_btrfs_writes_an_emptied_file_when_it_is_closed() {
    undisturbed(|| {
        let pair = emptied(reserve)?;
        match pair.sample.instruments.file_system {
            "btrfs" => pair.left(0),
            "overlayfs" => Some(()), // The file system below it decides.
            _ => pair.left(8),
        }
    });
}

/// On ext4 and btrfs, renaming a new file over another file begins to write its pages.
///
/// - call: `rename`, edge
/// - source: ext4(5), auto_da_alloc; fs/btrfs/inode.c, btrfs_rename
/// - level: observed (on ext4 and btrfs; on btrfs not over an empty file; xfs writes no page)
/// - holds: on ext4, btrfs
#[test]
fn on_ext4_and_btrfs_renaming_a_new_file_over_another_file_begins_to_write_its_pages() {
    for length in [8 * page_size(), 0] {
        undisturbed(|| {
            let (file_system, before, after) = renamed(lengthen, length)?;
            match (file_system, length) {
                ("ext4", _) | ("btrfs", 1..) => assert_eq!((before, after), (8, 0)),
                ("xfs", _) | ("btrfs", 0) => assert_eq!((before, after), (8, 8)),
                _ => assert_eq!(after, before), // cachestat counts 0 on tmpfs and overlayfs.
            }
            Some(())
        });
    }
}

/// If `fallocate` has reserved all blocks, only btrfs writes a file that is renamed over another.
///
/// - call: `rename`, edge
/// - source: fs/ext4/inode.c, ext4_alloc_da_blocks; fs/btrfs/inode.c, btrfs_rename
/// - level: observed (on ext4, xfs and btrfs)
/// - holds: on ext4, xfs, btrfs
#[test]
fn if_fallocate_has_reserved_all_blocks_only_btrfs_writes_a_file_that_is_renamed_over_another() {
    undisturbed(|| {
        let (file_system, before, after) = renamed(reserve, 8 * page_size())?;
        match file_system {
            "btrfs" => assert_eq!((before, after), (8, 0)),
            "ext4" | "xfs" => assert_eq!((before, after), (8, 8)),
            _ => assert_eq!(after, before), // cachestat counts 0 on tmpfs and overlayfs.
        }
        Some(())
    });
}
