//! A file opened for reading only can be edited in a private mapping. To keep the edit, the program
//! writes it to another file. `cargo lesson-4` runs it.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;

use common::{Context, Result, Stage, compare, outcome, page_size};
use memmap2::MmapOptions;

use crate::picture::draw;
use crate::{PrivateMapping, lettered};

/// The step of the story.
///
/// # Errors
/// If a system call fails; the error names the call and the file.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("read-only");
    drop(lettered::create(&path, 1)?);
    fs::set_permissions(&path, Permissions::from_mode(0o400)).step_on("chmod", &path)?;
    let file = File::open(&path).step_on("open", &path)?;
    let modified = || file.metadata().step_on("stat", &path)?.modified().step("mtime");
    let before = modified()?;

    let shared = MmapOptions::new().map_raw(&file);
    compare("shared, writable: ", outcome(&shared), "EACCES")?;
    let mapping = PrivateMapping::of(&file, page_size()).step_on("mmap", &path)?;
    draw("A private, writable mapping of the same file", &mapping)?;
    page_view::pause()?;
    mapping.store(0, b"draft");
    draw("\"draft\" stored", &mapping)?;
    page_view::pause()?;
    let kept = stage.scratch.path().join("kept");
    fs::write(&kept, mapping.text(0, page_size())).step_on("write", &kept)?;

    let start = |path| fs::read_to_string(path).step_on("read", path).map(|text| text[..8].into());
    let (original, kept): (String, String) = (start(&path)?, start(&kept)?);
    compare("private, edited: ", format!("{:?}", mapping.text(0, 8)), "\"draftaaa\"")?;
    compare("the file:        ", format!("{original:?}"), "\"aaaaaaaa\"")?;
    compare("written from it: ", format!("{kept:?}"), "\"draftaaa\"")?;
    let same = if before == modified()? { "the same" } else { "changed" };
    compare("the file's mtime: ", same, "the same")
}
