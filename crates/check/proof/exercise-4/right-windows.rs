//! verdict: solved
//! A window of four pages at a time, mapped read-only; made writable only if it holds a FROM.

use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::{fs::File, io, io::Write, ptr, slice};

fn main() {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let is_byte = |at: usize| arguments.get(at).is_some_and(|argument| argument.len() == 1);
    if arguments.len() != 4 || arguments[0] != "preview" || !is_byte(2) || !is_byte(3) {
        eprintln!("usage: exercise-4 preview FILE FROM TO");
        std::process::exit(2);
    }
    let path = arguments[1].to_string_lossy();
    let (from, to) = (arguments[2].as_bytes()[0], arguments[3].as_bytes()[0]);
    if let Err((step, cause)) = preview(&arguments[1], from, to) {
        eprintln!("{}: {cause}", step.replace("FILE", &path));
        std::process::exit(1);
    }
}

fn preview(path: &std::ffi::OsStr, from: u8, to: u8) -> Result<(), (&'static str, io::Error)> {
    let kind = std::fs::metadata(path).map_err(|cause| ("stat FILE", cause))?;
    if !kind.is_file() {
        return Err(("open FILE", io::Error::other("no regular file")));
    }
    let file = File::open(path).map_err(|cause| ("open FILE", cause))?;
    let window = 4 * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    for start in (0..kind.len()).step_by(window as usize) {
        let length = window.min(kind.len() - start) as usize;
        let (read, fd) = (libc::PROT_READ, file.as_raw_fd());
        let at = unsafe {
            libc::mmap(ptr::null_mut(), length, read, libc::MAP_PRIVATE, fd, start as i64)
        };
        if at == libc::MAP_FAILED {
            return Err(("mmap FILE", io::Error::last_os_error()));
        }
        let seen = unsafe { slice::from_raw_parts(at.cast::<u8>(), length) };
        if from != to && seen.contains(&from) {
            if unsafe { libc::mprotect(at, length, read | libc::PROT_WRITE) } != 0 {
                return Err(("mprotect FILE", io::Error::last_os_error()));
            }
            let edited = unsafe { slice::from_raw_parts_mut(at.cast::<u8>(), length) };
            edited.iter_mut().filter(|byte| **byte == from).for_each(|byte| *byte = to);
        }
        let shown = unsafe { slice::from_raw_parts(at.cast::<u8>(), length) };
        io::stdout().write_all(shown).map_err(|cause| ("write standard output", cause))?;
        unsafe { libc::munmap(at, length) };
    }
    io::stdout().flush().map_err(|cause| ("write standard output", cause))
}
