//! The last step of a confined process: a new environment, and `execve`.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::unistd::{AccessFlags, access, execve};

use crate::start::Compiler;
use crate::sys;

/// Executes the program by its path; where its user cannot walk that path, by its descriptor.
/// Returns only why that failed.
pub(crate) fn execute(
    program: &Path,
    opened: &OwnedFd,
    arguments: Vec<OsString>,
    compiler: Option<&Compiler>,
) -> Failure {
    let texts = |words: Vec<OsString>| -> Result<Vec<CString>> {
        words.into_iter().map(|word| CString::new(word.into_vec()).step("execve")).collect()
    };
    let words = [vec![program.into()], arguments].concat();
    match (texts(words), texts(environment(compiler))) {
        (Ok(words), Ok(environment)) => {
            let failed = Err::<(), _>(replaced(program, opened, &words, &environment));
            match failed.step("execve") {
                Err(failure) => failure,
                Ok(()) => Failure::refusal("execve", program, "it returned"),
            }
        }
        (Err(failure), _) | (_, Err(failure)) => failure,
    }
}

fn replaced(
    program: &Path,
    opened: &OwnedFd,
    words: &[CString],
    environment: &[CString],
) -> io::Error {
    let by_path = words.first().filter(|_| access(program, AccessFlags::X_OK).is_ok());
    if let Some(path) = by_path {
        return execve(path, words, environment)
            .map_or_else(io::Error::from, |never| match never {});
    }
    if is_script(program, opened) {
        // Its interpreter is told to read `/dev/fd/N`: this one descriptor must outlive the `exec`.
        let _ = fcntl(opened, FcntlArg::F_SETFD(FdFlag::empty())); // Else ENOENT says so.
    }
    sys::execute(opened.as_fd(), words, environment)
}

fn is_script(program: &Path, opened: &OwnedFd) -> bool {
    use std::os::fd::AsRawFd;
    let mut start = [0; 2];
    let again = format!("/proc/self/fd/{}", opened.as_raw_fd());
    let read = File::open(again).or_else(|_| File::open(program));
    read.and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"#!"
}

/// Where a judged program looks for others, such as its interpreter.
pub const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Four variables, and what a compiler needs.
fn environment(compiler: Option<&Compiler>) -> Vec<OsString> {
    let here = std::env::current_dir().ok();
    let place = here.filter(|here| access(here, AccessFlags::R_OK | AccessFlags::X_OK).is_ok());
    // A path into a directory that others may not enter is no use; this one always leads there.
    let place = OsString::from(place.unwrap_or_else(|| PathBuf::from("/proc/self/cwd")));
    let mut all = vec![
        format!("PATH={SEARCH_PATH}").into(),
        OsString::from("LANG=C.UTF-8"),
        [OsString::from("TMPDIR="), place.clone()].into_iter().collect(),
        [OsString::from("HOME="), place].into_iter().collect(),
    ];
    let more = compiler.iter().flat_map(|compiler| &compiler.environment);
    all.extend(more.map(|(name, value)| OsString::from(format!("{name}={value}"))));
    all
}
