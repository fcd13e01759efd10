//! One pass over a whole file that is in the page cache: by `read`, and through a mapping.
//!
//! Every method counts the newlines with the same counter and must get the same number; only the way
//! to the bytes differs. Each method closes or unmaps what it opened, and that is part of its time.

use std::fs::File;
use std::io::{self, ErrorKind::Interrupted, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::thread;

use bench::{FileKind, Group, Method, Size, Unit};
use common::{Context, Result, page_size, pin_to};

use crate::cost::{Per, cost};
use crate::extent::Extent;
use crate::memory::Memory;
use crate::own_file::{Mapping, OwnFile};

/// The buffers of `read`.
const BUFFERS: [Size; 4] = [Size(4 << 10), Size(64 << 10), BUFFER, Size(1 << 20)];

/// The buffer of the method that mappings are compared with, and of the copies out of a mapping. It
/// is chosen in advance: large enough that the calls cost little, small enough for a second-level
/// cache.
pub(crate) const BUFFER: Size = Size(256 << 10);

/// The counter, the same for all methods.
pub(crate) fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// The method that mappings are compared with.
pub(crate) fn baseline() -> String {
    format!("read-{}", BUFFER.short())
}

/// Measures every method in one thread.
///
/// # Errors
/// Those of the calls.
pub(crate) fn measure(
    kind: &FileKind,
    memory: &Memory,
    file: &OwnFile,
    extent: Extent,
) -> Result<Group> {
    let (length, per) = (file.len(), Per::Bytes(file.len()));
    let present = file.map(0..length, true).step("mmap")?;
    let mut methods = vec![Method::new("memory", "memory", "the bytes in memory, no file", |_| {
        cost(per, || Ok(newlines(memory)))
    })];
    for size in BUFFERS {
        let (mut buffer, words) = (vec![0; size.0], format!("read() into a buffer of {size}"));
        methods.push(Method::new(format!("read-{}", size.short()), "read", words, move |_| {
            let file = file.reopen()?;
            cost(per, || by_read(file.file(), &mut buffer).step("read"))
        }));
    }
    let against = baseline();
    let in_place = |populate| move |_| cost(per, || count(file, 0..length, populate).step("mmap"));
    let words = "mmap(), counted in place, munmap()";
    methods.push(Method::new("mapped", "mapped", words, in_place(false)).against(&against));
    let words = "as mapped, with MAP_POPULATE";
    methods.push(Method::new("mapped-populate", "mapped", words, in_place(true)).against(&against));
    let words = "counted in a mapping whose pages are in the page table already";
    let again = |_| cost(per, || Ok(newlines(&present)));
    methods.push(Method::new("mapped-before", "mapped", words, again).against(&against));
    let mut buffer = vec![0; BUFFER.0];
    let words = format!("mmap(), copied by memcpy() to a buffer of {BUFFER}, counted there");
    let copied = move |_| cost(per, || by_copy(file, &mut buffer, Mapping::copy).step("mmap"));
    methods.push(
        Method::new("mapped-memcpy", "copied", words, copied).against(&against).against("mapped"),
    );
    let mut buffer = vec![0; BUFFER.0];
    let words = format!("mmap(), copied by 8-byte atomic loads to a buffer of {BUFFER}");
    let copied =
        move |_| cost(per, || by_copy(file, &mut buffer, Mapping::copy_words).step("mmap"));
    methods.push(
        Method::new("mapped-atomic", "copied", words, copied)
            .against(&against)
            .against("mapped-memcpy"),
    );
    group("pass", "one thread", kind, length).measure(extent.rounds, methods)
}

/// Measures two threads, each with half of the file and a CPU of its own.
///
/// # Errors
/// Those of the calls.
pub(crate) fn measure_two_threads(
    kind: &FileKind,
    file: &OwnFile,
    other_cpu: usize,
    extent: Extent,
) -> Result<Group> {
    let (length, per) = (file.len(), Per::Bytes(file.len()));
    let middle = (length / 2).next_multiple_of(page_size()).min(length);
    let by_pread = |range: Range<usize>| {
        let mut buffer = vec![0; BUFFER.0];
        by_pread(file.file(), &mut buffer, range)
    };
    let mapped = |range| count(file, range, false);
    let both = |half: &(dyn Fn(Range<usize>) -> io::Result<u64> + Sync)| {
        thread::scope(|scope| {
            let second = scope.spawn(|| {
                pin_to(&[other_cpu])?;
                half(middle..length).step("count")
            });
            let first = half(0..middle).step("count")?;
            let second = second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(first + second?)
        })
    };
    let name = format!("pread-{}", BUFFER.short());
    let words = format!("pread() into a buffer of {BUFFER}");
    let methods = vec![
        Method::new("mapped", "mapped", "mmap(), counted in place, munmap()", |_| {
            cost(per, || both(&mapped))
        })
        .against(&name),
        Method::new(name, "read", words, |_| cost(per, || both(&by_pread))),
    ];
    group("two-threads", "two threads", kind, length).measure(extent.rounds, methods)
}

fn group(task: &str, threads: &str, kind: &FileKind, length: usize) -> Group {
    Group {
        id: format!("{task}-{}", kind.id()),
        title: format!("Count the newlines of {} in the page cache, {threads}", Size(length)),
        setting: kind.to_string(),
        unit: Unit::GigabytesPerSecond,
        file: Some(kind.clone()),
        bytes: length,
        operations: None,
        rows: Vec::new(),
    }
}

/// Counts in place, in a mapping made for it.
fn count(file: &OwnFile, range: Range<usize>, populate: bool) -> io::Result<u64> {
    Ok(newlines(&file.map(range, populate)?))
}

/// Counts what `copy` brings from a mapping, a buffer at a time.
fn by_copy(
    file: &OwnFile,
    buffer: &mut [u8],
    copy: fn(&Mapping, usize, &mut [u8]),
) -> io::Result<u64> {
    let mapping = file.map(0..file.len(), false)?;
    let mut lines = 0;
    for offset in (0..file.len()).step_by(buffer.len()) {
        let length = buffer.len().min(file.len() - offset);
        copy(&mapping, offset, &mut buffer[..length]);
        lines += newlines(&buffer[..length]);
    }
    Ok(lines)
}

/// Counts what `read` brings until the file ends.
pub(crate) fn by_read(mut file: &File, buffer: &mut [u8]) -> io::Result<u64> {
    let mut lines = 0;
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(lines),
            Ok(length) => lines += newlines(&buffer[..length]),
            Err(error) if error.kind() == Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Counts what `pread` brings of a range.
pub(crate) fn by_pread(file: &File, buffer: &mut [u8], range: Range<usize>) -> io::Result<u64> {
    let (mut lines, mut at) = (0, range.start);
    while at < range.end {
        let wanted = buffer.len().min(range.end - at);
        match file.read_at(&mut buffer[..wanted], at as u64) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => {
                lines += newlines(&buffer[..length]);
                at += length;
            }
            Err(error) if error.kind() == Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(lines)
}
