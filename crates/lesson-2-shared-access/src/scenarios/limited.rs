//! Scenarios that change the whole process: its limits, its umask, its user.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::fcntl::OFlag;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::stat::{self, Mode};

use super::{outcome, told};
use crate::{Bytes, diskless, sealed};

/// Files may be one page long; this one is two.
pub(super) fn file_size() -> Result<()> {
    let file = super::new_file()?;
    let page = page_size() as u64;
    let bytes = Bytes::of(&file, 2 * page_size()).step("mmap")?;
    SigSet::from(Signal::SIGXFSZ).thread_block().step("block SIGXFSZ")?;
    setrlimit(Resource::RLIMIT_FSIZE, page, page).step("setrlimit")?;
    say!("write-within {}", outcome(file.write_all_at(&[1], page - 1)))?;
    say!("write {}", outcome(file.write_all_at(&[1], page)))?;
    say!("grow {}", outcome(file.set_len(3 * page)))?;
    bytes.store(page_size(), 42);
    let mut byte = [0];
    file.read_exact_at(&mut byte, page).step("read")?;
    say!("stored {}", byte[0])?;
    say!("shrink {}", outcome(file.set_len(page + 1)))
}

/// Takes every descriptor that the limit allows, then asks for one more.
pub(super) fn no_descriptor_left() -> Result<()> {
    let name = told()?;
    setrlimit(Resource::RLIMIT_NOFILE, 16, 16).step("setrlimit")?;
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    let flags = OFlag::O_RDWR | OFlag::O_CREAT;
    let object = diskless::open_object(&name, flags, Mode::S_IRUSR);
    let memory = sealed::memory_file("memory");
    taken.clear();
    say!("shm_open {}", outcome(object))?;
    say!("memfd_create {}", outcome(memory))
}

/// Makes an object under a mask of 027.
pub(super) fn umask() -> Result<()> {
    let name = told()?;
    stat::umask(Mode::from_bits_truncate(0o027));
    let everything = Mode::from_bits_truncate(0o777);
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    let object = diskless::open_object(&name, flags, everything).step("shm_open")?;
    let found = object.metadata().step("stat")?;
    say!("length {}", found.len())?;
    say!("mode {:o}", found.permissions().mode() & 0o777)?;
    diskless::remove_object(&name).step("shm_unlink")
}

/// Stores in a set-user-ID file of its own, then writes to it.
pub(super) fn set_user_id() -> Result<()> {
    let path = Path::new("program");
    fs::write(path, "program").step_on("write", path)?;
    fs::set_permissions(path, Permissions::from_mode(0o4755)).step_on("chmod", path)?;
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    let mode = || file.metadata().map(|found| found.permissions().mode() & 0o7777).step("stat");
    say!("before {:o}", mode()?)?;
    Bytes::of(&file, 7).step("mmap")?.store(0, b'P');
    say!("after-store {:o}", mode()?)?;
    file.write_all_at(b"R", 1).step("write")?;
    say!("after-write {:o}", mode()?)?;
    say!("content {}", fs::read_to_string(path).step_on("read", path)?)
}

/// Tries to open, truncate and unlink an object that this user has no right to.
pub(super) fn object_of_another() -> Result<()> {
    let name = told()?;
    let open = |flags| -> io::Result<_> { diskless::open_object(&name, flags, Mode::empty()) };
    say!("open {}", outcome(open(OFlag::O_RDONLY)))?;
    say!("truncate {}", outcome(open(OFlag::O_RDONLY | OFlag::O_TRUNC)))?;
    say!("unlink {}", outcome(diskless::remove_object(&name)))
}
