//! What the claims about file locks have in common: the calls, and what the kernel lists of a file.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;

use lesson_5_races_and_semaphores::sys::file_locks::{self, Command};

/// `fcntl(file, command, …)` with a lock of the type `kind` on byte `start`.
pub(crate) fn lock_byte(file: &File, command: &str, kind: i32, start: i64) -> io::Result<()> {
    let mut lock = libc::flock {
        l_type: kind.try_into().unwrap(),
        l_whence: 0,
        l_start: start,
        l_len: 1,
        l_pid: 0,
    };
    file_locks::fcntl(file.as_raw_fd(), Command::named(command).unwrap(), Some(&mut lock))
}

/// `flock(file, operation)`.
pub(crate) fn flock(file: &File, operation: i32) -> io::Result<()> {
    file_locks::flock(file.as_raw_fd(), operation)
}

/// The locks that `/proc/self/fdinfo` lists for a descriptor, each as its owner's kind and its
/// type.
pub(crate) fn listed(file: &File) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("lock:"));
    let words = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        format!("{} {}", words[1], words[3])
    };
    lines.map(words).collect()
}
