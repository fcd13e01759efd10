//! The two processes: their CPUs, the file through which they share memory, and the second one's part.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bench::Notes;
use common::clap::{self, Subcommand};
use common::{Context, Result, allowed_cpus, pin_to};
use lesson_7_pipes_and_sockets::throughput::{self, Load};
use lesson_7_pipes_and_sockets::{Channel, Transport, Wait, round_trip};

/// What the second process does.
#[derive(Subcommand)]
pub(crate) enum Role {
    /// Answer round trips
    #[command(hide = true)]
    Answer {
        transport: Transport,
        wait: Wait,
        place: PathBuf,
        #[arg(long)]
        cpu: usize,
    },
    /// Receive messages and verify each
    #[command(hide = true)]
    Receive {
        transport: Transport,
        message_bytes: usize,
        messages: u64,
        messages_per_call: usize,
        place: PathBuf,
        #[arg(long)]
        cpu: usize,
    },
}

impl Role {
    /// Plays the second process, which ends at the latest when the first one does.
    ///
    /// # Errors
    /// The role's own.
    pub(crate) fn play(self) -> Result<()> {
        common::end_with_parent()?;
        match self {
            Self::Answer { transport, wait, place, cpu } => {
                pin_to(&[cpu])?;
                round_trip::answer(Channel { transport, wait }, &place)
            }
            Self::Receive { transport, message_bytes, messages, messages_per_call, place, cpu } => {
                pin_to(&[cpu])?;
                let ring_bytes = 0; // The ring's file says how large it is.
                let load =
                    Load { transport, message_bytes, messages, messages_per_call, ring_bytes };
                throughput::receive_all(load, &place)
            }
        }
    }
}

/// Where the second process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// On the first one's CPU: to answer is to be scheduled there.
    SameCpu,
    /// On another CPU, which the kernel may have to wake from idling.
    OtherCpu,
}

impl Placement {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SameCpu => "one-cpu",
            Self::OtherCpu => "two-cpus",
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::SameCpu => "both processes on one CPU",
            Self::OtherCpu => "two CPUs",
        }
    }
}

/// The first process's view of the pair.
pub(crate) struct Pair {
    first: usize,
    second: Option<usize>,
    place: PathBuf,
}

impl Pair {
    /// Pins this process to its CPU.
    ///
    /// # Errors
    /// Those of `sched_setaffinity`.
    pub(crate) fn new(directory: &Path, notes: &mut Notes) -> Result<Self> {
        let cpus = allowed_cpus()?;
        let first = cpus[0]; // A running thread has at least one.
        pin_to(&[first])?;
        let second = cpus.get(1).copied();
        if second.is_none() {
            notes.say(
                "one CPU: spinning and two CPUs are left out, because each answer would \
                 wait for the end of a time slice"
                    .into(),
            )?;
        }
        Ok(Self { first, second, place: directory.join("memory") })
    }

    /// The CPUs that are used.
    pub(crate) fn cpus(&self) -> Vec<usize> {
        [Some(self.first), self.second].into_iter().flatten().collect()
    }

    /// Where the second process can be put.
    pub(crate) fn placements(&self) -> Vec<Placement> {
        match self.second {
            None => vec![Placement::SameCpu],
            Some(_) => vec![Placement::OtherCpu, Placement::SameCpu],
        }
    }

    /// The placement for throughput: two CPUs if there are two.
    pub(crate) fn usual(&self) -> Placement {
        self.placements()[0]
    }

    /// A path for shared memory, at which there is no file.
    pub(crate) fn place(&self) -> Result<&Path> {
        match fs::remove_file(&self.place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).step_on("remove", &self.place)
            }
            _ => Ok(&self.place),
        }
    }

    /// This program again, in a role, on its CPU.
    pub(crate) fn role(&self, placement: Placement, arguments: &[&str]) -> Result<Command> {
        let mut command = common::self_command()?;
        let cpu = self.cpu(placement).to_string();
        command.args(arguments).arg(&self.place).args(["--cpu", &cpu]);
        Ok(command)
    }

    fn cpu(&self, placement: Placement) -> usize {
        match placement {
            Placement::SameCpu => self.first,
            Placement::OtherCpu => self.second.unwrap_or(self.first),
        }
    }

    /// Starts the second process on its CPU, and returns to this process's own. Started here, it
    /// would first wait for a process that spins.
    ///
    /// # Errors
    /// What starting returns; those of `sched_setaffinity`.
    pub(crate) fn starting<T>(
        &self,
        placement: Placement,
        start: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        pin_to(&[self.cpu(placement)])?;
        let started = start();
        pin_to(&[self.first])?;
        started
    }
}
