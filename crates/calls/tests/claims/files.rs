//! The files of the claims: in a test's own directory, or of another kind than a regular file.

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use common::{Scratch, page_size};

/// A new file of `pages` pages of zeros, open for reading and writing.
pub(crate) fn new_file(scratch: &Scratch, name: &str, pages: usize) -> File {
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).open(scratch.path().join(name));
    let file = file.unwrap();
    file.set_len((pages * page_size()) as u64).unwrap();
    file
}

/// The file behind `file`, opened again.
pub(crate) fn reopened(file: &File, options: &mut OpenOptions) -> std::io::Result<File> {
    options.open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// The file at `path`, opened with `O_PATH`.
pub(crate) fn by_path_only(path: &Path) -> File {
    File::options().read(true).custom_flags(libc::O_PATH).open(path).unwrap()
}

/// A directory in the test's own that every user may write to, for a process of an ordinary user.
pub(crate) fn for_everyone(scratch: &Scratch) -> PathBuf {
    let path = scratch.path().join("for-everyone");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    path
}

/// The two ends of a pipe: the one to read from, the one to write to.
pub(crate) fn pipe() -> (File, File) {
    let (from, to) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).unwrap();
    (from.into(), to.into())
}

/// One end of a pair of sockets; the other end is closed.
pub(crate) fn socket() -> File {
    OwnedFd::from(UnixStream::pair().unwrap().0).into()
}

/// A descriptor that is not open. (No process has so many.)
pub(crate) fn closed() -> BorrowedFd<'static> {
    calls::sys::descriptors::not_open()
}
