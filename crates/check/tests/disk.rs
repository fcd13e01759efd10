//! What a power cut would leave: each witness, tried on what it must see.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use check::disk::{after_a_reboot, has_disk, is_dirty, on_a_disk};
use common::page_size;
use course::scratch;

fn paged(path: &Path, pages: usize) -> File {
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).open(path).expect("create");
    for page in 0..pages {
        let (zeros, at) = (vec![0; page_size()], page * page_size());
        file.write_all_at(&zeros, at as u64).expect("write");
    }
    file.sync_all().expect("fsync");
    file
}

#[test]
fn a_page_is_dirty_from_its_write_to_its_flush_and_the_one_beside_it_is_not() {
    let scratch = scratch();
    let file = paged(&scratch.path().join("file"), 2);
    let second = page_size() as u64;
    let dirty = || (is_dirty(&file, 0).expect("look"), is_dirty(&file, second).expect("look"));
    if !has_disk(scratch.path()).expect("try the instrument") {
        assert_eq!(common::file_system(scratch.path()).expect("statfs"), "tmpfs");
        assert_eq!(dirty(), (true, true), "tmpfs has nowhere to flush to");
        return;
    }
    // Whoever calls `sync` meanwhile cleans the page: then it is written again, five times at most.
    let seen = (0..5).any(|number: u8| {
        file.write_all_at(&[number], second).expect("write");
        dirty() == (false, true)
    });
    assert!(seen, "no write was seen");
    file.sync_data().expect("fdatasync");
    assert_eq!(dirty(), (false, false));
}

#[test]
fn a_page_that_was_cut_off_is_an_error_and_no_signal() {
    let scratch = scratch();
    let file = paged(&scratch.path().join("file"), 2);
    file.set_len(1).expect("ftruncate");
    let failure = is_dirty(&file, page_size() as u64).expect_err("it is past the end");
    assert_eq!(failure.errno(), Some(libc::EFAULT));
}

#[test]
#[ignore = "needs root: it mounts a disk of its own"]
fn a_reboot_finds_what_was_flushed_and_not_what_was_only_written() {
    let scratch = scratch();
    let found = on_a_disk(&scratch.path().join("disk"), |disk| {
        let file = paged(&disk.root.join("file"), 2);
        File::open(&disk.root).expect("open").sync_all().expect("fsync the directory");
        // Whoever calls `sync` meanwhile flushes it: then the next one is tried, five times at
        // most.
        let lost = (1..=5).any(|number: u8| {
            file.write_all_at(&[number], 0).expect("write");
            let found = after_a_reboot(disk, Path::new("file")).expect("reboot");
            found.expect("the file is there").first() != Some(&number)
        });
        file.write_all_at(b"flushed", 0).expect("write");
        file.sync_data().expect("fdatasync");
        let found = after_a_reboot(disk, Path::new("file"))?.expect("the file is there");
        let missing = after_a_reboot(disk, Path::new("no file"))?;
        Ok((lost, found.starts_with(b"flushed"), missing))
    });
    assert_eq!(found.expect("a disk"), (true, true, None));
    let mounts = std::fs::read_to_string("/proc/self/mounts").expect("read");
    let scratch = scratch.path().to_string_lossy().into_owned();
    assert!(!mounts.contains(&scratch), "{mounts}");
}
