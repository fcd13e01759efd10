//! The processes of one check: the program, its threads, and whatever they start, all traced.
//!
//! All calls come from the thread that made the family: `ptrace` obeys no other.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use common::{Context, Failure, Result};
use nix::fcntl::OFlag;
use nix::sys::{prctl, ptrace};
use nix::unistd::{Pid, pipe2};

use super::members::Members;
use super::output::Source;
use super::start::{Confinement, launcher};
use super::sys::Change;
use super::watcher::Watcher;
use super::{Breach, Ending, Limits, Output, Room, Start, Stdout, sys};

/// What a member of the family did last. Except after the last two it is stopped: it goes on when
/// [`Family::resume`] says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Is at the entry or the exit of a system call: `observe::Call` tells.
    Call(Pid),
    /// Is about to get a signal: resume it with the signal, or with 0 and it never was.
    Signal(Pid, i32),
    /// Has become another program.
    Executed(Pid),
    /// Is new, a process or a thread, and has not executed an instruction yet.
    Born(Pid),
    /// Is about to end, its memory and descriptors still there.
    Ending(Pid),
    /// Has ended, and was reaped.
    Ended(Pid, Ending),
}

impl Stop {
    /// Whose stop it is.
    #[must_use]
    pub fn pid(self) -> Pid {
        match self {
            Self::Call(pid) | Self::Signal(pid, _) | Self::Executed(pid) => pid,
            Self::Born(pid) | Self::Ending(pid) | Self::Ended(pid, _) => pid,
        }
    }
}

/// How a stopped member goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// To its next signal or event.
    Freely,
    /// To its next system call's entry or exit.
    ToCall,
    /// For one instruction.
    Step,
}

/// One check's processes. Dropped, all of them are killed and reaped.
pub struct Family<'a> {
    room: &'a Room,
    limits: Limits,
    traced: bool,
    watcher: Watcher,
    /// How each of them went on last.
    ways: BTreeMap<Pid, How>,
    /// Changes that came while another was waited for.
    pending: VecDeque<Change>,
    /// Of each process that was started here: processor time and peak memory, once it has ended.
    used: BTreeMap<Pid, Change>,
    /// Without ptrace: where each tells how its program ended.
    told: BTreeMap<Pid, UnixStream>,
}

impl<'a> Family<'a> {
    /// A family without members, whose clock starts now.
    ///
    /// # Errors
    /// Those of making a thread.
    pub fn new(room: &'a Room, limits: Limits, traced: bool) -> Result<Self> {
        prctl::set_child_subreaper(true).step("prctl PR_SET_CHILD_SUBREAPER")?;
        let watcher = Watcher::start(Members::new(room, limits))?;
        let (ways, pending, used) = (BTreeMap::new(), VecDeque::new(), BTreeMap::new());
        Ok(Self { room, limits, traced, watcher, ways, pending, used, told: BTreeMap::new() })
    }

    /// Starts a program, confined to the room. It is stopped before its first instruction.
    ///
    /// # Errors
    /// The program cannot be executed, or not be confined: the failure says why.
    pub fn start(&mut self, start: &Start) -> Result<Pid> {
        let confinement = Confinement {
            memory: self.limits.memory,
            processor_seconds: self.limits.processor.as_secs().max(1),
            address_space: start.address_space,
            traced: self.traced,
        };
        let as_json = serde_json::to_string(&confinement).step("write JSON")?;
        let (errors, to_errors) = pipe2(OFlag::O_CLOEXEC).step("pipe")?;
        let (mut ours, theirs) = UnixStream::pair().step("socketpair")?;
        let mut command = Command::new(launcher()?);
        command.args(["confined", &as_json]).arg(&start.program).args(&start.arguments);
        command.env_clear().current_dir(self.room.path());
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stderr(Stdio::from(to_errors));
        let mut sources = Vec::new();
        match &start.stdout {
            Stdout::Kept => {
                let (output, to_output) = pipe2(OFlag::O_CLOEXEC).step("pipe")?;
                command.stdout(Stdio::from(to_output));
                sources.push(Source::new(output, self.limits.output).step("fcntl")?);
            }
            Stdout::File(file) => {
                command.stdout(Stdio::from(file.try_clone().step("dup")?));
                let (nothing, _) = pipe2(OFlag::O_CLOEXEC).step("pipe")?;
                sources.push(Source::new(nothing, 0).step("fcntl")?);
            }
        }
        sources.push(Source::new(errors, self.limits.output).step("fcntl")?);
        let child = command.spawn().step("start the confined process")?;
        drop(command); // And with it our copies of the pipes' writing ends.
        let pid = Pid::from_raw(child.id().cast_signed());
        {
            let mut members = self.watcher.members();
            members.add(pid);
            members.sources.extend(sources.into_iter().map(|source| (pid, source)));
        }
        self.watcher.ring();
        if self.traced {
            sys::seize(pid, OPTIONS).step("ptrace PTRACE_SEIZE")?;
        }
        ours.write_all(b"g").step("start the confined process")?; // Go: it is traced now.
        if self.traced {
            self.until_executed(pid, start)?;
        } else {
            self.told.insert(pid, ours);
        }
        Ok(pid)
    }

