//! Where executions of a program run: its work directory, its limits, and its sandboxes.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use common::{Context, Result};
use explore::Launcher;
use explore::pages::Pages;
use nix::unistd::Pid;
use sandbox::{Sandbox, Start, WorkDirectory};
use tracer::{Limits, ProcessTree};

use crate::pages::pages_of;

/// One program in one work directory, which is emptied before each execution.
pub struct Fixture<'a> {
    /// The program to be judged.
    pub program: &'a Path,
    /// Its directory.
    pub work_directory: WorkDirectory,
    /// Its limits.
    pub limits: Limits,
    /// When all must be over.
    pub deadline: Instant,
    /// Does a person look at what happens here, on a page?
    pub looks: bool,
    /// Are loads from FILE noted?
    pub loads: bool,
}

impl Fixture<'_> {
    /// Empties the work directory, forgets what programs have made in the kernel, and puts FILE there, if there is to be one.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn set(&self, file: Option<&[u8]>) -> Result<()> {
        self.work_directory.forget_namespaces();
        self.work_directory.empty()?;
        let Some(bytes) = file else { return Ok(()) };
        let written = self.work_directory.write("FILE", bytes)?;
        match self.looks {
            true => written.sync_all().step("fsync FILE"), // A page that is dirty later was stored to.
            false => Ok(()),
        }
    }

    /// FILE's bytes, never more than a few pages; none, if there is no such regular file.
    ///
    /// # Errors
    /// FILE cannot be looked at: what it holds is not known then.
    pub fn look(&self) -> Result<Option<Vec<u8>>> {
        const MOST: u64 = 1 << 16;
        let Ok(file) = regular_file(&self.work_directory, "FILE")? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(MOST)
            .read_to_end(&mut bytes)
            .step_on("read", &self.work_directory.path().join("FILE"))?;
        Ok(Some(bytes))
    }
}

impl explore::Fixture for Fixture<'_> {
    fn set_up(&self, file: Option<&[u8]>) -> Result<Box<dyn Launcher + '_>> {
        self.set(file)?;
        let sandbox = Sandbox::new(&self.work_directory, self.limits, true)?;
        Ok(Box::new(Launched { program: self.program, sandbox }))
    }

    fn directory(&self) -> &Path {
        self.work_directory.path()
    }

    fn file(&self) -> Result<Option<Vec<u8>>> {
        self.look()
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn is_looked_at(&self) -> bool {
        self.looks
    }

    fn traps_loads(&self) -> bool {
        self.loads
    }

    fn pages(&self, processes: &[(String, Pid)]) -> Option<Pages> {
        pages_of(&self.work_directory.path().join("FILE"), processes)
    }
}

/// A regular file of a work directory, opened for reading; if there is none, what there is instead.
///
/// # Errors
/// The directory, or the file, cannot be looked at: what the file holds is not known then.
pub fn regular_file(
    directory: &WorkDirectory,
    name: &str,
) -> Result<std::result::Result<File, String>> {
    let path = directory.path().join(name);
    let file = match directory.open(name) {
        Ok(file) => file,
        Err(failure) => {
            let found = match fs::symlink_metadata(&path) {
                Ok(found) => found,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Err(format!("there is no {name} any more")));
                }
                Err(error) => return Err(error).step_on("stat", &path),
            };
            let mode = found.permissions().mode() & 0o7777;
            return match failure.errno() {
                Some(libc::ELOOP | libc::ENXIO) => Ok(Err(format!("{name} is no regular file"))),
                // The judge reads it as its owner, or as root.
                Some(libc::EACCES) if mode & 0o400 == 0 => {
                    Ok(Err(format!("its owner may not read {name}: it has mode {mode:04o}")))
                }
                _ => Err(failure),
            };
        }
    };
    match file.metadata().step_on("stat", &path)?.is_file() {
        true => Ok(Ok(file)),
        false => Ok(Err(format!("{name} is no regular file"))),
    }
}

/// The processes of one execution.
struct Launched<'a> {
    program: &'a Path,
    sandbox: Sandbox<'a>,
}

impl Launcher for Launched<'_> {
    fn start(&mut self, arguments: &[&str]) -> Result<Pid> {
        self.sandbox.start(&Start::new(self.program, arguments))
    }

    fn tree(&mut self) -> &mut ProcessTree {
        self.sandbox.tree()
    }

    fn look_at_disk(&self) -> io::Result<()> {
        self.sandbox.look_at_disk()
    }

    fn outputs(&self, pid: Pid) -> [Vec<u8>; 2] {
        let (output, errors) = self.sandbox.outputs(pid);
        [output.bytes, errors.bytes]
    }
}
