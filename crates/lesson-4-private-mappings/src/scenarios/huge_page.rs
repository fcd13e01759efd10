//! Scenario: a private mapping of a file that lies in a huge page, accessed past the end of the file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use common::{Context, Result, page_size, say};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};

use crate::{PrivateMapping, lettered};

/// Loads from page 1 of a file of one page, then stores to it: in a mapping that has a copy of page 0,
/// then in a mapping that has none. The tmpfs with this file ends with this process. Needs root.
pub(super) fn past_the_end() -> Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0).step("setrlimit")?; // It dies on purpose.
    let bytes = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
    let huge_page = bytes.ok().and_then(|bytes| bytes.trim().parse::<usize>().ok());
    let path = on_a_tmpfs(if huge_page.is_some() { "huge=always" } else { "" })?;
    let file = lettered::create(path, 1)?;
    let blocks = file.metadata().step_on("stat", path)?.blocks();
    say!("huge-page {}", blocks * 512 > page_size() as u64)?;
    let length = huge_page.unwrap_or(2 * page_size());
    let mapping = || PrivateMapping::of(&file, length).step_on("mmap", path);
    let (with_a_copy, without_a_copy) = (mapping()?, mapping()?);
    say!("inside {}", with_a_copy.text(0, 1))?;
    with_a_copy.store(0, b"A");
    for (name, mapping) in [("with-a-copy", with_a_copy), ("without-a-copy", without_a_copy)] {
        say!("{name}-loaded {}", mapping.load(page_size()))?;
        mapping.store(page_size(), b"B");
        say!("{name}-stored {}", mapping.text(page_size(), 1))?;
    }
    Ok(())
}

/// The path of a file that does not exist yet, on a new tmpfs with these options.
fn on_a_tmpfs(options: &str) -> Result<&'static Path> {
    const NO_DATA: Option<&str> = None;
    let ground = Path::new("ground");
    unshare(CloneFlags::CLONE_NEWNS).step("unshare")?;
    let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
    mount(NO_DATA, "/", NO_DATA, private, NO_DATA).step("make the mounts private")?;
    fs::create_dir(ground).step_on("create", ground)?;
    let tmpfs = Some("tmpfs");
    mount(tmpfs, ground, tmpfs, MsFlags::empty(), Some(options)).step_on("mount", ground)?;
    Ok(Path::new("ground/lettered"))
}
