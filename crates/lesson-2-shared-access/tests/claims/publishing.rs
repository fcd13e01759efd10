//! What a reader sees while a writer stores several words.

use std::fs::File;
use std::path::{Path, PathBuf};

use common::Scratch;
use course::{Running, scratch};
use lesson_2_shared_access::layout::{MAGIC, Reading, SIZE, VERSION};
use lesson_2_shared_access::thermometer::{Reader, Writer};
use lesson_2_shared_access::{seqlock, thermometer_file, torn};
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::Signal;

use crate::{ask, second};

const FIRST: Reading = Reading { number: 1, millidegrees: 1_000, nanoseconds: 1_000_000 };
const SECOND: Reading = Reading { number: 2, millidegrees: 2_000, nanoseconds: 2_000_000 };

/// A thermometer with a first reading, a read-only reader, and a writer in another process.
fn thermometer(scratch: &Scratch) -> (PathBuf, Reader, Running) {
    let path = scratch.path().join("thermometer");
    let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    thermometer_file::reserve(&file, &path).unwrap();
    Writer::of(&file).unwrap().announce();
    let mut writer = second(&path);
    assert_eq!(ask(&mut writer, "publish 1"), "done");
    let reader = Reader::of(&File::open(&path).unwrap()).unwrap();
    (path, reader, writer)
}

/// A reading loaded half before and half after a store is torn.
///
/// - call: plain loads and stores, edge
/// - source: lesson 2, src/torn.rs
/// - level: observed
#[test]
fn a_reading_loaded_half_before_and_half_after_a_store_is_torn() {
    let scratch = scratch();
    let (_, reader, mut writer) = thermometer(&scratch);
    assert_eq!(torn::read(&reader, || ()), FIRST, "without a store in between");
    let torn = torn::read(&reader, || assert_eq!(ask(&mut writer, "publish 2"), "done"));
    assert_eq!(torn, Reading { number: 1, ..SECOND }, "nobody ever published this");
}

/// A seqlock refuses the torn reading, and some whole readings too.
///
/// - call: atomics, success
/// - source: include/linux/seqlock.h
/// - level: observed
#[test]
fn a_seqlock_refuses_the_torn_reading_and_some_whole_readings_too() {
    let scratch = scratch();
    let (_, reader, mut writer) = thermometer(&scratch);
    assert_eq!(seqlock::read(&reader, || ()), Some(FIRST), "without a store in between");
    let read = seqlock::read(&reader, || assert_eq!(ask(&mut writer, "publish 2"), "done"));
    assert_eq!(read, None, "the schedule of the torn reading");
    assert_eq!(seqlock::read(&reader, || ()), Some(SECOND), "the next look");
    // The writer publishes equal words again, so every mix of them is a whole reading.
    let again = |writer: &mut Running| assert_eq!(ask(writer, "publish 2"), "done");
    assert_eq!(torn::read(&reader, || again(&mut writer)), SECOND, "whole");
    assert_eq!(seqlock::read(&reader, || again(&mut writer)), None, "whole, and refused");
}

/// If the writer of a seqlock is killed halfway, readers refuse the reading until the next writer
/// has stored one.
///
/// - call: atomics, edge
/// - source: lesson 2, src/seqlock.rs
/// - level: observed
#[test]
fn if_the_writer_of_a_seqlock_is_killed_halfway_readers_refuse_the_reading_until_the_next_writer_has_stored_one()
 {
    let scratch = scratch();
    let (path, reader, mut writer) = thermometer(&scratch);
    assert_eq!(ask(&mut writer, "half 2"), "done");
    assert_eq!(writer.kill().signal, Some(Signal::SIGKILL));
    assert_eq!(torn::read(&reader, || ()), Reading { number: 2, ..FIRST }, "what lies there");
    assert_eq!(seqlock::read(&reader, || ()), None, "its sequence is odd");
    let mut next = second(&path);
    assert_eq!(ask(&mut next, "publish 2"), "done");
    assert_eq!(seqlock::read(&reader, || ()), Some(SECOND));
}

