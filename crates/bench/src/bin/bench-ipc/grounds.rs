//! Where the two processes run: each on a core of its own, if there are two.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Context, Result, say};

/// The processes' places.
pub(crate) struct Grounds {
    /// Ours and the second process's; none if there is one core only.
    pub(crate) cores: Vec<usize>,
    place: PathBuf,
}

impl Grounds {
    /// Pins this process, and says where both will run.
    pub(crate) fn prepare(directory: &Path) -> Result<Self> {
        let mut cores = bench::cores()?;
        if let [ours, theirs, ..] = cores[..] {
            bench::pin(ours)?;
            cores = vec![ours, theirs];
            say!("each of the two processes is kept on a core of its own: {ours} and {theirs}")?;
        } else {
            cores.clear();
            say!(
                "one CPU: nobody answers while we spin, so spinning is left out; the rest follows"
            )?;
        }
        Ok(Self { cores, place: directory.join("memory") })
    }

    /// Where shared memory goes: a new file each time.
    pub(crate) fn place(&self) -> Result<&Path> {
        match fs::remove_file(&self.place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).step_on("remove", &self.place)
            }
            _ => Ok(&self.place),
        }
    }

    /// This program in another role, on its core.
    pub(crate) fn second(&self, role: &[&str]) -> Result<Command> {
        let mut command = common::again()?;
        command.args(role).arg(&self.place);
        if let Some(core) = self.cores.get(1) {
            command.args(["--core", &core.to_string()]);
        }
        Ok(command)
    }

    /// Starts something on the second process's core, where it will stay: started on ours, it would
    /// have to wait until we let it go.
    pub(crate) fn on_the_other_core<T>(&self, start: impl FnOnce() -> Result<T>) -> Result<T> {
        let &[ours, theirs] = &self.cores[..] else { return start() };
        bench::pin(theirs)?;
        let started = start();
        bench::pin(ours)?;
        started
    }

    /// Whether there are two cores.
    pub(crate) fn are_two(&self) -> bool {
        self.cores.len() == 2
    }
}

/// Tries each contestant for a moment; says which cannot be measured here, and why.
pub(crate) fn able<C>(
    contestants: Vec<C>,
    name: impl Fn(&C) -> String,
    attempt: impl Fn(&C) -> Result<()>,
) -> Result<Vec<C>> {
    let mut able = Vec::new();
    for contestant in contestants {
        match attempt(&contestant) {
            Ok(()) => able.push(contestant),
            Err(failure) => say!("left out: {}: {failure}", name(&contestant))?,
        }
    }
    Ok(able)
}
