//! Where the judge stands: what this machine lets it see, and what it was told.

use std::io;
use std::path::{Path, PathBuf};

use common::{Context, Result, Scratch};
use explore::schedule::Schedule;
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::utsname::uname;
use procfs::process::Process;
use sandbox::{Isolation, Sandbox, Start, StartError, WorkDirectory, landlock_version};
use serde::{Deserialize, Serialize};
use tracer::{Limits, REFUSED, Resume, Stop};

/// What one run of the judge was told, and what it found out.
pub struct Settings {
    /// Replays this schedule instead of trying all.
    pub schedule: Option<Schedule>,
    /// From what inputs are drawn.
    pub seed: u64,
    /// What this machine can do.
    pub machine: Machine,
    /// The report becomes a page, which shows source lines and FILE's pages at each step.
    pub looks: bool,
    /// In a class: the file whose locks let the checks that measure time be alone.
    pub timing: Option<PathBuf>,
}

impl Settings {
    /// No schedule, inputs that nobody knows, and nobody else who judges.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        Self { schedule: None, seed: rand::random(), machine, looks: false, timing: None }
    }
}

/// What this machine can do, as the report's `environment` tells it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// The kernel's release.
    pub kernel: String,
    /// The processor's architecture, as Rust names it.
    pub architecture: String,
    /// The file system of the scratch.
    pub file_system: String,
    /// Bytes in a page.
    pub page_size: usize,
    /// Whether the judge is root.
    pub root: bool,
    /// Whether processes can be traced: if not, no call is seen.
    pub tracing: bool,
    /// Landlock's version, 0 if there is none.
    pub landlock: i64,
    /// Whether what programs make in the kernel, and files elsewhere, are kept apart by namespaces.
    pub isolation: Isolation,
    /// What a verdict here cannot be sure of, in words.
    pub weaker: Vec<String>,
}

impl Machine {
    /// Looks: the only way to know whether tracing is allowed is to try it.
    ///
    /// # Errors
    /// Those of asking the system.
    pub fn of(scratch: &Scratch) -> Result<Self> {
        has_room_for_memory()?;
        may_look_at_programs()?;
        let system = uname().step("uname")?;
        let mut found = Self {
            kernel: system.release().to_string_lossy().into_owned(),
            architecture: std::env::consts::ARCH.into(),
            file_system: common::file_system(scratch.path())?.into(),
            page_size: common::page_size(),
            root: nix::unistd::geteuid().is_root(),
            tracing: refusal_of_tracing(scratch)?.is_none(),
            landlock: landlock_version(),
            isolation: Isolation::of_this_machine()?,
            weaker: Vec::new(),
        };
        found.weaker = found.weaknesses();
        Ok(found)
    }

    /// The same machine, as if it refused tracing.
    pub fn refuse_tracing(&mut self) {
        self.tracing = false;
        self.weaker = self.weaknesses();
    }

    fn weaknesses(&self) -> Vec<String> {
        let told = [
            (
                !self.tracing,
                format!(
                    "{REFUSED}: no call of the program was seen, and races were only looked \
                     for at many \
                     moments, which can miss one"
                ),
            ),
            (
                self.architecture != "x86_64",
                "not an x86-64 processor: races were only looked \
                     for at many moments, which can miss one, and no call of another \
                 architecture is refused"
                    .into(),
            ),
            (
                self.landlock == 0,
                "not contained: this kernel has no Landlock, and the program could write wherever \
                 its user may"
                    .into(),
            ),
            (
                (1..6).contains(&self.landlock),
                "not fully contained: this kernel's Landlock is older than Linux 6.12, and the \
                 program could signal its user's processes"
                    .into(),
            ),
            (
                !self.isolation.kernel_objects,
                "no IPC namespace can be made: the program may make no System V semaphores, shared \
                 memory or message queues, and no POSIX message queues"
                    .into(),
            ),
            (
                !self.isolation.files && !self.root,
                "not fully contained: no mount namespace can be made, and the program could change \
                 modes, times and attributes of its user's files"
                    .into(),
            ),
        ];
        told.into_iter().filter(|(holds, _)| *holds).map(|(_, words): (_, String)| words).collect()
    }
}

/// Whether this process may have the memory that judging takes. If an allocation fails, the process is aborted,
/// and nobody is told why.
///
/// # Errors
/// It may not (ENOMEM).
pub fn has_room_for_memory() -> Result<()> {
    const MIB: u64 = 1 << 20;
    // Each thread takes 64 MiB of address space for its allocations, and its stack.
    let needs = [
        (Resource::RLIMIT_AS, "address space", "-v", 512 * MIB),
        (Resource::RLIMIT_DATA, "private memory", "-d", 64 * MIB),
    ];
    for (resource, name, option, needed) in needs {
        let (limit, _) = getrlimit(resource).step("getrlimit")?;
        if limit < needed {
            return Err(io::Error::from_raw_os_error(libc::ENOMEM)).step(&format!(
                "judge with {} MiB of {name} (it takes {} MiB: raise the limit `ulimit {option}`)",
                limit / MIB,
                needed / MIB
            ));
        }
    }
    Ok(())
}

/// Whether this process may look at the programs that it judges. They run as an ordinary user, so root
/// needs a capability for it, which root in a container usually lacks.
///
/// # Errors
/// It may not (EPERM); `/proc` cannot be read.
pub fn may_look_at_programs() -> Result<()> {
    const SYS_PTRACE: u64 = 1 << 19;
    let process = Process::myself().map_err(io::Error::other).step("open /proc/self")?;
    let status = process.status().map_err(io::Error::other).step("read /proc/self/status")?;
    if nix::unistd::geteuid().is_root() && status.capeff & SYS_PTRACE == 0 {
        return Err(io::Error::from_raw_os_error(libc::EPERM)).step(
            "judge as root without the capability SYS_PTRACE (give it, as by `docker run --cap-add \
             SYS_PTRACE`, or run the judge as an ordinary user)",
        );
    }
    Ok(())
}

/// Tries to trace a program in a sandbox: the system's words if it refuses, `None` if a call of the program
/// was seen.
///
/// # Errors
/// No program can be started, so nothing is known about tracing.
pub fn refusal_of_tracing(scratch: &Scratch) -> Result<Option<String>> {
    let directory = WorkDirectory::new(scratch, "probe")?;
    let mut sandbox = Sandbox::new(&directory, Limits::default(), true)?;
    let pid = match sandbox.start(&Start::new(Path::new("/bin/sh"), ["-c", ":"])) {
        Ok(pid) => pid,
        // Only that: what else can fail at a start says nothing about tracing.
        Err(failure) => match failure.cause::<StartError>() {
            Some(StartError::CannotTrace(why)) => return Ok(Some(why.clone())),
            _ => return Err(failure),
        },
    };
    sandbox.resume(pid, Resume::ToSyscall, 0)?;
    loop {
        match sandbox.wait()? {
            Some(Stop::SyscallEntry(..) | Stop::SyscallExit { .. }) => return Ok(None),
            Some(Stop::Exited(..)) | None => {
                let why = "it ended, and no system call of it was seen";
                return Err(StartError::CannotPrepare(why.into()))
                    .step_on("trace", Path::new("/bin/sh"));
            }
            Some(Stop::Signal(pid, signal)) => sandbox.resume(pid, Resume::ToSyscall, signal)?,
            Some(other) => sandbox.resume(other.pid(), Resume::ToSyscall, 0)?,
        }
    }
}
