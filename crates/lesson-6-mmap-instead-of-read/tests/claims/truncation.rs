//! A file that is truncated while another process reads it.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use common::{Scratch, page_size};
use course::{Ended, Program, errno, file_system, kernel_at_least, scratch};
use lesson_6_mmap_instead_of_read::cost::write_lines;
use lesson_6_mmap_instead_of_read::job::PIECE;
use lesson_6_mmap_instead_of_read::{Region, View};
use nix::errno::Errno;
use nix::sys::signal::Signal;

use crate::{PROGRAM, file, scenario, scenario_ignoring_sigbus};

const LENGTH: usize = 8 * PIECE;

/// Counts a file in another process with `reader`, and calls `meanwhile` when half is counted.
fn counted_by(reader: &str, meanwhile: impl FnOnce(&File)) -> Ended {
    let scratch = scratch();
    let path = scratch.path().join("lines");
    let file = write_lines(&path, LENGTH, page_size()).expect("write");
    let program = Program::new(PROGRAM, ["count-half", reader, &path.to_string_lossy()]);
    let mut counter = program.in_directory(scratch.path()).start();
    assert_eq!(counter.hear(), "has counted half of the file");
    meanwhile(&file);
    counter.tell("go on");
    counter.end()
}

/// A program that passes over a mapping is killed by `SIGBUS` if the file is truncated to length 0
/// in between.
///
/// - call: `ftruncate`, error
/// - source: POSIX, ftruncate(), DESCRIPTION
/// - level: POSIX
/// - tutorials say: When the file is truncated, its mappings end or fail at once.
#[test]
fn a_program_that_passes_over_a_mapping_is_killed_by_sigbus_if_the_file_is_truncated_to_length_0_in_between()
 {
    let ended = counted_by("mapped", |file| file.set_len(0).expect("ftruncate"));
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
    let left_alone = counted_by("mapped", |_| {});
    assert_eq!(left_alone.stdout, format!("counted {LENGTH} bytes\n"));
}

