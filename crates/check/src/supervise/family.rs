//! The processes of one check: the program, its threads, and whatever they start, all traced.
//!
//! All calls come from the thread that made the family: `ptrace` obeys no other.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::os::unix::net::UnixStream;

use common::{Context, Result};
use nix::sys::prctl;
use nix::sys::signal::{SIGKILL, kill};
use nix::unistd::Pid;

use super::members::Members;
use super::sys::Change;
use super::watcher::Watcher;
use super::{Breach, How, Limits, Output, Room, Stop, sys};

/// One check's processes. Dropped, all of them are killed and reaped.
pub struct Family<'a> {
    pub(super) room: &'a Room,
    pub(super) limits: Limits,
    pub(super) traced: bool,
    pub(super) watcher: Watcher,
    /// How each of them went on last.
    pub(super) ways: BTreeMap<Pid, How>,
    /// Changes that came while another was waited for.
    pub(super) pending: VecDeque<Change>,
    /// Of each process that was started here: processor time and peak memory, once it has ended.
    pub(super) used: BTreeMap<Pid, Change>,
    /// Without ptrace: where each tells how its program ended.
    pub(super) told: BTreeMap<Pid, UnixStream>,
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

    /// The next stop of any member, or `None` once there is none left.
    ///
    /// # Errors
    /// Those of `ptrace`, other than that the member was killed meanwhile.
    pub fn wait(&mut self) -> Result<Option<Stop>> {
        loop {
            let change = match self.pending.pop_front() {
                Some(change) => change,
                // Nobody is left whom we know: an orphan that nobody traced is not waited for.
                None if self.watcher.members().living.is_empty() => return self.wait_now(),
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
        let _ = kill(pid, SIGKILL); // It is ours until reaped.
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
}

impl Drop for Family<'_> {
    fn drop(&mut self) {
        self.watcher.members().kill();
        // Whatever shows up now, known or not, is killed until nothing is left.
        loop {
            if self.traced {
                kill_children(); // Who is in a namespace ends with it.
            }
            let Ok(change) = sys::wait() else { return };
            if libc::WIFSTOPPED(change.status) {
                let _ = kill(change.pid, SIGKILL); // A tracee is nobody else until it is reaped.
                let _ = sys::resume(libc::PTRACE_CONT, change.pid, 0);
            }
        }
    }
}

/// Kills this thread's children: an orphan that nobody traced has become one of them.
fn kill_children() {
    let children = fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
    for child in children.split_whitespace().filter_map(|number| number.parse().ok()) {
        let _ = kill(Pid::from_raw(child), SIGKILL); // Ended, and ours to reap: nobody else's number.
    }
}

fn none_left(error: std::io::Error) -> std::io::Result<Option<Change>> {
    if error.raw_os_error() == Some(libc::ECHILD) { Ok(None) } else { Err(error) }
}
