//! Where the judge stands: what this machine lets it see, and what it was told.

use std::io;
use std::path::{Path, PathBuf};

use common::{Context, Result, Scratch};
use explore::schedule::Schedule;
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::utsname::uname;
use procfs::process::Process;
use sandbox::{
    Isolation, Refusals, Sandbox, Start, StartError, WorkDirectory, ask_for_landlock,
    landlock_version,
};
use serde::{Deserialize, Serialize};
use tracer::{Limits, ProcFile, REFUSED, Resume, Stop};

/// What one run of the judge was told, and what it found out.
pub struct Settings {
    /// Replays this schedule instead of trying all.
    pub schedule: Option<Schedule>,
    /// From what inputs are drawn.
    pub seed: u64,
    /// What this machine can do.
    pub machine: Machine,
    /// The report becomes a page, too (`--html`). So the run that went wrong is made once more, with source lines, loads and
    /// FILE's pages.
    pub for_a_page: bool,
    /// Somebody waits at a terminal for this verdict.
    pub is_awaited: bool,
    /// In a class: the file whose locks let the checks that measure time be alone.
    pub timing: Option<PathBuf>,
}

impl Settings {
    /// No schedule, inputs that nobody knows, no terminal at which somebody waits, and no other judge at work.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        Self {
            schedule: None,
            seed: rand::random(),
            machine,
            for_a_page: false,
            is_awaited: false,
            timing: None,
        }
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
    /// What the system refuses the judge.
    #[serde(default)]
    pub refused: Refused,
    /// What a verdict here cannot be sure of, in words.
    pub weaker: Vec<String>,
}

/// What the system refuses: the step and its errno, in words. `None` for each thing that it allows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Refused {
    /// To trace a program.
    pub tracing: Option<String>,
    /// To make rules of Landlock.
    pub landlock: Option<String>,
    /// To see in which call a process sleeps.
    pub calls_of_sleepers: Option<String>,
    /// To keep things apart by namespaces.
    pub namespaces: Refusals,
}

impl Machine {
    /// Looks: the only way to know whether tracing is allowed is to try it.
    ///
    /// # Errors
    /// Those of asking the system.
    pub fn of(scratch: &Scratch) -> Result<Self> {
        has_room_for_memory()?;
        may_look_at_programs()?;
        for file in [ProcFile::SchedStat, ProcFile::Children] {
            shows(file)?;
        }
        let system = uname().step("uname")?;
        let refused = Refused {
            tracing: refusal_of_tracing(scratch)?,
            landlock: in_words(ask_for_landlock().step("landlock_create_ruleset")),
            calls_of_sleepers: in_words(shows(ProcFile::Syscall)),
            namespaces: Isolation::refusals()?,
        };
        let mut found = Self {
            kernel: system.release().to_string_lossy().into_owned(),
            architecture: std::env::consts::ARCH.into(),
            file_system: common::file_system(scratch.path())?.into(),
            page_size: common::page_size(),
            root: nix::unistd::geteuid().is_root(),
            tracing: refused.tracing.is_none(),
            landlock: landlock_version(),
            isolation: Isolation::of_this_machine()?,
            refused,
            weaker: Vec::new(),
        };
        found.weaker = found.weaknesses();
        Ok(found)
    }

    /// The same machine, as if it refused tracing.
    pub fn refuse_tracing(&mut self) {
        self.tracing = false;
        self.refused.tracing.get_or_insert(REFUSED.into());
        self.weaker = self.weaknesses();
    }

    /// A line for each thing that the system refuses, with all that follows from it, and for each other thing that
    /// makes a verdict less sure.
    fn weaknesses(&self) -> Vec<String> {
        let mut lines: Vec<(Option<&String>, String)> = Vec::new();
        let refused = self.consequences().into_iter().filter(|(holds, ..)| *holds);
        for (_, why, follows) in refused {
            match lines.iter_mut().find(|(known, _)| why.is_some() && *known == why) {
                Some((_, line)) => *line += &format!("; {follows}"),
                None => {
                    let why_in_words = why.map(|why| format!("{why}: ")).unwrap_or_default();
                    lines.push((why, why_in_words + follows));
                }
            }
        }
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// What follows from each thing that this machine may lack: whether it lacks the thing, which step was refused,
    /// and what that means for a verdict.
    fn consequences(&self) -> [(bool, Option<&String>, &'static str); 9] {
        let Refused { tracing, landlock, calls_of_sleepers, namespaces } = &self.refused;
        [
            (
                !self.tracing,
                tracing.as_ref(),
                "no call of the program was seen, and races were looked for only by starting the processes at many \
                 different moments, which can miss a race",
            ),
            (
                calls_of_sleepers.is_some(),
                calls_of_sleepers.as_ref(),
                "whether a process waits for another one is not known, so the checks of two processes at once were \
                 not made",
            ),
            (
                self.architecture != "x86_64",
                None,
                "not an x86-64 processor: races were looked for only by starting the processes at many different \
                 moments, which can miss a race",
            ),
            (
                self.landlock == 0,
                landlock.as_ref(),
                "not contained: without Landlock, the program could write wherever its user may",
            ),
            (
                (1..6).contains(&self.landlock),
                None,
                "not fully contained: this kernel's Landlock is older than Linux 6.12, and the program could signal \
                 its user's processes",
            ),
            (
                !self.isolation.kernel_objects,
                namespaces.kernel_objects.as_ref(),
                "no IPC namespace: the program may make no System V semaphores, shared memory or message queues, and \
                 no POSIX message queues",
            ),
            (
                !self.isolation.files && !self.root,
                namespaces.files.as_ref(),
                "no mount namespace, so not fully contained: the program could change modes, times and attributes of \
                 its user's files",
            ),
            (
                !self.isolation.processes,
                namespaces.processes.as_ref(),
                "no PID namespace with a /proc of its own: no run was made without a tracer, so the judge does not \
                 know whether the program behaves differently when it is not traced",
            ),
            (
                self.isolation.processes && !self.isolation.counts,
                namespaces.counts.as_ref(),
                "no user namespace: in a run without a tracer, the kernel also counts the processes of other judged \
                 programs, so it may refuse threads to a program that starts many",
            ),
        ]
    }
}

/// Why a step was refused.
fn in_words<T>(step: Result<T>) -> Option<String> {
    step.err().map(|refused| refused.to_string())
}

/// Whether `/proc` has a file by which the judge sees what a process does.
///
/// # Errors
/// `/proc` has no such file, and the judge cannot work without it.
pub fn shows(file: ProcFile) -> Result<()> {
    // This kind of failure is the machine's, not the program's.
    let read = file.read().map_err(|why| StartError::CannotPrepare(why.to_string()));
    read.step(&format!(
        "judge without {} (use a kernel that has it, built with {})",
        file.name(),
        file.option()
    ))
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
