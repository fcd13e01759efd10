//! The same without a disk: a shared memory object is a file on a tmpfs that `shm_open` finds by
//! name; a memfd (`sealed.rs`) is one without a name. `cargo lesson-2` shows it.

use std::fs::File;
use std::io;
use std::path::Path;

use common::{Context, Peer, Result, Stage, page_size, say};
use nix::fcntl::OFlag;
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;

use crate::Bytes;
use crate::picture::Picture;

/// `shm_open(name, flags, mode)`.
///
/// # Errors
/// `EINVAL` if `name` is empty or has a slash inside, `ENAMETOOLONG`, `EEXIST` with `O_EXCL`,
/// `ENOENT` without `O_CREAT`, `EACCES`, `ELOOP`, `EMFILE`.
pub fn open_object(name: &str, flags: OFlag, mode: Mode) -> io::Result<File> {
    Ok(shm_open(name, flags, mode)?.into())
}

/// `shm_unlink(name)`: the name goes, the memory stays until nobody has it open or mapped.
///
/// # Errors
/// `ENOENT`, `EACCES`.
pub fn remove_object(name: &str) -> io::Result<()> {
    Ok(shm_unlink(name)?)
}

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let name = stage.scratch.object("thermometer");
    let path = format!("/dev/shm{name}");
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    let object = open_object(&name, flags, Mode::S_IRUSR | Mode::S_IWUSR).step("shm_open")?;
    let length = object.metadata().step("stat")?.len();
    say!("   shm_open makes an object of {length} bytes (expected 0), a file below /dev/shm")?;
    object.set_len(2 * page_size() as u64).step("ftruncate")?;
    let bytes = Bytes::of(&object, 2 * page_size()).step("mmap")?;
    let mut other = Peer::start(["second", &path])?;
    other.hear()?;
    let picture = Picture::of(&bytes, &mut other, 2)?;
    say!("   ftruncate gives it two pages; both processes map them")?;
    picture.show()?;
    page_view::pause()?;
    bytes.store(0, 42);
    say!("   this process stores 42 in page 0")?;
    picture.show()?;
    page_view::pause()?;
    other.tell("load 0")?;
    say!("    the second process loads from page 0: {} (expected 42)", other.hear()?)?;
    other.tell(&format!("store {} 7", page_size()))?;
    say!("    the second process stores 7 in page 1: {}", other.hear()?)?;
    picture.show()?;
    page_view::pause()?;
    say!("   this process loads from page 1: {} (expected 7)", bytes.load(page_size()))?;
    picture.show()?;
    remove_object(&name).step("shm_unlink")?;
    let left = if Path::new(&path).exists() { "still there" } else { "gone" };
    say!("   shm_unlink: the name is {left} (expected gone)")?;
    bytes.store(0, 43);
    say!("   this process stores 43 in page 0")?;
    other.tell("load 0")?;
    say!("    the second process loads from it: {} (expected 43: the memory stays)", other.hear()?)
}
