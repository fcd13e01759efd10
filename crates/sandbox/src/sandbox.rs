//! One run: programs that are launched in one work directory, with whatever they start.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::{Context, Result};
use nix::fcntl::OFlag;
use nix::unistd::{Gid, Pid, Uid, fchown, geteuid, pipe2};
use tracer::{
    Ending, FILTER_REPORTS_CALLS, LimitExceeded, Limits, MECHANISM, ProcessTree, REFUSED, Resume,
    StateChange, Stop, children,
};

use crate::disk::DiskLimit;
use crate::isolation::Isolation;
use crate::output::Source;
use crate::own_binary::{LAUNCH, own_binary};
use crate::protocol::{Message, go, receive};
use crate::start::Confinement;
use crate::start_error::{StartError, not_followed};
use crate::watcher::Watcher;
use crate::work_directory::ORDINARY;
use crate::{Output, Start, Stdout, WorkDirectory, zygote};

/// The processes of one run, confined to a work directory. Dropped, all of them are killed and reaped.
pub struct Sandbox<'a> {
    work_directory: &'a WorkDirectory,
    limits: Limits,
    // Before the watcher: while the processes end, their pipes are still emptied.
    tree: ProcessTree,
    watcher: Watcher,
    disk: Arc<DiskLimit>,
    // Last: when nobody is left who could close it again.
    _opened: OpenedUp<'a>,
}

/// Dropped, it opens up what the processes may have closed.
struct OpenedUp<'a>(&'a WorkDirectory);

impl Drop for OpenedUp<'_> {
    fn drop(&mut self) {
        let _ = self.0.open_up(); // Whoever uses it next tries again, and says why it fails.
    }
}

impl<'a> Sandbox<'a> {
    /// A sandbox without processes, whose clock starts now.
    ///
    /// # Errors
    /// Those of making a thread and a timer.
    pub fn new(work_directory: &'a WorkDirectory, limits: Limits, traced: bool) -> Result<Self> {
        let tree = ProcessTree::new(limits, traced)?;
        work_directory.open_up()?;
        let disk = Arc::new(DiskLimit::new(work_directory.path(), limits.disk)?);
        let watcher = Watcher::start(tree.table(), Arc::clone(&disk))?;
        let _opened = OpenedUp(work_directory);
        Ok(Self { work_directory, limits, tree, watcher, disk, _opened })
    }

    /// Its processes.
    pub fn tree(&mut self) -> &mut ProcessTree {
        &mut self.tree
    }

    /// The next stop of any process, or `None` once none is left.
    ///
    /// # Errors
    /// As [`ProcessTree::wait`].
    pub fn wait(&mut self) -> Result<Option<Stop>> {
        self.tree.wait().step(MECHANISM)
    }

    /// Looks at the disk now: a call has allocated more of it at once than the next look may see.
    ///
    /// # Errors
    /// The look was refused.
    pub fn look_at_disk(&self) -> io::Result<()> {
        self.disk.enforce(&self.tree.table())
    }

    /// Lets a stopped process go on, and gives it a signal, or none by 0.
    ///
    /// # Errors
    /// As [`ProcessTree::resume`].
    pub fn resume(&mut self, pid: Pid, how: Resume, signal: i32) -> Result<()> {
        self.tree.resume(pid, how, signal).step(MECHANISM)
    }

    /// Whether all calls are seen; if not, `wait` tells of nothing but ends.
    #[must_use]
    pub fn is_traced(&self) -> bool {
        self.tree.is_traced()
    }

    /// The limit for which all were killed.
    ///
    /// # Errors
    /// As [`ProcessTree::limit_exceeded`].
    pub fn limit_exceeded(&self) -> Result<Option<LimitExceeded>> {
        self.tree.limit_exceeded().step("look at what the processes use")
    }

    /// Whether so much CPU time is above the limit.
    #[must_use]
    pub fn out_of_time(&self, cpu_time: Duration) -> Option<LimitExceeded> {
        let limit = self.limits.cpu_time;
        (cpu_time >= limit).then_some(LimitExceeded::CpuTime(limit))
    }

    /// What a process that was started here wrote so far: standard output and standard error.
    #[must_use]
    pub fn outputs(&self, pid: Pid) -> (Output, Output) {
        self.watcher.outputs(pid)
    }

    /// What a process used, once it has ended: CPU time and the most memory.
    #[must_use]
    pub fn used(&self, pid: Pid) -> Option<StateChange> {
        self.tree.used(pid)
    }

