//! Where executions of a program run: its work directory, its limits, and its sandboxes.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use common::{Context, Failure, Result};
use explore::pages::Pages;
use explore::{ActorProcesses, UntracedProcess};
use nix::unistd::Pid;
use sandbox::{InTurn, Sandbox, Start, WorkDirectory};
use tracer::{Limits, ProcessTree};

use crate::pages::pages_of;

/// One program in one work directory, which is emptied before each execution.
pub struct SandboxedFixture<'a> {
    /// The program to be judged.
    pub program: &'a Path,
    /// Its directory.
    pub work_directory: WorkDirectory,
    /// Its limits.
    pub limits: Limits,
    /// When all must be over.
    pub deadline: Instant,
    /// Are source lines and FILE's pages noted, for a page that shows the run?
    pub for_a_page: bool,
    /// Are loads from FILE noted?
    pub loads: bool,
}

impl SandboxedFixture<'_> {
    /// Empties the work directory, forgets what programs have made in the kernel, and puts FILE there, if there is to be one.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn set(&self, file: Option<&[u8]>) -> Result<()> {
        self.work_directory.forget_namespaces();
        self.work_directory.empty()?;
        let Some(bytes) = file else { return Ok(()) };
        let written = self.work_directory.write("FILE", bytes)?;
        match self.for_a_page {
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

impl explore::Fixture for SandboxedFixture<'_> {
    fn set_up(&self, file: Option<&[u8]>) -> Result<Box<dyn ActorProcesses + '_>> {
        self.set(file)?;
        let sandbox = Sandbox::new(&self.work_directory, self.limits, true)?;
        Ok(Box::new(Sandboxed { program: self.program, sandbox }))
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

    fn is_for_a_page(&self) -> bool {
        self.for_a_page
    }

    fn traps_loads(&self) -> bool {
        self.loads
    }

    fn pages(&self, processes: &[(String, Pid)]) -> Option<Pages> {
        pages_of(&self.work_directory.path().join("FILE"), processes)
    }
}

/// A fixture for an actor and for an untraced process beside it. Both live in one PID namespace, because a lock can
/// name its holder by a PID.
pub struct FixtureBeside<'a> {
    /// The fixture of the actor.
    pub fixture: SandboxedFixture<'a>,
    /// The arguments of the untraced process.
    pub beside: Vec<String>,
}

impl explore::Fixture for FixtureBeside<'_> {
    fn set_up(&self, file: Option<&[u8]>) -> Result<Box<dyn ActorProcesses + '_>> {
        self.fixture.set(file)?;
        let sandbox = Sandbox::new(&self.fixture.work_directory, self.fixture.limits, false)?;
        let (program, beside) = (self.fixture.program, &self.beside);
        Ok(Box::new(SandboxedBeside { program, beside, sandbox, processes: None }))
    }

    fn directory(&self) -> &Path {
        self.fixture.work_directory.path()
    }

    fn file(&self) -> Result<Option<Vec<u8>>> {
        self.fixture.look()
    }

    fn deadline(&self) -> Instant {
        self.fixture.deadline
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
struct Sandboxed<'a> {
    program: &'a Path,
    sandbox: Sandbox<'a>,
}

impl ActorProcesses for Sandboxed<'_> {
    fn start(&mut self, arguments: &[&str], reports_calls: bool) -> Result<Pid> {
        let start = Start::new(self.program, arguments);
        self.sandbox.start(&if reports_calls { start } else { start.without_syscall_tracing() })
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

/// An actor, and an untraced process beside it.
struct SandboxedBeside<'a> {
    program: &'a Path,
    beside: &'a [String],
    sandbox: Sandbox<'a>,
    processes: Option<InTurn>,
}

impl SandboxedBeside<'_> {
    fn next(&mut self, traced: bool) -> Result<UntracedProcess> {
        let why = "the traced process has not started yet";
        let none = || Failure::refusal("start", self.program, why);
        let processes = self.processes.as_mut().ok_or_else(none)?;
        let pid = self.sandbox.start_next(processes, traced)?;
        Ok(UntracedProcess { pid, all: processes.first() })
    }
}

impl ActorProcesses for SandboxedBeside<'_> {
    fn start(&mut self, arguments: &[&str], _reports_calls: bool) -> Result<Pid> {
        let start = Start::new(self.program, arguments).beside(self.beside);
        self.processes = Some(self.sandbox.in_turn(&start)?);
        Ok(self.next(true)?.pid)
    }

    fn tree(&mut self) -> &mut ProcessTree {
        self.sandbox.tree()
    }

    fn look_at_disk(&self) -> io::Result<()> {
        self.sandbox.look_at_disk()
    }

    fn outputs(&self, pid: Pid) -> [Vec<u8>; 2] {
        let both = self.processes.as_ref().map_or(pid, InTurn::first);
        let (output, errors) = self.sandbox.outputs(both);
        [output.bytes, errors.bytes]
    }

    fn start_untraced(&mut self) -> Result<UntracedProcess> {
        self.next(false)
    }
}
