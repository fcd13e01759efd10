//! What a change of state means for the family.

use std::io::Read;

use common::Result;
use nix::sys::ptrace;
use nix::unistd::Pid;

use super::sys::Change;
use super::{Breach, Ending, Family, How, Stop};

impl Family<'_> {
    /// What a change means; `None` for what concerns nobody but us.
    pub(super) fn stop(&mut self, change: Change) -> Result<Option<Stop>> {
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
