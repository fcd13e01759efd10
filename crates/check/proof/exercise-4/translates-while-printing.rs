//! verdict: not-edited-in-place
//! Nothing is edited: the mapping is read-only, and the bytes change on their way to the output.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

fn main() {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let is_byte = |at: usize| arguments.get(at).is_some_and(|argument| argument.len() == 1);
    if arguments.len() != 4 || arguments[0] != "preview" || !is_byte(2) || !is_byte(3) {
        eprintln!("usage: exercise-4 preview FILE FROM TO");
        std::process::exit(2);
    }
    let (from, to) = (arguments[2].as_bytes()[0], arguments[3].as_bytes()[0]);
    let fail = |step: &str, cause: std::io::Error| -> ! {
        eprintln!("{step}: {cause}");
        std::process::exit(1);
    };
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).custom_flags(libc::O_NONBLOCK).open(&arguments[1]);
    let path = arguments[1].to_string_lossy();
    let file = file.unwrap_or_else(|cause| fail(&format!("open {path}"), cause));
    match file.metadata() {
        Ok(found) if found.is_file() && found.len() == 0 => return,
        Ok(found) if found.is_file() => {}
        _ => fail(&format!("open {path}"), std::io::Error::other("no regular file")),
    }
    let bytes = unsafe { memmap2::Mmap::map(&file) };
    let bytes = bytes.unwrap_or_else(|cause| fail(&format!("mmap {path}"), cause));
    let translate = |byte: &u8| if *byte == from { to } else { *byte };
    for piece in bytes.chunks(1 << 16) {
        let piece: Vec<u8> = piece.iter().map(translate).collect();
        let printed = std::io::stdout().write_all(&piece);
        printed.unwrap_or_else(|cause| fail("write standard output", cause));
    }
    std::io::stdout().flush().unwrap_or_else(|cause| fail("write standard output", cause));
}
