//! The memory of a stopped process.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use nix::unistd::Pid;

use crate::look;

/// Bytes of its memory; `None` if not all of them are mapped, so that a call fails, too, that is given
/// this address.
///
/// # Errors
/// As [`look()`].
pub fn memory(pid: Pid, address: usize, length: usize) -> io::Result<Option<Vec<u8>>> {
    let path = format!("/proc/{pid}/mem");
    let Some(memory) = look(pid, &path, File::open(&path))? else { return Ok(None) };
    let mut bytes = vec![0; length];
    match memory.read_exact_at(&mut bytes, address as u64) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::EIO) => Ok(None),
        Err(error) => look(pid, &path, Err(error)),
    }
}

/// After a call that read `/proc/PID/status` and returned `result`: no process is traced, as the reader is
/// told. Other runs of it are not traced, and it must do the same in all of them. It knows the calls of the
/// `read` family, in whatever pieces they read. `splice`, `sendfile` and `copy_file_range` refuse this file
/// (EINVAL, Linux 6.18).
///
/// # Errors
/// As [`look()`].
pub fn hide_tracer(pid: Pid, number: i64, arguments: [u64; 6], result: i64) -> io::Result<()> {
    const MOST: usize = 1 << 16;
    let length = usize::try_from(result).ok().filter(|length| (1..=MOST).contains(length));
    let Some(length) = length else { return Ok(()) };
    let is_vector = [libc::SYS_readv, libc::SYS_preadv, libc::SYS_preadv2].contains(&number);
    if !is_vector && number != libc::SYS_read && number != libc::SYS_pread64 {
        return Ok(());
    }
    let descriptor = arguments[0] & u64::from(u32::MAX);
    let path = format!("/proc/{pid}/fd/{descriptor}");
    let of = look(pid, &path, fs::metadata(&path))?.map(|file| file.dev());
    if of != Some(fs::metadata("/proc")?.dev()) {
        return Ok(());
    }
    let Some(file) = look(pid, &path, fs::read_link(&path))? else { return Ok(()) };
    if file.file_name() != Some("status".as_ref()) {
        return Ok(());
    }
    let address = usize::try_from(arguments[1]).map_err(io::Error::other)?;
    let addresses = match is_vector {
        true => vector(pid, address, arguments[2], length)?,
        false => (address..address + length).collect(),
    };
    let mut bytes = Vec::new();
    for piece in addresses.chunk_by(|one, next| one.wrapping_add(1) == *next) {
        let Some(part) = memory(pid, piece[0], piece.len())? else { return Ok(()) };
        bytes.extend(part);
    }
    let digits = match digits_of_tracer(&bytes) {
        Some(digits) => digits,
        None => {
            let end = match number {
                libc::SYS_pread64 | libc::SYS_preadv => arguments[3].checked_add(length as u64),
                libc::SYS_preadv2 if arguments[3] != u64::MAX => {
                    arguments[3].checked_add(length as u64)
                }
                _ => position(pid, descriptor)?,
            };
            let end = end.and_then(|end| usize::try_from(end).ok());
            let Some(start) = end.and_then(|end| end.checked_sub(length)) else { return Ok(()) };
            digits_in_part(pid, &file, &bytes, start)?
        }
    };
    let path = format!("/proc/{pid}/mem");
    let Some(memory) = look(pid, &path, File::options().write(true).open(&path))? else {
        return Ok(());
    };
    for address in addresses.get(digits).unwrap_or_default() {
        look(pid, &path, memory.write_all_at(b"0", *address as u64))?;
    }
    Ok(())
}

/// Where a call stores the first `length` bytes by these `count` pieces of an `iovec`.
fn vector(pid: Pid, address: usize, count: u64, length: usize) -> io::Result<Vec<usize>> {
    const WORD: usize = size_of::<usize>();
    let count =
        usize::try_from(count).unwrap_or_default().min(libc::UIO_MAXIOV.unsigned_abs() as usize);
    let words = memory(pid, address, count * 2 * WORD)?.unwrap_or_default();
    let (words, _) = words.as_chunks::<WORD>();
    let (pieces, _) = words.as_chunks::<2>();
    let pieces = pieces.iter().map(|piece| piece.map(usize::from_ne_bytes));
    let all = pieces.flat_map(|[from, size]| (0..size).map(move |at| from.wrapping_add(at)));
    Ok(all.take(length).collect())
}

