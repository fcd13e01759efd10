//! The processes of a PID namespace, as `/proc` shows them. Where nothing is traced, no event tells of
//! births and ends: the thread that watches the limits looks again and again.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use nix::unistd::Pid;

use crate::Stat;
use crate::cpu_time::CpuTime;
use crate::look::{look, memory_of, read_text};

/// A PID namespace, by its first process. An orphan in it becomes a child of the first process.
pub(crate) struct PidNamespace {
    first: Pid,
    /// CPU time of each process that was seen, by its number and when it started.
    seen: BTreeMap<(Pid, u64), Duration>,
    /// The most that all together were seen to have used.
    pub(crate) cpu_time: CpuTime,
}

/// What the processes of a namespace use.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Processes and threads, those that nobody has waited for included.
    pub(crate) processes: usize,
    /// How many there were at least, since the namespace was made.
    pub(crate) born: usize,
    /// Private memory and shared memory without a name, in bytes.
    pub(crate) memory: u64,
}

impl PidNamespace {
    pub(crate) fn new(first: Pid) -> Self {
        Self { first, seen: BTreeMap::new(), cpu_time: CpuTime::default() }
    }

    /// Its processes, as they are now. Of more than `most` the others are left out.
    ///
    /// # Errors
    /// As [`look()`].
    pub(crate) fn processes(&self, most: usize) -> io::Result<Vec<Pid>> {
        let mut found = vec![self.first];
        let mut next = 0;
        while let Some(process) = found.get(next).copied()
            && found.len() <= most
        {
            for thread in threads(process)? {
                found.extend(children(process, thread)?);
            }
            next += 1;
        }
        Ok(found)
    }

    /// Its threads, as they are now. Those of more than `most` processes are left out.
    ///
    /// # Errors
    /// As [`look()`].
    pub(crate) fn threads(&self, most: usize) -> io::Result<Vec<Pid>> {
        let mut found = Vec::new();
        for process in self.processes(most)? {
            found.extend(threads(process)?);
        }
        Ok(found)
    }

    /// What they use. If there are more than `most`, the others do not count.
    ///
    /// # Errors
    /// As [`look()`].
    pub(crate) fn look(&mut self, most: usize) -> io::Result<Usage> {
        let mut usage = Usage::default();
        let mut with_children = CpuTime::default();
        for process in self.processes(most)? {
            let Some(stat) = Stat::of(process)? else { continue };
            usage.processes += stat.threads.max(1);
            usage.born = usage.born.max(number_inside(process)?);
            usage.memory += memory_of(process)?;
            for counted in [stat.own, stat.of_children] {
                with_children +=
                    CpuTime { in_all: counted.cpu_time(), for_memory: counted.for_memory() };
            }
            self.seen.insert((process, stat.started), stat.own.cpu_time());
        }
        // Both leave something out: the first, children that nobody waits for; the second, those that
        // came and went between two looks.
        let seen = CpuTime { in_all: self.seen.values().sum(), ..CpuTime::default() };
        self.cpu_time = self.cpu_time.max(with_children).max(seen);
        Ok(usage)
    }
}

/// The threads of a process; none if it is gone.
///
/// # Errors
/// As [`look()`](crate::look()).
pub fn threads(process: Pid) -> io::Result<Vec<Pid>> {
    let path = format!("/proc/{process}/task");
    let Some(entries) = look(process, &path, std::fs::read_dir(&path))? else {
        return Ok(Vec::new());
    };
    let mut threads = Vec::new();
    for entry in entries {
        let Some(entry) = look(process, &path, entry)? else { break };
        threads.extend(
            entry.file_name().to_str().and_then(|name| name.parse().ok()).map(Pid::from_raw),
        );
    }
    Ok(threads)
}

/// The children that a thread has started, and those that were left to it; none if it is gone.
///
/// # Errors
/// As [`look()`](crate::look()).
pub fn children(process: Pid, thread: Pid) -> io::Result<Vec<Pid>> {
    let text = read_text(thread, &format!("/proc/{process}/task/{thread}/children"))?;
    let text = text.unwrap_or_default(); // It is gone.
    Ok(text
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .map(Pid::from_raw)
        .collect())
}

/// A process's number in its innermost PID namespace, where numbers are given one after another.
fn number_inside(process: Pid) -> io::Result<usize> {
    let status = read_text(process, &format!("/proc/{process}/status"))?.unwrap_or_default();
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let last = numbers.and_then(|numbers| numbers.split_whitespace().next_back());
    Ok(last.and_then(|number| number.parse().ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_and_their_children_are_found_and_those_that_nobody_has_waited_for() {
        const SCRIPT: &str = "exec 3<&0
            sleep 100 &
            sh -c 'sleep 100 & wait' &
            sh -c 'read line' <&3 &
            exec sleep 100";
        let mut shell = std::process::Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let first = Pid::from_raw(shell.id().cast_signed());
        let mut namespace = PidNamespace::new(first);
        let late = std::time::Instant::now() + Duration::from_secs(10);
        // A shell may wait for a child that ends before its `exec`; `sleep` waits for none.
        while std::fs::read_to_string(format!("/proc/{first}/comm")).unwrap() != "sleep\n" {
            assert!(std::time::Instant::now() < late);
        }
        drop(shell.stdin.take());
        let has_ended = |process: &Pid| Stat::of(*process).unwrap().unwrap().state == 'Z';
        // It, a child, a child with a child, and one that has ended.
        loop {
            let processes = namespace.processes(64).unwrap();
            if processes.len() == 5 && processes.iter().any(has_ended) {
                break;
            }
            assert!(std::time::Instant::now() < late, "{processes:?}");
        }
        let usage = namespace.look(64).unwrap();
        assert_eq!(usage.processes, 5);
        assert!(usage.memory > 0 && usage.born > 0, "{usage:?}");
        for process in namespace.processes(64).unwrap() {
            let _ = nix::sys::signal::kill(process, nix::sys::signal::SIGKILL);
        }
        shell.wait().unwrap();
        assert_eq!(namespace.look(64).unwrap(), Usage::default());
    }
}
