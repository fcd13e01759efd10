//! How a family gets a member: a process that is traced before it becomes the stranger.

use std::collections::VecDeque;
use std::fs;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use common::{Context, Failure, Result};
use nix::fcntl::OFlag;
use nix::unistd::{Pid, pipe2};

use super::output::Source;
use super::start::{Confinement, launcher};
use super::{Family, How, Start, Stdout, Stop, sys};

const OPTIONS: i32 = libc::PTRACE_O_EXITKILL
    | libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACEEXIT;

impl Family<'_> {
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
            compiler: start.compiler.clone(),
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
        } else if self.is_held(pid, &mut ours) {
            ours.write_all(b"g").step("start the confined process")?;
            self.told.insert(pid, ours);
        }
        Ok(pid)
    }

    /// Waits for the first process of the new namespace, and takes hold of it in place of the one that
    /// waits for it. If not, one of them has ended: its end says why, and no stranger runs.
    fn is_held(&self, pid: Pid, judge: &mut UnixStream) -> bool {
        if judge.read_exact(&mut [0]).is_err() {
            return false;
        }
        let mut members = self.watcher.members(); // Nobody is killed before this is done.
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let first = children.ok().and_then(|children| children.trim().parse().ok());
        let held = first.and_then(|first| sys::pidfd(Pid::from_raw(first)).ok());
        match held {
            Some(first) if members.breach.is_none() => {
                members.living.insert(pid, Some(first));
                true
            }
            _ => false,
        }
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
}
