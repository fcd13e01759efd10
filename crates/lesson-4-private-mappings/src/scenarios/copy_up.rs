//! Scenario: a private mapping of a file on overlayfs, before and after the file is copied up.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use crate::{PrivateMapping, lettered};

/// Mounts an overlay whose lower layer has a file, maps the file privately, then has the file copied
/// up by opening it for writing. Prints which mappings show what is written afterwards. Needs root.
pub(super) fn mapped_before() -> Result<()> {
    let merged = overlay()?.join("lettered");
    let reader = File::open(&merged).step_on("open", &merged)?;
    let before = PrivateMapping::of(&reader, page_size()).step_on("mmap", &merged)?;
    let writer = File::options().write(true).open(&merged).step_on("open", &merged)?;
    writer.write_all_at(b"9", 0).step_on("write", &merged)?;
    let mut byte = [0];
    reader.read_exact_at(&mut byte, 0).step_on("read", &merged)?;
    let again = PrivateMapping::of(&reader, page_size()).step_on("mmap", &merged)?;
    let new = File::open(&merged).step_on("open", &merged)?;
    let after = PrivateMapping::of(&new, page_size()).step_on("mmap", &merged)?;
    say!("read {}", char::from(byte[0]))?;
    say!("mapped-before {}", before.text(0, 1))?;
    say!("mapped-after-through-the-old-descriptor {}", again.text(0, 1))?;
    say!("mapped-after {}", after.text(0, 1))
}

/// Mounts an overlay whose lower layer has a file and copies a page of the file privately. Then
/// truncates the file: the first time, this copies the file up. Prints the new length of the file and
/// what the mapping shows. Needs root.
pub(super) fn truncated() -> Result<()> {
    let merged = overlay()?.join("lettered");
    let reader = File::open(&merged).step_on("open", &merged)?;
    let mapping = PrivateMapping::of(&reader, page_size()).step_on("mmap", &merged)?;
    mapping.store(0, b"A");
    drop(File::create(&merged).step_on("open", &merged)?); // O_TRUNC.
    say!("length {}", fs::metadata(&merged).step_on("stat", &merged)?.len())?;
    say!("mapping {}", mapping.text(0, 2))
}

/// An overlay with a lettered file in its lower layer, in a mount namespace that ends with this
/// process.
fn overlay() -> Result<&'static Path> {
    const NO_DATA: Option<&str> = None;
    let (ground, merged) = (Path::new("ground"), Path::new("ground/merged"));
    unshare(CloneFlags::CLONE_NEWNS).step("unshare")?;
    let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(NO_DATA, "/", NO_DATA, private, NO_DATA).step("make the mounts private")?;
    fs::create_dir(ground).step_on("create", ground)?;
    let tmpfs = Some("tmpfs");
    mount(tmpfs, ground, tmpfs, MsFlags::empty(), NO_DATA).step_on("mount a tmpfs on", ground)?;
    for layer in ["lower", "upper", "work", "merged"] {
        let layer = ground.join(layer);
        fs::create_dir(&layer).step_on("create", &layer)?;
    }
    drop(lettered::create(Path::new("ground/lower/lettered"), 1)?);
    let layers = "lowerdir=ground/lower,upperdir=ground/upper,workdir=ground/work";
    let kind = Some("overlay");
    mount(kind, merged, kind, MsFlags::empty(), Some(layers))
        .step_on("mount an overlay on", merged)?;
    Ok(merged)
}
