//! Shared memory without a disk: `shm_open` makes a file on a tmpfs and finds it by name. A memfd
//! (`sealed.rs`) has no path. `cargo lesson-2` shows it.

use std::fs::File;
use std::io;
use std::path::Path;

use common::{Context, Result, Stage, compare, page_size, sentence};
use nix::fcntl::OFlag;
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;

use crate::Bytes;
use crate::picture::Picture;
use crate::second_process;

/// `shm_open(name, flags, mode)`.
///
/// # Errors
/// `EINVAL` if `name` is empty or has a slash inside, `ENAMETOOLONG`, `EEXIST` with `O_EXCL`,
/// `ENOENT` without `O_CREAT`, `EACCES`, `ELOOP`, `EMFILE`.
pub fn open_object(name: &str, flags: OFlag, mode: Mode) -> io::Result<File> {
    Ok(shm_open(name, flags, mode)?.into())
}

/// `shm_unlink(name)`: removes the name. The memory stays until no process has it open or mapped.
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
    let exists = || if Path::new(&path).exists() { "in /dev/shm" } else { "gone" };
    compare("shm_open makes a file: ", exists(), "in /dev/shm")?;
    compare("its length is ", object.metadata().step("stat")?.len(), 0)?;
    object.set_len(2 * page_size() as u64).step("ftruncate")?;
    let bytes = Bytes::of(&object, 2 * page_size()).step("mmap")?;
    let mut other = second_process::start(path.as_ref())?;
    let picture = Picture::of(&bytes, &mut other, 2)?;
    sentence("ftruncate makes it two pages long. Both processes map them.")?;
    picture.show("both have mapped the object")?;
    bytes.store(0, 42);
    sentence("This process stores 42 in page 0.")?;
    picture.show("the first process has stored in page 0")?;
    compare(" the second process loads page 0: ", other.ask("load 0")?, 42)?;
    let store = format!("store {} 7", page_size());
    compare(" it stores 7 in page 1: ", other.ask(&store)?, "done")?;
    picture.show("the second process has used both pages")?;
    compare("this process loads page 1: ", bytes.load(page_size()), 7)?;
    picture.show("both have used both pages")?;
    remove_object(&name).step("shm_unlink")?;
    compare("after shm_unlink, the name is ", exists(), "gone")?;
    bytes.store(0, 43);
    sentence("This process stores 43 in page 0.")?;
    compare(" the second process loads page 0: ", other.ask("load 0")?, 43)
}
