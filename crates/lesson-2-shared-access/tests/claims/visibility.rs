//! Who sees a store. Except in the test of the store buffer, a process sends a line after its store,
//! and the other process looks after it has received the line.

use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt, chown};

use common::page_size;
use course::{dirty_pages, errno, file_system, scratch, undisturbed};
use lesson_2_shared_access::Bytes;
use memmap2::MmapOptions;
use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::signal::Signal;

use crate::{ask, new_file, scenario, second};

/// A store is seen without `msync` by an unrelated process that maps the file.
///
/// - call: shared mappings, success
/// - source: mmap(2), DESCRIPTION (MAP_SHARED)
/// - level: POSIX
/// - tutorials say: Call `msync`, so that other processes see the store.
#[test]
fn a_store_is_seen_without_msync_by_an_unrelated_process_that_maps_the_file() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 2);
    let bytes = Bytes::of(&file, page_size()).unwrap();
    let mut other = second(&scratch.path().join("file"));
    for value in 1..=100 {
        bytes.store(0, value);
        assert_eq!(ask(&mut other, "load 0"), value.to_string(), "ours, seen by the other");
        assert_eq!(ask(&mut other, &format!("store 1 {value}")), "done");
        assert_eq!(bytes.load(1), value, "the other's, seen by us");
    }
}

/// A store is seen by `read` before it is on the disk.
///
/// - call: shared mappings, success
/// - source: mm/filemap.c
/// - level: observed (on ext4, xfs and btrfs; tmpfs has no disk, and overlayfs hides the count)
/// - holds: on ext4, xfs, btrfs
/// - tutorials say: A store to a shared mapping is in the file on the disk at once.
/// - article says: With `MAP_SHARED`, what is written is instantly reflected in the file.
#[test]
fn a_store_is_seen_by_read_before_it_is_on_the_disk() {
    undisturbed(|| {
        let scratch = scratch();
        let (file, twin) = (new_file(&scratch, "file", 2), new_file(&scratch, "twin", 2));
        let bytes = Bytes::of(&file, page_size()).unwrap();
        let untouched = Bytes::of(&twin, page_size()).unwrap();
        let mut other = second(&scratch.path().join("file"));
        bytes.store(0, 42);
        untouched.store(0, 42);
        assert_eq!(ask(&mut other, "read 0"), "42", "read(2) in the other process");
        let (of_file, of_twin) = (dirty_pages(&file), dirty_pages(&twin));
        if matches!(file_system(scratch.path()), "tmpfs" | "overlayfs") {
            assert_eq!(of_file, 0, "tmpfs has no disk, and cachestat sees nothing on overlayfs");
            return Some(());
        }
        (of_twin > 0).then(|| assert!(of_file > 0, "reading must not have written it to the disk"))
    });
}

/// A byte that `write` changes is seen through a mapping.
///
/// - call: shared mappings, success
/// - source: mm/filemap.c
/// - level: observed
#[test]
fn a_byte_that_write_changes_is_seen_through_a_mapping() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 2);
    let bytes = Bytes::of(&file, page_size()).unwrap();
    let mut other = second(&scratch.path().join("file"));
    assert_eq!(bytes.load(7), 0, "before");
    assert_eq!(ask(&mut other, "write 7 42"), "done");
    assert_eq!(bytes.load(7), 42, "after");
}