    /// Starts a program, confined to the work directory. If it is traced, it is stopped before its first
    /// instruction. If not, it runs already.
    ///
    /// # Errors
    /// The program cannot be executed, or not be confined: the failure says why.
    pub fn start(&mut self, start: &Start) -> Result<Pid> {
        let (pid, ours) = self.spawn(start, false)?;
        if let Err(error) = self.launch(pid, start, ours) {
            self.in_time()?;
            return Err(error).step_on("execute", &start.program);
        }
        if self.is_traced() {
            self.work_directory.keep_namespaces(pid)?;
        }
        Ok(pid)
    }

    /// Prepares processes that start one at a time: the first one, and those [beside](Start::beside) it. It starts no
    /// process yet. This sandbox must not be traced.
    ///
    /// # Errors
    /// The processes cannot be confined: the failure says why.
    pub fn in_turn(&mut self, start: &Start) -> Result<InTurn> {
        let (first, mut channel) = self.spawn(start, true)?;
        if let Err(error) = self.enter_namespace(first, &mut channel) {
            self.in_time()?;
            return Err(error).step_on("execute", &start.program);
        }
        let (program, left) = (start.program.clone(), start.processes());
        Ok(InTurn { first, channel: Some(channel), program, left })
    }

    /// Starts the next of these processes. If it is `traced`, it is stopped before its first instruction, and the
    /// processes that it starts are traced, too. The tree returns the end of each traced process, and the end of
    /// [`InTurn::first`] when all processes have ended.
    ///
    /// # Errors
    /// The program cannot be executed or traced, or no process is left to start.
    pub fn start_next(&mut self, processes: &mut InTurn, traced: bool) -> Result<Pid> {
        let started = self.next_of(processes, traced);
        if started.is_err() {
            self.in_time()?;
        }
        started.step_on("execute", &processes.program)
    }

    fn next_of(&mut self, processes: &mut InTurn, traced: bool) -> io::Result<Pid> {
        let Some(channel) = &mut processes.channel else {
            return Err(ended("the last of the processes").into());
        };
        expect(channel, &Message::Runs)?;
        let pid = newest_in_namespace(processes.first)?;
        if traced {
            self.tree.add(pid);
            self.tree.seize(pid).map_err(not_traced)?;
        }
        go(channel)?;
        if traced {
            self.until_program(pid)?;
        }
        processes.left -= 1;
        if processes.left == 0
            && let Some(mut channel) = processes.channel.take()
        {
            match last_words(&mut channel, &processes.program)? {
                Some(Message::Executed) => {
                    self.tree.learn_exit_status_from(processes.first, channel);
                }
                _ => return Err(ended("it").into()),
            }
        }
        Ok(pid)
    }

    /// Waits for the `exec` that makes a traced process in a namespace the program.
    fn until_program(&mut self, pid: Pid) -> io::Result<()> {
        loop {
            match self.tree.wait_for(pid)? {
                Some(Stop::Executed { .. }) => return Ok(()),
                Some(Stop::Exited(..)) | None => return Err(ended("its process").into()),
                Some(Stop::Signal(_, signal)) => self.tree.resume(pid, Resume::Freely, signal)?,
                Some(_) => self.tree.resume(pid, Resume::Freely, 0)?,
            }
        }
    }

    /// Starts the launcher process of a program. It waits to be told to go on.
    fn spawn(&mut self, start: &Start, in_turn: bool) -> Result<(Pid, UnixStream)> {
        if let Some(error) = not_followed(&start.program) {
            return Err(io::Error::from(error)).step_on("execute", &start.program);
        }
        let confinement = Confinement {
            memory: self.limits.memory,
            cpu_seconds: self.limits.cpu_time.as_secs().max(1),
            address_space: start.address_space,
            traced: self.is_traced(),
            reports_calls: FILTER_REPORTS_CALLS
                && self.is_traced()
                && !start.is_without_syscall_tracing(),
            counts: std::iter::once(&start.arguments).chain(&start.beside).map(Vec::len).collect(),
            in_turn,
            compiler: start.compiler.clone(),
            isolation: Isolation::of_this_machine()?,
            namespaces: self.work_directory.namespaces()?,
        };
        let as_json = serde_json::to_string(&confinement).step("write JSON")?;
        let (errors, to_errors) = output_pipe().step("pipe")?;
        let (ours, theirs) = UnixStream::pair().step("socketpair")?;
        self.work_directory.open_up()?; // A process of before may have closed it.
        let (output, to_output) = self.output_of(start)?;
        let errors = Source::new(errors, self.limits.output).step("fcntl")?;
        let pid = self.launcher_process(&as_json, start, [theirs.into(), to_output, to_errors])?;
        self.tree.add(pid);
        self.watcher.add(pid, [output, errors]);
        ours.set_read_timeout(Some(LAUNCH)).step("setsockopt")?;
        Ok((pid, ours))
    }

