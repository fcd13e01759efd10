//! One run: programs that are launched in one work directory, with whatever they start.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::{Context, Result};
use nix::fcntl::OFlag;
use nix::unistd::{Gid, Pid, Uid, fchown, geteuid, pipe2};
use tracer::{
    Change, Ending, LimitExceeded, Limits, MECHANISM, ProcessTree, REFUSED, Resume, Stop, children,
};

use crate::disk::DiskLimit;
use crate::isolation::Isolation;
use crate::launcher::launcher;
use crate::output::Source;
use crate::protocol::{Message, go, receive};
use crate::start::Confinement;
use crate::start_error::{StartError, not_followed};
use crate::watcher::Watcher;
use crate::work_directory::ORDINARY;
use crate::{Output, Start, Stdout, WorkDirectory};

/// How long the launcher process may take to say that it runs.
const LAUNCH: Duration = Duration::from_secs(10);

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

    /// Whether so much CPU time is what the kernel kills for.
    #[must_use]
    pub fn out_of_time(&self, processor: Duration) -> Option<LimitExceeded> {
        let limit = self.limits.processor;
        (processor >= limit).then_some(LimitExceeded::Processor(limit))
    }

    /// What a process that was started here wrote so far: standard output and standard error.
    #[must_use]
    pub fn outputs(&self, pid: Pid) -> (Output, Output) {
        self.watcher.outputs(pid)
    }

    /// What a process used, once it has ended: CPU time and the most memory.
    #[must_use]
    pub fn used(&self, pid: Pid) -> Option<Change> {
        self.tree.used(pid)
    }

    /// Starts a program, confined to the work directory. It is stopped before its first instruction.
    ///
    /// # Errors
    /// The program cannot be executed, or not be confined: the failure says why.
    pub fn start(&mut self, start: &Start) -> Result<Pid> {
        if let Some(error) = not_followed(&start.program) {
            return Err(io::Error::from(error)).step_on("execute", &start.program);
        }
        let confinement = Confinement {
            memory: self.limits.memory,
            processor_seconds: self.limits.processor.as_secs().max(1),
            address_space: start.address_space,
            traced: self.is_traced(),
            copies: start.copies,
            compiler: start.compiler.clone(),
            isolation: Isolation::of_this_machine()?,
            namespaces: self.work_directory.namespaces()?,
        };
        let as_json = serde_json::to_string(&confinement).step("write JSON")?;
        let (errors, to_errors) = output_pipe().step("pipe")?;
        let (ours, theirs) = UnixStream::pair().step("socketpair")?;
        self.work_directory.open_up()?; // A process of before may have closed it.
        let mut command = Command::new(launcher());
        command.args(["confined", &as_json]).arg(&start.program).args(&start.arguments);
        command.env_clear().current_dir(self.work_directory.path());
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stderr(Stdio::from(to_errors));
        let output = self.send_output(start, &mut command)?;
        let errors = Source::new(errors, self.limits.output).step("fcntl")?;
        let child = command.spawn().step("start the confined process")?;
        drop(command); // And with it our copies of the pipes' writing ends.
        let pid = Pid::from_raw(child.id().cast_signed());
        self.tree.add(pid);
        self.watcher.add(pid, [output, errors]);
        ours.set_read_timeout(Some(LAUNCH)).step("setsockopt")?;
        if let Err(error) = self.launch(pid, start, ours) {
            self.in_time()?;
            return Err(error).step_on("execute", &start.program);
        }
        if self.is_traced() {
            self.work_directory.keep_namespaces(pid)?;
        }
        Ok(pid)
    }

    /// Fails if all processes were killed for a limit: then this is why the launcher ended.
    fn in_time(&self) -> Result<()> {
        match self.limit_exceeded()? {
            Some(limit @ LimitExceeded::Wall(_)) => {
                let why = format!("the process that starts it {limit}; this machine is too busy");
                Err(io::Error::from(StartError::CannotPrepare(why))).step("start the program")
            }
            _ => Ok(()),
        }
    }

    /// Leads the launcher process to the `exec` that makes it the program.
    fn launch(&mut self, pid: Pid, start: &Start, mut launcher: UnixStream) -> io::Result<()> {
        // Only now: the `exec` that made it the launcher is over, and cannot be taken for the program's.
        expect(&mut launcher, &Message::Runs)?;
        if self.is_traced() {
            self.tree.seize(pid).map_err(not_traced)?;
            go(&mut launcher)?;
            return self.until_executed(pid, start, &mut launcher);
        }
        go(&mut launcher)?;
        expect(&mut launcher, &Message::InNamespace)?;
        self.hold_namespace(pid)?;
        self.work_directory.keep_namespaces(pid).map_err(|failure| {
            StartError::CannotPrepare(format!("keep its namespaces: {failure}"))
        })?;
        go(&mut launcher)?;
        match last_words(&mut launcher, start)? {
            Some(Message::Executed) => self.tree.learn_exit_status_from(pid, launcher),
            _ => return Err(ended("it").into()),
        }
        Ok(())
    }

    /// Where its standard output goes, and where the judge reads it.
    fn send_output(&self, start: &Start, command: &mut Command) -> Result<Source> {
        match &start.stdout {
            Stdout::Kept => {
                let (output, to_output) = output_pipe().step("pipe")?;
                command.stdout(Stdio::from(to_output));
                Source::new(output, self.limits.output).step("fcntl")
            }
            Stdout::File(file) => {
                command.stdout(Stdio::from(file.try_clone().step("dup")?));
                let (nothing, _) = pipe2(OFlag::O_CLOEXEC).step("pipe")?;
                Source::new(nothing, 0).step("fcntl")
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
        Err(match (last_words(launcher, start)?, self.tree.limit_exceeded()?, ending) {
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
fn last_words(launcher: &mut UnixStream, start: &Start) -> io::Result<Option<Message>> {
    let mut last = None;
    while let Some(message) = receive(launcher).map_err(unheard)? {
        match (message, &last) {
            (Message::Failed { errno: Some(errno), .. }, Some(Message::Executes)) => {
                return Err(StartError::of_exec(&start.program, errno).into());
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
