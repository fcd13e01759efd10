//! What `execve` does to mappings, and what a mapping does to `execve`.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, Command};
use std::{env, io};

use common::{Context, Result, page_size, say};

use crate::Bytes;
use crate::sys::Inherited;

/// Maps a file, and shared memory without a file, and becomes this program again, in the scenario below.
pub(super) fn exec() -> Result<()> {
    let bytes = Bytes::of(&super::new_file()?, page_size()).step("mmap")?;
    bytes.store(0, 42);
    let anonymous = Bytes::anonymous(page_size(), Inherited::Shared).step("mmap")?;
    anonymous.store(0, 43);
    say!("before {}", shared_mappings()?)?;
    let program = env::current_exe().step("find this program")?;
    Err(Command::new(program).args(["scenario", "after-exec"]).exec()).step("execve")
}

/// The program that `exec` became.
pub(super) fn after_exec() -> Result<()> {
    say!("after {}", shared_mappings()?)?;
    let byte = fs::read("mapped").step("read")?[0];
    say!("in-the-file {byte}")
}

/// Runs a program while its file is open for writing; and while the file is mapped shared, through this
/// descriptor, which is closed again.
pub(super) fn execute_a_mapped_file() -> Result<()> {
    let path = Path::new("program");
    fs::copy("/bin/true", path).step_on("copy", path)?;
    fs::set_permissions(path, Permissions::from_mode(0o755)).step_on("chmod", path)?;
    say!("before {}", run())?;
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    say!("open-for-writing {}", run())?;
    let bytes = Bytes::read_only(&file, page_size()).step_on("mmap", path)?;
    drop(file);
    say!("mapped {}", run())?;
    drop(bytes);
    say!("unmapped {}", run())?;
    let _reader = File::open(path).step_on("open", path)?;
    say!("open-for-reading {}", run())
}

fn run() -> String {
    let ended = Command::new("./program").status();
    super::outcome(ended.and_then(|status| match status.success() {
        true => Ok(()),
        false => Err(io::Error::other("it failed")),
    }))
}

/// How many mappings this process has of the file, and of shared memory without a file, which the
/// kernel lists under the name `/dev/zero`.
fn shared_mappings() -> Result<usize> {
    let path = fs::canonicalize("mapped").step("resolve")?;
    let named = |mapping: &page_view::Mapping| {
        let name = mapping.path.as_deref();
        name.is_some_and(|name| Path::new(name) == path || name == "/dev/zero (deleted)")
    };
    Ok(page_view::mappings_of(process::id())?.into_iter().filter(named).count())
}
