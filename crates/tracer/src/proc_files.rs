//! The files in `/proc/PID` by which the judge sees what a process waits for, and which processes it has started. A
//! kernel can be built without them, and a sandbox such as gVisor lacks them.

use std::{fs, io};

use nix::unistd::{getpid, gettid};

/// One of these files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcFile {
    /// How long a thread has run, and how long it has stood in the queue for a processor.
    SchedStat,
    /// The children of a thread.
    Children,
    /// The system call in which a thread sleeps.
    Syscall,
}

impl ProcFile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SchedStat, Self::Children, Self::Syscall];

    /// Its path, for any process.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SchedStat => "/proc/PID/schedstat",
            Self::Children => "/proc/PID/task/TID/children",
            Self::Syscall => "/proc/PID/syscall",
        }
    }

    /// What a kernel must be built with to have it.
    #[must_use]
    pub fn option(self) -> &'static str {
        match self {
            Self::SchedStat => "CONFIG_SCHED_INFO",
            Self::Children => "CONFIG_PROC_CHILDREN",
            Self::Syscall => "CONFIG_HAVE_ARCH_TRACEHOOK",
        }
    }

    /// Reads the file of this thread.
    ///
    /// # Errors
    /// ENOENT: the kernel was built without it. A `schedstat` of zeros: the kernel does not count.
    pub fn read(self) -> io::Result<()> {
        let (process, thread) = (getpid(), gettid());
        let name = match self {
            Self::SchedStat => "schedstat",
            Self::Children => "children",
            Self::Syscall => "syscall",
        };
        let text = fs::read_to_string(format!("/proc/{process}/task/{thread}/{name}"))?;
        // The third number counts how often the thread was given a processor.
        match self == Self::SchedStat && text.trim_end().ends_with(" 0") {
            true => Err(io::Error::other("it says that this thread, which runs, has never run")),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_files_of_this_thread_can_be_read() {
        for file in ProcFile::ALL {
            assert!(file.read().is_ok(), "{file:?}: {:?}", file.read());
        }
    }
}
