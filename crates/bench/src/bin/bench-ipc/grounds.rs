//! Where the two processes run: each on a core of its own, if there are two.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use common::{Context, Result, say};

/// The processes' places.
pub(crate) struct Grounds {
    /// Ours and the second process's; none if there is one core only.
    pub(crate) cores: Vec<usize>,
    place: PathBuf,
    program: PathBuf,
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
        let program = env::current_exe().step("find this program")?;
        Ok(Self { cores, place: directory.join("memory"), program })
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
    pub(crate) fn second(&self, role: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(role).arg(&self.place);
        if let Some(core) = self.cores.get(1) {
            command.args(["--core", &core.to_string()]);
        }
        command
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
