//! A descriptor that may only read is enough for a private mapping that is stored to; what shall
//! be kept is written by hand, to another file. `cargo lesson-4` shows it.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;

use common::{Context, Result, Stage, page_size, say};
use memmap2::MmapOptions;

use crate::picture::draw;
use crate::{PrivateView, lettered};

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("read-only");
    drop(lettered::create(&path, 1)?);
    fs::set_permissions(&path, Permissions::from_mode(0o400)).step_on("chmod", &path)?;
    let file = File::open(&path).step_on("open", &path)?;
    let modified = || file.metadata().step_on("stat", &path)?.modified().step("mtime");
    let before = modified()?;

    let refusal = MmapOptions::new().map_raw(&file).map_or_else(|e| e.to_string(), |_| "no".into());
    say!("   shared, writable, refused:  {refusal} (expected EACCES, 13)")?;
    let view = PrivateView::of(&file, page_size()).step_on("mmap", &path)?;
    draw("mapped privately, writable", &view)?;
    page_view::pause()?;
    view.store(0, b"draft");
    draw("\"draft\" stored", &view)?;
    let kept = stage.scratch.path().join("kept");
    fs::write(&kept, view.text(0, page_size())).step_on("write", &kept)?;

    let start = |path| fs::read_to_string(path).step_on("read", path).map(|text| text[..8].into());
    let (original, kept): (String, String) = (start(&path)?, start(&kept)?);
    let same = before == modified()?;
    say!("   private, writable, edited:  {:?} (expected \"draftaaa\")", view.text(0, 8))?;
    say!("   the file:                   {original:?} (expected \"aaaaaaaa\")")?;
    say!("   its time of modification:   the same: {same} (expected true)")?;
    say!("   saved by a write elsewhere: {kept:?} (expected \"draftaaa\")")
}