/// After a truncation, `read` returns the bytes up to the new end, then 0.
///
/// - call: `read`, success
/// - source: read(2), RETURN VALUE
/// - level: POSIX
#[test]
fn after_a_truncation_read_returns_the_bytes_up_to_the_new_end_then_0() {
    // In front of the reader, which has read half of the file, and behind it.
    for (length, counted) in [(LENGTH - 10, LENGTH - 10), (0, LENGTH / 2)] {
        let ended = counted_by("read", |file| file.set_len(length as u64).expect("ftruncate"));
        assert_eq!(ended.stdout, format!("counted {counted} bytes\n"), "cut to {length}");
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

/// A page that a truncation has cut off is `SIGBUS` even to the process that loaded it before.
///
/// - call: `ftruncate`, error
/// - source: POSIX, ftruncate(), DESCRIPTION
/// - level: POSIX
#[test]
fn a_page_that_a_truncation_has_cut_off_is_sigbus_even_to_the_process_that_loaded_it_before() {
    let ended = scenario("load-after-a-cut", &scratch()).run();
    assert!(ended.stdout.starts_with("before ["), "{ended:?}");
    assert!(!ended.stdout.contains("after"), "{ended:?}");
    assert_eq!(ended.signal, Some(Signal::SIGBUS), "{ended:?}");
}

/// A process that ignores or blocks `SIGBUS` is killed all the same when it loads from a page that
/// was cut off.
///
/// - call: SIGBUS and SIGSEGV, edge
/// - source: kernel/signal.c, force_sig_info_to_task
/// - level: observed
#[test]
fn a_process_that_ignores_or_blocks_sigbus_is_killed_all_the_same_when_it_loads_from_a_page_that_was_cut_off()
 {
    let ignored = scenario_ignoring_sigbus("load-after-a-cut", &scratch()).run();
    assert_eq!(ignored.signal, Some(Signal::SIGBUS), "{ignored:?}");
    let blocked = scenario("load-after-a-cut-with-sigbus-blocked", &scratch()).run();
    assert_eq!(blocked.signal, Some(Signal::SIGBUS), "{blocked:?}");
}

/// After a truncation inside its last page, mappings show zeros past the new end, and a private
/// copy keeps the lost bytes.
///
/// - call: `ftruncate`, edge
/// - source: mmap(2), NOTES (unspecified)
/// - level: observed
#[test]
fn after_a_truncation_inside_its_last_page_mappings_show_zeros_past_the_new_end_and_a_private_copy_keeps_the_lost_bytes()
 {
    let scratch = scratch();
    let (file, _) = file(&scratch, 1);
    let view = View::of(&file, page_size()).expect("mmap");
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let private = || Region::of(&file, page_size(), protection, libc::MAP_PRIVATE).expect("mmap");
    let (copied, not_copied) = (private(), private());
    copied.store(0, b'!');
    assert_eq!((copied.load(10), not_copied.load(10)), (b'n', b'n'));
    let mut bytes = [0, 0];
    view.copy_to(9, &mut bytes);
    assert_eq!(bytes, *b"in");
    file.set_len(10).expect("ftruncate");
    view.copy_to(9, &mut bytes);
    assert_eq!(bytes, *b"i\0");
    assert_eq!(not_copied.load(10), 0, "a private mapping without a copy of the page");
    assert_eq!(copied.load(10), b'n', "the copy keeps the lost byte");
}

/// A file that was cut and has grown again shows zeros or the new bytes, and causes no signal.
///
/// - call: `ftruncate`, edge
/// - source: mmap(2), NOTES (unspecified)
/// - level: observed
#[test]
fn a_file_that_was_cut_and_has_grown_again_shows_zeros_or_the_new_bytes_and_causes_no_signal() {
    let ended = counted_by("guarded", |file| {
        cut_and_grow(file, LENGTH);
    });
    assert_eq!(ended.stdout, format!("counted {LENGTH} bytes\n"), "the guard sees nothing");
    let scratch = scratch();
    let (file, path) = file(&scratch, 1);
    let view = View::of(&file, page_size()).expect("mmap");
    cut_and_grow(&file, page_size());
    let mut byte = [1];
    view.copy_to(0, &mut byte);
    assert_eq!(byte, [0]);
    assert_eq!(fs::read(&path).expect("read"), vec![0; page_size()], "`read` gets zeros too");
    // A log that is emptied and then written grows by the bytes of the write.
    file.set_len(0).expect("ftruncate");
    file.write_all_at(b"NEW", 0).expect("pwrite");
    let mut bytes = [1; 4];
    view.copy_to(0, &mut bytes);
    assert_eq!(bytes, *b"NEW\0", "the new bytes, and zeros to the end of the page");
    assert_eq!(fs::read(path).expect("read"), b"NEW", "`read` gets the new bytes too");
}

fn cut_and_grow(file: &File, length: usize) {
    file.set_len(0).expect("ftruncate");
    file.set_len(length as u64).expect("ftruncate");
}

/// Cutting a file and growing it again changes its ctime.
///
/// - call: `ftruncate`, edge
/// - source: POSIX, ftruncate(), DESCRIPTION
/// - level: POSIX (in steps of some ms before Linux 6.13)
/// - holds: everywhere
#[test]
fn cutting_a_file_and_growing_it_again_changes_its_ctime() {
    let scratch = scratch();
    let (file, _) = file(&scratch, 1);
    let ctime = || {
        let now = file.metadata().expect("stat");
        (now.ctime(), now.ctime_nsec(), now.len())
    };
    let before = ctime();
    // Before Linux 6.13, and on some file systems, this clock advances only every few milliseconds.
    let deadline = Instant::now() + Duration::from_secs(2);
    while ctime() == before && Instant::now() < deadline {
        cut_and_grow(&file, page_size());
    }
    let after = ctime();
    assert!(after > before && after.2 == before.2, "{before:?}, then {after:?}");
}

/// A mapping of `pages` pages whose file has lost the last one.
fn last_page_lost(scratch: &Scratch, pages: usize) -> Region {
    let (file, _) = file(scratch, pages);
    let region = Region::of(&file, pages * page_size(), libc::PROT_READ, libc::MAP_SHARED);
    file.set_len(((pages - 1) * page_size()) as u64).expect("ftruncate");
    region.expect("mmap")
}

/// Without `O_DIRECT`, a `write` from a mapping stops at or before a lost page, and fails with
/// `EFAULT` if it starts there.
///
/// - call: `write`, error
/// - source: write(2), ERRORS
/// - level: observed (btrfs does so in 6.18 only: in 6.1, 6.12 and 7.2, its `write` also fails with
///   `EFAULT` if it starts before that page)
/// - holds: not on btrfs; in 6.18 on btrfs
#[test]
fn without_o_direct_a_write_from_a_mapping_stops_at_or_before_a_lost_page_and_fails_with_efault_if_it_starts_there()
 {
    let scratch = scratch();
    let region = last_page_lost(&scratch, 2);
    let copy = File::create_new(scratch.path().join("copy")).expect("open");
    let (_read_end, write_end) = nix::unistd::pipe().expect("pipe");
    for (target, system) in [(&copy, file_system(scratch.path())), (&File::from(write_end), "pipe")]
    {
        // btrfs copies piece by piece, and fails if it cannot load a whole piece. The size of a piece
        // changed twice.
        let may_refuse = system == "btrfs" && (!kernel_at_least(6, 18) || kernel_at_least(6, 19));
        match region.write_to(target, 0, 2 * page_size()) {
            Err(refused) if may_refuse => {
                assert_eq!(refused.raw_os_error(), Some(libc::EFAULT));
                assert_eq!(copy.metadata().expect("stat").len(), 0, "no byte was written");
            }
            written => assert_eq!(written.expect("write"), page_size(), "what is left, no error"),
        }
        assert_eq!(errno(region.write_to(target, page_size(), page_size())), Errno::EFAULT);
    }
    let null = File::options().write(true).open("/dev/null").expect("open");
    let written = region.write_to(&null, 0, 2 * page_size()).expect("write");
    assert_eq!(written, 2 * page_size(), "/dev/null copies no byte, so it meets no lost page");
}

/// With `O_DIRECT` on ext4, xfs or overlayfs, a `write` may fail with `EFAULT` although it has
/// written bytes.
///
/// - call: `write`, error
/// - source: fs/iomap/direct-io.c
/// - level: observed (since Linux 6.18; btrfs, tmpfs, and ext4 with `data=journal` return the
///   number of bytes; btrfs fails, too, in 6.1 after it has written bytes, and in 7.2 before)
/// - holds: since 6.18 on ext4, xfs, overlayfs
#[test]
fn with_o_direct_on_ext4_xfs_or_overlayfs_a_write_may_fail_with_efault_although_it_has_written_bytes()
 {
    const PAGES: usize = 10;
    let scratch = scratch();
    let region = last_page_lost(&scratch, PAGES);
    let (path, length) = (scratch.path().join("copy"), PAGES * page_size());
    fs::write(&path, vec![b'!'; length]).expect("write");
    let system = file_system(&path);
    let direct = match File::options().write(true).custom_flags(libc::O_DIRECT).open(&path) {
        Ok(direct) => direct,
        Err(error) => return assert!(system == "tmpfs", "{error}"), // tmpfs, before Linux 6.6.
    };
    direct.sync_all().expect("fsync");
    let answer = region.write_to(&direct, 0, length);
    let bytes = fs::read(&path).expect("read");
    let changed = bytes.iter().position(|byte| *byte == b'!').expect("the last page is as before");
    assert!(bytes[changed..].iter().all(|byte| *byte == b'!'), "changed from the start on");
    match (system, answer) {
        (_, Ok(written)) if !["ext4", "xfs", "overlayfs"].contains(&system) => {
            assert_eq!(written, changed, "{system} tells the truth");
        }
        ("btrfs", answer) => {
            // Linux 6.1 has written what is there, and 7.2 nothing.
            assert_eq!(errno(answer), Errno::EFAULT, "btrfs");
            let most = if kernel_at_least(6, 19) { 0 } else { length - page_size() };
            assert!(changed <= most, "btrfs: {changed} bytes changed");
        }
        (_, answer) if kernel_at_least(6, 18) => {
            assert_eq!(errno(answer), Errno::EFAULT, "{system}");
            assert_eq!(changed, length - page_size(), "{system} has written what is there");
        }
        (_, answer) => {
            let written = answer.or_else(|error| match error.raw_os_error() {
                Some(libc::EFAULT) => Ok(changed),
                _ => Err(error),
            });
            assert!(written.expect("write") <= changed, "{system}: {changed} bytes changed");
        }
    }
}

/// A `write` to a pipe, a socket or a file on btrfs may stop before the lost page, or fail with
/// `EFAULT`.
///
/// - call: `write`, error
/// - source: fs/pipe.c, anon_pipe_write
/// - level: observed (on ext4, xfs and tmpfs: bytes before the page)
/// - holds: everywhere
#[test]
fn a_write_to_a_pipe_a_socket_or_a_file_on_btrfs_may_stop_before_the_lost_page_or_fail_with_efault()
{
    let half = page_size() / 2;
    // A pipe fills pages of its own. The last of them would need bytes of the lost page.
    for (pages, of_a_pipe) in [(2, None), (10, Some(8 * page_size()))] {
        let (scratch, length) = (scratch(), pages * page_size() - half);
        let region = last_page_lost(&scratch, pages);
        let there = length - page_size();
        let write = |target: &File| region.write_to(target, half, length);
        let (_receiver, socket) = UnixStream::pair().expect("socketpair");
        assert_eq!(errno(region.write_to(&socket, half, length)), Errno::EFAULT, "a socket");
        let (_read_end, pipe) = nix::unistd::pipe().expect("pipe");
        let pipe = File::from(pipe);
        assert_eq!(write(&pipe).ok(), of_a_pipe, "a pipe, of {there} bytes that are there");
        let path = scratch.path().join("copy");
        let written = write(&File::create_new(&path).expect("open"));
        match file_system(&path) {
            // Linux 5.10 stops earlier on other file systems, too; 6.1 does not.
            system if system == "btrfs" || !kernel_at_least(6, 1) => match written {
                Ok(bytes) => assert!(bytes < there, "{bytes} of {there}"),
                written => assert_eq!(errno(written), Errno::EFAULT),
            },
            _ => assert_eq!(written.expect("write"), there, "all bytes before the lost page"),
        }
        assert_eq!(region.write_to(&pipe, half, half).expect("write"), half, "without it");
    }
}

/// A guarded reader reports the lost byte and the new length.
///
/// - call: SIGBUS and SIGSEGV, success
/// - source: mmap(2), DESCRIPTION (MAP_FIXED); sigaction(2), DESCRIPTION
/// - level: Linux
#[test]
fn a_guarded_reader_reports_the_lost_byte_and_the_new_length() {
    let ended = counted_by("guarded", |file| file.set_len(100).expect("ftruncate"));
    let half = LENGTH / 2;
    let expected = format!("error: byte {half} is gone: the file now has 100 bytes\n");
    assert_eq!((ended.code, ended.stdout), (Some(0), expected));
}

/// A guarded reader compares the file's length at the end, and so reports a cut inside the last
/// page.
///
/// - call: SIGBUS and SIGSEGV, edge
/// - source: mmap(2), NOTES
/// - level: Linux
#[test]
fn a_guarded_reader_compares_the_files_length_at_the_end_and_so_reports_a_cut_inside_the_last_page()
{
    let ended = counted_by("guarded", |file| file.set_len(LENGTH as u64 - 1).expect("ftruncate"));
    let last = LENGTH - 1;
    let expected = format!("error: byte {last} is gone: the file now has {last} bytes\n");
    assert_eq!((ended.code, ended.stdout), (Some(0), expected));
}
