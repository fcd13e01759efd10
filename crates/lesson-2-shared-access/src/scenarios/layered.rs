//! A file in the lower layer of an overlay, as every file of a container image is. Needs root.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::mount::{MsFlags, mount};

use crate::Bytes;

/// A reader opens and maps the lower file. Then a writer opens it, which copies it up, and stores.
pub(super) fn copy_up() -> Result<()> {
    let path = overlay()?.join("file");
    let reader = File::open(&path).step_on("open", &path)?;
    let mapped = Bytes::read_only(&reader, page_size()).step_on("mmap", &path)?;
    say!("before {}", mapped.load(0))?;
    let writer = File::options().read(true).write(true).open(&path).step_on("open", &path)?;
    let writers = Bytes::of(&writer, page_size()).step_on("mmap", &path)?;
    writers.store(0, 42);
    say!("writers-mapping {}", writers.load(0))?;
    say!("readers-mapping {}", mapped.load(0))?;
    let mut byte = [0];
    reader.read_exact_at(&mut byte, 0).step_on("read", &path)?;
    say!("readers-read {}", byte[0])?;
    let again = Bytes::read_only(&reader, page_size()).step_on("mmap", &path)?;
    say!("mapped-again-through-the-old-descriptor {}", again.load(0))?;
    let opened = File::open(&path).step_on("open", &path)?;
    let opened = Bytes::read_only(&opened, page_size()).step_on("mmap", &path)?;
    say!("opened-and-mapped-again {}", opened.load(0))
}

/// Mounts an overlay of two layers, in a mount namespace that ends with this process. Its file is
/// in the lower layer.
fn overlay() -> Result<&'static Path> {
    super::own_mounts()?;
    let none: Option<&str> = None;
    let (layers, merged) = (Path::new("layers"), Path::new("merged"));
    fs::create_dir(layers).step_on("create", layers)?;
    fs::create_dir(merged).step_on("create", merged)?;
    mount(Some("tmpfs"), layers, Some("tmpfs"), MsFlags::empty(), none).step("mount a tmpfs")?;
    for name in ["lower", "upper", "work"] {
        fs::create_dir(layers.join(name)).step_on("create", layers)?;
    }
    let lower = layers.join("lower/file");
    fs::write(&lower, vec![0; page_size()]).step_on("write", &lower)?;
    let options = "lowerdir=layers/lower,upperdir=layers/upper,workdir=layers/work";
    mount(Some("overlay"), merged, Some("overlay"), MsFlags::empty(), Some(options))
        .step("mount an overlay")?;
    Ok(merged)
}