/// With two writers, a seqlock may accept a torn reading.
///
/// - call: atomics, edge
/// - source: include/linux/seqlock.h
/// - level: observed
#[test]
fn with_two_writers_a_seqlock_may_accept_a_torn_reading() {
    let scratch = scratch();
    let (path, reader, mut writer) = thermometer(&scratch);
    assert_eq!(ask(&mut writer, "half 3"), "done", "the first writer begins");
    let file = File::options().read(true).write(true).open(&path).unwrap();
    seqlock::publish(&Writer::of(&file).unwrap(), SECOND);
    // The first writer goes on: it stores 3000 millidegrees, and has not made its number even.
    for (offset, byte) in (32..).zip(3_000_i64.to_ne_bytes()) {
        assert_eq!(ask(&mut writer, &format!("store {offset} {byte}")), "done");
    }
    let torn = Reading { millidegrees: 3_000, ..SECOND };
    assert_eq!(seqlock::read(&reader, || ()), Some(torn), "the second writer made it even");
}

/// A mapping made before the magic number was stored sees it afterwards.
///
/// - call: shared mappings, success
/// - source: mmap(2), DESCRIPTION (MAP_SHARED)
/// - level: POSIX
#[test]
fn a_mapping_made_before_the_magic_number_was_stored_sees_it_afterwards() {
    let scratch = scratch();
    let path = scratch.path().join("thermometer");
    let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    thermometer_file::reserve(&file, &path).unwrap();
    let reader = Reader::of(&File::open(&path).unwrap()).unwrap();
    assert_eq!(reader.tag(), (0, 0), "sized, and not published");
    assert!(!thermometer_file::is_published(&file, &path).unwrap());
    Writer::of(&file).unwrap().announce();
    assert_eq!(reader.tag(), (MAGIC, VERSION), "published");
    assert!(thermometer_file::is_published(&file, &path).unwrap());
}

/// The bytes of lesson 2's file have the documented layout.
///
/// - call: plain loads and stores, success
/// - source: lesson 2, src/layout.rs
/// - level: observed
#[test]
fn the_bytes_of_lesson_2s_file_have_the_documented_layout() {
    let scratch = scratch();
    let (path, _, mut writer) = thermometer(&scratch);
    assert_eq!(ask(&mut writer, "publish 2"), "done");
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len(), SIZE);
    let word = |offset: usize| u64::from_ne_bytes(bytes[offset..offset + 8].try_into().unwrap());
    assert_eq!(word(0), MAGIC);
    assert_eq!(bytes[8..12], VERSION.to_ne_bytes());
    assert_eq!([word(16), word(24), word(32), word(40)], [4, 2, 2_000, 2_000_000]);
}

/// If the writer of lesson 2's file is killed, the next process that waits for its OFD lock gets
/// the lock.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: fcntl(2), Open file description locks
/// - level: POSIX (since 2024)
#[test]
fn if_the_writer_of_lesson_2s_file_is_killed_the_next_process_that_waits_for_its_ofd_lock_gets_the_lock()
 {
    let scratch = scratch();
    let path = scratch.path().join("thermometer");
    let mut writer = measuring(&path);
    writer.hear();
    let file = File::open(&path).unwrap();
    assert!(thermometer_file::has_writer(&file, &path).unwrap(), "while it measures");
    assert_eq!(writer.kill().signal, Some(Signal::SIGKILL));
    // The kernel gives it to the next process that waits. (A process that reads the dead writer's smaps
    // or cmdline at this moment holds the mapping, and so the lock, a little longer.)
    let next = File::options().read(true).write(true).open(&path).unwrap();
    fcntl(&next, FcntlArg::F_OFD_SETLKW(&whole_file())).unwrap();
    assert!(thermometer_file::has_writer(&file, &path).unwrap(), "the next one has it");
    drop(next);
    assert!(!thermometer_file::has_writer(&file, &path).unwrap());
}

/// A lock on every byte, for one writer.
fn whole_file() -> libc::flock {
    let l_type = libc::c_short::try_from(libc::F_WRLCK).unwrap();
    libc::flock { l_type, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0 }
}

fn measuring(path: &Path) -> Running {
    let arguments = ["measure".as_ref(), path.as_os_str(), "--interval-ms=60000".as_ref()];
    course::Program::new(crate::PROGRAM, arguments).start()
}
