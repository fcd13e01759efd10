//! Scenarios: a program's file while it is mapped privately, and while it runs. They work on a copy of
//! this program, which the user may write and which no other process runs.

use std::env;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{Context, Result, outcome, page_size, say};
use nix::unistd::truncate;

use crate::{PrivateMapping, lettered, own_program, second_process};

/// A patch for the first bytes of a program: with it in the file, the kernel does not run the file.
const PATCH: &[u8] = b"#not";

fn copy() -> Result<&'static Path> {
    let own = env::current_exe().step("find this program")?;
    let path = Path::new("./program");
    drop(File::create_new(path).step_on("create", path)?);
    fs::copy(&own, path).step_on("copy this program to", path)?;
    Ok(path)
}

/// Prints what the program says after a patch in a private mapping, then after one in the file.
pub(super) fn patched() -> Result<()> {
    let path = copy()?;
    let run = || Command::new(path).arg(own_program::ROLE).stderr(Stdio::null()).output();
    let file = File::open(path).step_on("open", path)?;
    let mapping = PrivateMapping::of(&file, page_size()).step_on("mmap", path)?;
    mapping.store(0, PATCH);
    say!("mapping {}", mapping.text(0, PATCH.len()))?;
    match run() {
        Ok(output) => say!("runs {}", String::from_utf8_lossy(&output.stdout).trim_end())?,
        refused => say!("runs {}", outcome(&refused))?,
    }
    let writer = File::options().write(true).open(path).step_on("open", path)?;
    writer.write_all_at(PATCH, 0).step_on("write", path)?;
    drop(writer); // Linux runs no file that is open for writing.
    say!("patched-file {}", outcome(&run()))
}

/// Prints what is refused while a copy of this program runs, and what is not.
pub(super) fn busy() -> Result<()> {
    let path = copy()?;
    drop(lettered::create(Path::new("lettered"), 1)?);
    while_running(Command::new(path).args([second_process::ROLE, "lettered"]), |_| {
        let length = || fs::metadata(path).step_on("stat", path).map(|known| known.len());
        let before = length()?;
        say!("open-for-writing {}", outcome(&File::options().write(true).open(path)))?;
        say!("open-for-reading {}", outcome(&File::open(path)))?;
        let file = File::open(path).step_on("open", path)?;
        let mapping = PrivateMapping::of(&file, page_size()).step_on("mmap", path)?;
        mapping.store(0, PATCH);
        say!("private-mapping {}", mapping.text(0, PATCH.len()))?;
        say!("truncate {}", outcome(&truncate(path, 0).map_err(Into::into)))?;
        say!("open-and-empty {}", outcome(&read_and_empty(path)))?;
        say!("same-length {}", length()? == before)
    })?;
    say!("open-afterwards {}", outcome(&File::options().write(true).open(path)))?;
    say!("truncate-afterwards {}", outcome(&truncate(path, 1).map_err(Into::into)))?;
    say!(
        "empty-afterwards {} {}",
        outcome(&read_and_empty(path)),
        fs::read(path).step("read")?.len()
    )
}

/// `open` with `O_RDONLY` and `O_TRUNC`.
fn read_and_empty(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(libc::O_TRUNC).open(path)
}

/// Prints what becomes of a program whose file is unlinked while it runs.
pub(super) fn unlinked() -> Result<()> {
    let path = copy()?;
    drop(lettered::create(Path::new("lettered"), 1)?);
    let mut command = Command::new(path);
    while_running(command.args([second_process::ROLE, "lettered"]), |running| {
        let link = format!("/proc/{}/exe", running.id());
        let target = || -> Result<String> {
            let target = fs::read_link(&link).step("readlink")?;
            Ok(target.file_name().unwrap_or_default().to_string_lossy().into_owned())
        };
        say!("before {}", target()?)?;
        say!("unlink {}", outcome(&fs::remove_file(path)))?;
        say!("after {}", target()?)?;
        say!("open {}", outcome(&File::open(path)))?;
        say!("answers {}", answer(running)?)
    })
}

/// Prints whether a script can be opened for writing while it runs. A copy of this program interprets
/// the script: it maps the script, and waits for commands.
pub(super) fn script() -> Result<()> {
    copy()?;
    let path = Path::new("./script");
    let file = lettered::create(path, 1)?;
    file.write_all_at(b"#!./program second-process\n", 0).step_on("write", path)?;
    file.set_permissions(Permissions::from_mode(0o755)).step_on("chmod", path)?;
    drop(file); // Linux runs no file that is open for writing.
    while_running(&mut Command::new(path), |_| {
        say!("open-for-writing {}", outcome(&File::options().write(true).open(path)))
    })
}

/// Runs `look` while `command` runs, which is a second process of the story.
fn while_running(command: &mut Command, look: impl FnOnce(&mut Child) -> Result<()>) -> Result<()> {
    let mut running = match command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
        Ok(running) => running,
        refused => return say!("started {}", outcome(&refused)),
    };
    answer(&mut running)?;
    say!("started ok")?;
    look(&mut running)?;
    drop(running.stdin.take());
    running.wait().step("wait for the program")?;
    Ok(())
}

/// What a running second process loads.
fn answer(running: &mut Child) -> Result<String> {
    let mut line = [0; 2];
    if let (Some(to), Some(from)) = (&mut running.stdin, &mut running.stdout) {
        to.write_all(b"read 0 1\n").step("tell the program")?;
        from.read_exact(&mut line).step("hear the program")?;
    }
    Ok(String::from_utf8_lossy(&line).trim_end().into())
}
