//! A `/dev/shm` with room for four pages, and a program that wants eight. Needs root.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;

use common::{Context, Result, page_size, say};
use nix::fcntl::{OFlag, posix_fallocate};
use nix::mount::{MsFlags, mount};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;

use crate::sys::{self, Inherited};
use crate::{Bytes, diskless, sealed};

const CAPACITY_PAGES: usize = 4;
const WANTED_PAGES: usize = 8;

/// Makes objects larger than `/dev/shm`, and a memfd of the same size.
pub(super) fn dev_shm() -> Result<()> {
    super::own_mounts()?;
    let size = format!("size={}", CAPACITY_PAGES * page_size());
    mount(Some("tmpfs"), "/dev/shm", Some("tmpfs"), MsFlags::empty(), Some(size.as_str()))
        .step("mount a tmpfs")?;
    say!("capacity {CAPACITY_PAGES}")?;
    let wanted = libc::off_t::try_from(WANTED_PAGES * page_size()).unwrap_or(libc::off_t::MAX);
    let reserve =
        |file: &File| super::outcome(posix_fallocate(file, 0, wanted).map_err(Into::into));
    let (store, load) =
        (|bytes: &Bytes, at| bytes.store(at, 42), |bytes: &Bytes, at| _ = bytes.load(at));
    use_all("stored", &object()?, store)?;
    use_all("loaded", &object()?, load)?;
    say!("reserve {}", reserve(&object()?))?;
    let memory = sealed::memory_file("memory").step("memfd_create")?;
    say!("reserve-memfd {}", reserve(&memory))?;
    use_all("memfd", &memory, store)
}

/// A new object, without its name.
fn object() -> Result<File> {
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    let object = diskless::open_object("/object", flags, Mode::S_IRUSR).step("shm_open")?;
    diskless::remove_object("/object").step("shm_unlink")?;
    Ok(object)
}

/// A child uses one page after the other.
fn use_all(what: &str, file: &File, access: impl Fn(&Bytes, usize)) -> Result<()> {
    say!("{what}-ftruncate {}", super::outcome(file.set_len((WANTED_PAGES * page_size()) as u64)))?;
    let mapped = Bytes::of(file, WANTED_PAGES * page_size()).step("mmap")?;
    let used = Bytes::anonymous(page_size(), Inherited::Shared).step("mmap")?;
    let child = || {
        for page in 0..WANTED_PAGES {
            access(&mapped, page * page_size());
            used.store(0, used.load(0) + 1);
        }
        0
    };
    let signal = sys::in_child(child).step("fork")?.signal();
    say!("{what}-pages {}", used.load(0))?;
    say!("{what}-signal {:?}", signal.map(Signal::try_from))
}