/// Where the tracer's number stands in these bytes of a `status` file.
fn digits_of_tracer(bytes: &[u8]) -> Option<Range<usize>> {
    const FIELD: &[u8] = b"TracerPid:\t";
    let found = bytes.windows(FIELD.len()).position(|part| part == FIELD)? + FIELD.len();
    let digits = bytes.iter().skip(found).take_while(|byte| byte.is_ascii_digit()).count();
    Some(found..found + digits)
}

/// The same in a part of the file that begins at `start`, and may begin or end within the number. Only if
/// the file, as the tracer reads it, has the same digits there.
fn digits_in_part(pid: Pid, file: &Path, bytes: &[u8], start: usize) -> io::Result<Range<usize>> {
    let path = file.display().to_string();
    // Bytes, because the process may have any bytes as its name.
    let Some(text) = look(pid, path, fs::read(file))? else { return Ok(0..0) };
    let own = format!("Pid:\t{pid}\n");
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let is_own = lines.clone().any(|line| line == own.as_bytes());
    // Whoever reads its own state is running then; now it has stopped.
    let as_read = |line: &[u8]| match line.starts_with(b"State:\t") && is_own {
        true => b"State:\tR (running)\n".to_vec(),
        false => line.to_vec(),
    };
    let text: Vec<u8> = lines.flat_map(as_read).collect();
    let Some(digits) = digits_of_tracer(&text) else { return Ok(0..0) };
    let (from, to) = (digits.start.max(start), digits.end.min(start + bytes.len()));
    Ok(
        match (text.get(from..to), bytes.get(from.saturating_sub(start)..to.saturating_sub(start)))
        {
            (Some(right), Some(found)) if from < to && right == found => from - start..to - start,
            _ => 0..0,
        },
    )
}

/// Where the next `read` of this descriptor begins.
fn position(pid: Pid, descriptor: u64) -> io::Result<Option<u64>> {
    let path = format!("/proc/{pid}/fdinfo/{descriptor}");
    let text = look(pid, &path, fs::read_to_string(&path))?.unwrap_or_default();
    let found = text.lines().find_map(|line| line.strip_prefix("pos:"));
    Ok(found.and_then(|number| number.trim().parse().ok()))
}

/// The bytes up to the next NUL; `None` if not all of them are mapped.
///
/// # Errors
/// As [`look()`].
pub(crate) fn string(pid: Pid, address: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let page = common::page_size();
    // A page at a time: the next one may not be mapped.
    while bytes.len() <= libc::PATH_MAX.unsigned_abs() as usize {
        let from = address + bytes.len();
        let Some(part) = memory(pid, from, page - from % page)? else { return Ok(None) };
        let end = part.iter().position(|byte| *byte == 0);
        bytes.extend_from_slice(part.get(..end.unwrap_or(part.len())).unwrap_or_default());
        if end.is_some() {
            break;
        }
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tracer_is_found_in_a_part_of_the_status_of_a_thread_whose_name_is_not_utf_8() {
        let found = std::thread::spawn(|| {
            nix::sys::prctl::set_name(c"caf\xe9").unwrap();
            let me = nix::unistd::gettid();
            let path = format!("/proc/{me}/status");
            let text = fs::read(&path).unwrap();
            let field = text.windows(11).position(|part| part == b"TracerPid:\t").unwrap();
            // The part begins at the number.
            (digits_in_part(me, path.as_ref(), &text[field + 11..], field + 11).unwrap(), text)
        });
        let (digits, text) = found.join().unwrap();
        assert_eq!(digits, 0..1, "{}", String::from_utf8_lossy(&text));
    }
}