    /// The next stop of any member, or `None` once there is none left.
    ///
    /// # Errors
    /// Those of `ptrace`, other than that the member was killed meanwhile.
    pub fn wait(&mut self) -> Result<Option<Stop>> {
        loop {
            let change = match self.pending.pop_front() {
                Some(change) => change,
                None => match sys::wait() {
                    Err(error) if error.raw_os_error() == Some(libc::ECHILD) => return Ok(None),
                    change => change.step("wait4")?,
                },
            };
            if let Some(stop) = self.stop(change)? {
                return Ok(Some(stop));
            }
        }
    }

    /// The next stop if there is one already, without waiting.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_now(&mut self) -> Result<Option<Stop>> {
        loop {
            let change = match self.pending.pop_front() {
                Some(change) => Some(change),
                None => sys::wait_now().or_else(none_left).step("wait4")?,
            };
            let Some(change) = change else { return Ok(None) };
            if let Some(stop) = self.stop(change)? {
                return Ok(Some(stop));
            }
        }
    }

    /// Lets a stopped member go on, and gives it a signal, or none by 0.
    ///
    /// # Errors
    /// Those of `ptrace`, other than that the member was killed meanwhile.
    pub fn resume(&mut self, pid: Pid, how: How, signal: i32) -> Result<()> {
        self.ways.insert(pid, how);
        let request = match how {
            How::Freely => libc::PTRACE_CONT,
            How::ToCall => libc::PTRACE_SYSCALL,
            How::Step => libc::PTRACE_SINGLESTEP,
        };
        match sys::resume(request, pid, signal) {
            Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Err(error).step("ptrace"),
            _ => Ok(()), // Killed meanwhile: its end is the next that is told.
        }
    }

    /// Kills one process by SIGKILL and reaps it, before anything else is told of.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn kill(&mut self, pid: Pid) -> Result<()> {
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::SIGKILL); // It is ours until reaped.
        let mut later = VecDeque::new();
        while self.watcher.members().living.contains_key(&pid) {
            let change = match self.pending.pop_front() {
                Some(change) => change,
                None => sys::wait().step("wait4")?,
            };
            if change.pid != pid {
                later.push_back(change);
            } else if let Some(Stop::Ending(_)) = self.stop(change)? {
                self.resume(pid, How::Freely, 0)?;
            }
        }
        self.pending = later;
        Ok(())
    }

    /// Whether all calls are seen; if not, `wait` tells of nothing but ends.
    #[must_use]
    pub fn is_traced(&self) -> bool {
        self.traced
    }

    /// The limit that was broken, if all were killed for it.
    #[must_use]
    pub fn breach(&self) -> Option<Breach> {
        self.watcher.members().breach
    }

    /// Whether so much processor time is what the kernel kills for.
    #[must_use]
    pub fn out_of_time(&self, processor: std::time::Duration) -> Option<Breach> {
        let limit = self.limits.processor;
        (processor >= limit).then_some(Breach::Processor(limit))
    }

    /// What a process that was started here wrote so far: standard output and standard error.
    #[must_use]
    pub fn outputs(&self, pid: Pid) -> (Output, Output) {
        let mut members = self.watcher.members();
        members.pump();
        let mut outputs = members.sources.iter().filter(|(of, _)| *of == pid);
        let mut next = || outputs.next().map(|(_, source)| source.output().clone());
        (next().unwrap_or_default(), next().unwrap_or_default())
    }

    /// What a process used, once it has ended: processor time and the most memory.
    #[must_use]
    pub fn used(&self, pid: Pid) -> Option<Change> {
        self.used.get(&pid).copied()
    }

    /// Waits for the `exec` that makes a confined process the stranger's.
    fn until_executed(&mut self, pid: Pid, start: &Start) -> Result<()> {
        let mut later = VecDeque::new();
        let ended = loop {
            let change = sys::wait().step("wait4")?;
            if change.pid != pid {
                later.push_back(change);
                continue;
            }
            match self.stop(change)? {
                Some(Stop::Executed(_)) => break None,
                Some(Stop::Ended(_, ending)) => break Some(ending),
                Some(Stop::Signal(_, signal)) => self.resume(pid, How::Freely, signal)?,
                Some(_) => self.resume(pid, How::Freely, 0)?,
                None => {}
            }
        };
        self.pending.extend(later);
        let Some(ending) = ended else { return Ok(()) };
        let why = self.outputs(pid).1.text();
        let why = why.trim().trim_start_matches("error: ").to_owned();
        let why = if why.is_empty() { ending.to_string() } else { why };
        Err(Failure::refusal("execute", &start.program, why))
    }

    /// What a change means; `None` for what concerns nobody but us.
    fn stop(&mut self, change: Change) -> Result<Option<Stop>> {
        let Change { pid, status, .. } = change;
        if !libc::WIFSTOPPED(status) {
            return Ok(self.ended(change));
        }
        let (signal, event) = (libc::WSTOPSIG(status), status >> 16);
        let known = self.watcher.members().living.contains_key(&pid);
        Ok(Some(match event {
            0 if signal == libc::SIGTRAP | 0x80 => Stop::Call(pid),
            0 => Stop::Signal(pid, signal),
            libc::PTRACE_EVENT_EXEC => {
                // A thread that executes takes its process's number.
                let former = ptrace::getevent(pid).ok().and_then(|tid| i32::try_from(tid).ok());
                if let Some(former) = former.filter(|former| *former != pid.as_raw()) {
                    self.watcher.members().living.remove(&Pid::from_raw(former));
                }
                Stop::Executed(pid)
            }
            libc::PTRACE_EVENT_EXIT => Stop::Ending(pid),
            libc::PTRACE_EVENT_STOP if signal == libc::SIGTRAP && !known => {
                self.watcher.members().add(pid);
                Stop::Born(pid)
            }
            libc::PTRACE_EVENT_STOP if signal != libc::SIGTRAP => {
                self.watcher.members().break_off(Breach::Stopped);
                return Ok(None);
            }
            _ => {
                // It has made another process, which tells of itself.
                let how = self.ways.get(&pid).copied().unwrap_or(How::Freely);
                self.resume(pid, how, 0)?;
                return Ok(None);
            }
        }))
    }

    fn ended(&mut self, change: Change) -> Option<Stop> {
        let Change { pid, status, .. } = change;
        self.ways.remove(&pid);
        let mut members = self.watcher.members();
        let was = members.living.remove(&pid)?; // A stranger's orphan that nobody traced.
        if was.is_some() {
            members.processor_before += change.processor;
        }
        drop(members);
        self.used.insert(pid, change);
        let told = self.told.remove(&pid).and_then(|mut stream| {
            let mut bytes = [0; 4];
            stream.read_exact(&mut bytes).ok().map(|()| i32::from_ne_bytes(bytes))
        });
        let status = told.unwrap_or(status);
        Some(Stop::Ended(
            pid,
            match libc::WIFEXITED(status) {
                true => Ending::Exited(libc::WEXITSTATUS(status)),
                false => Ending::Killed(libc::WTERMSIG(status)),
            },
        ))
    }
}

impl Drop for Family<'_> {
    fn drop(&mut self) {
        self.watcher.members().kill();
        // Whatever shows up now, known or not, is killed until nothing is left.
        while let Ok(change) = sys::wait() {
            if libc::WIFSTOPPED(change.status) {
                let _ = nix::sys::signal::kill(change.pid, nix::sys::signal::SIGKILL);
                let _ = sys::resume(libc::PTRACE_CONT, change.pid, 0);
            }
        }
    }
}

const OPTIONS: i32 = libc::PTRACE_O_EXITKILL
    | libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACEEXIT;

fn none_left(error: std::io::Error) -> std::io::Result<Option<Change>> {
    if error.raw_os_error() == Some(libc::ECHILD) { Ok(None) } else { Err(error) }
}