/// An `O_DIRECT` write may remove a page from the page table, and the next load finds the new byte.
///
/// - call: file systems, edge
/// - source: mm/filemap.c, kiocb_invalidate_pages
/// - level: observed (on ext4, xfs and overlayfs)
/// - holds: on ext4, xfs, overlayfs
#[test]
fn an_o_direct_write_may_remove_a_page_from_the_page_table_and_the_next_load_finds_the_new_byte() {
    undisturbed(|| {
        let scratch = scratch();
        let path = scratch.path().join("file");
        let file = new_file(&scratch, "file", 1);
        let bytes = Bytes::of(&file, page_size()).unwrap();
        let file_system = file_system(&path);
        let direct = File::options().write(true).custom_flags(libc::O_DIRECT).open(&path);
        let direct = match direct {
            Ok(direct) => direct,
            Err(error) => {
                assert_eq!(file_system, "tmpfs", "only tmpfs, before Linux 6.6: {error}");
                return Some(());
            }
        };
        let mut buffer = MmapOptions::new().len(page_size()).map_anon().unwrap(); // It is aligned.
        let present =
            || page_view::pages(std::process::id(), bytes.as_ptr().addr(), 1).unwrap()[0].present;
        file.write_all_at(&[41], 0).unwrap();
        assert_eq!((bytes.load(0), present()), (41, true), "write uses the frame of the mapping");
        buffer.fill(42);
        direct.write_all_at(&buffer, 0).unwrap();
        let left = present();
        assert_eq!((bytes.load(0), present()), (42, true), "the next load");
        // On tmpfs and btrfs, a direct write may use the page cache.
        (!left || !matches!(file_system, "ext4" | "xfs")).then_some(())
    });
}

/// After a writer was killed with `SIGKILL`, `read` and a new mapping show what it stored.
///
/// - call: shared mappings, success
/// - source: mmap(2), DESCRIPTION (MAP_SHARED)
/// - level: Linux
/// - tutorials say: A process that is killed before it calls `msync` loses its stores.
#[test]
fn after_a_writer_was_killed_with_sigkill_read_and_a_new_mapping_show_what_it_stored() {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 2);
    let mut other = second(&scratch.path().join("file"));
    assert_eq!(ask(&mut other, "store 9 42"), "done");
    assert_eq!(other.kill().signal, Some(Signal::SIGKILL));
    let mut byte = [0];
    file.read_exact_at(&mut byte, 9).unwrap();
    assert_eq!(byte, [42], "read(2)");
    assert_eq!(Bytes::of(&file, page_size()).unwrap().load(9), 42, "a new mapping");
}

/// A store wakes no inotify watcher, and a `write` does.
///
/// - call: `inotify_add_watch`, success
/// - source: inotify(7), NOTES (Limitations)
/// - level: Linux
#[test]
fn a_store_wakes_no_inotify_watcher_and_a_write_does() {
    let scratch = scratch();
    let path = scratch.path().join("file");
    let file = new_file(&scratch, "file", 2);
    let bytes = Bytes::of(&file, page_size()).unwrap();
    let watcher = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).unwrap();
    watcher.add_watch(&path, AddWatchFlags::IN_ALL_EVENTS).unwrap();
    bytes.store(0, 42);
    assert_eq!(watcher.read_events().err(), Some(Errno::EAGAIN), "after a store: nothing");
    file.write_all_at(&[43], 0).unwrap();
    let [event] = &watcher.read_events().unwrap()[..] else { panic!("after a write: one event") };
    assert_eq!(event.mask, AddWatchFlags::IN_MODIFY);
    assert_eq!(bytes.load(0), 43);
}

/// After the file is closed, the last `munmap` of a writable mapping sends inotify a close.
///
/// - call: `inotify_add_watch`, edge
/// - source: inotify(7), DESCRIPTION (IN_CLOSE_WRITE)
/// - level: observed (not on overlayfs, which sends it at the close of the file)
/// - holds: not on overlayfs
#[test]
fn after_the_file_is_closed_the_last_munmap_of_a_writable_mapping_sends_inotify_a_close() {
    let scratch = scratch();
    let ended = scenario("close-and-unmap", &scratch).run();
    assert_eq!([ended.value("store"), ended.value("first-munmap")], ["nothing"; 2]);
    // On overlayfs, a mapping keeps the file of the layer open, not the file that is watched.
    let closed = "AddWatchFlags(IN_CLOSE_WRITE)";
    let expected = match file_system(scratch.path()) {
        "overlayfs" => [closed, "nothing"],
        _ => ["nothing", closed],
    };
    assert_eq!([ended.value("close"), ended.value("last-munmap")], expected);
}

