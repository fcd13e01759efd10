//! Runs one claim, and says how it ended.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use common::{Context, Failure, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::claims::Claim;
use crate::places::MARK;
use crate::tree::Tree;

/// A test that takes longer is killed.
const LONGEST: Duration = Duration::from_secs(180);

/// How a changed claim ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It failed, as it must. The text says what is special about that, or nothing.
    Red(&'static str),
    /// It passed, although the changed assertion was evaluated.
    Green,
    /// It passed, and did not come to the changed assertion.
    NotReached,
    /// It cannot be shown on this machine, for this reason.
    LeftOut(String),
}

/// Runs the claim in the test program `executable`. What it prints goes to the file `log`.
pub(crate) fn run(
    tree: &Tree,
    claim: &Claim,
    executable: &Path,
    log: &Path,
) -> Result<(Ending, Duration)> {
    let package = tree.copy.join("crates").join(&claim.package);
    let output = File::create(log).step_on("make", log)?;
    let errors = output.try_clone().step_on("duplicate", log)?;
    let mut command = Command::new(executable);
    command
        .args(["--exact", &claim.test, "--include-ignored", "--nocapture"])
        .current_dir(&package);
    command.env("CARGO_MANIFEST_DIR", &package).env_remove("COURSE_CLAIMS");
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    let start = Instant::now();
    let status = wait(command.spawn().step_on("start", executable)?)?;
    let said = std::fs::read(log).step_on("read", log)?;
    let ending = ending(status, &String::from_utf8_lossy(&said));
    let ending =
        ending.ok_or_else(|| Failure::refusal("run", log, format!("no test {}", claim.test)))?;
    Ok((ending, start.elapsed()))
}

/// How the test ended; `None` if the program has no such test. Without a status the test was killed.
pub(crate) fn ending(status: Option<ExitStatus>, said: &str) -> Option<Ending> {
    let Some(status) = status else { return Some(Ending::Red("killed: it did not end")) };
    if status.signal().is_some() {
        return Some(Ending::Red("its process was killed by a signal"));
    }
    if !status.success() {
        return Some(Ending::Red(""));
    }
    let left_out = said.lines().find_map(|line| line.split_once("NOT RUN: "));
    match left_out {
        _ if !said.contains("test result: ok. 1 passed") => None,
        _ if said.contains(MARK) => Some(Ending::Green),
        Some((_, why)) => Some(Ending::LeftOut(why.into())),
        None => Some(Ending::NotReached),
    }
}

/// Waits for the child; kills it if it takes too long, and returns no status then.
fn wait(mut child: Child) -> Result<Option<ExitStatus>> {
    let pid = i32::try_from(child.id()).map(Pid::from_raw);
    let (sender, receiver) = mpsc::channel();
    let waiting = std::thread::spawn(move || {
        let _ = sender.send(child.wait()); // The receiver waits for it.
    });
    let received = receiver.recv_timeout(LONGEST);
    let status = match received {
        Ok(status) => Some(status.step("wait for a test")?),
        Err(_) => {
            // It may have ended just now.
            let _ = pid.map(|pid| kill(pid, Signal::SIGKILL));
            None
        }
    };
    let _ = waiting.join(); // Nothing in it panics.
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSED: &str = "test result: ok. 1 passed; 0 failed";

    #[test]
    fn a_claim_that_passes_is_green_only_if_it_came_to_the_change() {
        let ended = |status, said: String| ending(Some(ExitStatus::from_raw(status)), &said);
        assert_eq!(ended(0, format!("{MARK}\n{PASSED}")), Some(Ending::Green));
        assert_eq!(ended(0, PASSED.into()), Some(Ending::NotReached));
        assert_eq!(
            ended(0, format!("NOT RUN: a: no disk\n{PASSED}")),
            Some(Ending::LeftOut("a: no disk".into()))
        );
        assert_eq!(ended(0, "test result: ok. 0 passed".into()), None);
        assert_eq!(ended(101 << 8, String::new()), Some(Ending::Red("")));
        assert!(matches!(ended(9, String::new()), Some(Ending::Red(why)) if !why.is_empty()));
        assert!(matches!(ending(None, ""), Some(Ending::Red(why)) if !why.is_empty()));
    }
}
