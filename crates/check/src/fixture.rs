//! Where executions of a program run: its work directory, its limits, and its sandboxes.

use std::io::{self, Read};
use std::path::Path;
use std::time::Instant;

use common::Result;
use explore::Launcher;
use nix::unistd::Pid;
use sandbox::{Sandbox, Start, WorkDirectory};
use tracer::{Limits, ProcessTree};

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
}

impl Fixture<'_> {
    /// Empties the work directory, forgets what programs have made in the kernel, and puts FILE there, if there is to be one.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn set(&self, file: Option<&[u8]>) -> Result<()> {
        self.work_directory.forget_namespaces();
        self.work_directory.empty()?;
        file.map_or(Ok(()), |bytes| self.work_directory.write("FILE", bytes).map(drop))
    }

    /// FILE's bytes, if there is such a file; never more than a few pages.
    #[must_use]
    pub fn look(&self) -> Option<Vec<u8>> {
        const MOST: u64 = 1 << 16;
        let mut bytes = Vec::new();
        self.work_directory.open("FILE").ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
        Some(bytes)
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

    fn file(&self) -> Option<Vec<u8>> {
        self.look()
    }

    fn deadline(&self) -> Instant {
        self.deadline
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