    /// Fails if all processes were killed for a limit: then this is why the launcher ended.
    fn in_time(&self) -> Result<()> {
        match self.limit_exceeded()? {
            Some(limit @ LimitExceeded::Wall(_)) => {
                let why = format!(
                    "the process that starts it {limit}; this machine is too busy: try again while it is less busy"
                );
                Err(io::Error::from(StartError::CannotPrepare(why))).step("start the program")
            }
            _ => Ok(()),
        }
    }

    /// Leads the launcher process to the `exec` that makes it the program.
    fn launch(&mut self, pid: Pid, start: &Start, mut launcher: UnixStream) -> io::Result<()> {
        if !self.is_traced() {
            self.enter_namespace(pid, &mut launcher)?;
            match last_words(&mut launcher, &start.program)? {
                Some(Message::Executed) => self.tree.learn_exit_status_from(pid, launcher),
                _ => return Err(ended("it").into()),
            }
            return Ok(());
        }
        // Only now: the `exec` that made it the launcher is over, and cannot be taken for the program's.
        expect(&mut launcher, &Message::Runs)?;
        self.tree.seize(pid).map_err(not_traced)?;
        go(&mut launcher)?;
        self.until_executed(pid, start, &mut launcher)
    }

    /// Leads the launcher process into a PID namespace of its own.
    fn enter_namespace(&mut self, pid: Pid, launcher: &mut UnixStream) -> io::Result<()> {
        expect(launcher, &Message::Runs)?;
        go(launcher)?;
        expect(launcher, &Message::InNamespace)?;
        self.hold_namespace(pid)?;
        self.work_directory.keep_namespaces(pid).map_err(|failure| {
            StartError::CannotPrepare(format!("keep its namespaces: {failure}"))
        })?;
        go(launcher)
    }

    /// A launcher process, with these standard descriptors. An untraced process must be a child of this thread, which
    /// waits for it. The zygote can fork a traced one.
    fn launcher_process(
        &self,
        confinement: &str,
        start: &Start,
        descriptors: [OwnedFd; 3],
    ) -> Result<Pid> {
        let Start { program, arguments, .. } = start;
        let directory = self.work_directory.path();
        if self.is_traced() && zygote::serves_this_thread().step("look at this thread")? {
            let descriptors = descriptors.each_ref().map(AsFd::as_fd);
            let request =
                zygote::Request { confinement, directory, program, arguments, descriptors };
            return zygote::fork(&request);
        }
        let [channel, output, errors] = descriptors.map(Stdio::from);
        let mut command = Command::new(own_binary());
        command.args(["confined", confinement]).arg(program).args(arguments);
        command.args(start.beside.iter().flatten());
        command.env_clear().current_dir(directory);
        command.stdin(channel).stdout(output).stderr(errors);
        let child = command.spawn().step("start the confined process")?;
        Ok(Pid::from_raw(child.id().cast_signed()))
    }

    /// Where the judge reads the program's standard output, and where the program writes it.
    fn output_of(&self, start: &Start) -> Result<(Source, OwnedFd)> {
        match &start.stdout {
            Stdout::Kept => {
                let (output, to_output) = output_pipe().step("pipe")?;
                Ok((Source::new(output, self.limits.output).step("fcntl")?, to_output))
            }
            Stdout::File(file) => {
                let (nothing, _) = pipe2(OFlag::O_CLOEXEC).step("pipe")?;
                let to_output = file.try_clone().step("dup")?.into();
                Ok((Source::new(nothing, 0).step("fcntl")?, to_output))
            }
        }
    }

    /// Takes hold of the first process of the new namespace in place of the one that waits for it.
    fn hold_namespace(&self, pid: Pid) -> io::Result<()> {
        let table = self.tree.table();
        let mut table = table.lock(); // Nobody is killed before this is done.
        let first = children(pid, pid)?.pop();
        match first.is_some_and(|first| table.hold_namespace(pid, first)) {
            true => Ok(()),
            false => Err(ended("the first process of its PID namespace").into()),
        }
    }

