//! How far an untraced process has come. No event says so, so the judge looks at `/proc` again and again.

use std::io;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::Stat;
use crate::cpu_time::CpuTime;
use crate::pid_namespace::threads;

/// A process waits if all its threads were asleep at this many looks in a row, and for this long. It may also sleep
/// before it comes to its wait, but not for so long.
const LOOKS: u32 = 4;
const ASLEEP: Duration = Duration::from_millis(20);

/// How far a process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It works, or has just fallen asleep.
    Works,
    /// It sleeps, or spins in a loop.
    Waits,
    /// It has ended.
    Ended,
}

/// An untraced process.
pub struct Untraced {
    process: Pid,
    /// A process that has used more CPU time than this spins in a loop.
    spins_after: Duration,
    /// How often in a row it was seen asleep, and since when.
    asleep: (u32, Instant),
}

impl Untraced {
    /// Follows this process. A program that does not wait has ended before it has used `spins_after` of CPU time.
    #[must_use]
    pub fn new(process: Pid, spins_after: Duration) -> Self {
        Self { process, spins_after, asleep: (0, Instant::now()) }
    }

    /// Looks once. The caller looks about once a millisecond.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub fn look(&mut self) -> io::Result<Came> {
        let (mut lives, mut works) = (false, false);
        for thread in threads(self.process)? {
            let Some(stat) = Stat::of(thread)?.filter(|stat| !stat.is_ending()) else { continue };
            lives = true;
            works |= stat.state != 'S';
        }
        works |= !lives; // A thread may be executing a program.
        if !lives && has_ended(Stat::of(self.process)?) {
            return Ok(Came::Ended);
        }
        self.asleep = match self.asleep {
            (looks, since) if !works && looks > 0 => (looks + 1, since),
            _ => (u32::from(!works), Instant::now()),
        };
        let (looks, since) = self.asleep;
        let is_asleep = looks >= LOOKS && since.elapsed() >= ASLEEP;
        let used = CpuTime::of(self.process)?.without_memory(self.spins_after);
        Ok(match is_asleep || used > self.spins_after {
            true => Came::Waits,
            false => Came::Works,
        })
    }
}

/// Whether a process has ended of which no thread was seen to live. A thread that executes a program ends the others,
/// the first one too, and then takes the first one's number. A look that lists the threads before that and reads them
/// after it sees none that lives. Until then, more than one thread counts, and for a moment none does.
fn has_ended(first_thread: Option<Stat>) -> bool {
    first_thread.is_none_or(|stat| stat.state == 'Z' && stat.threads == 1)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// Looks at a command until it has ended or waits, and kills it.
    fn came(mut child: Child) -> Came {
        let pid = Pid::from_raw(child.id().cast_signed());
        let mut process = Untraced::new(pid, Duration::from_millis(300));
        let came = loop {
            match process.look().unwrap() {
                Came::Works => {}
                came => break came,
            }
        };
        let _ = child.kill(); // It may have ended.
        child.wait().unwrap();
        came
    }

    #[test]
    fn a_process_ends_or_waits_asleep_or_in_a_loop() {
        let shell = |words: &str| Command::new("/bin/sh").args(["-c", words]).spawn().unwrap();
        assert_eq!(came(shell(":")), Came::Ended);
        assert_eq!(came(shell("exec sleep 100")), Came::Waits);
        assert_eq!(came(shell("while :; do :; done")), Came::Waits);
    }

    /// How often this test is to execute itself, in its second thread.
    const EXECUTE: &str = "EXECUTE_AGAIN";
    const TIMES: u32 = 300;
    const THIS: &str =
        "untraced::tests::a_process_whose_second_thread_executes_a_program_has_not_ended";

    #[test]
    fn a_process_whose_second_thread_executes_a_program_has_not_ended() {
        let command = |times: u32| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.env(EXECUTE, times.to_string()).args(["--exact", "--nocapture", THIS]);
            command
        };
        match std::env::var(EXECUTE).map(|times| times.parse::<u32>().unwrap()) {
            // In the child. A test runs in a thread of its own.
            Ok(0) => loop {
                std::thread::park();
            },
            Ok(times) => panic!("{}", command(times - 1).exec()),
            Err(_) => {
                let mut child = command(TIMES).stdout(Stdio::null()).spawn().unwrap();
                let pid = Pid::from_raw(child.id().cast_signed());
                let mut process = Untraced::new(pid, Duration::from_secs(60));
                let seen = loop {
                    match process.look().unwrap() {
                        Came::Works => {}
                        came => break came,
                    }
                };
                child.kill().unwrap();
                child.wait().unwrap();
                assert_eq!(seen, Came::Waits);
            }
        }
    }
}
