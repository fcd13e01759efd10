//! What `execve` does to mappings, and what a mapping does to `execve`.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, Command};
use std::{env, io};

use common::{Context, Result, page_size, say};

use crate::Bytes;

/// Maps a file and becomes this program again, in the scenario below.
pub(super) fn exec() -> Result<()> {
    let bytes = Bytes::of(&super::new_file()?, page_size()).step("mmap")?;
    bytes.store(0, 42);
    say!("before {}", mappings_of_the_file()?)?;
    let program = env::current_exe().step("find this program")?;
    Err(Command::new(program).args(["scenario", "after-exec"]).exec()).step("execve")
}

/// The program that `exec` became.
pub(super) fn after_exec() -> Result<()> {
    say!("after {}", mappings_of_the_file()?)?;
    let byte = fs::read("mapped").step("read")?[0];
    say!("in-the-file {byte}")
}

/// Runs a program while its file is mapped shared, through a writable descriptor that is closed again.
pub(super) fn execute_a_mapped_file() -> Result<()> {
    let path = Path::new("program");
    fs::copy("/bin/true", path).step_on("copy", path)?;
    fs::set_permissions(path, Permissions::from_mode(0o755)).step_on("chmod", path)?;
    say!("before {}", run())?;
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    let bytes = Bytes::read_only(&file, page_size()).step_on("mmap", path)?;
    drop(file);
    say!("mapped {}", run())?;
    drop(bytes);
    say!("unmapped {}", run())
}

fn run() -> String {
    let ended = Command::new("./program").status();
    super::outcome(ended.and_then(|status| match status.success() {
        true => Ok(()),
        false => Err(io::Error::other("it failed")),
    }))
}

fn mappings_of_the_file() -> Result<usize> {
    let path = fs::canonicalize("mapped").step("resolve")?;
    let named = |mapping: &page_view::Mapping| {
        mapping.path.as_deref().is_some_and(|name| Path::new(name) == path)
    };
    Ok(page_view::mappings_of(process::id())?.into_iter().filter(named).count())
}