/// Two processes that store and then load may both load the old value.
///
/// - call: plain loads and stores, edge
/// - source: Intel SDM vol. 3 (Loads May Be Reordered with Earlier Stores)
/// - level: observed (2 CPUs; never with a `SeqCst` fence)
#[test]
fn two_processes_that_store_and_then_load_may_both_load_the_old_value() {
    let ended = scenario("store-buffer", &scratch()).run();
    if ended.value("cpus") == "1" {
        return assert!(!ended.stdout.contains("both-old"), "one CPU finishes a store first");
    }
    let rounds = ended.value("without-a-fence-rounds");
    assert_eq!(ended.value("without-a-fence"), "both-old", "in {rounds} rounds");
    assert_eq!(ended.value("with-a-fence"), "never", "with fence(SeqCst) between store and load");
    let fenced: u32 = ended.value("with-a-fence-rounds").parse().unwrap();
    assert!(fenced >= 10_000, "it must have been tried: {fenced} rounds");
    for child in ["without-a-fence-child", "with-a-fence-child"] {
        assert_eq!(ended.value(child), "Some(0)");
    }
}

/// `RLIMIT_FSIZE` stops a `write` and a growing `ftruncate` past the limit, but no store.
///
/// - call: limits, edge
/// - source: getrlimit(2), DESCRIPTION (RLIMIT_FSIZE)
/// - level: observed
#[test]
fn rlimit_fsize_stops_a_write_and_a_growing_ftruncate_past_the_limit_but_no_store() {
    let ended = scenario("file-size-limit", &scratch()).run();
    assert_eq!(ended.value("write-within"), "done", "the last byte before the limit");
    assert_eq!(ended.value("write"), "EFBIG", "beyond the limit, inside the file");
    assert_eq!(ended.value("grow"), "EFBIG");
    assert_eq!(ended.value("stored"), "42", "the same byte, by a store");
    assert_eq!(ended.value("shrink"), "done", "to a length that is still beyond the limit");
}

/// A store leaves the set-user-ID bit, and a `write` clears it.
///
/// - call: `write`, edge
/// - source: fs/inode.c, file_remove_privs
/// - level: observed (by an ordinary user)
#[test]
fn a_store_leaves_the_set_user_id_bit_and_a_write_clears_it() {
    let scratch = scratch();
    let theirs = scratch.path().join("theirs");
    std::fs::create_dir(&theirs).unwrap();
    if course::is_root() {
        chown(&theirs, Some(65534), Some(65534)).unwrap();
    }
    let ended = scenario("set-user-id", &scratch).in_directory(&theirs).as_ordinary_user().run();
    assert_eq!(ended.value("before"), "4755");
    assert_eq!(ended.value("after-store"), "4755", "a store changes no mode");
    assert_eq!(ended.value("after-write"), "755", "a write does");
    assert_eq!(ended.value("content"), "PRogram", "both changed the file");
}

/// A writable shared mapping fails with `EACCES` unless the descriptor is open for reading and
/// writing.
///
/// - call: `mmap`, error
/// - source: mmap(2), ERRORS (EACCES)
/// - level: POSIX
#[test]
fn a_writable_shared_mapping_fails_with_eacces_unless_the_descriptor_is_open_for_reading_and_writing()
 {
    let scratch = scratch();
    let path = scratch.path().join("file");
    new_file(&scratch, "file", 1);
    let reading = File::open(&path).unwrap();
    let writing = File::options().write(true).open(&path).unwrap();
    assert_eq!(errno(Bytes::of(&reading, page_size())), Errno::EACCES, "O_RDONLY");
    assert_eq!(errno(Bytes::of(&writing, page_size())), Errno::EACCES, "O_WRONLY");
    assert_eq!(errno(Bytes::read_only(&writing, page_size())), Errno::EACCES, "to load");
    assert_eq!(Bytes::read_only(&reading, page_size()).unwrap().load(0), 0, "O_RDONLY, to load");
}