    /// Waits for the `exec` that makes a confined process the program.
    fn until_executed(
        &mut self,
        pid: Pid,
        start: &Start,
        launcher: &mut UnixStream,
    ) -> io::Result<()> {
        let ending = loop {
            match self.tree.wait_for(pid)? {
                Some(Stop::Executed { .. }) => return Ok(()),
                Some(Stop::Exited(_, ending)) => break ending,
                Some(Stop::Signal(_, signal)) => self.tree.resume(pid, Resume::Freely, signal)?,
                Some(_) => self.tree.resume(pid, Resume::Freely, 0)?,
                None => return Err(ended("its process").into()),
            }
        };
        Err(match (last_words(launcher, &start.program)?, self.tree.limit_exceeded()?, ending) {
            (_, Some(limit), _) => {
                StartError::CannotPrepare(format!("before its start it {limit}"))
            }
            (Some(Message::Executes), None, Ending::Killed(signal)) if signal != libc::SIGKILL => {
                let why = format!("it {ending} while the kernel loaded it: the file is damaged");
                StartError::NotExecutable(why)
            }
            (_, None, ending) => StartError::CannotPrepare(format!("before its start it {ending}")),
        }
        .into())
    }
}

/// Processes of one PID namespace that start one at a time.
pub struct InTurn {
    first: Pid,
    /// The channel to their launcher; none once the last of them has started.
    channel: Option<UnixStream>,
    program: PathBuf,
    left: usize,
}

impl InTurn {
    /// The process that ends when all of them have ended. What they write is [its](Sandbox::outputs) output.
    #[must_use]
    pub fn first(&self) -> Pid {
        self.first
    }
}

/// The last process that was made in the PID namespace below `launcher`: the namespace's first process has a child,
/// which makes the others.
fn newest_in_namespace(launcher: Pid) -> io::Result<Pid> {
    let mut process = launcher;
    for _ in 0..2 {
        let children = children(process, process)?;
        process = *children.first().ok_or_else(|| ended("a process of its PID namespace"))?;
    }
    let newest = children(process, process)?.pop();
    newest.ok_or_else(|| ended("its process").into())
}

/// A pipe for what the program prints: its reading and its writing end. It belongs to the program's user, so that the
/// program can open `/dev/stdout` by its name, as anywhere else.
fn output_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (output, to_output) = pipe2(OFlag::O_CLOEXEC)?;
    if geteuid().is_root() {
        fchown(&to_output, Some(Uid::from_raw(ORDINARY)), Some(Gid::from_raw(ORDINARY)))?;
    }
    Ok((output, to_output))
}

/// Waits for this message of the launcher.
fn expect(launcher: &mut UnixStream, message: &Message) -> io::Result<()> {
    match receive(launcher).map_err(unheard)? {
        Some(found) if found == *message => Ok(()),
        Some(Message::Failed { said, .. }) => Err(StartError::CannotPrepare(said).into()),
        _ => Err(ended("the launcher").into()),
    }
}

/// The last message of the launcher, which says how far it came: the channel is closed after it, or
/// the namespace's first process goes on. A failed step is an error.
fn last_words(launcher: &mut UnixStream, program: &Path) -> io::Result<Option<Message>> {
    let mut last = None;
    while let Some(message) = receive(launcher).map_err(unheard)? {
        match (message, &last) {
            (Message::Failed { errno: Some(errno), .. }, Some(Message::Executes)) => {
                return Err(StartError::of_exec(program, errno).into());
            }
            (Message::Failed { said, .. }, _) => {
                return Err(StartError::CannotPrepare(said).into());
            }
            (Message::Executed, _) => return Ok(Some(Message::Executed)),
            (message, _) => last = Some(message),
        }
    }
    Ok(last)
}

fn not_traced(error: io::Error) -> StartError {
    match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES | libc::ENOSYS) => {
            StartError::CannotTrace(format!("{REFUSED}: {error}"))
        }
        _ => StartError::CannotPrepare(format!("PTRACE_SEIZE: {error}")),
    }
}

fn unheard(error: io::Error) -> StartError {
    StartError::CannotPrepare(format!("the launcher process is not heard: {error}"))
}

fn ended(who: &str) -> StartError {
    StartError::CannotPrepare(format!(
        "{who} ended before it became the program, so nothing is known about the program"
    ))
}
